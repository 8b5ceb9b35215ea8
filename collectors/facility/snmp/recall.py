"""What is known of a device without a discovery: what it answered at an earlier one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from collectors.facility.snmp.discover import Answers, Found, levels_of, plan_of

if TYPE_CHECKING:
    from collectors.facility.snmp.about import About, Shared
    from collectors.facility.snmp.recognise import Identity


def recalled(about: About, shared: Shared, identity: Identity) -> Found | None:
    """Make the plan of what a device answered in an earlier run; None if that is not known.

    Answers do not count where the config wants more, or less, than was asked for then.
    """
    answers = shared.memory.recall(about.config.address, identity, about.words)
    if answers is None:
        return None
    wanted, library = about.wanted, shared.library
    profile = (
        library.bound(answers.profile, answers.arc, wanted.also)
        if answers.arc
        else library.named(answers.profile, wanted.also)
    )
    if levels_of(profile, wanted) != answers.levels:
        return None
    plan = plan_of(profile, answers, wanted)
    return Found(name=answers.profile, profile=profile, plan=plan, answers=answers)


def remember(about: About, shared: Shared, identity: Identity, answers: Answers) -> None:
    """Keep what a device answered, for later runs."""
    shared.memory.keep(about.config.address, identity, about.words, answers)

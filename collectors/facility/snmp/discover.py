"""Discovers a device: its profile, its rows, and the plan of its rounds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from collectors.base import BadReply
from collectors.facility.snmp.branch import find_branch, starred
from collectors.facility.snmp.detail import Depth
from collectors.facility.snmp.plan import Asked
from collectors.facility.snmp.program import Plan
from collectors.facility.snmp.programs import PROGRAMS
from collectors.facility.snmp.recognise import Identity, fitting, identify
from collectors.facility.snmp.rows import Rows
from collectors.facility.snmp.stretch import Stretch

if TYPE_CHECKING:
    import re

    from collectors.catalogue.devices import Kind
    from collectors.facility.naming import Naming
    from collectors.facility.snmp.channel import Channel
    from collectors.facility.snmp.library import Library
    from collectors.facility.snmp.profile import SnmpProfile

SYS_UPTIME: Final = "1.3.6.1.2.1.1.3.0"
AUTO: Final = "auto"
"""The name of no profile: the device is recognised."""
_WHOLE: Final = Depth(own="outlet")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is wanted of a device: names for its series, how much is read, and limits.

    `kind` is that of its name, if it has one.
    """

    naming: Naming
    depth: Depth = _WHOLE
    kind: Kind | None = None
    limit: int = 100_000
    chosen_rows: re.Pattern[str] | None = None
    also: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What a device answered at discovery, and with which profile it was asked.

    `arc` is the number in place of the profile's `*`, `levels` the parts of the device that were
    read, `max_oids` how many objects it takes in one request. `watched` are objects whose change
    means that rows may have changed.
    """

    profile: str
    arc: str
    max_oids: int
    levels: frozenset[str]
    columns: dict[str, dict[str, object]]
    objects: dict[str, object]
    watched: dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A device: the name of its profile, the profile, and the plan of its rounds.

    `answers` are those of which the plan was made. `passed` names the profiles that fit as well and
    gave no reading.
    """

    name: str
    profile: SnmpProfile
    plan: Plan
    answers: Answers
    passed: Sequence[str] = field(default=())

    def __str__(self) -> str:
        """Return what the log says of it."""
        return f"{self.profile.title} (profile {self.name}), {len(self.plan.points)} readings"


async def find(
    channel: Channel,
    library: Library,
    name: str,
    wanted: Wanted,
    identity: Identity | None = None,
) -> Found:
    """Discover a device with the profile of this name, or with one that fits it (`auto`).

    It is asked for its identity where that is not given.

    Raises BadReply if no profile fits, or if none that fits gives a reading.
    """
    if name != AUTO:
        profile, arc = await named(channel, library, name, wanted.also)
        return await read(channel, profile, wanted, name=name, arc=arc)
    identity = identity or await identify(channel)
    passed: list[str] = []
    async for fit in fitting(channel, library.candidates(identity), library.heads()):
        profile = (
            library.bound(fit.name, fit.arc, wanted.also)
            if fit.arc
            else library.named(fit.name, wanted.also)
        )
        channel.max_oids = min(channel.max_oids, profile.max_oids)
        found = await read(channel, profile, wanted, name=fit.name, arc=fit.arc)
        if found.plan.yields:
            return replace(found, passed=tuple(passed))
        passed.append(fit.name)
    raise BadReply(_unknown(identity, passed))


async def read(
    channel: Channel, profile: SnmpProfile, wanted: Wanted, *, name: str, arc: str
) -> Found:
    """Discover a device with this profile, of this name and with this number in place of `*`."""
    answers = await ask(channel, profile, wanted, name=name, arc=arc)
    plan = plan_of(profile, answers, wanted)
    return Found(name=name, profile=profile, plan=plan, answers=answers)


def _unknown(identity: Identity, passed: Sequence[str]) -> str:
    what = identity.description[:80].replace("\n", " ").replace("\r", " ")
    device = f"sysObjectID {identity.object_id or '(none)'} ({what})"
    if passed:
        return f"{device} has none of the readings of the profiles that fit it: {', '.join(passed)}"
    return f"no profile fits {device}; give a profile in the config, or write one"


async def named(
    channel: Channel, library: Library, name: str, also: Sequence[str] = ()
) -> tuple[SnmpProfile, str]:
    """Return a profile by its name, with the device's number in place of `*`, and that number.

    Raises BadReply if the device has no such branch.
    """
    profile = library.named(name, also)
    oid = starred(profile)
    if not oid:
        return profile, ""
    arc = await find_branch(channel, oid)
    if arc is None:
        raise BadReply(f"the device has nothing at {oid}, which the profile {name} reads")
    return library.bound(name, arc, also), arc


async def discover(channel: Channel, profile: SnmpProfile, wanted: Wanted) -> Plan:
    """Read the rows of a device and their descriptions, and make the plan of its rounds."""
    return plan_of(profile, await ask(channel, profile, wanted), wanted)


def levels_of(profile: SnmpProfile, wanted: Wanted) -> frozenset[str]:
    """Return the parts that are read of a device with this profile."""
    return wanted.depth.levels(wanted.kind or profile.kind, profile.detail)


async def ask(
    channel: Channel, profile: SnmpProfile, wanted: Wanted, *, name: str = "", arc: str = ""
) -> Answers:
    """Read the rows of a device and their descriptions.

    `name` and `arc` are those of the profile.
    """
    levels = levels_of(profile, wanted)
    stretch = Stretch(channel)
    rows = Rows(columns=await stretch.columns(PROGRAMS.columns(profile, levels)))
    single = PROGRAMS.objects(profile, rows, levels)
    changing = (SYS_UPTIME, *profile.watch)
    said = await stretch.get((*single, *changing))
    rows.objects = {oid: said[oid] for oid in single if oid in said}
    watched = {oid: said[oid] for oid in changing if oid in said}
    return Answers(
        profile=name,
        arc=arc,
        max_oids=channel.max_oids,
        levels=frozenset(levels),
        columns=rows.columns,
        objects=rows.objects,
        watched=watched,
    )


def plan_of(profile: SnmpProfile, answers: Answers, wanted: Wanted) -> Plan:
    """Make the plan of a device's rounds of what it answered."""
    made = PROGRAMS.plan(
        profile,
        Rows(columns=answers.columns, objects=answers.objects),
        wanted.naming,
        Asked(
            levels=levels_of(profile, wanted),
            limit=wanted.limit,
            chosen_rows=wanted.chosen_rows,
            slow_apart=wanted.depth.slow_interval > 0,
            watched=tuple(answers.watched),
        ),
    )
    made.watched = dict(answers.watched)
    return made


def take_watched(known: Plan, values: Mapping[str, object]) -> bool:
    """Take the watched objects of a round; tell whether one shows that rows may be others.

    An uptime that decreased means a restart (sysUpTime, RFC 3418). After it, rows may have other
    indices. An object without an answer tells nothing.
    """
    changed = False
    for oid, before in known.watched.items():
        now = values.get(oid, before)
        if (
            now != before
            if oid != SYS_UPTIME
            else isinstance(now, int) and isinstance(before, int) and now < before
        ):
            changed = True
        known.watched[oid] = now
    return changed

"""Disagreements that are known and open: they are counted and told, never skipped in silence.

Each recognises its own kind by what is in the case: a fault, the form of a meter. Whatever else goes
wrong fails the tests. An entry goes as soon as what it names is mended.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from tests.reference.judge import TOO_GOOD, Disagreement
from tests.reference.worlds import Device, Plan

Recognises = Callable[[Plan, Disagreement], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """A kind of disagreement that is not mended yet, and how a case of it is recognised."""

    reason: str
    sorts: tuple[str, ...]
    recognises: Recognises


def _subtracted_meter_rests(plan: Plan, _: Disagreement) -> bool:
    """Cooling behind the IT meter whose register is held back, so that it is not subtracted."""
    cooling = plan.cooling if plan.behind_ups else None
    return cooling is not None and (
        _has(cooling, "stall", "refresh") or (cooling.sort == "register" and cooling.step_wh > 1)
    )


def _small_exchange(plan: Plan, _: Disagreement) -> bool:
    """An IT meter is exchanged for one that shows hardly more: it looks like a burst of load."""
    return any(
        one.sort == "exchange" and one.kwh <= 1 for device in plan.branches for one in device.faults
    )


def _wild_power(plan: Plan, _: Disagreement) -> bool:
    """An IT meter that tells its power only, and states no rating, misreads in three readings."""
    return any(
        one.sort == "spike" and one.minutes * 60 >= 3 * device.seconds
        for device in plan.branches
        if device.sort == "power" and not device.rated
        for one in device.faults
    )


def _refreshed_supply(plan: Plan, _: Disagreement) -> bool:
    """A supply's register is renewed more seldom than it is read: a window cuts such a cycle."""
    return any(_has(device, "refresh") for device in (*plan.feeds, plan.sun) if device)


def _sampled(plan: Plan, found: Disagreement) -> bool:
    """Power is read each two minutes or less often, and jumps just then, as made-up loads do."""
    told = (one for one in (*plan.feeds, *plan.branches, plan.sun, plan.cooling) if one is not None)
    is_sampled = any(one.sort == "power" and one.seconds >= 120 for one in told)
    moves = plan.it_shape.swing or plan.overhead_shape.swing or plan.sun_kw
    return bool(moves) and is_sampled and found.size < 2


def _silent_from_the_first(plan: Plan, _: Disagreement) -> bool:
    """A file's power falls silent after its first row, so that row's interval is the silence."""
    told = (one for one in (*plan.feeds, *plan.branches, plan.sun, plan.cooling) if one is not None)
    return any(
        one.sort == "power"
        and any(f.sort == "silent" and f.minute * 60 <= one.phase + one.seconds for f in one.faults)
        for one in told
    )


def _has(device: Device, *sorts: str) -> bool:
    return any(one.sort in sorts for one in device.faults)


OPEN: Final[tuple[Open, ...]] = (
    Open(
        reason="a meter that is subtracted from IT stands still",
        sorts=(TOO_GOOD,),
        recognises=_subtracted_meter_rests,
    ),
    Open(
        reason="a meter is exchanged for one that shows up to 1 kWh more",
        sorts=(TOO_GOOD,),
        recognises=_small_exchange,
    ),
    Open(
        reason="power without a rating reads far too much in three readings or more",
        sorts=(TOO_GOOD,),
        recognises=_wild_power,
    ),
    Open(
        reason="what a supply's register rested on is laid into the last interval",
        sorts=(TOO_GOOD,),
        recognises=_refreshed_supply,
    ),
    Open(
        reason="power is read seldom, in step with its load: beyond U (k = 2), within twice",
        sorts=(TOO_GOOD,),
        recognises=_sampled,
    ),
    Open(
        reason="a silence after the first row of power in a file is bridged",
        sorts=("covered_without_evidence",),
        recognises=_silent_from_the_first,
    ),
)


def reason(case: Any, found: Disagreement) -> str | None:
    """Return why a disagreement is still there; None for one that nobody knows."""
    plan = case[0] if isinstance(case, tuple) else case
    if not isinstance(plan, Plan):
        return None
    return next(
        (one.reason for one in OPEN if found.sort in one.sorts and one.recognises(plan, found)),
        None,
    )

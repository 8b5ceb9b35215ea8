"""Disagreements that are known and open: they are counted and told, never skipped in silence.

Each recognises its own kind by what is in the case: a fault, the form of a meter. Whatever else
goes wrong fails the tests. An entry goes as soon as what it names is mended.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from tests.reference.judge import TOO_GOOD, Disagreement
from tests.reference.worlds import MINUTE, START, Plan, build

HALF_AN_HOUR: Final = 35
"""Minutes. Six whole cells before that in which a meter falls."""

Recognises = Callable[[Plan, Disagreement], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """A kind of disagreement that is not mended yet, and how a case of it is recognised."""

    reason: str
    sorts: tuple[str, ...]
    recognises: Recognises


def _sampled(plan: Plan, found: Disagreement) -> bool:
    """Power is read each two minutes or less often, and jumps just then, as made-up loads do."""
    told = (one for one in (*plan.feeds, *plan.branches, plan.sun, plan.cooling) if one is not None)
    is_sampled = any(one.sort == "power" and one.seconds >= 120 for one in told)
    moves = plan.it_shape.swing or plan.overhead_shape.swing or plan.sun_kw
    return bool(moves) and is_sampled and found.size < 2


def _dies_young(plan: Plan, _: Disagreement) -> bool:
    """A supply is dead before half an hour of it is known: nobody knows what it counted."""
    return any(
        fault.sort == "dead"
        and fault.minute < one.from_minute + HALF_AN_HOUR + 2 * one.seconds // 60
        for one in (*plan.feeds, plan.sun)
        if one is not None
        for fault in one.faults
    )


def _dies_small(plan: Plan, _: Disagreement) -> bool:
    """Solar cells die as they give less than a twentieth of what comes in."""
    if plan.sun is None:
        return False
    world = build(plan)
    sun = next(one.load for one in world.instruments if one.meter.meter == "pv")
    falls = (START + fault.minute * MINUTE for fault in plan.sun.faults if fault.sort == "dead")
    return any(20 * sun.at(fell) < world.facility.at(fell) for fell in falls)


OPEN: Final[tuple[Open, ...]] = (
    Open(
        reason="a supply is dead before half an hour of it is known",
        sorts=(TOO_GOOD,),
        recognises=_dies_young,
    ),
    Open(
        reason="a supply dies as it counts less than a twentieth of all",
        sorts=(TOO_GOOD,),
        recognises=_dies_small,
    ),
    Open(
        reason="power is read seldom, in step with its load: beyond U (k = 2), within twice",
        sorts=(TOO_GOOD,),
        recognises=_sampled,
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

"""Which readings of power are accepted.

One that is negative or above the rating is not; without a rating, one that is above what any meter
of its kind draws. Nor is one, or two in a row, that is far above what the meter says just before
and just after. It is a pure function of the readings near by.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from agent.ledger.energy import HOLE, TimedValue
from agent.ledger.limits import Limits
from agent.ledger.register_judge import Reason, Refusal

BESIDE: Final = 2
"""A reading is judged by this many readings on either side."""

_SLIP: Final = 20.0
"""A reading may be higher than those on both sides by this factor: a load starts, or ends."""

_SMALL: Final = 1000.0
"""Watts; up to this, a reading is not judged."""


def may_slip(readings: Sequence[TimedValue]) -> bool:
    """Tell whether one of these readings may be far above the others."""
    watts = [one.value for one in readings if one.value >= 0]
    return bool(watts) and max(watts) > max(_SMALL, _SLIP * min(watts))


def accepted_power(
    readings: Sequence[TimedValue], limits: Limits
) -> tuple[Sequence[TimedValue], list[Refusal]]:
    """Return a meter's readings of power with a hole for each that is rejected, and those."""
    watts = [one.value for one in readings]
    if not watts:
        return readings, []
    highest, most = max(watts), max(_SMALL, _SLIP * min(watts))
    if min(watts) >= 0 and highest <= min(most, limits.highest):
        return readings, []
    found: list[TimedValue] = []
    refusals: list[Refusal] = []
    for n, one in enumerate(readings):
        reason = _reason(watts, n, limits)
        if reason is None:
            found.append(one)
            continue
        found.append(TimedValue(one.time, HOLE, one.interval))
        if one.value != HOLE:
            refusals.append(Refusal(one.time, one.time, reason, one.value))
    return found, refusals


def _reason(watts: Sequence[float], n: int, limits: Limits) -> Reason | None:
    if watts[n] < 0:
        return "negative"
    if watts[n] > limits.highest:
        return "leap" if limits.rating is None else "above_rating"
    return "leap" if watts[n] > _SMALL and _is_slip(watts, n) else None


def _is_slip(watts: Sequence[float], n: int) -> bool:
    """Tell whether a reading, or two in a row, is far above those before and those after.

    A load that goes on shows in three. At the first and at the last reading one side tells.
    """
    before = [one for one in watts[max(0, n - BESIDE) : n] if one >= 0]
    after = [one for one in watts[n + 1 : n + 1 + BESIDE] if one >= 0]
    if len(before) + len(after) < BESIDE:
        return False
    most = watts[n] / _SLIP
    return (max(before, default=watts[n]) < most and min(after, default=0.0) < most) or (
        max(after, default=watts[n]) < most and min(before, default=0.0) < most
    )

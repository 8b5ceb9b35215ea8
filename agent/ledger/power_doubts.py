"""What is in doubt of power that neither a rating nor a register bounds.

A reading that is wild for a moment is rejected (`agent.ledger.power_judge`). One that is wild
for longer may be a load that came and went, or a device that told something false. What the meter
told before and after is the only measure of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from heapq import nlargest
from itertools import pairwise
from math import fsum
from typing import Final, NamedTuple

from agent.ledger.doubts import Doubt
from agent.ledger.energy import HOUR_MS, TimedValue
from agent.ledger.segments import longest_gap

PAST_MS: Final = 24 * HOUR_MS
"""Milliseconds before a reading, within which power is compared with what the meter told."""

LASTS_MS: Final = 6 * HOUR_MS
"""Milliseconds. A load that lasts this long is accepted. Other readings may confirm it within the
same time after it."""

_LEAP: Final = 10.0
"""Power that is higher than usual by this factor may be false."""

_SUPPORT: Final = 3
"""Power is accepted if this many other readings are as high."""

_JUMP_MS: Final = 36_000
"""Milliseconds. A jump between two readings is stored as a doubt only if it is more than the energy
of this much time: a hundredth of an hour.
"""

_NOTHING: Final = 100.0
"""Watts: from no more than this, any load may start."""


class PowerDoubts(NamedTuple):
    """What is in doubt, and the time from which later readings may change it."""

    doubts: list[Doubt]
    open_since: int | None


def may_leap(readings: Sequence[TimedValue]) -> bool:
    """Tell, at little cost, whether some readings are far above others."""
    watts = [one.value for one in readings if one.value > _NOTHING / _LEAP]
    return bool(watts) and max(watts) > _LEAP * min(watts)


def power_doubts(readings: Sequence[TimedValue]) -> PowerDoubts:
    """Tell what is in doubt of power readings, in order of time, of a meter without a rating."""
    doubts: list[Doubt] = []
    open_since: int | None = None
    known = [one for one in readings if one.value >= 0]
    left = known
    while left and may_leap(left):
        run = _highest(left)
        first, last = run[0].time, run[-1].time
        others = [
            one.value
            for one in left
            if not first <= one.time <= last and first - PAST_MS <= one.time <= last + LASTS_MS
        ]
        steep = nlargest(_SUPPORT, others)
        if len(steep) < _SUPPORT or last - first >= LASTS_MS:
            break
        highest = max(one.value for one in run)
        if not _NOTHING < steep[-1] < highest / _LEAP:
            break
        doubts.append(_doubt(known, first, last, steep[-1]))
        if last + LASTS_MS > known[-1].time:
            start = doubts[-1].start
            open_since = start if open_since is None else min(open_since, start)
        left = [one for one in left if not first <= one.time <= last]
    return PowerDoubts(sorted(doubts), open_since)


def jumps(readings: Sequence[TimedValue]) -> list[Doubt]:
    """Tell where power jumps between two readings, in order of time: nobody knows when it did.

    A sum over all of that time has half of the jump, which its other uncertainty counts. One that
    ends there may be wrong by that much.
    """
    return [
        Doubt(before.time, after.time, loose=joules)
        for before, after in pairwise(readings)
        if is_jump(before, after, joules := half_jump(before, after))
    ]


def half_jump(before: TimedValue, after: TimedValue) -> float:
    """Return by how many joules the energy between two readings may be wrong; 0 across a hole."""
    elapsed = after.time - before.time
    if elapsed > longest_gap(before.interval, after.interval) or min(before.value, after.value) < 0:
        return 0.0
    return abs(after.value - before.value) * elapsed / 2000.0


def is_jump(before: TimedValue, after: TimedValue, joules: float) -> bool:
    """Tell whether a doubt of this many joules between two readings is worth storing."""
    return joules > most_untold(max(before.value, after.value))


def most_untold(watts: float) -> float:
    """Return how many joules a doubt may have, beside a power in watts, that is not stored."""
    return watts * _JUMP_MS / 1000.0


def _highest(readings: Sequence[TimedValue]) -> list[TimedValue]:
    """Return the highest reading with those beside it that come near to it."""
    top = max(range(len(readings)), key=lambda n: readings[n].value)
    least = readings[top].value / _LEAP
    first = last = top
    while first > 0 and readings[first - 1].value > least:
        first -= 1
    while last + 1 < len(readings) and readings[last + 1].value > least:
        last += 1
    return list(readings[first : last + 1])


def _doubt(readings: Sequence[TimedValue], first: int, last: int, usual: float) -> Doubt:
    """Return the energy above what is usual, from the reading before a run to the one after it."""
    run = [n for n, one in enumerate(readings) if first <= one.time <= last]
    place, end = max(0, run[0] - 1), min(len(readings) - 1, run[-1] + 1)
    pairs = zip(readings[place:end], readings[place + 1 : end + 1], strict=True)
    joules = fsum(
        (after.time - before.time) * max(0.0, (before.value + after.value) / 2.0 - usual) / 1000.0
        for before, after in pairs
    )
    return Doubt(readings[place].time, readings[end].time, hidden=joules)

"""From readings to segments of known power, and from segments to the cells of hours.

This is pure arithmetic on times and values, with no clock and no database.

A register that fell has wrapped if its width says so and the energy is possible. Otherwise it was
reset, or it is another meter; then the power readings of that interval are used, where there are
any. Power alone is integrated by trapezoids.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final, Literal, NamedTuple

from agent.ledger.energy import ALL_COVERED, CELL_MS, CELLS, HOUR_MS, HourCells, Segment, TimedValue

MAX_GAP_INTERVALS: Final = 3
"""Power is not integrated across a gap of more than this many intervals: that would be a guess."""

MAX_DIFFERENCE_MS: Final = 400 * 24 * HOUR_MS
"""Over more than this, a register's difference measures no hour.

A clock was wrong, or the meter lay in a store.
"""

_RATING_SLACK_MS: Final = 600_000
"""A register counts in steps, so over a short interval it may seem to exceed the rating.

A step is worth some minutes at the rated power.
"""


class RegisterEvent(NamedTuple):
    """A pair of register readings that is not simply a difference; `time` is the later one's."""

    time: int
    kind: Literal["wrap", "reset", "above_rating"]


def longest_gap(one: int, other: int) -> int:
    """Return the longest time over which two power readings may be joined, in milliseconds.

    The arguments are the two readings' intervals. The longer one decides: where a meter is read
    more often than before, the pair at the change was still read at the slower pace.
    """
    return MAX_GAP_INTERVALS * max(one, other)


def register_segments(
    readings: Sequence[TimedValue], *, rating: float | None = None, wrap: float | None = None
) -> tuple[list[Segment], list[RegisterEvent]]:
    """Turn register readings, in order of time, into segments of constant power.

    The energy is exact across gaps of any length up to `MAX_DIFFERENCE_MS`. `rating` is in watts;
    `wrap` is the number of joules at which the register begins again at 0.
    """
    segments: list[Segment] = []
    events: list[RegisterEvent] = []
    for before, after in pairwise(readings):
        elapsed = after.time - before.time
        joules = after.value - before.value
        if elapsed > MAX_DIFFERENCE_MS:
            continue
        if joules < 0:
            wrapped = _wrapped(before.value, after.value, elapsed, rating, wrap)
            events.append(RegisterEvent(after.time, "reset" if wrapped is None else "wrap"))
            if wrapped is None:
                continue
            joules = wrapped
        elif not _possible(joules, elapsed, rating):
            events.append(RegisterEvent(after.time, "above_rating"))
            continue
        watts = joules * 1000.0 / elapsed
        segments.append(Segment(before.time, after.time, watts, watts))
    return segments, events


def _wrapped(
    before: float, after: float, elapsed: int, rating: float | None, wrap: float | None
) -> float | None:
    """Return the energy of a register that began again at `wrap`; None where it cannot have."""
    if wrap is None or before > wrap:
        return None
    joules = wrap - before + after
    # Without a rating to judge by: a register that falls from its lower half was reset.
    possible = joules < wrap / 2 if rating is None else _possible(joules, elapsed, rating)
    return joules if possible else None


def _possible(joules: float, elapsed: int, rating: float | None) -> bool:
    return rating is None or joules <= rating * (elapsed + _RATING_SLACK_MS) / 1000.0


def power_segments(readings: Sequence[TimedValue]) -> list[Segment]:
    """Join power readings, in order of time, by straight lines, but not across a long gap."""
    return [
        Segment(before.time, after.time, before.value, after.value)
        for before, after in pairwise(readings)
        if after.time - before.time <= longest_gap(before.interval, after.interval)
    ]


def merge(register: Sequence[Segment], power: Sequence[Segment]) -> list[Segment]:
    """Return the register's segments, and those of power where the register says nothing.

    Both arguments and the result are in order of time.
    """
    if not power:
        return list(register)
    found = list(register)
    n = 0
    for segment in power:
        at = segment.start
        while n < len(register) and register[n].end <= at:
            n += 1
        m = n
        while m < len(register) and register[m].start < segment.end:
            if register[m].start > at:
                found.append(segment.cut(at, register[m].start))
            at = max(at, register[m].end)
            m += 1
        if at < segment.end:
            found.append(segment.cut(at, segment.end))
    found.sort()
    return found


def spread(segments: Iterable[Segment], start: int, end: int) -> dict[int, HourCells]:
    """Lay segments, in order of time, over the cells of the hours from `start` to `end`.

    The result's keys are the hours' first milliseconds.
    """
    hours: dict[int, HourCells] = {}
    for segment in segments:
        at, stop = max(segment.start, start), min(segment.end, end)
        even = segment.first == segment.last
        while at < stop:
            hour = at - at % HOUR_MS
            cells = hours.get(hour)
            if cells is None:
                if even and at == hour and stop - at >= HOUR_MS:
                    # A whole even hour at once: most imported hours and long gaps are like that.
                    hours[hour] = HourCells([segment.first * CELL_MS / 1000.0] * CELLS, ALL_COVERED)
                    at += HOUR_MS
                    continue
                cells = hours[hour] = HourCells()
            n = (at - hour) // CELL_MS
            until = min(hour + (n + 1) * CELL_MS, stop)
            cells.joules[n] += (
                segment.first * (until - at) / 1000.0 if even else segment.joules(at, until)
            )
            cells.covered[n] += until - at
            at = until
    return hours

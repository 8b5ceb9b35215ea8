"""From power readings to segments of known power, and from segments to the cells of hours.

This is pure arithmetic on times and values, with no clock and no database.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final

from agent.ledger.energy import (
    ALL_COVERED,
    CELL_MS,
    CELLS,
    HOUR_MS,
    HourCells,
    Segment,
    Span,
    TimedValue,
)

MAX_GAP_INTERVALS: Final = 3
"""Power is not integrated across a gap of more than this many intervals: that would be a guess."""


def longest_gap(one: int, other: int) -> int:
    """Return the longest time over which two power readings may be joined, in milliseconds.

    The arguments are the two readings' intervals. The longer one decides: where a meter is read
    more often than before, the pair at the change was still read at the slower pace.
    """
    return MAX_GAP_INTERVALS * max(one, other)


def power_segments(readings: Sequence[TimedValue]) -> list[Segment]:
    """Join power readings, in order of time, by straight lines, but not across a long gap.

    A hole, or a reading that is negative, is joined on neither side: what was drawn between its
    neighbours is not known.
    """
    return [
        Segment(before.time, after.time, before.value, after.value)
        for before, after in pairwise(readings)
        if after.time - before.time <= longest_gap(before.interval, after.interval)
        and before.value >= 0
        and after.value >= 0
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


def without(segments: Sequence[Segment], holes: Sequence[Span]) -> list[Segment]:
    """Return the parts of segments that lie in none of some holes, in order of time."""
    found = list(segments)
    for hole in holes:
        kept: list[Segment] = []
        for one in found:
            if one.end <= hole.start or hole.end <= one.start:
                kept.append(one)
                continue
            if one.start < hole.start:
                kept.append(one.cut(one.start, hole.start))
            if hole.end < one.end:
                kept.append(one.cut(hole.end, one.end))
        found = kept
    return found

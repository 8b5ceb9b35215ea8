"""How long each row of a file lasts, and the segments of constant power that its rows make."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from datetime import tzinfo
from itertools import pairwise
from statistics import median_low
from typing import Final

from agent.ledger.energy import HOUR_MS, Segment
from agent.ledger.segments import MAX_GAP_INTERVALS

_QUARTER_HOUR: Final = 900_000
_FEWEST: Final = 2
_LONGEST: Final = MAX_GAP_INTERVALS / 2
"""Typical intervals that a row may last; one that lasts longer is followed by a hole."""


def typical_interval(times: Sequence[int]) -> int:
    """Return the median distance of neighbouring times in milliseconds; an hour for one time."""
    steps = [after - before for before, after in pairwise(times)]
    return median_low(steps) if steps else HOUR_MS


def calendar(times: Sequence[int], zone: tzinfo) -> Callable[[int], int] | None:
    """Return a function that tells when a row's local month or day ends.

    None where not all rows begin one. Months and days are not equally long, so their ends are
    worked out.
    """
    if len(times) < _FEWEST or any(time % _QUARTER_HOUR for time in times):
        return None
    local = [dt.datetime.fromtimestamp(time / 1000, zone) for time in times]
    if any(moment.hour or moment.minute for moment in local):
        return None
    monthly = all(moment.day == 1 for moment in local)

    def end(start: int) -> int:
        day = dt.datetime.fromtimestamp(start / 1000, zone)
        after = (
            (day + dt.timedelta(days=31)).replace(day=1) if monthly else day + dt.timedelta(days=1)
        )
        return round(after.timestamp() * 1000)

    return end


def interval_segments(
    times: Sequence[int],
    values: Sequence[float],
    interval: int,
    ends: Callable[[int], int] | None = None,
) -> list[Segment]:
    """Lay each row's energy over its interval.

    A row lasts to the next row or, where that is too far off, as long as most rows do. `ends` tells
    better when it ends, where that is known.
    """
    segments = []
    for n, (start, joules) in enumerate(zip(times, values, strict=True)):
        end = times[n + 1] if n + 1 < len(times) else None
        if end is None or end - start > _LONGEST * interval:
            end = ends(start) if ends is not None else start + interval
        watts = joules * 1000.0 / (end - start)
        segments.append(Segment(start, end, watts, watts))
    return segments


def ended_segments(times: Sequence[int], values: Sequence[float], interval: int) -> list[Segment]:
    """Lay each row's energy over the interval that ended at its time."""
    mirrored = interval_segments(
        [-time for time in reversed(times)], list(reversed(values)), interval
    )
    return [Segment(-s.end, -s.start, s.last, s.first) for s in reversed(mirrored)]

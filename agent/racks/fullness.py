"""When a growing figure of a row, such as its units in use, reaches a limit."""

from __future__ import annotations

import math
from array import array
from collections.abc import MutableSequence, Sequence
from typing import Final

from agent.racks.days import LEAST_DAYS
from agent.targets.forecast import DAY, Point, When, trend

MOST_POINTS: Final = 40
"""The points of a row's forecast: a hub has thousands of rows."""


class DailyValues:
    """A figure of a row by day, packed: a hub has thousands of rows."""

    __slots__ = ("_times", "_values")

    def __init__(self) -> None:
        self._times: MutableSequence[float] = array("d")
        self._values: MutableSequence[float] = array("d")

    def add(self, time: float, value: float | None) -> None:
        """Add the figure of one day; None where it is unknown."""
        if value is not None:
            self._times.append(time)
            self._values.append(value)

    def points(self) -> list[Point]:
        """Return the known figures in the order in which they were added."""
        return [Point(time, value) for time, value in zip(self._times, self._values, strict=True)]


def full_at(points: Sequence[Point], limit: float) -> When | None:
    """Return when a figure reaches a limit, if things go on as they do.

    None where two weeks are not known yet, where the limit is infinite, or where it has no trend.
    A figure at its limit already has reached it at its last value.
    """
    if len(points) < LEAST_DAYS or math.isinf(limit):
        return None
    last = points[-1]
    if last.time - points[0].time < (LEAST_DAYS - 1) * DAY:
        return None
    if last.value >= limit:
        return When(last.time, last.time, last.time)
    if all(point.value == last.value for point in points):
        return None  # it stands still: that needs no forecast, and most rows do
    heading = trend(_thinned(points))
    return None if heading is None else heading.reaches(limit)


def _thinned(points: Sequence[Point]) -> Sequence[Point]:
    """Return at most MOST_POINTS: the medians of groups of days, and the last point as it is."""
    size = math.ceil((len(points) - 1) / (MOST_POINTS - 1))
    if size <= 1:
        return points
    before = points[:-1]
    groups = (before[first : first + size] for first in range(0, len(before), size))
    medians = (sorted(group, key=lambda point: point.value)[len(group) // 2] for group in groups)
    return [*medians, points[-1]]

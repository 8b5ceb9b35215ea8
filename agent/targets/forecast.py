"""Where a KPI is heading: its present pace, when it reaches a limit, its value on a day.

Each comes with its range. The line is that of Theil and Sen: its slope is the median of the slopes
between all pairs of values. A meter that was wrong for a week, or a batch of racks on one day, does
not turn it. The slope's range is Sen's (P. K. Sen, J. Am. Stat. Assoc. 63, 1968): the pairs' slopes
on either side of the median, as many as Kendall's statistic leaves at 80 %.

Neighbouring days are alike, so the values tell less than their number says. The statistic is
widened by √((1 + r) / (1 - r)), where r is the correlation of each residual with the next. The
scatter is the distance from the line that nine tenths of the values keep; it is added to the range
on either side.

A range says what the present pace leads to, if it stays. It knows nothing of plans.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from statistics import median
from typing import Final, NamedTuple

DAY: Final = 86_400.0
MIN_POINTS: Final = 3
MIN_SPAN: Final = 7 * DAY
SPAN: Final = 180 * DAY
"""How far back the present pace looks."""
_MOST_POINTS: Final = 120
"""More points add nothing to a line over SPAN, and the pairs grow with their square."""
_Z: Final = 1.2816
"""The quantile of the normal distribution that leaves 80 % between both sides."""
_ONE_SIDED: Final = 0.9
_MOST_ALIKE: Final = 0.95
HORIZON: Final = 100 * 365 * DAY


class Point(NamedTuple):
    """A value of a KPI at a moment (seconds since the epoch), with its coverage if it has one."""

    time: float
    value: float
    coverage: float | None = None


class Span(NamedTuple):
    """A value with the range it lies in: four times in five, if things go on as they do."""

    lower: float
    expected: float
    upper: float


class When(NamedTuple):
    """When a limit is reached: at the earliest, as expected, at the latest; None where never."""

    earliest: float | None
    expected: float | None
    latest: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """A line through values. `slope`, `low` and `high` are per second."""

    slope: float
    low: float
    high: float
    time: float
    """Of the last value."""
    last: float
    """The last value, where every forecast begins."""
    scatter: float
    """How far values lie from the line, on either side."""

    def at(self, time: float) -> Span:
        """Return what the pace comes to at a moment after the last value."""
        ahead = time - self.time
        return Span(
            self.last + self.low * ahead - self.scatter,
            self.last + self.slope * ahead,
            self.last + self.high * ahead + self.scatter,
        )

    def reaches(self, limit: float) -> When:
        """Return when the pace meets a limit that the last value does not keep."""
        rising = limit > self.last
        fast, slow = (self.high, self.low) if rising else (self.low, self.high)
        near, far = (
            (limit - self.scatter, limit + self.scatter)
            if rising
            else (limit + self.scatter, limit - self.scatter)
        )
        return When(
            self._meets(near, fast, rising=rising),
            self._meets(limit, self.slope, rising=rising),
            self._meets(far, slow, rising=rising),
        )

    def _meets(self, limit: float, slope: float, *, rising: bool) -> float | None:
        gap = limit - self.last
        if gap == 0 or (gap > 0) is not rising:
            return self.time
        if slope == 0 or gap / slope < 0 or gap / slope > HORIZON:
            return None
        return self.time + gap / slope


def trend(points: Sequence[Point]) -> Trend | None:
    """Return the line through the values of the last SPAN, oldest first.

    None for fewer than MIN_POINTS values, or a shorter time than MIN_SPAN.
    """
    if not points:
        return None
    last = points[-1]
    recent = _thinned([point for point in points if last.time - point.time <= SPAN])
    if len(recent) < MIN_POINTS or last.time - recent[0].time < MIN_SPAN:
        return None
    slopes = sorted(
        (b.value - a.value) / (b.time - a.time)
        for a, b in combinations(recent, 2)
        if b.time > a.time
    )
    slope = median(slopes)
    level = median(point.value - slope * point.time for point in recent)
    residuals = [point.value - slope * point.time - level for point in recent]
    low, high = _range(slopes, len(recent), _alike(residuals))
    scatter = _quantile(sorted(map(abs, residuals)), _ONE_SIDED)
    return Trend(slope=slope, low=low, high=high, time=last.time, last=last.value, scatter=scatter)


def _thinned(points: Sequence[Point]) -> Sequence[Point]:
    """Return at most _MOST_POINTS of them, evenly chosen, the last always."""
    step = math.ceil(len(points) / _MOST_POINTS)
    return points if step <= 1 else points[::-1][::step][::-1]


def _alike(residuals: Sequence[float]) -> float:
    """Return how much each residual resembles the next, 0 to _MOST_ALIKE."""
    total = sum(value * value for value in residuals)
    if not total:
        return 0.0
    product = sum(a * b for a, b in pairwise(residuals))
    return min(max(product / total, 0.0), _MOST_ALIKE)


def _range(slopes: Sequence[float], count: int, alike: float) -> tuple[float, float]:
    """Return the slopes between which the true one lies four times in five."""
    deviation = math.sqrt(count * (count - 1) * (2 * count + 5) / 18 * (1 + alike) / (1 - alike))
    out = (len(slopes) - _Z * deviation) / 2
    first = min(max(0, math.floor(out)), (len(slopes) - 1) // 2)
    return slopes[first], slopes[-1 - first]


def _quantile(values: Sequence[float], share: float) -> float:
    return values[min(len(values) - 1, math.ceil(share * len(values)) - 1)]

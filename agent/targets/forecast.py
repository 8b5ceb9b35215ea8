"""Where a KPI is heading: its present pace, when it reaches a limit, its value on a day."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from statistics import median
from typing import Final, Literal, NamedTuple

from agent.targets import growth, year
from agent.targets.blend import Blend, Candidate
from agent.targets.equations import Column

DAY: Final = 86_400.0
MIN_POINTS: Final = 3
MIN_SPAN: Final = 7 * DAY
SPAN: Final = 365 * DAY
"""Seconds before now whose values a forecast uses."""
YEARS: Final = 730 * DAY
"""The same for a mean over twelve months: what leaves it came in a year ago."""
PACE_SPAN: Final = 90 * DAY
"""Seconds before now from which the present pace is computed."""
_NEAR: Final = 10
"""Days before and after a value, with whose values it is compared."""
_OUTLIER: Final = 6.0
_SHARES: Final = (0.1, 0.5, 0.9)
IN_SIGHT: Final = 10 * 365 * DAY
"""Seconds. A limit that is met later than this counts as never met: a nearly flat line meets every
limit some day."""
_WIDER: Final = 1.25
_HALVINGS: Final = 10
_REMEMBERED: Final = 128
"""The number of fits that are kept. Each KPI needs one a day."""


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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fit:
    """The laws of some daily values, and their pace. What follows of it is kept beside it."""

    time: float
    """The time of the last of the values, in seconds since the epoch."""
    last: float
    unit: float
    """What they range over; the blend is in such units, from the last value on."""
    blend: Blend
    slope: float
    """The present pace, per second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """Where values are heading."""

    time: float
    """Of the newest value."""
    last: float
    """The newest value."""
    fit: Fit

    @property
    def slope(self) -> float:
        """The present pace, per second."""
        return self.fit.slope

    def at(self, time: float) -> Span:
        """Return what may be at a moment after the last value."""
        return _span(self.fit, time)

    def reaches(self, limit: float) -> When:
        """Return when the values meet a limit that the last value does not keep.

        The chance of it is 10 % at the earliest day, 50 % at the expected one, 90 % at the latest.
        """
        found = _moments(self.fit, limit, "above" if limit > self.last else "below")
        return When(*(None if time is None else max(self.time, time) for time in found))


@lru_cache(maxsize=_REMEMBERED)
def _span(fit: Fit, time: float) -> Span:
    found = fit.blend.quantiles((time - fit.time) / DAY, _SHARES)
    return Span(*(fit.last + fit.unit * value for value in found))


@lru_cache(maxsize=_REMEMBERED)
def _moments(fit: Fit, limit: float, side: Literal["above", "below"]) -> When:
    wanted = (limit - fit.last) / fit.unit
    chances: dict[float, float] = {}

    def chance(ahead: float) -> float:
        if ahead not in chances:
            below = fit.blend.below(ahead, wanted)
            chances[ahead] = 1 - below if side == "above" else below
        return chances[ahead]

    found = (_first(chance, share) for share in _SHARES)
    return When(*(None if ahead is None else fit.time + ahead * DAY for ahead in found))


def _first(chance: Callable[[float], float], share: float) -> float | None:
    """Return after how many days a chance first reaches a share; None beyond IN_SIGHT."""
    before, ahead, last = 0.0, 1.0, IN_SIGHT / DAY
    while chance(ahead) < share:
        if ahead == last:
            return None
        before, ahead = ahead, min(ahead * _WIDER, last)
    for _ in range(_HALVINGS):
        middle = (before + ahead) / 2
        if chance(middle) < share:
            before = middle
        else:
            ahead = middle
    return ahead


def trend(points: Sequence[Point], *, annual: bool = False) -> Trend | None:
    """Return where the values are heading, oldest first; `annual` for means over twelve months.

    None for fewer than MIN_POINTS values, or a shorter time than MIN_SPAN. A newest value that is
    less than a day behind the one before is left out: it changes every minute, and fits take time.
    """
    if not points:
        return None
    newest = points[-1]
    if len(points) > MIN_POINTS and newest.time - points[-2].time < DAY:
        points = points[:-1]
    reach = YEARS if annual else SPAN
    recent = daily([point for point in points if newest.time - point.time <= reach])
    if len(recent) < MIN_POINTS or recent[-1].time - recent[0].time < MIN_SPAN:
        return None
    known = tuple((point.time, point.value) for point in recent)
    fit = _fit_to_year(known) if annual else _fit_to_growth(known)
    return Trend(time=newest.time, last=newest.value, fit=fit)


_Known = tuple[tuple[float, float], ...]


@lru_cache(maxsize=_REMEMBERED)
def _fit_to_growth(points: _Known) -> Fit:
    return _fit(points, growth.candidates, growth.MOST_POINTS)


@lru_cache(maxsize=_REMEMBERED)
def _fit_to_year(points: _Known) -> Fit:
    return _fit(points, year.candidates, year.MOST_POINTS)


def _fit(points: _Known, candidates: Callable[[Column, Column], list[Candidate]], most: int) -> Fit:
    times, values = zip(*_cleaned(points), strict=True)
    end, last = times[-1], values[-1]
    unit = (max(values) - min(values)) or 1.0
    few = _thinned([(time - end) / DAY for time in times], most)
    scaled = _thinned([(value - last) / unit for value in values], most)
    return Fit(
        time=end,
        last=last,
        unit=unit,
        blend=Blend.of(candidates(few, scaled), -few[0]),
        slope=_pace(list(map(Point, times, values))),
    )


def _pace(points: Sequence[Point]) -> float:
    end = points[-1].time
    recent = [point for point in points if end - point.time <= PACE_SPAN]
    if len(recent) < MIN_POINTS:
        recent = list(points[-MIN_POINTS:])
    return median((b.value - a.value) / (b.time - a.time) for a, b in combinations(recent, 2))


def daily(points: Sequence[Point]) -> list[Point]:
    """Return the last value of each day."""
    found: list[Point] = []
    for point in points:
        if found and point.time // DAY == found[-1].time // DAY:
            found[-1] = point
        else:
            found.append(point)
    return found


def _thinned(values: Sequence[float], most: int) -> Sequence[float]:
    """Return at most this many of them, evenly chosen; the last one is always among them."""
    step = math.ceil(len(values) / most)
    return values[::-1][::step][::-1]


def _cleaned(points: _Known) -> _Known:
    """Leave out values that are far from the median of their neighbours."""
    if len(points) <= 2 * _NEAR:
        return points
    values = [value for _, value in points]
    middle = range(_NEAR, len(values) - _NEAR)
    off = [abs(values[n] - sorted(values[n - _NEAR : n + _NEAR + 1])[_NEAR]) for n in middle]
    most = _OUTLIER * sorted(off)[int(0.8 * (len(off) - 1))]
    wrong = {n for n, far in zip(middle, off, strict=True) if far > most}
    return tuple(point for n, point in enumerate(points) if n not in wrong)

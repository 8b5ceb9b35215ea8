"""What may come of a mean over twelve months: what enters the year, less what leaves it.

The mean over a whole year has no seasons: they cancel. What moves it is how a day differs from the
same day a year before. A step in the daily values makes the mean go up for twelve months and then
stop, and a hot summer leaves it a year after it came. So the daily values' departures from their
season are taken as errors that last for some time, with a drift or a step. What is known of the
mean tells what is known of them (Gaussian process regression; C. E. Rasmussen and C. K. I.
Williams, Gaussian Processes for Machine Learning, 2006, chapter 2). The mean's own
covariance is that of the daily values, averaged twice over a year.

Times are days; the last value is at 0.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Final

from agent.targets.blend import Candidate
from agent.targets.equations import Column, dot, forward, log_size, root

MOST_POINTS: Final = 26
"""More add little, and cost time."""
WINDOW: Final = 365.0
_LASTS: Final = (4.0, 20.0, 60.0, 180.0, 700.0)
"""How many days a departure lasts."""
_MIXED: Final = (
    (10.0, 100.0, 0.5),
    (15.0, 3000.0, 0.3),
    (15.0, 3000.0, 6.0),
    (15.0, 3000.0, 40.0),
    (15.0, 3000.0, 80.0),
    (15.0, 3000.0, 160.0),
    (15.0, 3000.0, 320.0),
)
"""Two at once: how long each lasts, and the second's variance beside the first's."""
_DRIFT: Final = 4.0
"""What the daily values may drift by in a year, in units of their departures' spread."""
_FADES: Final = (150.0, 300.0, 600.0)
"""How many days a drift lasts that fades."""
_RAMPS: Final = 12
_RAMP: Final = 5.0
"""What they may leap by, in the same units."""
_TRUST: Final = 0.6
"""How much the evidence counts: no kind is quite true, and neighbouring values are much alike."""
_OWN: Final = 1e-6
"""The variance of the mean's own error, as a share of its variance."""


Parts = tuple[tuple[float, float], ...]
"""How long each part of a departure lasts, and its variance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Departures:
    """How the daily values depart from their season."""

    parts: Parts
    drift: float = 0.0
    fades: float = 0.0
    """How many days the drift lasts; 0 for one that goes on."""
    leap: float = 0.0
    leaps: float = 0.0
    """When a leap was, in days."""

    def moved(self, time: float) -> float:
        """Return how far drift or leap moves the mean over the year that ends at a moment.

        It is in units of the departures' spread. No kind has both.
        """
        if self.leap:
            return self.leap * self._gone(time)
        return self.drift * self._drifted(time) if self.drift else 0.0

    def _drifted(self, time: float) -> float:
        """Return how far the mean has drifted since the last value, in years of the drift then."""
        if not self.fades:
            return time / WINDOW
        whole = -math.expm1(-WINDOW / self.fades) * self.fades / WINDOW
        return -math.expm1(-time / self.fades) * whole

    def _gone(self, time: float) -> float:
        return min(max((time - self.leaps) / WINDOW, 0.0), 1.0)


def _lasting(parts: Parts, apart: float) -> float:
    """Return the covariance of two years as far as it depends only on how far they are apart."""
    return sum(size * averaged(apart, lasts) for lasts, size in parts)


@lru_cache(maxsize=4096)
def averaged(apart: float, lasts: float) -> float:
    """Return the covariance e^(-|t|/lasts), averaged over two years that far apart."""
    return (
        _twice(apart + WINDOW, lasts) - 2 * _twice(apart, lasts) + _twice(apart - WINDOW, lasts)
    ) / WINDOW**2


def _twice(time: float, lasts: float) -> float:
    """Return what e^(-|t|/lasts) is the second derivative of."""
    far = abs(time)
    return lasts * (lasts * math.exp(-far / lasts) + far)


class Years:
    """The years that are known, and how much departures of the same parts make others like them.

    All kinds of departures with these parts share one, and are asked for the same moments in turn.
    So what was told last is remembered.
    """

    __slots__ = ("_last", "own", "parts", "times")

    def __init__(self, parts: Parts, times: Column) -> None:
        self.parts, self.times = parts, times
        self.own = _lasting(parts, 0.0)
        self._last: tuple[float, Column] = (math.nan, ())

    def among(self) -> list[list[float]]:
        """Return the part of their covariances that lasts, row by row up to the diagonal."""
        return [
            [_lasting(self.parts, one - other) for other in self.times[: n + 1]]
            for n, one in enumerate(self.times)
        ]

    def beside(self, other: float) -> Column:
        """Return the part that lasts of their covariances with the year that ends at a moment."""
        moment, found = self._last
        if moment != other:
            found = array("d", (_lasting(self.parts, time - other) for time in self.times))
            self._last = other, found
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """One kind of departures, as fitted to a mean."""

    departures: Departures
    years: Years
    moves: Column
    """How far each of the years has moved."""
    lower: Sequence[Sequence[float]]
    rest: Column
    """The values less their level, uncorrelated."""
    ones: Column
    level: float
    known: float
    """How well the level is known: one over its variance."""
    variance: float
    freedom: float

    def at(self, ahead: float) -> tuple[float, float]:
        """Return centre and spread of the mean so many days after the last value."""
        moved = self.departures.moved(ahead)
        shared = forward(self.lower, _with(self.years.beside(ahead), self.moves, moved))
        open_ = 1.0 - dot(shared, self.ones)
        own = self.years.own + moved * moved
        spread = own - dot(shared, shared) + open_ * open_ / self.known
        centre = self.level + dot(shared, self.rest)
        return centre, math.sqrt(max(0.0, spread) * self.variance)


def _with(lasting: Column, moves: Column, moved: float) -> list[float]:
    """Return the covariances of some years with one that has moved so far."""
    return [one + move * moved for one, move in zip(lasting, moves, strict=True)]


def candidates(times: Column, values: Column) -> list[Candidate]:
    """Fit every kind of departures; `times` end at 0."""
    found = []
    known: dict[Parts, tuple[Years, list[list[float]]]] = {}
    for departures, prior in _kinds(times):
        if departures.parts not in known:
            years = Years(departures.parts, times)
            known[departures.parts] = years, years.among()
        fitted = _fit(departures, *known[departures.parts], values)
        if fitted is not None:
            evidence, fit = fitted
            found.append(Candidate(evidence=_TRUST * evidence + math.log(prior), forecast=fit))
    return found


def _kinds(times: Column) -> Iterator[tuple[Departures, float]]:
    """Yield every kind with how likely it is beforehand."""
    alone = [((lasts, 1.0),) for lasts in _LASTS]
    mixed = [((short, 1.0), (long, share)) for short, long, share in _MIXED]
    every = [*alone, *mixed]
    for parts in every:
        yield Departures(parts=parts), 0.4 / len(every)
        yield Departures(parts=parts, drift=_DRIFT), 0.3 / len(every)
    for parts, fades in product(every, _FADES):
        yield (
            Departures(parts=parts, drift=_DRIFT, fades=fades),
            0.1 / (len(every) * len(_FADES)),
        )
    first = times[0] - WINDOW * 0.9
    for number, lasts in product(range(_RAMPS), (10.0, 30.0, 100.0)):
        leaps = first * (1 - (number + 0.5) / _RAMPS)
        parts = ((lasts, 1.0),)
        yield Departures(parts=parts, leap=_RAMP, leaps=leaps), 0.2 / (3 * _RAMPS)


def _fit(
    departures: Departures, years: Years, lasting: Sequence[Column], values: Column
) -> tuple[float, Fitted] | None:
    times = years.times
    moves = [departures.moved(time) for time in times]
    own = _OWN * (years.own + moves[0] * moves[0])
    rows = [_with(row, moves[: n + 1], moves[n]) for n, row in enumerate(lasting)]
    for n, row in enumerate(rows):
        row[n] += own
    try:
        lower = root(rows)
    except ValueError:
        return None
    ones = forward(lower, [1.0] * len(times))
    white = forward(lower, values)
    known = dot(ones, ones)
    level = dot(ones, white) / known
    rest = [value - level * one for value, one in zip(white, ones, strict=True)]
    left = len(times) - 1
    squares = dot(rest, rest) + 1e-18 * len(times)
    evidence = (
        math.lgamma(left / 2)
        - left / 2 * math.log(math.pi * squares)
        - log_size(lower)
        - math.log(known) / 2
    )
    return evidence, Fitted(
        departures=departures,
        years=years,
        moves=array("d", moves),
        lower=[array("d", row) for row in lower],
        rest=rest,
        ones=ones,
        level=level,
        known=known,
        variance=squares / left,
        freedom=float(left),
    )

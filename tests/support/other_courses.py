"""Laws that nobody had in mind when forecasts were made: they show how far ranges can be trusted.

They are apart from `courses`, whose laws the forecasts were made for.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from itertools import accumulate
from random import Random
from typing import Final

from tests.support.courses import YEAR, Law, noise, plus, twelve_months


def working_days(rng: Random, days: int) -> list[float]:
    """Return what is built up on five days of seven, by unequal amounts."""
    pace, starts = rng.uniform(5, 50), rng.randrange(7)
    added = [
        pace * rng.lognormvariate(0, 0.3) if (day + starts) % 7 < 5 else 0.0 for day in range(days)
    ]
    return list(accumulate(added, initial=1000.0))[:days]


def quarterly(rng: Random, days: int) -> list[float]:
    """Return lumps of unequal size about each quarter, one in five of which does not come."""
    size, next_ = rng.uniform(200, 2000), rng.randrange(90)
    added = [0.0] * days
    while next_ < days:
        if rng.random() > 0.2:
            added[next_] = size * rng.lognormvariate(0, 0.6)
        next_ += 91 + rng.randrange(-10, 11)
    return [1000 + total for total in accumulate(added)]


def yearly_stop(rng: Random, days: int) -> list[float]:
    """Return a steady pace with a stop of three weeks a year."""
    pace, stops = rng.uniform(5, 50), rng.randrange(YEAR)
    added = [0.0 if (day - stops) % YEAR < 21 else pace for day in range(days)]
    return plus([1000 + total for total in accumulate(added)], noise(rng, days, pace))


def taken_away(rng: Random, days: int) -> list[float]:
    """Return a steady pace from which a part is taken away now and then."""
    pace, gap = rng.uniform(5, 50), rng.uniform(40, 150)
    value, found = 1000.0, []
    for _ in range(days):
        value += pace * rng.lognormvariate(0, 0.3)
        if rng.random() < 1 / gap:
            value -= value * rng.uniform(0.02, 0.2)
        found.append(value)
    return found


def falling(rng: Random, days: int, *, least: float = 0.3, most: float = 1.2) -> list[float]:
    """Return a pace that falls by the same each day, to nothing; it ends by a share of the days."""
    pace, ends = rng.uniform(10, 100), rng.uniform(least, most) * days
    line = [1000 + pace * (t - t * t / (2 * ends)) for t in (min(day, ends) for day in range(days))]
    return plus(line, noise(rng, days, (line[-1] - line[0]) * rng.uniform(0.0005, 0.01)))


def yearly_wave(rng: Random, days: int) -> list[float]:
    """Return a pace with one wave a year, of which these histories show a part."""
    pace, phase = rng.uniform(5, 50), rng.uniform(0, 2 * math.pi)
    added = (pace * (1 + 0.8 * math.sin(2 * math.pi * day / YEAR + phase)) for day in range(days))
    return plus([1000 + total for total in accumulate(added)], noise(rng, days, pace))


OTHER_STOCKS: Final[Mapping[str, Law]] = {
    "working days": working_days,
    "quarterly": quarterly,
    "yearly stop": yearly_stop,
    "taken away": taken_away,
    "falling": falling,
    "yearly wave": yearly_wave,
}


def _summers(rng: Random, days: int) -> list[float]:
    """Return daily PUE with a wave in summer whose height differs by 30 % from year to year."""
    base, high, phase = rng.uniform(1.15, 1.4), rng.uniform(0.05, 0.15), rng.randrange(YEAR)
    years = [high * rng.gauss(1, 0.3) for _ in range(days // YEAR + 2)]
    wave = [
        years[(day + phase) // YEAR] * max(0.0, math.sin(2 * math.pi * (day + phase) / YEAR))
        for day in range(days)
    ]
    return plus(noise(rng, days, 0.01, alike=0.8), [base + one for one in wave])


def _summers_drift(rng: Random, days: int) -> list[float]:
    """Return the same with a drift."""
    pace = rng.uniform(-1e-4, 4e-5)
    return [value + pace * day for day, value in enumerate(_summers(rng, days))]


def _weather(lasts: Callable[[Random], float], spread: tuple[float, float]) -> Law:
    """Return daily PUE with a season, and weather that lasts for some days."""

    def law(rng: Random, days: int) -> list[float]:
        base, high, phase = rng.uniform(1.15, 1.4), rng.uniform(0.02, 0.08), rng.uniform(0, 6.3)
        alike = math.exp(-1 / lasts(rng))
        wave = [base + high * math.sin(2 * math.pi * day / YEAR + phase) for day in range(days)]
        return plus(noise(rng, days, rng.uniform(*spread), alike=alike), wave)

    return law


OTHER_PUES: Final[Mapping[str, Law]] = {
    "summers": twelve_months(_summers),
    "summers, drift": twelve_months(_summers_drift),
    "strong weather": twelve_months(_weather(lambda rng: rng.uniform(1, 5), (0.03, 0.08))),
    "long weather": twelve_months(_weather(lambda rng: rng.uniform(60, 180), (0.01, 0.04))),
}

"""Values of a KPI by laws whose further course is known, to see how often a forecast holds."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate
from random import Random
from typing import Final

Law = Callable[[Random, int], list[float]]
"""Makes so many daily values."""

YEAR: Final = 365


def linear(rng: Random, days: int) -> list[float]:
    """Return a steady pace, with errors of which each day keeps a part of the last one."""
    pace = rng.uniform(2, 20)
    return plus([1000 + pace * day for day in range(days)], noise(rng, days, rng.uniform(5, 60)))


def step(rng: Random, days: int) -> list[float]:
    """Return a steady pace with one leap, somewhere in the first quarter."""
    pace, leap = rng.uniform(1, 5), rng.choice((-1, 1)) * rng.uniform(100, 600)
    at = rng.randrange(days // 4)
    line = [2000 + pace * day + (leap if day >= at else 0) for day in range(days)]
    return plus(line, noise(rng, days, rng.uniform(3, 20)))


def batches(rng: Random, days: int) -> list[float]:
    """Return deliveries of unequal size, some in a month or one in two."""
    gap, size = rng.uniform(7, 45), rng.uniform(50, 500)
    added = [
        size * rng.lognormvariate(0, 0.5) if rng.random() < 1 / gap else 0.0 for _ in range(days)
    ]
    return [float(round(1000 + total)) for total in accumulate(added)]


def random_walk(rng: Random, days: int) -> list[float]:
    """Return daily changes that do not depend on each other, with a drift."""
    spread = rng.uniform(5, 30)
    drift = spread * rng.uniform(-0.1, 0.3)
    return list(accumulate((rng.gauss(drift, spread) for _ in range(days - 1)), initial=3000.0))


def saturating(rng: Random, days: int) -> list[float]:
    """Return a build-out that nears its end."""
    lasts, whole = rng.uniform(0.3, 1.5) * days, rng.uniform(2000, 20_000)
    line = [1000 + whole * (1 - math.exp(-day / lasts)) for day in range(days)]
    return plus(line, noise(rng, days, whole * rng.uniform(0.0005, 0.01)))


def logistic(rng: Random, days: int) -> list[float]:
    """Return a build-out that was quickest some time ago, and nears its end."""
    midst, lasts = rng.uniform(-0.3, 0.2) * days, rng.uniform(0.08, 0.25) * days
    line = [1000 + 10_000 / (1 + math.exp((midst - day) / lasts)) for day in range(days)]
    return plus(line, noise(rng, days, 10_000 * rng.uniform(0.0005, 0.01)))


def accelerating(rng: Random, days: int) -> list[float]:
    """Return growth whose pace grows: by a share of what there is, or by the same each day."""
    if rng.random() < 0.5:
        doubles = rng.uniform(0.3, 1.5) * days
        line = [1000 * 2 ** (day / doubles) for day in range(days)]
    else:
        pace, more = rng.uniform(0, 5), rng.uniform(0.01, 0.1)
        line = [1000 + pace * day + more * day * day / 2 for day in range(days)]
    return plus(line, noise(rng, days, (line[-1] - line[0]) * rng.uniform(0.0005, 0.01)))


STOCKS: Final[Mapping[str, Law]] = {
    "linear": linear,
    "step": step,
    "batches": batches,
    "random walk": random_walk,
    "saturating": saturating,
    "logistic": logistic,
    "accelerating": accelerating,
}


def twelve_months(of: Law) -> Law:
    """Return the law of a mean over the last twelve months, of a law of single days."""

    def law(rng: Random, days: int) -> list[float]:
        daily = of(rng, days + YEAR)
        sums = list(accumulate(daily, initial=0.0))
        return [(sums[day + YEAR] - sums[day]) / YEAR for day in range(1, days + 1)]

    return law


def _pue(rng: Random, days: int) -> list[float]:
    """Return the PUE of single days: a yearly wave, and weather that lasts for some days."""
    base, high = rng.uniform(1.15, 1.45), rng.uniform(0.02, 0.08)
    phase = rng.uniform(0, 2 * math.pi)
    wave = [high * math.sin(2 * math.pi * day / YEAR + phase) for day in range(days)]
    return plus(
        noise(rng, days, rng.uniform(0.005, 0.02), alike=rng.uniform(0.6, 0.95)),
        [base + one for one in wave],
    )


def pue_seasonal(rng: Random, days: int) -> list[float]:
    """Return PUE whose summers are not all alike."""
    found = _pue(rng, days)
    years = days // YEAR + 2
    hot = [rng.gauss(0, 0.015) for _ in range(years)]
    shift = rng.randrange(YEAR)
    return [
        value + hot[(day + shift) // YEAR] * math.sin(math.pi * ((day + shift) % YEAR) / YEAR)
        for day, value in enumerate(found)
    ]


def pue_step(rng: Random, days: int) -> list[float]:
    """Return PUE that leaps once, by a new plant or a setpoint."""
    at, leap = rng.randrange(days // 2), rng.choice((-1, 1)) * rng.uniform(0.02, 0.1)
    return [v + (leap if day >= at else 0) for day, v in enumerate(_pue(rng, days))]


def pue_linear(rng: Random, days: int) -> list[float]:
    """Return PUE that gets better, or worse, by a little each day."""
    pace = rng.uniform(-1e-4, 4e-5)
    return [v + pace * day for day, v in enumerate(_pue(rng, days))]


def pue_walk(rng: Random, days: int) -> list[float]:
    """Return PUE whose level wanders."""
    walk = accumulate(rng.gauss(0, rng.choice((0.001, 0.003))) for _ in range(days))
    return plus(_pue(rng, days), list(walk))


def pue_saturating(rng: Random, days: int) -> list[float]:
    """Return PUE that gets better by what load fills the plant, towards an end."""
    lasts, whole = rng.uniform(0.2, 0.8) * days, rng.uniform(0.05, 0.3)
    return [v + whole * math.exp(-day / lasts) for day, v in enumerate(_pue(rng, days))]


PUES: Final[Mapping[str, Law]] = {
    "linear": twelve_months(pue_linear),
    "seasonal": twelve_months(pue_seasonal),
    "step": twelve_months(pue_step),
    "random walk": twelve_months(pue_walk),
    "saturating": twelve_months(pue_saturating),
}


def noise(rng: Random, days: int, spread: float, *, alike: float | None = None) -> list[float]:
    """Return errors with a standard deviation; `alike` is what a day keeps of the last one's."""
    kept = rng.choice((0.0, 0.6)) if alike is None else alike
    fresh = spread * math.sqrt(1 - kept * kept)
    error = rng.gauss(0, spread)
    found = []
    for _ in range(days):
        error = kept * error + rng.gauss(0, fresh)
        found.append(error)
    return found


def plus(one: Sequence[float], other: Sequence[float]) -> list[float]:
    """Return the sum, day by day."""
    return [a + b for a, b in zip(one, other, strict=True)]

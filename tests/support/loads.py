"""Loads whose power and energy are known exactly at any time; times are seconds from 0 on."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate, pairwise
from random import Random
from typing import Protocol


class Load(Protocol):
    """Something that draws power."""

    def power(self, at: float) -> float:
        """Return the power at a time, in watts."""

    def energy(self, at: float) -> float:
        """Return the energy from 0 to a time, in joules."""


class Wave:
    """A load that goes up and down smoothly."""

    def __init__(
        self, mean: float, swing: float = 0.0, period: float = 1.0, phase: float = 0.0
    ) -> None:
        self._mean, self._swing, self._phase = mean, swing, phase
        self._rate = 2.0 * math.pi / period

    def power(self, at: float) -> float:
        return self._mean + self._swing * math.sin(self._rate * at + self._phase)

    def energy(self, at: float) -> float:
        turned = math.cos(self._phase) - math.cos(self._rate * at + self._phase)
        return self._mean * at + self._swing / self._rate * turned


class Jumps:
    """A load that stays at a level until it jumps to the next; `times` begin with 0."""

    def __init__(self, times: Sequence[float], watts: Sequence[float]) -> None:
        self._times, self._watts = times, watts
        lengths = (after - before for before, after in pairwise(times))
        parts = (length * each for length, each in zip(lengths, watts, strict=False))
        self._joules = [0.0, *accumulate(parts)]

    def power(self, at: float) -> float:
        return self._watts[bisect_right(self._times, at) - 1]

    def energy(self, at: float) -> float:
        n = bisect_right(self._times, at) - 1
        return self._joules[n] + self._watts[n] * (at - self._times[n])


class Mixed:
    """Several loads together, each times a factor."""

    def __init__(self, *parts: tuple[float, Load]) -> None:
        self._parts = parts

    def power(self, at: float) -> float:
        return sum(factor * load.power(at) for factor, load in self._parts)

    def energy(self, at: float) -> float:
        return sum(factor * load.energy(at) for factor, load in self._parts)


def bursts(rng: Random, seconds: float, dwell: float, low: float, high: float) -> Jumps:
    """Draw a load that jumps to another level after a time that is `dwell` in the mean."""
    times = [0.0]
    while times[-1] < seconds:
        times.append(times[-1] + rng.expovariate(1.0 / dwell))
    return Jumps(times, [rng.uniform(low, high) for _ in times])


def cycles(rng: Random, seconds: float, period: float, watts: float, unrest: float) -> Jumps:
    """Draw a plant that is on for a share of each period; `unrest` is how much a period differs."""
    duty, times, levels = rng.uniform(0.3, 0.7), [0.0], [watts * rng.randrange(2)]
    at = -rng.random() * period
    while at < seconds:
        length = period * (1.0 + rng.uniform(-unrest, unrest))
        for time, level in ((at, watts), (at + duty * length, 0.0)):
            if time > times[-1]:
                times.append(time)
                levels.append(level)
            else:
                levels[-1] = level
        at += length
    return Jumps(times, levels)

"""Powers with exact energies: sums of cosines in closed form, and piecewise linear curves.

A simulated register is exact: `energy` is the integral of `power`, not a sum of samples. Times are
seconds since the epoch, powers watts, energies joules.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

DAY = 86400.0


class Power(Protocol):
    """A power over time, with its integral."""

    def power(self, at: float) -> float:
        """Watts at a time."""

    def energy(self, since: float, until: float) -> float:
        """Joules between two times."""


@dataclass(frozen=True, slots=True)
class Wave:
    """`amplitude * cos(frequency * t + phase)`; the frequency in radians a second."""

    amplitude: float
    frequency: float
    phase: float


@dataclass(frozen=True, slots=True)
class Waves:
    """A constant and any number of cosines."""

    level: float
    terms: tuple[Wave, ...] = ()

    def power(self, at: float) -> float:
        """Watts at a time."""
        return self.level + sum(
            w.amplitude * math.cos(w.frequency * at + w.phase) for w in self.terms
        )

    def energy(self, since: float, until: float) -> float:
        """Joules between two times, in closed form."""
        total = self.level * (until - since)
        for w in self.terms:
            total += (
                w.amplitude
                / w.frequency
                * (
                    math.sin(w.frequency * until + w.phase)
                    - math.sin(w.frequency * since + w.phase)
                )
            )
        return total

    def scaled(self, factor: float, extra: float = 0.0) -> Waves:
        """Return `factor * self + extra`."""
        terms = tuple(Wave(factor * w.amplitude, w.frequency, w.phase) for w in self.terms)
        return Waves(factor * self.level + extra, terms)


def total(waves: Iterable[Waves]) -> Waves:
    """Add waves up.

    Cosines of one frequency become one, so that a hall costs no more than a rack.
    """
    level = 0.0
    phasors: dict[float, complex] = {}
    for one in waves:
        level += one.level
        for w in one.terms:
            phasors[w.frequency] = phasors.get(w.frequency, 0j) + w.amplitude * complex(
                math.cos(w.phase), math.sin(w.phase)
            )
    terms = (
        Wave(abs(p), frequency, math.atan2(p.imag, p.real)) for frequency, p in phasors.items()
    )
    return Waves(level, tuple(terms))


class Curve:
    """A power given at every step and linear between, so that its integral is exact.

    Integrals are kept: a year at the default step is 52 560 evaluations, each done once.
    """

    def __init__(self, function: Callable[[float], float], *, step: float = 600.0) -> None:
        self._function, self._step = function, step
        self._values: dict[int, float] = {}
        self._sums: dict[int, float] = {}  # joules from the origin to a step
        self._first = self._last = 0

    def power(self, at: float) -> float:
        """Watts at a time."""
        index, part = divmod(at / self._step, 1.0)
        left, right = self._value(int(index)), self._value(int(index) + 1)
        return left + (right - left) * part

    def energy(self, since: float, until: float) -> float:
        """Joules between two times."""
        return self._from_origin(until) - self._from_origin(since)

    def _value(self, index: int) -> float:
        found = self._values.get(index)
        if found is None:
            found = self._values[index] = self._function(index * self._step)
        return found

    def _from_origin(self, at: float) -> float:
        index, part = divmod(at / self._step, 1.0)
        whole = self._sum(int(index))
        left, right = self._value(int(index)), self._value(int(index) + 1)
        return whole + self._step * part * (left + (right - left) * part / 2)

    def _sum(self, index: int) -> float:
        """Return the joules from the origin, the step first asked for, to a step.

        What lies between is kept.
        """
        if not self._sums:
            self._sums[index] = 0.0
            self._first = self._last = index
        while self._last < index:
            at = self._last
            self._sums[at + 1] = (
                self._sums[at] + self._step * (self._value(at) + self._value(at + 1)) / 2
            )
            self._last = at + 1
        while self._first > index:
            at = self._first
            self._sums[at - 1] = (
                self._sums[at] - self._step * (self._value(at - 1) + self._value(at)) / 2
            )
            self._first = at - 1
        return self._sums[index]


@dataclass(frozen=True, slots=True)
class Scaled:
    """A power times a factor; with -1 it is subtracted from a sum."""

    whole: Power
    factor: float

    def power(self, at: float) -> float:
        """Watts at a time."""
        return self.factor * self.whole.power(at)

    def energy(self, since: float, until: float) -> float:
        """Joules between two times."""
        return self.factor * self.whole.energy(since, until)


@dataclass(frozen=True, slots=True)
class Mix:
    """The sum of several powers."""

    parts: tuple[Power, ...]

    def power(self, at: float) -> float:
        """Watts at a time."""
        return sum(part.power(at) for part in self.parts)

    def energy(self, since: float, until: float) -> float:
        """Joules between two times."""
        return sum(part.energy(since, until) for part in self.parts)

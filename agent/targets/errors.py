"""Kinds of error about a curve, each as a Kalman filter that takes its correlation out.

An error has a level and a slope. The level fades, or stays for good; where the slope has a
variance of its own, the pace itself changes bit by bit. A further error is new in each value.
(A. C. Harvey, Forecasting, Structural Time Series Models and the Kalman Filter, 1989, chapter 3.)
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from agent.targets.equations import Column

_LASTS: Final = (0.02, 0.05)
"""How long a fading error lasts, as shares of the history."""
_OWN: Final = (0.0, 1.0)
"""The variance of the further error, relative to that of a fading error."""
_WALK_OWN: Final = (0.0, 1.0, 10.0, 100.0)
"""The same, relative to the growth of a lasting error between two values."""
_SMALL: Final = 1e-9
"""An error that begins with the history is nearly known there; the curve's constant takes it."""
_DRIFT_OWN: Final = (1e-3, 1.0, 30.0, 1e3, 3e4, 1e6)
"""The same, relative to the change of the level by a changing pace between two values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of error; variances are of any one unit, times are days."""

    fades: float = 0.0
    """The share of the level that fades a day; 0 for one that stays."""
    level: float = 0.0
    """The variance that the level gains a day; a fading level has a variance of 1 in all."""
    slope: float = 0.0
    """The variance that the slope gains a day."""
    own: float = 0.0
    """The variance of the further error."""

    def kept(self, days: float) -> float:
        """Return the share of a level that is left after this many days."""
        return math.exp(-self.fades * days)

    def grown(self, days: float) -> float:
        """Return the variance of a level that began this many days ago."""
        if self.fades:
            return -math.expm1(-2 * self.fades * days)
        return self.level * days + self.slope * days**3 / 3


def kinds(span: float, step: float) -> Iterator[tuple[Kind, float]]:
    """Yield every kind, for a history of so many days with a value each step.

    With each comes how likely it is, before the values are looked at.
    """
    fading = [Kind(fades=1 / (share * span), own=own) for share in _LASTS for own in _OWN]
    for chance, group in (
        (0.2, [Kind(own=1.0)]),
        (0.1, fading),
        (0.5, [Kind(level=1 / step, own=own) for own in _WALK_OWN]),
        (0.2, [Kind(slope=3 / step**3, own=own) for own in _DRIFT_OWN]),
    ):
        yield from ((kind, chance / len(group)) for kind in group)


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """A column's error at the last value."""

    level: float
    slope: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """What is known of an error at the last value, and so of those to come."""

    kind: Kind
    level: float
    """Variances and covariance of the error's level and slope."""
    both: float
    slope: float

    def carried(self, state: State, ahead: float) -> float:
        """Return how much of an error is left this many days ahead."""
        return self.kind.kept(ahead) * state.level + ahead * state.slope

    def variance(self, ahead: float) -> float:
        """Return the variance of the error of a value this many days ahead."""
        kept = self.kind.kept(ahead)
        known = kept * kept * self.level + 2 * kept * ahead * self.both + ahead * ahead * self.slope
        return known + self.kind.grown(ahead) + self.kind.own


class Filter:
    """The filter of one kind of error over the times of a history."""

    __slots__ = ("_steps", "ending", "log_spread")

    def __init__(self, kind: Kind, times: Column) -> None:
        self._steps: list[tuple[float, float, float, float, float]] = []
        """Of each value: the share kept, the days since the last value, the gains of level and
        slope, and one over the innovation's spread."""
        self.log_spread = 0.0
        """The sum of the logarithms of the innovations' spreads."""
        level, both, slope = 1.0 if kind.fades else _SMALL * (kind.level + kind.slope), 0.0, 0.0
        last = times[0]
        for time in times:
            days, last = time - last, time
            kept = kind.kept(days)
            level = kept * kept * level + 2 * kept * days * both + days * days * slope
            level += kind.grown(days)
            both = kept * both + days * slope + kind.slope * days * days / 2
            slope += kind.slope * days
            innovation = level + kind.own
            first, second = level / innovation, both / innovation
            self._steps.append((kept, days, first, second, 1 / math.sqrt(innovation)))
            self.log_spread += math.log(innovation) / 2
            slope -= second * both
            both *= 1 - first
            level *= 1 - first
        self.ending = Ending(kind=kind, level=level, both=both, slope=slope)

    def white(self, column: Column) -> tuple[list[float], State]:
        """Return a column's innovations, each with spread 1, and its error at the last value."""
        level = slope = 0.0
        found = []
        for value, (kept, days, first, second, inverse) in zip(column, self._steps, strict=True):
            level = kept * level + days * slope
            new = value - level
            level += first * new
            slope += second * new
            found.append(new * inverse)
        return found, State(level=level, slope=slope)

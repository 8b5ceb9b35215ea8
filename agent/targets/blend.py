"""Several laws' forecasts as one: each counts by how well it explains the values there are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

_LEAST_WEIGHT: Final = 0.005
"""A law that counts less than this is left out."""
_HALVINGS: Final = 40


class Forecast(Protocol):
    """The value that one law expects at a moment ahead."""

    @property
    def freedom(self) -> float:
        """Degrees of freedom of the t distribution."""

    def at(self, ahead: float) -> tuple[float, float]:
        """Return centre and spread of the value that is expected this many days ahead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A law with the logarithm of how well it explains the values."""

    evidence: float
    forecast: Forecast


@dataclass(frozen=True, slots=True)
class Blend:
    """Forecasts with their weights, which add up to 1.

    Each law doubts itself less than it should: it takes for granted that it goes on. How long it
    has held says how long it may hold. So `span` days of history double the variance of a value
    that many days ahead, and half as many days add half of it.
    """

    parts: Sequence[tuple[float, Forecast]]
    span: float = math.inf

    @classmethod
    def of(cls, candidates: Sequence[Candidate], span: float) -> Blend:
        """Weigh candidates by their evidence; the values they explain last `span` days."""
        best = max(one.evidence for one in candidates)
        weighed = [(math.exp(one.evidence - best), one.forecast) for one in candidates]
        whole = sum(weight for weight, _ in weighed)
        kept = [(weight, one) for weight, one in weighed if weight >= _LEAST_WEIGHT * whole]
        whole = sum(weight for weight, _ in kept)
        return cls([(weight / whole, one) for weight, one in kept], span)

    def below(self, ahead: float, value: float) -> float:
        """Return the probability that the value in this many days is at most this one."""
        return _below(self._at(ahead), value)

    def quantiles(self, ahead: float, shares: Sequence[float]) -> list[float]:
        """Return the quantiles of the value to come, for these shares."""
        parts = self._at(ahead)
        low = min(centre - 40 * spread for _, _, centre, spread in parts)
        high = max(centre + 40 * spread for _, _, centre, spread in parts)
        return [_quantile(parts, share, low, high) for share in shares]

    def _at(self, ahead: float) -> list[_Part]:
        wider = math.sqrt(1 + ahead / self.span)
        found = ((weight, one.freedom, one.at(ahead)) for weight, one in self.parts)
        return [
            (weight, freedom, centre, wider * spread) for weight, freedom, (centre, spread) in found
        ]


_Part = tuple[float, float, float, float]
"""Weight, degrees of freedom, centre, spread."""


def _quantile(parts: Sequence[_Part], share: float, low: float, high: float) -> float:
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if _below(parts, middle) < share:
            low = middle
        else:
            high = middle
    return high


def _below(parts: Sequence[_Part], value: float) -> float:
    total = 0.0
    for weight, freedom, centre, spread in parts:
        if spread > 0:
            total += weight * normal(_as_normal((value - centre) / spread, freedom))
        elif value >= centre:
            total += weight
    return total


def normal(deviation: float) -> float:
    """Return the share of a normal distribution below a deviation."""
    return 0.5 * math.erfc(-deviation / math.sqrt(2))


def _as_normal(deviation: float, freedom: float) -> float:
    """Return the normal deviation as likely as that of Student's t (D. L. Wallace, 1959)."""
    squared = freedom * math.log1p(deviation * deviation / freedom)
    return math.copysign((8 * freedom + 1) / (8 * freedom + 3) * math.sqrt(squared), deviation)

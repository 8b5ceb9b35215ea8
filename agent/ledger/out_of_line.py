"""Increases that are out of line with both beside them, by more than others near by are.

A load that goes up or down for hours stays in line, so an exchanged meter shows even where its
increase is not above those of later hours. A load that jumps has its neighbours on one side.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from agent.ledger.increase import LEAST_EXCESS_MS, Increase
from agent.ledger.near_rates import NearRates

_BOTH: Final = 2
"""An increase touches one before it and one after it."""


def beside_of(increases: Sequence[Increase], n: int) -> list[float]:
    """Return the joules a millisecond of the increases that touch one: just before and after."""
    one = increases[n]
    return [
        other.rate
        for other in (*increases[max(0, n - 1) : n], *increases[n + 1 : n + 2])
        if other.since == one.end or other.end == one.since
    ]


class OutOfLine:
    """How far each increase is out of line."""

    def __init__(
        self,
        increases: Sequence[Increase],
        beside: Sequence[Sequence[float]],
        rested: Sequence[bool],
    ) -> None:
        self._increases = increases
        self._by = [
            _out_of_line(one, near, may_have_rested=still)
            for one, near, still in zip(increases, beside, rested, strict=True)
        ]
        times = [one.end for one in increases]
        self._above = NearRates(times, self._by)
        self._below = NearRates(times, [-rate for rate in self._by])

    def joules(self, n: int) -> float:
        """Return by how much more than usual an increase is out of line; 0 where that is small."""
        one, rate = self._increases[n], abs(self._by[n])
        length = one.end - one.since
        if rate * length <= one.rate * LEAST_EXCESS_MS:
            return 0.0
        usual = (self._above if self._by[n] > 0 else self._below).steep(n) or 0.0
        more = (rate - usual) * length
        return more if more > one.rate * LEAST_EXCESS_MS else 0.0


def _out_of_line(one: Increase, near: Sequence[float], *, may_have_rested: bool) -> float:
    """Return how many joules a millisecond an increase is above both beside it; below 0: below."""
    if len(near) < _BOTH:
        return 0.0
    above = one.rate - max(near)
    if above > 0 or may_have_rested:
        return max(above, 0.0)
    return min(one.rate - min(near), 0.0)

"""How well readings of power tell the energy between them, told by the readings themselves.

Every other reading is left out. Where that hardly changes the energy, the readings are close
enough. A load that jumps about between two readings shows in it, and a load that is steady does
not, however large it is.

Readings five minutes apart or more are too few for that: of two jumps one after the other, leaving
out the reading between them shows nothing. There each difference counts by itself.

A load that goes on and off in step with its readings errs the same way each time. Its readings
repeat themselves, so this shows, unless all of them are the same: a load that is on for half of
each ten minutes, and just then when it is read each five, looks like one that is always on.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise
from operator import mul
from typing import Final, NamedTuple

from agent.ledger.energy import CELL_MS, CELLS, HOUR_MS, TimedValue, floor_hour
from agent.ledger.segments import longest_gap

_PRIOR: Final = 3.0
"""The prior: this many neighbours count as if the load were new at each reading."""

_NEW_AT_EACH_READING: Final = 0.5
"""By how much a rise then foretells a fall: the correlation of neighbouring differences is -1/2."""

_WHITE: Final = 4.0 / 3.0
_SLOW: Final = 0.25

_ONE_JUMP: Final = 1.0 / 12.0
_JUMPS: Final = 5.0 / 3.0
"""Of a difference d: d² Δt² / 12 where the load jumped once between the readings, at any time.

Where it is new at each reading (f = 1/2) it is d² Δt² / 2.
"""

_REPEATED: Final = 0.96
"""Changes are the same again if their correlation with those some readings before is as high."""

_OTHERS: Final = 0.5
"""A slow load changes by much the same for long: that is no repetition."""

_FEWEST: Final = 24
"""Of fewer changes in an hour, some may be the same by chance."""

_FEWEST_SPARSE: Final = 10
"""The same where readings are further apart. Twelve may be all there are; chance is put up with."""

_MOST_LAG: Final = 20

_FEWEST_ALIKE: Final = 2.5
"""This many changes at least are the same again, counted as if all were of one size."""


class Thinned(NamedTuple):
    """How well the readings of one hour tell the energy.

    `joules` are by how much each cell would change without every other reading, or where readings
    are five minutes apart and more, by how much they differ. They are scaled: the sum of their
    squares is the variance of the energy. They have a sign, so those of meters
    that are read at once may be added: what errs alike in both boundaries of a PUE cancels out.
    `repeats` is how often the readings repeat themselves in the hour, 1 if they do not. A load that
    goes on and off in step with its readings errs the same way each time.
    """

    joules: list[float]
    repeats: float = 1.0


class _Hour:
    """What the readings of one hour say: the changes, and how they follow each other."""

    __slots__ = ("differences", "is_sparse", "left_out", "products", "rises", "squares")

    def __init__(self) -> None:
        self.squares = [0.0] * CELLS
        self.left_out = [0.0] * CELLS
        self.differences = [0.0] * CELLS
        self.rises: list[float] = []
        self.products = 0.0
        self.is_sparse = False
        """Its readings are too far apart for the fewest changes otherwise asked for."""

    def cells(self) -> list[float]:
        """Return by how much each cell may err, so that the squares are variances.

        Let r be the correlation of two neighbouring readings, and d² the mean square of their
        differences. Leaving a reading out changes the energy by (1 + f) d² Δt² / 2, where f is
        (1 - r) / 2. A load that is new at each reading (f = 1/2) makes an interval uncertain by
        d² Δt² / 2. A load that jumps seldom (f = 0) makes it uncertain by d² Δt² / 12. Between
        these the true factor is below 1/4 + 3 f².

        Where sparse readings repeat themselves, it is known that the load jumps once at each
        difference, as they do.
        """
        falls, in_step = self._falls() ** 2, self.repeats() > 1.0
        left_out = math.sqrt(_WHITE * (_SLOW + 3.0 * falls))
        differences = math.sqrt(_ONE_JUMP + (0.0 if in_step else _JUMPS * falls))
        changes = self._apart() if in_step else self.left_out
        return [
            left_out * one + differences * other
            for one, other in zip(changes, self.differences, strict=True)
        ]

    def _apart(self) -> list[float]:
        """Return the changes of each cell as if none of them cancelled another.

        A plant in step with its readings may go on and off within a cell, and does so in the same
        way each time. When it goes on says nothing of when it goes off.
        """
        return [
            math.copysign(math.sqrt(squares), one)
            for one, squares in zip(self.left_out, self.squares, strict=True)
        ]

    def _falls(self) -> float:
        """Return f: by how much a rise foretells a fall."""
        squares = sum(rise * rise for rise in self.rises)
        if not squares:
            return _NEW_AT_EACH_READING
        prior = _PRIOR * squares / len(self.rises)
        falls = (_NEW_AT_EACH_READING * prior - self.products) / (squares + prior)
        return max(0.0, min(_NEW_AT_EACH_READING, falls))

    def repeats(self) -> float:
        """Return how often the changes repeat themselves, after they have been others between."""
        rises, others = self.rises, False
        squares = [rise * rise for rise in rises]
        fewest, most_lag = _FEWEST, len(rises) // 3
        if self.is_sparse:
            fewest, most_lag = _FEWEST_SPARSE, 2 * len(rises) // 3
        for lag in range(1, min(_MOST_LAG, most_lag) + 1) if len(rises) >= fewest else ():
            most = (sum(squares[lag:]) + sum(squares[:-lag])) / 2.0
            products = list(map(mul, rises, rises[lag:]))
            alike = sum(products)
            is_seen = alike * alike >= _FEWEST_ALIKE * sum(map(mul, products, products))
            if others and is_seen and alike > _REPEATED * most:
                return len(rises) / lag
            others = others or alike < _OTHERS * most
        return 1.0


def thinned(readings: Sequence[TimedValue]) -> dict[int, Thinned]:
    """Return how well readings of power, in order of time, tell the energy, by hour."""
    hours: defaultdict[int, _Hour] = defaultdict(_Hour)
    for before, at in pairwise(readings):
        elapsed = at.time - before.time
        if at.interval >= CELL_MS and elapsed <= longest_gap(before.interval, at.interval):
            middle = (before.time + at.time) // 2
            hour, cell = hours[floor_hour(middle)], middle % HOUR_MS // CELL_MS
            hour.differences[cell] += (at.value - before.value) * elapsed / 1000.0
    for n in range(1, len(readings) - 1):
        before, at, after = readings[n - 1 : n + 2]
        since, until = at.time - before.time, after.time - at.time
        if since > longest_gap(before.interval, at.interval) or until > longest_gap(
            at.interval, after.interval
        ):
            continue
        is_long = at.interval >= CELL_MS
        hour = hours[floor_hour((before.time + at.time) // 2 if is_long else at.time)]
        rise, next_rise = at.value - before.value, after.value - at.value
        hour.rises.append(rise)
        hour.products += rise * next_rise
        hour.is_sparse = hour.is_sparse or at.interval * _FEWEST > HOUR_MS
        if not is_long and at.time // at.interval % 2:
            joules = (rise * until - next_rise * since) / 2000.0
            cell = at.time % HOUR_MS // CELL_MS
            hour.left_out[cell] += joules
            hour.squares[cell] += joules * joules
    found = {start: Thinned(hour.cells(), hour.repeats()) for start, hour in hours.items()}
    return {start: one for start, one in found.items() if any(one.joules)}

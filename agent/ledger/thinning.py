"""How well readings of power tell the energy between them, told by the readings themselves.

Every other reading is left out. Where that hardly changes the energy, the readings are close
enough. A load that jumps about between two readings shows in it, and a load that is steady does
not, however large it is.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from agent.ledger.energy import CELL_MS, CELLS, TimedValue, floor_hour
from agent.ledger.segments import longest_gap

_PRIOR: Final = 3.0
"""So many neighbours count as those of a load that is new at each reading, to begin with."""

_NEW_AT_EACH_READING: Final = 0.5
"""By how much a rise then foretells a fall: the correlation of neighbouring differences is -1/2."""

_WHITE: Final = 4.0 / 3.0
_SLOW: Final = 0.25


class _Hour:
    """What the readings of one hour say: the changes, and how they follow each other."""

    __slots__ = ("cells", "count", "products", "squares")

    def __init__(self) -> None:
        self.cells = [0.0] * CELLS
        self.count = 0
        self.squares = self.products = 0.0

    def scale(self) -> float:
        """Return what the cells are multiplied by, so that their squares are variances.

        Let r be the correlation of two neighbouring readings, and d² the mean square of their
        differences. Leaving a reading out changes the energy by (1 + q) d² Δt² / 2, where q is
        (1 - r) / 2. A load that is new at each reading (q = 1/2) makes an interval uncertain by
        d² Δt² / 2. A load that jumps seldom (q = 0) makes it uncertain by d² Δt² / 12. Between
        these the true factor is below 1/4 + 3 q².
        """
        if not self.squares:
            return 0.0
        prior = _PRIOR * self.squares / self.count
        falls = (_NEW_AT_EACH_READING * prior - self.products) / (self.squares + prior)
        falls = max(0.0, min(_NEW_AT_EACH_READING, falls))
        return math.sqrt(_WHITE * (_SLOW + 3.0 * falls * falls))


def thinned(readings: Sequence[TimedValue]) -> dict[int, list[float]]:
    """Return by how many joules each cell would change without every other reading, by hour.

    Readings are in order of time. The joules are scaled: the sum of their squares is the variance
    of the energy. They have a sign, so those of meters that are read at once may be added: what
    errs alike in both boundaries of a PUE cancels out.
    """
    hours: dict[int, _Hour] = {}
    for n in range(1, len(readings) - 1):
        before, at, after = readings[n - 1 : n + 2]
        since, until = at.time - before.time, after.time - at.time
        if since > longest_gap(before.interval, at.interval) or until > longest_gap(
            at.interval, after.interval
        ):
            continue
        start = floor_hour(at.time)
        hour = hours.get(start)
        if hour is None:
            hour = hours[start] = _Hour()
        rise, next_rise = at.value - before.value, after.value - at.value
        hour.count += 1
        hour.squares += (rise * rise + next_rise * next_rise) / 2.0
        hour.products += rise * next_rise
        if at.time // at.interval % 2:
            joules = (rise * until - next_rise * since) / 2000.0
            hour.cells[(at.time - start) // CELL_MS] += joules
    return {
        start: [scale * joules for joules in hour.cells]
        for start, hour in hours.items()
        if (scale := hour.scale())
    }

"""What the ledger computes with: one reading, a segment of known power, the cells of an hour.

Times are whole milliseconds since the epoch, so that covered time adds up exactly. An hour has
twelve cells of five minutes. A cell is what PUE counts or leaves out.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import fsum
from typing import Final, NamedTuple

JOULES_PER_KWH: Final = 3.6e6
HOUR_MS: Final = 3_600_000
CELLS: Final = 12
CELL_MS: Final = HOUR_MS // CELLS
FULL_MASK: Final = (1 << CELLS) - 1
"""All twelve cells of an hour, as bits; the first cell is the lowest bit."""

POWER: Final = 0
ENERGY: Final = 1
"""What a reading measures: power in watts, or an energy register in joules (of water: litres)."""


HOLE: Final = float("-inf")
"""The value of a row that is no reading: the meter was not heard throughout up to that time.

Any value below 0 is a reading that was refused, so nothing is integrated across it either.
"""


class TimedValue(NamedTuple):
    """One reading of power (watts) or of a register (joules).

    `interval` is how often the meter was meant to be read, in milliseconds.
    """

    time: int
    value: float
    interval: int


class Span(NamedTuple):
    """A stretch of time, in milliseconds."""

    start: int
    end: int


class Segment(NamedTuple):
    """A covered stretch of time. The power runs in a straight line from `first` to `last` watts."""

    start: int
    end: int
    first: float
    last: float

    def at(self, time: int) -> float:
        """Return the power at a time within the segment, in watts."""
        if time == self.start:
            return self.first
        if time == self.end:
            return self.last
        return self.first + (self.last - self.first) * (
            (time - self.start) / (self.end - self.start)
        )

    def joules(self, start: int, end: int) -> float:
        """Return the energy between two times within the segment."""
        return (self.at(start) + self.at(end)) * (end - start) / 2000.0

    def cut(self, start: int, end: int) -> Segment:
        """Return the part between two times within the segment."""
        return Segment(start, end, self.at(start), self.at(end))


def floor_hour(time: int) -> int:
    """Return the first millisecond of the hour that a time is in."""
    return time - time % HOUR_MS


class HourCells:
    """The energy of one meter in one hour: joules and covered milliseconds of each cell.

    `thinned` tells how well readings of power tell the energy (`agent.ledger.thinning`), in joules
    for each cell. It is empty where the energy is counted and not integrated. `repeats` is how
    often these readings repeat themselves in the hour.
    """

    __slots__ = ("covered", "joules", "repeats", "thinned")

    def __init__(
        self,
        joules: Sequence[float] = (),
        covered: Sequence[int] = (),
        thinned: Sequence[float] = (),
        repeats: float = 1.0,
    ) -> None:
        self.joules = list(joules) or [0.0] * CELLS
        self.covered = list(covered) or [0] * CELLS
        self.thinned = list(thinned)
        self.repeats = repeats

    @classmethod
    def uniform(cls, joules: float) -> HourCells:
        """Make a fully covered hour of which only the total is known."""
        return cls([joules / CELLS] * CELLS, ALL_COVERED)

    @property
    def mask(self) -> int:
        """The cells that are covered from end to end, as bits; the first cell is the lowest."""
        if self.covered == ALL_COVERED:
            return FULL_MASK
        return sum(1 << n for n, covered in enumerate(self.covered) if covered >= CELL_MS)

    @property
    def total(self) -> float:
        """Joules of the hour."""
        return fsum(self.joules)

    @property
    def covered_ms(self) -> int:
        """Milliseconds of the hour that are covered."""
        return sum(self.covered)

    def between(self, start: int, end: int) -> HourCells:
        """Return the part between two offsets in the hour; within a cell, power counts as even."""
        shares = [
            max(0, min(end, (n + 1) * CELL_MS) - max(start, n * CELL_MS)) / CELL_MS
            for n in range(CELLS)
        ]
        return HourCells(
            [joules * share for joules, share in zip(self.joules, shares, strict=True)],
            [round(covered * share) for covered, share in zip(self.covered, shares, strict=True)],
            [joules * share for joules, share in zip(self.thinned, shares, strict=False)],
            self.repeats,
        )

    def replace_cells(self, other: HourCells, mask: int) -> None:
        """Copy the cells of `mask` from another hour."""
        if self.thinned or other.thinned:
            self.thinned = self.thinned or [0.0] * CELLS
            self.repeats = max(self.repeats, other.repeats)
        for n in range(CELLS):
            if mask >> n & 1:
                self.joules[n], self.covered[n] = other.joules[n], other.covered[n]
                if self.thinned:
                    self.thinned[n] = other.thinned[n] if other.thinned else 0.0


ALL_COVERED: Final = [CELL_MS] * CELLS

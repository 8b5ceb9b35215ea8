"""The energy of one hour as it is stored, and what may be asked of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

from agent.ledger.energy import HOUR_MS, HourCells
from agent.ledger.store.blocks import HourSum
from agent.ledger.store.packed_cells import unpack_cells


class StoredHour(NamedTuple):
    """What is stored of an hour of a meter.

    `imported` has a bit for each cell that was imported. `data` are the packed cells; None where
    only the sum is kept.
    """

    joules: float
    covered: int
    imported: int = 0
    data: bytes | None = None

    def cells(self) -> HourCells:
        """Return the hour's cells; those of an old, whole hour are taken as even."""
        if self.data is not None:
            return unpack_cells(self.data)
        return HourCells.uniform(self.joules) if self.covered >= HOUR_MS else HourCells()


class NewHour(NamedTuple):
    """An hour to be stored, with a bit for each cell that was imported."""

    hour: int
    cells: HourCells
    imported: int


class MeterHour(NamedTuple):
    """The energy of one meter in one hour: joules, and covered milliseconds."""

    hour: int
    meter: int
    joules: float
    covered: int


class HeardHour:
    """One hour of several meters: their sums, and the packed cells of those that have them."""

    __slots__ = ("_cells", "is_even", "sums")

    def __init__(self, sums: Mapping[int, HourSum], cells: Mapping[int, bytes]) -> None:
        self.sums, self._cells = sums, cells
        self.is_even = not cells and all(one.covered >= HOUR_MS for one in sums.values())
        """Whether every meter that was heard is covered, and only its sum is kept."""

    def cells(self) -> dict[int, HourCells]:
        """Return the cells of every meter."""
        return {
            meter: StoredHour(one.joules, one.covered, 0, self._cells.get(meter)).cells()
            for meter, one in self.sums.items()
        }

    def without(self, meters: Collection[int]) -> HeardHour:
        """Return the same hour as if some meters had not been heard."""
        if not meters:
            return self
        return HeardHour(
            {meter: one for meter, one in self.sums.items() if meter not in meters},
            {meter: data for meter, data in self._cells.items() if meter not in meters},
        )

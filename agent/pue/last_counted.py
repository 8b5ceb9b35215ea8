"""Since when a meter stands at 0: the hours before are looked through until it counted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

from agent.ledger.energy import CELL_MS, CELLS, HOUR_MS
from agent.ledger.store.database import Tables
from agent.pue.periods import DAY_MS
from agent.pue.places import Place
from agent.pue.point_sums import PlaceHour

LONGEST_MS: Final = 400 * DAY_MS
"""So far back it is looked for the hour in which a meter fell. What fell before is known by what is
stored of the hour that long ago."""

_AT_ONCE: Final = 30 * 24
"""Hours that are read at once, going back. They are as long as old hours are packed."""


class Still(NamedTuple):
    """A meter has counted nothing between two hours; `fell` is the last in which it did, if known.

    `heard` is the first hour after that in which it told anything.
    """

    low: int
    high: int
    fell: int | None
    heard: int


class Fall(NamedTuple):
    """A meter stands at 0 from the cell of an hour on, and told so first in the hour `heard`.

    `cell` is the first one at 0. It is one more than the last where it counted up to its end.
    """

    hour: int
    cell: int
    heard: int

    @property
    def at(self) -> int:
        """When the first cell at 0 begins, in milliseconds."""
        return self.hour + self.cell * CELL_MS

    def cells_before(self, hour: int) -> int:
        """Return how many cells of an hour are before the fall."""
        return max(0, min(CELLS, (self.at - hour) // CELL_MS))

    @property
    def around(self) -> list[int]:
        """The hours around the fall, and those in which it was told first."""
        return sorted({self.hour - HOUR_MS, self.hour, self.heard, self.heard + HOUR_MS})


class LastCounted:
    """Tells when meters fell to 0.

    `still` keeps what was read of meters that stand at 0, for the other hours of one transaction.
    """

    def __init__(
        self, tables: Tables, still: dict[int, Still], numbers: Callable[[Place], Sequence[int]]
    ) -> None:
        self._tables, self._still, self._numbers = tables, still, numbers

    def before(self, place: Place, hour: int) -> Still:
        """Return the last hour before in which a meter counted, and since when it counts nothing.

        Hours of which nothing is known are passed over.
        """
        key = self._numbers(place)[0]
        known = self._still.get(key)
        end = heard = hour
        fell = None
        while fell is None and end > hour - LONGEST_MS:
            if known is not None and known.low < end <= known.high:
                end, fell, heard = known.low, known.fell, known.heard
                continue
            start = end - (24 if end == hour else _AT_ONCE) * HOUR_MS
            hours = self.hours(place, range(start, end, HOUR_MS))
            for one in sorted(hours, reverse=True):
                if hours[one] > 0:
                    fell = one
                    break
                heard = one
            end = start if fell is None else fell
        found = Still(end, hour, fell, heard)
        if known is None or hour > known.high:
            self._still[key] = found
        return found

    def stands(self, place: Place, after: int) -> Iterator[int]:
        """Yield the hours after one in which a meter told that it stands at 0, until it counts.

        The first of these may be one in which it counts later on.
        """
        first = after + HOUR_MS
        known = self.hours(place, range(first, first + LONGEST_MS, HOUR_MS))
        for hour in sorted(known):
            if known[hour] > 0 and hour > first:
                return
            yield hour

    def hours(self, place: Place, hours: Sequence[int]) -> dict[int, float]:
        """Return the joules of the hours in which a meter told anything."""
        found: dict[int, float] = {}
        for number in self._numbers(place):
            for hour, one in self._tables.hours.load(number, hours).items():
                found[hour] = found.get(hour, 0.0) + one.joules
        return found


def runs_at_zero(one: PlaceHour, start: int) -> list[tuple[int, int]]:
    """Return the runs of cells in which a meter stands at 0: the first cell, and all as bits."""
    cells = one.cells
    if cells is None:
        return []
    known = cells.mask & one.place.cells_in(start)
    found: list[tuple[int, int]] = []
    is_running = False
    for n in range(CELLS):
        is_zero = bool(known >> n & 1) and cells.joules[n] == 0
        if is_zero and is_running:
            found[-1] = (found[-1][0], found[-1][1] | 1 << n)
        elif is_zero:
            found.append((n, 1 << n))
        is_running = is_zero
    return found

"""What leaves a site: known to be metered from the first reading of an export register on.

Before that nothing is taken off, and the hours stay what they were: a bill counts what was bought. From then on a meter must
tell both directions: where it counts what comes in and not what leaves, the second is missing, and not zero.
"""

from __future__ import annotations

from collections.abc import Iterable
from operator import add

from agent.ledger.energy import CELL_MS, CELLS, HOUR_MS, HourCells

Ways = tuple[int | None, HourCells | None, HourCells | None]
"""Of one meter: when its export register was first read, what it bought in an hour, and what it sold."""


def exported(hour: int, meters: Iterable[Ways], bought: HourCells | None) -> HourCells | None:
    """Return what left through one place in an hour, where the meters hung there one after the other and `bought` together.

    None where nothing can be missing: before the first reading, and where no meter counted in either direction.
    """
    found: HourCells | None = None
    for first, in_, out in meters:
        if first is None or first >= hour + HOUR_MS or (in_ is None and out is None):
            continue
        cells = _both_ways(in_ or HourCells(), out or HourCells(), first - hour)
        if found is None:
            found = cells
        else:
            found = HourCells(
                list(map(add, found.joules, cells.joules)),
                list(map(min, found.covered, cells.covered)),
            )
    if found is not None:  # a cell that is open at what was bought is open at what was sold
        found.covered = list(map(min, found.covered, (bought or HourCells()).covered))
    return found


def _both_ways(bought: HourCells, sold: HourCells, first: int) -> HourCells:
    """Return what a meter sold, covered where it told as much as of what it bought, from `first` (an offset in the hour) on."""
    cells = HourCells(sold.joules)
    for n in range(CELLS):
        since = min(CELL_MS, max(0, (n + 1) * CELL_MS - first))
        cells.covered[n] = CELL_MS if sold.covered[n] >= min(since, bought.covered[n]) else 0
    return cells

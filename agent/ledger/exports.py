"""The energy that leaves a site. It is metered from the first reading of an export register on.

Before that reading nothing is subtracted, and the hours stay as they were: a bill counts what was
bought. From then on a meter must tell both directions. Where it tells what comes in and not what
leaves, the second is missing; it is not zero.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from operator import add

from agent.ledger.energy import CELL_MS, CELLS, HOUR_MS, HourCells


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoWayHour:
    """One hour of a meter that counts both directions: what was bought and what was sold.

    `first_read` is when its export register was first read, in milliseconds; None where never.
    """

    first_read: int | None
    bought: HourCells | None
    sold: HourCells | None


def exported(hour: int, meters: Iterable[TwoWayHour], bought: HourCells | None) -> HourCells | None:
    """Return what left the site at one place in an hour.

    `meters` hung at that place one after the other; together they bought `bought`. None where
    nothing can be missing: before the first reading, and where no meter was heard.
    """
    found: HourCells | None = None
    for meter in meters:
        first = meter.first_read
        if first is None or first >= hour + HOUR_MS:
            continue
        if meter.bought is None and meter.sold is None:
            continue
        cells = _both_ways(meter.bought or HourCells(), meter.sold or HourCells(), first - hour)
        if found is None:
            found = cells
        else:
            found = HourCells(
                list(map(add, found.joules, cells.joules)),
                list(map(min, found.covered, cells.covered)),
            )
    if (
        found is not None
    ):  # if the bought energy is not covered, the sold energy is not covered either
        found.covered = list(map(min, found.covered, (bought or HourCells()).covered))
    return found


def _both_ways(bought: HourCells, sold: HourCells, first: int) -> HourCells:
    """Return what a meter sold. A cell is covered where as much is known of it as of the bought.

    `first` is the offset in the hour of the first reading of the export register.
    """
    cells = HourCells(sold.joules)
    for n in range(CELLS):
        since = min(CELL_MS, max(0, (n + 1) * CELL_MS - first))
        cells.covered[n] = CELL_MS if sold.covered[n] >= min(since, bought.covered[n]) else 0
    return cells

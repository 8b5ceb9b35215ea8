"""Meters' hours as they were before later imports, which an auditor asks for."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from agent.ledger.energy import CELLS, HourCells
from agent.ledger.store.database import Tables
from agent.ledger.store.import_batches import ImportBatch
from agent.ledger.store.import_undo import FormerHour
from agent.ledger.store.packed_cells import unpack_cells


def put_former(cells: HourCells, former: FormerHour) -> HourCells:
    """Return an hour's cells with those put back that an import replaced."""
    old = HourCells() if former.data is None else unpack_cells(bytes.fromhex(former.data))
    joules, covered = list(cells.joules), list(cells.covered)
    for n in range(CELLS):
        if former.mask >> n & 1:
            joules[n], covered[n] = old.joules[n], old.covered[n]
    return HourCells(joules, covered)


@dataclass(frozen=True, slots=True, kw_only=True)
class PastHours:
    """What the imports since a time replaced of meters' hours, the newest import first.

    `replaced` is by meter and hour. `lost` are imports for which this is no longer known.
    """

    replaced: Mapping[tuple[int, int], Sequence[FormerHour]] = field(default_factory=dict)
    lost: Sequence[ImportBatch] = ()

    def of(self, meter: int, hour: int, cells: HourCells) -> HourCells:
        """Return the cells of a meter's hour as they were."""
        for former in self.replaced.get((meter, hour), ()):
            cells = put_former(cells, former)
        return cells


def past_hours(tables: Tables, site: str, meters: Container[int], as_of: int) -> PastHours:
    """Return what a site's imports have replaced of some meters since a time in milliseconds."""
    replaced: dict[tuple[int, int], list[FormerHour]] = {}
    lost: list[ImportBatch] = []
    undone = tables.import_undo.undone()
    for batch in reversed(tables.import_batches.of_site(site)):
        if batch.number in undone:
            if batch.time <= as_of < undone[batch.number][0]:
                lost.append(batch)  # what it said was deleted when it was taken back
            continue
        if batch.time <= as_of:
            continue
        before = tables.import_undo.load(batch.number)
        if before is None:
            lost.append(batch)
        for one in before or ():
            if one.meter in meters:
                for former in one.hours:
                    replaced.setdefault((one.meter, former.hour), []).append(former)
    return PastHours(replaced=replaced, lost=lost)


def lost_within(past: PastHours, start: int, end: int) -> Iterator[ImportBatch]:
    """Yield the imports of a period of which it is not known what they said or replaced."""
    return (one for one in past.lost if one.first < end and start < one.last)

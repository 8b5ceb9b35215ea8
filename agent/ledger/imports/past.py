"""A meter's hours as they were before later imports, which an auditor asks for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
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
    """What the imports since a time replaced of a meter's hours, by hour, the newest import first.

    `lost` are imports for which this is no longer known.
    """

    replaced: Mapping[int, Sequence[FormerHour]] = field(default_factory=dict)
    lost: Sequence[ImportBatch] = ()

    def of(self, hour: int, cells: HourCells) -> HourCells:
        """Return an hour's cells as they were."""
        for former in self.replaced.get(hour, ()):
            cells = put_former(cells, former)
        return cells


def past_hours(tables: Tables, site: str, meter: int, as_of: int) -> PastHours:
    """Return what the imports of a site have replaced of a meter since a time in milliseconds."""
    replaced: dict[int, list[FormerHour]] = {}
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
            if one.meter == meter:
                for former in one.hours:
                    replaced.setdefault(former.hour, []).append(former)
    return PastHours(replaced=replaced, lost=lost)


def lost_within(past: PastHours, start: int, end: int) -> Iterator[ImportBatch]:
    """Yield the imports of a period of which it is not known what they said or replaced."""
    return (one for one in past.lost if one.first < end and start < one.last)

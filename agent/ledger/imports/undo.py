"""Take an import back: every cell that it wrote is again what it was before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from agent.ledger.energy import CELLS, HourCells
from agent.ledger.imports.put import ImportedHour
from agent.ledger.past_hours import put_former
from agent.ledger.settings import Retention
from agent.ledger.store.database import Store, Tables
from agent.ledger.store.hour import NewHour, StoredHour
from agent.ledger.store.import_batches import ImportBatch
from agent.ledger.store.import_undo import FormerHour, MeterBefore, Row
from agent.ledger.store.packed_cells import pack_cells
from collectors.base import HubgaugeError


def former_hours(
    given: Mapping[int, ImportedHour], changed: Iterable[int], stored: Mapping[int, StoredHour]
) -> list[FormerHour]:
    """Return what stood in the hours that an import changes."""
    found = []
    for hour in changed:
        new, old = given[hour], stored.get(hour)
        found.append(
            FormerHour(
                hour=hour,
                mask=new.mask if isinstance(new, HourCells) else (1 << CELLS) - 1,
                imported=old.imported if old is not None else 0,
                data=pack_cells(old.cells()).hex() if old is not None else None,
            )
        )
    return found


def changed_rows(
    before: Mapping[str, Sequence[Row]], after: Mapping[str, Sequence[Row]]
) -> dict[str, Sequence[Row]]:
    """Return the rows, as they were, of the tables that an import has changed."""
    return {table: rows for table, rows in before.items() if list(rows) != list(after[table])}


def undo_import(
    store: Store, number: int, site: str, retention: Retention, user: str
) -> ImportBatch:
    """Take the import of a number back.

    Raises HubgaugeError where it is not known, was taken back before, or where a later import wrote
    into the same hours: that one is to be taken back first.
    """
    with store.transaction() as tables:
        batches = {one.number: one for one in tables.import_batches.of_site(site)}
        undone = tables.import_undo.undone()
        batch = batches.get(number)
        if batch is None:
            raise HubgaugeError(f"no import {number} of {site}; `ledger imports` lists them")
        if number in undone:
            raise HubgaugeError(f"import {number} was taken back already")
        before = tables.import_undo.load(number)
        if before is None:
            message = f"import {number} is of a version that did not keep what it replaced"
            raise HubgaugeError(f"{message}; restore a backup")
        for later in sorted(n for n in batches if n > number and n not in undone):
            if _overlap(before, tables.import_undo.load(later) or ()):
                message = f"import {later} ({batches[later].file}) wrote into the same hours later"
                raise HubgaugeError(f"{message}: undo {later} first")
        for meter in before:
            _put_back(tables, meter, retention)
        tables.import_undo.mark_undone(number, retention.time, user)
        return batch


def _overlap(one: Sequence[MeterBefore], other: Sequence[MeterBefore]) -> bool:
    hours = {(each.meter, former.hour) for each in one for former in each.hours}
    return any((each.meter, former.hour) in hours for each in other for former in each.hours)


def _put_back(tables: Tables, before: MeterBefore, retention: Retention) -> None:
    """Put the cells and the other rows of one meter back, and have the site's hours summed."""
    stored = tables.hours.load(before.meter, [one.hour for one in before.hours])
    kept: list[NewHour] = []
    for former in before.hours:
        now = stored.get(former.hour)
        cells = put_former(now.cells() if now is not None else HourCells(), former)
        imported = (now.imported if now is not None else 0) & ~former.mask
        imported |= former.imported & former.mask
        if any(cells.covered):
            kept.append(NewHour(former.hour, cells, imported))
        else:
            tables.hours.delete(before.meter, former.hour)
    tables.hours.save(before.meter, kept, even_before=retention.sealed_before)
    tables.import_undo.put_rows(before)
    (row,) = [one for one in tables.meters.all() if one.id == before.meter]
    hours = [one.hour for one in before.hours]
    tables.site_hours.mark_unsummed(row.site, row.point, sorted({*hours, *before.also_summed}))

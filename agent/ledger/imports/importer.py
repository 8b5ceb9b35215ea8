"""Take hours of several meters into the ledger, all of them or, where that fails, none."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import fsum
from typing import Final

from agent.inventory.model import Inventory
from agent.ledger.doubts import Uncertain
from agent.ledger.energy import CELL_MS, HOUR_MS, HourCells, floor_hour
from agent.ledger.imports.put import Changes, ImportedHour, put_imported
from agent.ledger.imports.undo import changed_rows, former_hours
from agent.ledger.meters import kind_of, point_of
from agent.ledger.register_judge import Refusal
from agent.ledger.register_steps import ImportedRegister, Step
from agent.ledger.settings import Retention
from agent.ledger.store.database import Store, Tables
from agent.ledger.store.hour import StoredHour
from agent.ledger.store.import_batches import ImportBatch
from agent.ledger.store.import_undo import MeterBefore
from agent.ledger.stretches import Stretch
from collectors.base import HubgaugeError

_COARSER: Final = 1.5
"""A row is coarser than what is known of an hour if it lasts longer than that by more than this
factor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finer:
    """Hours of which more is known than the rows say that are to replace them; joules of both."""

    hours: Sequence[int]
    before: float
    after: float


class WouldReplaceFiner(HubgaugeError):
    """Rows longer than an hour would replace hours that are known better; by meter."""

    def __init__(self, meters: Mapping[str, Finer]) -> None:
        self.meters = meters
        super().__init__(f"hours that are known better would be replaced: {', '.join(meters)}")


class WouldReplaceLive(HubgaugeError):
    """Rows would replace hours that the agent itself has measured; by meter."""

    def __init__(self, meters: Mapping[str, Finer]) -> None:
        self.meters = meters
        super().__init__(f"hours that were measured would be replaced: {', '.join(meters)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """Hours of a site's meters that come from a file.

    `stretches` are those longer than an hour of which only the total is known, and `doubts` what
    else is uncertain. `first_read` has the times of the first readings (milliseconds): a meter is
    there from then on, though its energy is not known yet. `registers` say in which steps the
    meters of registers count, and `rejected` holds the readings that are not used. `is_exported`
    says that the energy left the site. `may_replace_finer` allows them to replace what is known
    better, and `may_replace_live` what the agent has measured. `source` is the file; without it,
    the import is not recorded.
    """

    site: str
    hours: Mapping[str, Mapping[int, ImportedHour]]
    stretches: Mapping[str, Sequence[Stretch]] = field(default_factory=dict)
    doubts: Mapping[str, Sequence[Uncertain]] = field(default_factory=dict)
    first_read: Mapping[str, int] = field(default_factory=dict)
    registers: Mapping[str, ImportedRegister] = field(default_factory=dict)
    rejected: Mapping[str, Sequence[Refusal]] = field(default_factory=dict)
    is_exported: bool = False
    may_replace_finer: bool = True
    source: ImportSource | None = None
    may_replace_live: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportSource:
    """The file that is imported, the digest of its bytes in hexadecimal, and who does it."""

    file: str
    sha256: str
    user: str


class _DryRun(Exception):
    """Ends a dry run: everything was tried, and the transaction is taken back."""


def import_meters(
    store: Store,
    inventory: Inventory,
    given: Import,
    retention: Retention,
    *,
    dry_run: bool = False,
) -> dict[str, Changes]:
    """Write hours of a site's meters over what is there; return those that are different now.

    A dry run does everything and takes it back at its end. Raises WouldReplaceFiner, and then
    nothing is written.
    """
    changed: dict[str, Changes] = {}
    finer: dict[str, Finer] = {}
    live: dict[str, Finer] = {}
    befores: list[MeterBefore] = []
    with contextlib.suppress(_DryRun), store.transaction() as tables:
        unsummed: dict[str, set[int]] = {}
        for meter, found in given.hours.items():
            kind = "export" if given.is_exported else kind_of(inventory, given.site, meter)
            point = point_of(inventory, given.site, meter, kind, "")
            number = tables.meters.add(given.site, meter, kind, point)
            span = (min(found, default=0), max(found, default=0) + HOUR_MS)
            rows = tables.import_undo.rows_of(number, *span)
            former: dict[int, StoredHour] = {}
            changed[meter] = put_imported(
                tables,
                number,
                found,
                sealed_before=retention.sealed_before,
                packs=kind != "pdu",
                former=former,
            )
            marked = unsummed.setdefault(point, set())
            marked.update(changed[meter])
            if not found:
                continue
            covered = _first_heard(found)
            tables.heard.save(number, min(covered, given.first_read.get(meter, covered)))
            first, last = min(found), max(found) + HOUR_MS
            new = given.stretches.get(meter, ())
            replaced = _finer(changed[meter], new, tables.stretches.between(number, first, last))
            if replaced is not None:
                finer[meter] = replaced
            tables.stretches.replace(number, first, last, new)
            tables.replace_doubts(number, first, last, given.doubts.get(meter, ()))
            tables.refusals.replace(number, first, last, given.rejected.get(meter, ()))
            if meter in given.registers:
                tables.registers.learn_imported(number, given.registers[meter])
            newly = (
                _newly_metered(tables, number, first, retention.now) if given.is_exported else ()
            )
            marked.update(newly)
            before = MeterBefore(
                meter=number,
                first=first,
                last=last,
                hours=former_hours(found, changed[meter], former),
                rows=changed_rows(rows, tables.import_undo.rows_of(number, *span)),
                also_summed=list(newly),
            )
            befores.append(before)
            measured = hours_measured(tables, given.site, before, changed[meter])
            if measured is not None:
                live[meter] = measured
        if finer and not given.may_replace_finer:
            raise WouldReplaceFiner(finer)
        if live and not given.may_replace_live:
            raise WouldReplaceLive(live)
        for point, marked in unsummed.items():
            tables.site_hours.mark_unsummed(given.site, point, sorted(marked))
        _record(tables, given, changed, befores, retention.time)
        if dry_run:
            raise _DryRun
    return changed


def _record(
    tables: Tables,
    given: Import,
    changed: Mapping[str, Changes],
    befores: Sequence[MeterBefore],
    now: int,
) -> None:
    """Store what was imported, by whom and when, and what it has replaced."""
    hours = [hour for changes in changed.values() for hour in changes]
    if given.source is None or not hours:
        return
    batch = ImportBatch(
        time=now,
        site=given.site,
        file=given.source.file,
        sha256=given.source.sha256,
        user=given.source.user,
        meters=sum(1 for changes in changed.values() if changes),
        hours=len(hours),
        first=min(hours),
        last=max(hours) + HOUR_MS,
    )
    tables.import_undo.save(tables.import_batches.add(batch), befores)


def hours_measured(
    tables: Tables, site: str, before: MeterBefore, changes: Changes
) -> Finer | None:
    """Return the hours that an import changes and no earlier import wrote; None without one."""
    known = {one.hour for one in before.hours if one.data is not None and not one.imported}
    if not known:
        return None
    for batch in tables.import_batches.of_site(site):
        for one in tables.import_undo.load(batch.number) or ():
            if one.meter == before.meter:
                known.difference_update(each.hour for each in one.hours)
    if not known:
        return None
    return Finer(
        hours=sorted(known),
        before=fsum(changes[hour].before or 0.0 for hour in known),
        after=fsum(changes[hour].after for hour in known),
    )


def _first_heard(hours: Mapping[int, ImportedHour]) -> int:
    """Return the first millisecond of the first cell of which imported hours cover anything."""
    for hour in sorted(hours):
        found = hours[hour]
        if not isinstance(found, HourCells):
            return hour
        cells = [n for n, covered in enumerate(found.covered) if covered]
        if cells:
            return hour + cells[0] * CELL_MS
    return min(hours)


def _finer(changes: Changes, new: Iterable[Stretch], known: Iterable[Stretch]) -> Finer | None:
    """Return the hours of which a change takes detail away: a longer row lies over them now."""
    lengths, before = _lengths(new), _lengths(known)
    hours = [
        hour
        for hour, change in changes.items()
        if change.before is not None and lengths.get(hour, 0) > _COARSER * before.get(hour, HOUR_MS)
    ]
    if not hours:
        return None
    return Finer(
        hours=hours,
        before=fsum(changes[hour].before or 0.0 for hour in hours),
        after=fsum(changes[hour].after for hour in hours),
    )


def _lengths(stretches: Iterable[Stretch]) -> dict[int, int]:
    """Return, for each hour, how long the longest stretch over it is."""
    found: dict[int, int] = {}
    for one in stretches:
        for hour in range(floor_hour(one.start), one.end, HOUR_MS):
            found[hour] = max(found.get(hour, 0), one.end - one.start)
    return found


def _newly_metered(tables: Tables, number: int, first: int, now: int) -> Iterable[int]:
    """Note since when the energy that leaves by a meter is known; return the hours it concerns.

    From then on an hour without it is not covered.
    """
    known = tables.registers.first_read(number)
    tables.registers.learn(number, Step(), first)
    return range(first, min(known or now, now), HOUR_MS)

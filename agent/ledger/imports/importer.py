"""Take hours of several meters into the ledger, all of them or, where that fails, none."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping

from agent.inventory.model import Inventory
from agent.ledger.energy import CELL_MS, HOUR_MS, HourCells
from agent.ledger.imports.put import Changes, ImportedHour, put_imported
from agent.ledger.meters import kind_of, point_of
from agent.ledger.store.database import Store
from agent.ledger.stretches import Stretch


class _DryRun(Exception):
    """Everything was tried, and nothing is to stay."""


def import_meters(
    store: Store,
    inventory: Inventory,
    site: str,
    hours: Mapping[str, Mapping[int, ImportedHour]],
    *,
    stretches: Mapping[str, Iterable[Stretch]],
    sealed_before: int,
    dry_run: bool = False,
) -> dict[str, Changes]:
    """Write hours of a site's meters over what is there; return those that are different now.

    `stretches` are those longer than an hour of which only the total is known. A dry run does
    everything and takes it back at its end.
    """
    changed: dict[str, Changes] = {}
    unsummed: dict[str, set[int]] = {}
    with contextlib.suppress(_DryRun), store.transaction() as tables:
        for meter, found in hours.items():
            kind = kind_of(inventory, site, meter)
            point = point_of(inventory, site, meter, kind, "")
            number = tables.meters.add(site, meter, kind, point)
            changed[meter] = put_imported(
                tables, number, found, sealed_before=sealed_before, packs=kind != "pdu"
            )
            if found:
                tables.heard.save(number, _first_heard(found))
                tables.stretches.replace(
                    number, min(found), max(found) + HOUR_MS, stretches.get(meter, ())
                )
            unsummed.setdefault(point, set()).update(changed[meter])
        for point, marked in unsummed.items():
            tables.site_hours.mark_unsummed(site, point, sorted(marked))
        if dry_run:
            raise _DryRun
    return changed


def _first_heard(hours: Mapping[int, ImportedHour]) -> int:
    """Return the first millisecond that imported hours cover."""
    first = min(hours)
    found = hours[first]
    if isinstance(found, HourCells) and found.mask:
        first += (found.mask & -found.mask).bit_length() * CELL_MS - CELL_MS
    return first

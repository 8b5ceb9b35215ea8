"""`hubgauge ledger readings`: the energy of one meter as CSV, or its readings.

Each row is a cell of five minutes, or an hour where the ledger has kept only its sum. With `--raw`
the rows are the readings as they came, as far as the ledger still has them.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import sys
from collections.abc import Iterator
from typing import Final

from agent.commands.ledger_of_site import told_past
from agent.csv_cells import shown_as_text
from agent.inventory.model import Inventory, Site
from agent.ledger.energy import (
    CELL_MS,
    CELLS,
    ENERGY,
    HOUR_MS,
    JOULES_PER_KWH,
    POWER,
    floor_hour,
)
from agent.ledger.ledger import Ledger
from agent.ledger.past_hours import PastHours
from agent.ledger.store.database import Tables
from agent.ledger.store.meters import MeterRow
from collectors.base import ConfigError
from collectors.strict import nearest

_QUANTITIES: Final = {POWER: "power_w", ENERGY: "register_kwh"}
_WATER: Final = "water"


def run(
    args: argparse.Namespace,
    ledger: Ledger,
    inventory: Inventory,
    site: Site,
    start: dt.datetime,
    end: dt.datetime,
    as_of: dt.datetime | None = None,
) -> None:
    """Write a meter's rows between two times, as known at `as_of`, or as known now.

    Raises ConfigError for a meter that the ledger does not have.
    """
    meter = args.meter
    first, last = (round(time.timestamp() * 1000) for time in (start, end))
    then = None if as_of is None else round(as_of.timestamp() * 1000)
    last = last if then is None else min(last, then)
    out = csv.writer(sys.stdout, lineterminator="\n")
    with ledger.reader.read() as tables:
        rows = tables.meters.named(meter, site.site)
        if not rows:
            known = {row.name for row in tables.meters.all() if row.site == site.site}
            names = known | {name for at, name in inventory.meters if at == site.site}
            message = f"nothing was heard of {meter!r}{nearest(meter, names)}"
            raise ConfigError(message, key="--meter")
        if args.raw:
            out.writerow(("time", "register", "quantity", "value", "interval_seconds"))
        else:
            out.writerow(("time", "register", "seconds", "amount", "unit", "covered_seconds"))
        past = told_past(tables, site, {row.id for row in rows}, first, last, then)
        for row in rows:
            found = (
                _raw(tables, row, site, first, last)
                if args.raw
                else _cells(tables, row, site, first, last, past)
            )
            out.writerows(found)


def _cells(
    tables: Tables, row: MeterRow, site: Site, first: int, last: int, past: PastHours
) -> Iterator[tuple[object, ...]]:
    """Yield the cells of a meter's hours; one row for an hour of which only the sum is kept."""
    unit, scale = ("l", 1.0) if row.kind == _WATER else ("kWh", JOULES_PER_KWH)
    hours = range(floor_hour(first), last, HOUR_MS)
    found = tables.hours.load(row.id, hours)
    kept = tables.hours.kept_cells(row.id, found)
    for hour, stored in sorted(found.items()):
        if hour not in kept and (row.id, hour) not in past.replaced:
            covered = stored.covered / 1000
            yield (
                _time(hour, site),
                shown_as_text(row.kind),
                3600,
                stored.joules / scale,
                unit,
                covered,
            )
            continue
        cells = past.of(row.id, hour, kept.get(hour) or stored.cells())
        for n in range(CELLS):
            time = hour + n * CELL_MS
            if first <= time < last and cells.covered[n]:
                covered = cells.covered[n] / 1000
                yield (
                    _time(time, site),
                    shown_as_text(row.kind),
                    CELL_MS // 1000,
                    cells.joules[n] / scale,
                    unit,
                    covered,
                )


def _raw(
    tables: Tables, row: MeterRow, site: Site, first: int, last: int
) -> Iterator[tuple[object, ...]]:
    """Yield the readings of a meter's registers and of its power, each in order of time."""
    for quantity, name in _QUANTITIES.items():
        is_register = quantity == ENERGY
        scale = JOULES_PER_KWH if is_register and row.kind != _WATER else 1.0
        label = "register_l" if is_register and row.kind == _WATER else name
        for one in tables.readings.between(row.id, quantity, first, last):
            if first <= one.time < last:
                yield (
                    _time(one.time, site),
                    shown_as_text(row.kind),
                    label,
                    one.value / scale,
                    one.interval / 1000,
                )


def _time(time: int, site: Site) -> str:
    return dt.datetime.fromtimestamp(time / 1000, site.zone).isoformat()

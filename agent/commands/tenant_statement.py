"""`hubgauge statement --tenant T`: one tenant's energy of a month, its cost and its carbon."""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from agent.commands.ledger_of_site import known_ledger, open_ledger
from agent.commands.output import write_statement
from agent.config import Config
from agent.csv_cells import shown_as_text
from agent.inventory.model import Inventory
from agent.ledger.settings import PDU_DAYS
from agent.messages.catalogue import words
from agent.pue.pue import Pue
from agent.tenants.carbon import carbon_factors
from agent.tenants.hours import meter_shares, month_of, parts_of, pdus_from
from agent.tenants.model import read_tenants, tenant_of
from agent.tenants.statement import TenantStatement, accuracies, tenant_statement
from agent.web.tenantpage import document
from collectors.base import ConfigError


def write(args: argparse.Namespace, found: Config, inventory: Inventory) -> int:
    """Write the statement as JSON, and with `--csv` and `--page` also as a table and a page."""
    if found.file.tenants is None:
        raise ConfigError("names no file of tenants", file=str(args.config), key="tenants")
    made = _make(args, found, inventory, found.file.tenants)
    write_statement(
        args,
        _plain(made, simulated=found.file.simulated),
        table=lambda: _table(made, simulated=found.file.simulated),
        page=lambda: document(made, words(args.language), simulated=found.file.simulated),
    )
    return 0


def _make(
    args: argparse.Namespace, found: Config, inventory: Inventory, path: Path
) -> TenantStatement:
    file = read_tenants(path, inventory)
    tenant = tenant_of(file, args.tenant)
    factors = carbon_factors(file.carbon)
    shares = meter_shares(tenant, inventory)
    ledger = open_ledger(known_ledger(found.file.state_dir), inventory)
    try:
        now = ledger.retention.time / 1000
        zone = inventory.sites[tenant.site].zone
        month = month_of(args.month or _last_month(now, zone), zone, now)
        pue = Pue(ledger, inventory)
        pue.sum_up()
        made = tenant_statement(
            tenant,
            month,
            parts_of(ledger, tenant.site, shares, month, file.tariff),
            tariff=file.tariff,
            factors=factors,
            pue=pue.between(tenant.site, month.start, month.end),
            accuracy=accuracies(tenant.site, shares, inventory),
        )
        return replace(made, pdus_from=pdus_from(ledger, tenant.site, shares, month))
    finally:
        ledger.close()


def _last_month(now: float, zone: dt.tzinfo) -> str:
    """Return the last month that is over, as `YYYY-MM`."""
    first = dt.datetime.fromtimestamp(now, zone).replace(day=1)
    return f"{first - dt.timedelta(days=1):%Y-%m}"


def _plain(made: TenantStatement, *, simulated: bool) -> dict[str, object]:
    """Return the statement as data for JSON."""
    month, zone = made.month, made.month.zone
    return {
        "simulated": simulated,
        "tenant": made.tenant,
        "name": made.name,
        "site": made.site,
        "month": month.name,
        "timezone": zone.key,
        "start": _iso(month.start, zone),
        "end": _iso(month.end, zone),
        "whole": month.whole,
        "kwh": _rounded(made.kwh, 3),
        "coverage": round(made.coverage, 4),
        "uncertainty": _rounded(made.uncertainty, 4),
        "peak_kw": _rounded(made.peak_kw, 3),
        "peak_at": None if made.peak_at is None else _iso(made.peak_at, zone),
        "pue": _rounded(made.pue, 4),
        "facility_kwh": _rounded(made.facility_kwh, 3),
        "currency": made.currency,
        "billed": made.billed,
        "periods": [
            {
                "name": one.name,
                "kwh": round(one.kwh, 3),
                "price": one.price,
                "cost": str(one.cost),
            }
            for one in made.periods
        ],
        "fixed": str(made.fixed),
        "peak_cost": str(made.peak_cost),
        "cost": None if made.cost is None else str(made.cost),
        "partial": made.is_partial,
        "carbon": [
            {
                "basis": one.basis,
                "kilograms": round(one.kilograms, 3),
                "coverage": round(one.coverage, 4),
            }
            for one in made.carbon
        ],
        "meters": {name: round(kwh, 3) for name, kwh in sorted(made.meters.items())},
        "not_measured": list(made.not_measured),
        "pdus_from": None if made.pdus_from is None else _iso(made.pdus_from, zone),
    }


def _table(made: TenantStatement, *, simulated: bool) -> str:
    """Return the statement as CSV: one line each of energy, cost and carbon."""
    file = io.StringIO()
    table = csv.writer(file)
    table.writerow(("tenant", "site", "month", "item", "quantity", "unit", "price", "amount"))
    head = [shown_as_text(text) for text in (made.tenant, made.site, made.month.name)]
    if simulated:
        table.writerow((*head, "simulated devices", "", "", "", ""))
    table.writerows((*head, *row) for row in _rows(made))
    return file.getvalue()


def _rows(made: TenantStatement) -> Iterator[tuple[str, str, str, str, str]]:
    """Yield the rows: item, quantity, unit, price, amount; a text is empty if it is not known."""
    yield "energy", _text(made.kwh, 3), "kWh", "", ""
    yield "coverage", f"{made.coverage:.4f}", "", "", ""
    yield "uncertainty", _text(made.uncertainty, 4), "", "", ""
    yield "peak", _text(made.peak_kw, 3), "kW", "", str(made.peak_cost)
    yield "pue", _text(made.pue, 4), "", "", ""
    yield "facility energy", _text(made.facility_kwh, 3), "kWh", "", ""
    for one in made.periods:
        name = shown_as_text(one.name or "other times")
        yield name, f"{one.kwh:.3f}", "kWh", f"{one.price:g}", str(one.cost)
    yield "fixed", "", made.currency, "", str(made.fixed)
    yield "cost", "", made.currency, "", "" if made.cost is None else str(made.cost)
    if made.is_partial:
        yield "all amounts are of the measured time only", f"{made.coverage:.4f}", "", "", ""
    for name in made.not_measured:
        yield f"not measured: {shown_as_text(name)}", "", "", "", ""
    if made.pdus_from is not None:
        since = _iso(made.pdus_from, made.month.zone)
        yield f"hours of PDUs are kept for {PDU_DAYS} days: from {since} on", "", "", "", ""
    for amount in made.carbon:
        yield f"carbon by {amount.basis}", f"{amount.kilograms:.3f}", "kg", "", ""


def _iso(time: float, zone: dt.tzinfo) -> str:
    return dt.datetime.fromtimestamp(time, zone).isoformat()


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


def _text(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:.{digits}f}"

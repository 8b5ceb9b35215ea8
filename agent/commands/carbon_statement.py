"""`hubgauge statement --carbon Y`: a site's bought electricity of a year and its carbon."""

from __future__ import annotations

import argparse
import csv
import io
from collections.abc import Iterator
from typing import Final

from agent.commands.ledger_of_site import known_ledger, known_site, open_ledger
from agent.commands.output import write_statement
from agent.config import Config
from agent.csv_cells import shown_as_text
from agent.inventory.model import Inventory
from agent.messages.catalogue import words
from agent.pue.pue import Pue
from agent.tenants.carbon import BASES, carbon_factors
from agent.tenants.carbon_year import POINT, CarbonMonth, CarbonYear, carbon_year
from agent.tenants.model import read_tenants
from agent.web.carbonpage import document
from collectors.base import ConfigError

_YEARS: Final = (1990, 9998)


def write(args: argparse.Namespace, found: Config, inventory: Inventory) -> int:
    """Write the report as JSON, and with `--csv` and `--page` also as a table and a page."""
    if not _YEARS[0] <= args.carbon <= _YEARS[1]:
        raise ConfigError(f"expected a year such as 2026, got {args.carbon}", key="--carbon")
    if found.file.tenants is None:
        raise ConfigError(
            "names no file with the factors of `carbon:`", file=str(args.config), key="tenants"
        )
    factors = carbon_factors(read_tenants(found.file.tenants, inventory).carbon)
    if not (factors.common or any(factors.hours.values())):
        raise ConfigError("states no factor", file=str(found.file.tenants), key="carbon")
    site = known_site(args.site or found.file.site, inventory)
    ledger = open_ledger(known_ledger(found.file.state_dir), inventory)
    try:
        pue = Pue(ledger, inventory)
        pue.sum_up()
        if not pue.boundary(site.site).places.get(POINT):
            raise ConfigError(f"{site.site} has no meter of the point {POINT}", key="--site")
        made = carbon_year(pue, site, args.carbon, ledger.retention.time / 1000, factors)
    finally:
        ledger.close()
    if not made.months:
        raise ConfigError(f"{args.carbon} has not begun", key="--carbon")
    write_statement(
        args,
        _plain(made, simulated=found.file.simulated),
        table=lambda: _table(made, simulated=found.file.simulated),
        page=lambda: document(made, words(args.language), simulated=found.file.simulated),
    )
    return 0


def _plain(made: CarbonYear, *, simulated: bool) -> dict[str, object]:
    """Return the report as data for JSON."""
    return {
        "simulated": simulated,
        "site": made.site,
        "name": made.name,
        "year": made.year,
        "timezone": made.zone.key,
        "whole": made.whole,
        "scope": 2,
        **_figures(made.total),
        "months": [{"month": one.name, **_figures(one)} for one in made.months],
    }


def _figures(month: CarbonMonth) -> dict[str, object]:
    return {
        "kwh": round(month.kwh, 3) if month.covered else None,
        "coverage": round(month.coverage, 4),
        "carbon": [
            {
                "basis": one.basis,
                "kilograms": round(one.kilograms, 3),
                "coverage": round(one.coverage, 4),
            }
            for one in month.carbon
        ],
    }


def _table(made: CarbonYear, *, simulated: bool) -> str:
    """Return the report as CSV: a line for each month, and the year's."""
    file = io.StringIO()
    table = csv.writer(file)
    by_basis = [f"{basis}_{what}" for basis in BASES for what in ("kg", "coverage")]
    table.writerow(("site", "month", "kwh", "coverage", *by_basis, "simulated"))
    table.writerows(
        (shown_as_text(made.site), *_row(month), str(simulated).lower())
        for month in (*made.months, made.total)
    )
    return file.getvalue()


def _row(month: CarbonMonth) -> Iterator[str]:
    """Yield the cells of a month; what is not known is empty."""
    yield month.name
    yield f"{month.kwh:.3f}" if month.covered else ""
    yield f"{month.coverage:.4f}"
    for basis in BASES:
        one = month.by(basis)
        yield "" if one is None else f"{one.kilograms:.3f}"
        yield "" if one is None else f"{one.coverage:.4f}"

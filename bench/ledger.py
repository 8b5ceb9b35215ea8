"""A year of a hub of seventeen sites with two hundred meters each, by the hour: taken in, asked, written out, and how big it is.

A year of readings, one a minute, would be 1.8 thousand million: these become hours as they come (`readings` below says how
fast); what is imported of a year gone by is its hours, 30 million.
"""

from __future__ import annotations

import os
import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from agent.inventory.load import load_inventory
from agent.ledger.energy import HOUR_MS
from agent.ledger.imports.csv_export import write_csv
from agent.ledger.imports.csv_files import read_csv
from agent.ledger.imports.forms import Meters
from agent.ledger.ledger import Ledger
from agent.ledger.settings import LedgerSettings
from agent.pue.pue import Pue
from collectors.base import Batch
from collectors.catalogue.facility import METER_ENERGY, METER_POWER
from collectors.catalogue.limits import WINDOWS

SITES: Final = int(os.environ.get("HUBGAUGE_BENCH_SITES", "17"))
METERS: Final = 200
HOURS: Final = 8760
START: Final = 1_735_660_800_000
ZONE: Final = ZoneInfo("Asia/Shanghai")


def clocked(what: str, work: Callable[[], object]) -> float:
    """Do it, print and return its seconds of CPU."""
    began, wall = time.process_time(), time.perf_counter()
    work()
    used = time.process_time() - began
    print(f"  {what:<72} {used:8.2f} s of CPU, {time.perf_counter() - wall:8.2f} s")
    return used


def names(site: int) -> list[str]:
    """Name the meters of a site."""
    return [f"s{site:02}-main", *(f"s{site:02}-it-{n:03}" for n in range(METERS - 1))]


def stock() -> str:
    """Write the hub's inventory."""
    sites = "\n".join(f"  - {{site: s{n:02}, timezone: Asia/Shanghai}}" for n in range(SITES))
    meters = "\n".join(
        f"  - {{site: s{site:02}, meter: {name}, point: {'it_input' if k else 'utility'}, accuracy_class: {1 if k else 0.5}}}"
        for site in range(SITES)
        for k, name in enumerate(names(site))
    )
    return f"sites:\n{sites}\nmeters:\n{meters}\n"


def year(rng: random.Random, site: int) -> dict[str, dict[int, float]]:
    """Draw a year of hours; registers count in tenths of a kilowatt-hour."""
    it = {
        name: [round(50 * (0.8 + 0.2 * rng.random()), 1) * 3.6e6 for _ in range(HOURS)]
        for name in names(site)[1:]
    }
    values = {names(site)[0]: [1.25 * sum(hour) for hour in zip(*it.values(), strict=True)], **it}
    return {
        name: {START + n * HOUR_MS: joules for n, joules in enumerate(hours)}
        for name, hours in values.items()
    }


def main() -> list[tuple[str, float, str]]:
    """Print each part; return rows of (what, value, unit) for the summary."""
    rng = random.Random(1)  # noqa: S311 - the same each time
    inventory = load_inventory(Path("inventory.yaml"), "guian", timezone=ZONE.key, text=stock())
    rows = SITES * METERS * HOURS
    print(
        f"{SITES} sites, {METERS} meters each, {HOURS} hours: {rows / 1e6:.1f} million meter-hours"
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.db"
        book = Ledger(path, inventory=inventory, settings=LedgerSettings(tidy=False))
        pue = Pue(book, inventory)
        taken = summed = 0.0
        for site in range(SITES):
            hours = year(rng, site)
            taken += _quiet(lambda hours=hours, site=site: book.import_meters(f"s{site:02}", hours))
            summed += _quiet(lambda: _sum_up(pue))
        print(
            f"  {'taken in: put into blocks':<72} {taken:8.2f} s of CPU, {rows / taken / 1e6:.2f} million meter-hours a second"
        )
        print(f"  {'summed: every hour of every site and point':<72} {summed:8.2f} s of CPU")
        again = Pue(book, inventory)
        opened = clocked(
            "all windows of all sites, from nothing in memory",
            lambda: (again.refresh(), _ask(again)),
        )
        clocked("all windows of all sites, once more", lambda: _ask(again))
        asked = clocked(
            "a year of one site, to the day and hour of one's choice",
            lambda: again.between("s00", START / 1000, START / 1000 + 3e7),
        )
        written = clocked(
            "one site's year written as CSV", lambda: _write(book, Path(folder) / "out.csv")
        )
        parsed = clocked(
            "one site's year read from CSV and checked", lambda: _read(Path(folder) / "out.csv")
        )
        book.close()
        size = path.stat().st_size
        print(
            f"  on disk: {size / 1e6:.0f} MB, {size / rows:.2f} bytes a meter-hour; ten years {size * 10 / 1e9:.1f} GB"
        )
    live = _readings()
    one = METERS * HOURS
    return [
        (
            "a year of one site from CSV, read, kept and summed",
            parsed + (taken + summed) / SITES,
            "s",
        ),
        ("rows of CSV a second", one / parsed, ""),
        ("a year of the hub kept and summed", taken + summed, "s"),
        ("all windows of all sites from nothing in memory", opened, "s"),
        ("a year of one site asked", asked, "s"),
        ("a year of one site written", written, "s"),
        ("bytes a meter-hour", size / rows, ""),
        ("live readings a second", live, ""),
    ]


def _quiet(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def _sum_up(pue: Pue) -> None:
    while not pue.refresh():
        pass


def _ask(pue: Pue) -> None:
    for site in pue.sites():
        for window in WINDOWS:
            pue.result(site, window)


def _write(book: Ledger, path: Path) -> None:
    with path.open("w", encoding="utf-8") as out:
        write_csv(out, book.rows("s00", START / 1000, START / 1000 + HOURS * 3600), ZONE)


def _read(path: Path) -> None:
    text = path.read_text(encoding="utf-8").replace(",3600\n", "\n").replace(",covered_seconds", "")
    sheet = read_csv(text.splitlines(), path.name, ZONE, Meters(frozenset(names(0))))
    for name in names(0):
        sheet.lay_out(name)


def _readings() -> float:
    """Take power and register of two hundred meters each minute for some hours; returns readings a second of CPU."""
    with tempfile.TemporaryDirectory() as folder:
        now = [START / 1000]
        book = Ledger(Path(folder) / "ledger.db", clock=lambda: now[0])
        series = [
            (
                METER_POWER.series("guian", "s", f"m{n}", "it_input"),
                METER_ENERGY.series("guian", "s", f"m{n}", "it_input"),
            )
            for n in range(METERS)
        ]
        began, count = time.process_time(), 0
        for minute in range(180):
            now[0] += 60.0
            readings = [
                reading
                for power, energy in series
                for reading in ((power, 5e4), (energy, 3e6 * minute))
            ]
            book.accept(
                Batch(
                    collector="modbus", device="d", time=now[0], lifetime=150.0, readings=readings
                )
            )
            book.flush()
            count += len(readings)
        used = time.process_time() - began
        book.close()
    print(
        f"  live: {count / used:.0f} readings a second of CPU; 3 400 meters with power and register once a minute need {6800 / 60 / (count / used):.1%} of a core"
    )
    return count / used

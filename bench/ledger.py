"""A year of a hub by the hour: how fast it is imported, asked and written out, and how big it is.

The hub has seventeen sites with two hundred meters each. Their readings of a year, one a minute,
are 1.8 thousand million. The ledger turns them into hours as they come, and `live` measures how
fast. A past year is imported as hours, which are 30 million.
"""

from __future__ import annotations

import os
import random
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
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
from bench import Row
from collectors.base import Batch
from collectors.catalogue.facility import METER_ENERGY, METER_POWER
from collectors.catalogue.limits import WINDOWS

START: Final = 1_735_660_800_000
"""1 January 2025 in Shanghai, in milliseconds since the epoch."""
ZONE: Final = ZoneInfo("Asia/Shanghai")
TITLE: Final = "  {:<72} {:8.2f} s of CPU"


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How many sites, meters of each, and hours of each; and minutes of live readings."""

    sites: int = int(os.environ.get("BENCH_SITES", "17"))
    meters: int = 200
    hours: int = 8760
    minutes: int = 180

    @property
    def rows(self) -> int:
        """Hours of all meters."""
        return self.sites * self.meters * self.hours


TINY: Final = Size(sites=1, meters=3, hours=200, minutes=5)


def clocked(what: str, work: Callable[[], object]) -> float:
    """Do the work; print and return the CPU seconds that it took."""
    began, wall = time.process_time(), time.perf_counter()
    work()
    used = time.process_time() - began
    print(f"{TITLE.format(what, used)}, {time.perf_counter() - wall:8.2f} s")
    return used


def names(site: int, size: Size) -> list[str]:
    """Name the meters of a site."""
    return [f"s{site:02}-main", *(f"s{site:02}-it-{n:03}" for n in range(size.meters - 1))]


def stock(size: Size) -> str:
    """Write the hub's inventory."""
    sites = "\n".join(f"  - {{site: s{n:02}, timezone: Asia/Shanghai}}" for n in range(size.sites))
    meters = "\n".join(
        f"  - {{site: s{site:02}, meter: {name}, point: {'it_input' if k else 'utility'},"
        f" accuracy_class: {1 if k else 0.5}}}"
        for site in range(size.sites)
        for k, name in enumerate(names(site, size))
    )
    return f"sites:\n{sites}\nmeters:\n{meters}\n"


def year(rng: random.Random, site: int, size: Size) -> dict[str, dict[int, float]]:
    """Draw the hours of a site's meters; registers count in tenths of a kilowatt-hour."""
    main, *others = names(site, size)
    it = {
        name: [round(50 * (0.8 + 0.2 * rng.random()), 1) * 3.6e6 for _ in range(size.hours)]
        for name in others
    }
    values = {main: [1.25 * sum(hour) for hour in zip(*it.values(), strict=True)], **it}
    return {
        name: {START + n * HOUR_MS: joules for n, joules in enumerate(hours)}
        for name, hours in values.items()
    }


def main(*, smoke: bool = False) -> list[Row]:
    """Print each part; return the rows of the summary."""
    size = TINY if smoke else Size()
    inventory = load_inventory(Path("inventory.yaml"), "guian", timezone=ZONE.key, text=stock(size))
    print(f"{size.sites} sites, {size.meters} meters each, {size.hours} hours:", end=" ")
    print(f"{size.rows / 1e6:.1f} million meter-hours")
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "ledger.db"
        book = Ledger(path, inventory=inventory, settings=LedgerSettings(tidy=False))
        kept = _keep(book, Pue(book, inventory), size)
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
        out = Path(scratch) / "out.csv"
        written = clocked("one site's year written as CSV", lambda: _write(book, out, size))
        parsed = clocked("one site's year read from CSV and checked", lambda: _read(out, size))
        book.close()
        each = path.stat().st_size / size.rows
        ten = path.stat().st_size / size.hours * 8760 * 10 / 1e9
        print(f"  on disk: {each:.2f} bytes a meter-hour; ten years {ten:.1f} GB")
    one = parsed + kept / size.sites
    return [
        Row(what="a year of one site from CSV, read, kept and summed", value=one, unit="s"),
        Row(what="rows of CSV a second", value=size.meters * size.hours / parsed),
        Row(what="a year of the hub kept and summed", value=kept, unit="s"),
        Row(what="all windows of all sites from nothing in memory", value=opened, unit="s"),
        Row(what="a year of one site asked", value=asked, unit="s"),
        Row(what="a year of one site written", value=written, unit="s"),
        Row(what="bytes a meter-hour", value=each),
        Row(what="live readings a second", value=live(size)),
    ]


def _keep(book: Ledger, pue: Pue, size: Size) -> float:
    """Take in the year of every site and sum it up; returns the seconds of CPU of both."""
    rng = random.Random(1)
    taken = summed = 0.0
    for site in range(size.sites):
        hours = year(rng, site, size)
        taken += _quiet(lambda hours=hours, site=site: book.import_meters(f"s{site:02}", hours))
        summed += _quiet(pue.sum_up)
    print(TITLE.format("taken in: put into blocks", taken), end="")
    print(f", {size.rows / taken / 1e6:.2f} million meter-hours a second")
    print(TITLE.format("summed: every hour of every site and point", summed))
    return taken + summed


def _quiet(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def _ask(pue: Pue) -> None:
    for site in pue.sites():
        for window in WINDOWS:
            pue.result(site, window)


def _write(book: Ledger, path: Path, size: Size) -> None:
    with path.open("w", encoding="utf-8") as out:
        until = START / 1000 + size.hours * 3600
        write_csv(out, book.rows("s00", START / 1000, until), ZONE)


def _read(path: Path, size: Size) -> None:
    text = path.read_text(encoding="utf-8").replace(",3600\n", "\n").replace(",covered_seconds", "")
    sheet = read_csv(text.splitlines(), path.name, ZONE, Meters(frozenset(names(0, size))))
    for name in names(0, size):
        sheet.lay_out(name)


def live(size: Size) -> float:
    """Take power and register of every meter each minute; returns readings a second of CPU."""
    with tempfile.TemporaryDirectory() as folder:
        now = [START / 1000]
        book = Ledger(Path(folder) / "ledger.db", clock=lambda: now[0])
        series = [
            (
                METER_POWER.series("guian", "s", f"m{n}", "it_input"),
                METER_ENERGY.series("guian", "s", f"m{n}", "it_input"),
            )
            for n in range(size.meters)
        ]
        began, count = time.process_time(), 0
        for minute in range(size.minutes):
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
    rate = count / used
    print(
        f"  live: {rate:.0f} readings a second of CPU; 3 400 meters with power and register", end=""
    )
    print(f" once a minute need {6800 / 60 / rate:.1%} of a core")
    return rate

"""What tests of the ledger and of PUE share: a clock, an inventory, and meters that are read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from zoneinfo import ZoneInfo

from agent.inventory.load import load_inventory
from agent.inventory.model import Inventory
from agent.ledger.energy import HourCells
from agent.ledger.imports.put import Changes, ImportedHour
from agent.ledger.ledger import Ledger
from agent.ledger.settings import LedgerSettings
from agent.pue.model import PueResult
from agent.pue.pue import Pue
from collectors.base import Batch, Metric, Reading, Series
from collectors.catalogue.facility import (
    METER_ENERGY,
    METER_EXPORTED,
    METER_POWER,
    METER_VOLUME,
    PDU_ENERGY,
    PDU_POWER,
)

HOUR = 3600.0
T0 = 1_760_000_400.0
"""A whole hour, in 2025."""

SITE = "huawei-guian-1"
ZONE = ZoneInfo("Asia/Shanghai")
HEAD = f"sites: [{{site: {SITE}, timezone: Asia/Shanghai}}]\n"


class Clock:
    """A wall clock that stands still until a test moves it."""

    def __init__(self, now: float = T0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


class Pages:
    """A snapshot that holds what it is given."""

    def __init__(self, *readings: Reading) -> None:
        self._families: dict[Metric, dict[Series, float]] = {}
        for series, value in readings:
            self._families.setdefault(series.metric, {})[series] = value

    def family(self, metric: Metric) -> Mapping[Series, float]:
        return self._families.get(metric, {})


def inventory(text: str) -> Inventory:
    return load_inventory(Path("inventory.yaml"), "guian", timezone="Asia/Shanghai", text=text)


def import_hours(book: Ledger, site: str, meter: str, hours: Mapping[int, ImportedHour]) -> Changes:
    """Write hours of one meter from elsewhere over what is there; return those that changed."""
    return book.import_meters(site, {meter: hours})[meter]


def ledger(
    path: Path, clock: Clock, stock: Inventory | None = None, settings: LedgerSettings | None = None
) -> Ledger:
    return Ledger(path / "ledger.db", inventory=stock, settings=settings, clock=clock)


def power(meter: str, watts: float, point: str = "utility") -> Reading:
    return METER_POWER.series("guian", SITE, meter, point), watts


def energy(meter: str, joules: float, point: str = "utility") -> Reading:
    return METER_ENERGY.series("guian", SITE, meter, point), joules


def exported(meter: str, joules: float, point: str = "utility") -> Reading:
    return METER_EXPORTED.series("guian", SITE, meter, point), joules


def water(meter: str, litres: float, point: str = "water") -> Reading:
    return METER_VOLUME.series("guian", SITE, meter, point), litres


def pdu_power(pdu: str, watts: float, rack: str = "A07", feed: str = "A") -> Reading:
    return PDU_POWER.series("guian", SITE, "A", rack, pdu, feed), watts


def pdu_energy(pdu: str, joules: float, rack: str = "A07", feed: str = "A") -> Reading:
    return PDU_ENERGY.series("guian", SITE, "A", rack, pdu, feed), joules


def batch(time: float, *readings: Reading, interval: float = 60.0) -> Batch:
    return Batch(
        collector="modbus", device="m", time=time, lifetime=interval * 2.5, readings=readings
    )


class Bench:
    """A ledger and its PUE at one clock."""

    def __init__(self, book: Ledger, stock: Inventory, clock: Clock) -> None:
        self.book, self.clock = book, clock
        self.pue = Pue(book, stock, clock=clock)

    def run(self, seconds: float, *readings: Reading, interval: float = 60.0) -> None:
        """Let constant powers be read for some time."""
        end = self.clock.now + seconds
        while self.clock.now < end:
            self.book.accept(batch(self.clock.now, *readings, interval=interval))
            self.clock.now += interval
        self.book.flush()
        self.pue.refresh()

    def put(self, meter: str, hours: Mapping[dt.datetime, float]) -> None:
        """Import hours of so many kWh."""
        import_hours(
            self.book,
            SITE,
            meter,
            {
                round(at.timestamp() * 1000): HourCells.uniform(kwh * 3.6e6)
                for at, kwh in hours.items()
            },
        )

    def between(self, start: dt.datetime, end: dt.datetime) -> PueResult:
        while not self.pue.refresh():  # a year may take more than one turn
            pass
        return self.pue.between(SITE, start.timestamp(), end.timestamp())


@contextmanager
def bench(path: Path, text: str, now: float = T0) -> Iterator[Bench]:
    clock, stock = Clock(now), inventory(text)
    book = ledger(path, clock, stock)
    try:
        yield Bench(book, stock, clock)
    finally:
        book.close()


def day(hour: int = 0, number: int = 1, month: int = 3, year: int = 2025) -> dt.datetime:
    return dt.datetime(year, month, number, tzinfo=ZONE) + dt.timedelta(hours=hour)

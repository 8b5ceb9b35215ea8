"""What tests of the KPIs share: a clock, an inventory in a few lines, meters that are read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from agent.inventory import load_inventory
from agent.kpi.ledger import Ledger
from collectors.base import Batch
from collectors.catalogue.facility import METER_ENERGY, METER_EXPORTED, METER_POWER, PDU_ENERGY, PDU_POWER

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agent.inventory import Inventory
    from agent.kpi.ledger import LedgerSettings
    from collectors.base import Metric, Reading, Series

HOUR = 3600.0
T0 = 1_760_000_400.0
"""A whole hour, in 2025."""

SITE = "huawei-guian-1"


class Clock:
    """A wall clock that stands still until it is moved."""

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
    return load_inventory(Path("inventory.yaml"), "guian", text=text)


def ledger(path: Path, clock: Clock, stock: Inventory | None = None, settings: LedgerSettings | None = None) -> Ledger:
    return Ledger(path / "ledger.db", inventory=stock, settings=settings, clock=clock)


def power(meter: str, watts: float, point: str = "utility") -> Reading:
    return METER_POWER.series("guian", SITE, meter, point), watts


def energy(meter: str, joules: float, point: str = "utility") -> Reading:
    return METER_ENERGY.series("guian", SITE, meter, point), joules


def exported(meter: str, joules: float, point: str = "utility") -> Reading:
    return METER_EXPORTED.series("guian", SITE, meter, point), joules


def pdu_power(pdu: str, watts: float, rack: str = "A07", feed: str = "A") -> Reading:
    return PDU_POWER.series("guian", SITE, "A", rack, pdu, feed), watts


def pdu_energy(pdu: str, joules: float, rack: str = "A07", feed: str = "A") -> Reading:
    return PDU_ENERGY.series("guian", SITE, "A", rack, pdu, feed), joules


def batch(time: float, *readings: Reading, interval: float = 60.0) -> Batch:
    return Batch(collector="modbus", device="m", time=time, lifetime=interval * 2.5, readings=readings)

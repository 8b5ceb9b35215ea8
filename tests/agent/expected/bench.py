"""The collector on devices that answer as a test says."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from agent.expected.collector import ExpectedCollector
from agent.expected.silence import SilenceFile
from agent.snapshot import Snapshot
from collectors.base import Batch, Reading, Schedule, Series
from collectors.catalogue import facility
from collectors.catalogue import inventory as catalogue
from tests.support.ledger import inventory

HEAD = "sites: [{site: one}, {site: two}]\nracks:\n"


RACKS = (
    "- {rack: A01, site: one, feeds: {A: {pdu: A01-A}, B: {pdu: A01-B}},"
    " devices: [{node: n1}, {node: sw, agent: false}]}\n"
    "- {rack: A02, site: one, feeds: {A: {}}}\n"
    "- {rack: A03, site: one, state: planned, devices: [{node: later}]}\n"
    "- {rack: B01, site: two, feeds: {A: {pdu: B01-A}}, devices: [{node: n2}, {node: n3}]}\n"
)


METERS = (
    "meters:\n- {meter: main, site: one, point: utility}\n"
    "- {meter: spare, site: one, point: utility}\n"
)


class Polled:
    """A collector that asks one device."""

    name = "snmp"
    schedule = Schedule()

    def __init__(self, device: str, *up: Series) -> None:
        self.device, self.up_series = device, up

    def collect(self) -> Sequence[Reading]:
        return []


def device_of(series: Any) -> str:
    return str(series.label("pdu") or series.label("meter"))


class Bench:
    """The collector on a snapshot and a clock that the test sets."""

    def __init__(self, folder: Path, text: str = HEAD + RACKS, now: float = 1000.0) -> None:
        self.monotonic = 0.0
        self.path, self.now = folder / "devices.json", now
        self.snapshot = Snapshot()
        self.polled: list[Any] = []
        self.inventory = inventory(text)
        self.silence = SilenceFile(
            self.path, clock=lambda: self.now, monotonic=lambda: self.monotonic
        )

    def pdu(self, name: str, rack: str = "", site: str = "one") -> Any:
        series = facility.PDU_UP.series("guian", site, "", rack, name, "")
        self.polled.append(Polled(name, series))
        return series

    def meter(self, name: str) -> Any:
        series = facility.METER_UP.series("guian", "one", name, "utility")
        self.polled.append(Polled(name, series))
        return series

    def say(self, series: Any, value: float) -> None:
        batch = Batch(
            collector="snmp:status",
            device=device_of(series),
            time=self.now,
            lifetime=60.0,
            readings=[(series, value)],
        )
        self.snapshot.update(batch)

    def begin(self) -> None:
        self.collector = ExpectedCollector(
            self.inventory, self.snapshot, "guian", collectors=self.polled, silence=self.silence
        )

    async def told(self) -> dict[str, float]:
        """Return a round's readings by name and label values, mismatches of none left out."""
        return {
            " ".join((series.metric.name, *series.values[1:])): value
            for series, value in await self.collector.collect()
            if value or series.metric is not catalogue.MISMATCHES
        }

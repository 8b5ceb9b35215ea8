"""A wall clock that steps changes no age: what was wrong for a minute is wrong for a minute.

The expected times are the true ones: a second counter (POSIX CLOCK_MONOTONIC) is not set by NTP.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from agent.events.collector import Beginning, EventCollector
from agent.expected.silence import DeviceKey, SilenceFile
from agent.ledger.clock import Steps
from agent.ledger.ledger import Ledger
from agent.racks.collector import RackCollector
from agent.snapshot import Snapshot
from collectors.base import Batch, Reading
from collectors.catalogue import facility
from collectors.catalogue.rack import RACK_NEED_SINCE
from tests.support.ledger import T0, inventory

HOUR = 3600.0
STOCK = """
sites: [{site: s1}]
racks: [{rack: A1, site: s1, row: A, state: in_service, rated_power_watts: 1000,
  feeds: {A: {pdu: A1-A, capacity_watts: 4000}}}]
meters: [{meter: m, site: s1, point: utility}]
"""
PDU = DeviceKey("s1", "pdu", "A1-A")


class Clocks:
    """A wall clock that a test sets, and a second counter that only runs."""

    def __init__(self) -> None:
        self.run, self.wrong = 0.0, 0.0

    def wall(self) -> float:
        """Return the time of day, right or wrong."""
        return T0 + self.run + self.wrong

    def monotonic(self) -> float:
        """Return the seconds since the machine started."""
        return 500.0 + self.run


@pytest.mark.parametrize("step", [HOUR, -HOUR, 10 * 365 * 86_400.0])
def test_a_rack_needs_someone_as_long_as_it_does(tmp_path: Path, step: float) -> None:
    """A rack over its rated power for 30 s is not told as over it for an hour, nor in an hour.

    An event of it is written after the five minutes that its alert waits, and begins as it did.
    """
    clocks, snapshot, stock = Clocks(), Snapshot(), inventory(STOCK)
    ledger = Ledger(tmp_path / "ledger.db", inventory=stock)
    racks = RackCollector(stock, snapshot, "guian", clock=clocks.wall, monotonic=clocks.monotonic)
    events = EventCollector(
        snapshot=snapshot,
        hub="guian",
        inventory=stock,
        ledger=ledger,
        began=Beginning("n", "start"),
        clock=clocks.wall,
        monotonic=clocks.monotonic,
    )

    def round_of(*, events_first: bool = False) -> float:
        if events_first:
            asyncio.run(events.collect())
        power = facility.PDU_POWER.series("guian", "s1", "A", "A1", "A1-A", "A")
        _put(snapshot, "snmp", clocks, [(power, 1500.0)])
        found = list(asyncio.run(racks.collect()))
        _put(snapshot, "racks", clocks, found)
        told = {
            series.label("need"): value
            for series, value in found
            if series.metric is RACK_NEED_SINCE
        }
        asyncio.run(events.collect())
        return clocks.wall() - told["over"]

    assert round_of() == 0.0
    clocks.run = 30.0
    assert round_of() == 30.0
    clocks.run, clocks.wrong = 45.0, step
    assert round_of(events_first=True) == pytest.approx(45.0)
    clocks.run = 60.0
    assert round_of() == pytest.approx(60.0)
    assert _episodes(ledger) == []
    clocks.run, clocks.wrong = 600.0, 0.0
    assert round_of() == pytest.approx(600.0)
    clocks.run = 615.0
    assert round_of() == pytest.approx(615.0)
    assert _episodes(ledger) == [pytest.approx(T0)]
    ledger.close()


def _put(snapshot: Snapshot, name: str, clocks: Clocks, readings: Sequence[Reading]) -> None:
    snapshot.update(
        Batch(collector=name, device="", time=clocks.wall(), lifetime=1e12, readings=readings)
    )


def _episodes(ledger: Ledger) -> list[float]:
    with ledger.reader.read() as tables:
        return [one.since for one in tables.episodes.open() if one.kind == "rack"]


def test_a_device_is_silent_as_long_as_it_is(tmp_path: Path) -> None:
    """A silence of this run follows the clock there and back, and so it is kept in the file."""
    clocks = Clocks()

    def opened() -> SilenceFile:
        steps = Steps(clocks.wall, clocks.monotonic)
        return SilenceFile(tmp_path / "devices.json", clock=clocks.wall, steps=steps)

    silence = opened()
    silence.answered(PDU)
    assert silence.silent(PDU).since == T0
    clocks.run, clocks.wrong = 60.0, HOUR
    assert silence.follow_clock()
    assert silence.silent(PDU).since == pytest.approx(T0 + HOUR)
    assert not silence.follow_clock()
    clocks.wrong = 0.0
    assert silence.follow_clock()
    assert silence.silent(PDU).since == pytest.approx(T0)
    silence.save()
    # In the next run NTP sets a clock that was an hour behind: the silence of before was right.
    clocks.run, clocks.wrong = 120.0, -HOUR
    again = opened()
    clocks.wrong = 0.0
    assert again.follow_clock()
    assert again.silent(PDU).since == pytest.approx(T0)

"""What a round of the racks sees of the devices in a snapshot."""

from __future__ import annotations

from array import array

import pytest

from agent.racks.seen import see
from agent.snapshot import Snapshot
from collectors.base import Batch, Reading
from collectors.batch import Layout
from collectors.catalogue.facility import PDU_POWER, PDU_UP, SENSOR_HUMIDITY, SENSOR_TEMPERATURE

PLACE = ("guian", "s1", "A")


def power(pdu: str, rack: str, watts: float) -> Reading:
    return PDU_POWER.new_series(*PLACE, rack, pdu, "A"), watts


def sensor(name: str, rack: str, celsius: float) -> Reading:
    return SENSOR_TEMPERATURE.new_series(*PLACE, rack, name), celsius


BY_DEVICE = {
    "A07-A": [
        power("A07-A", "A07", 400.0),
        sensor("A07-A/temperature 1", "A07", 21.0),
        sensor("A07-A/exhaust", "A07", 35.0),
        sensor("A07-A/temperature 2", "A07", 23.0),
        (SENSOR_HUMIDITY.new_series(*PLACE, "A07", "A07-A/humidity"), 0.4),
    ],
    "A07-B": [power("A07-B", "A07", 300.0), sensor("A07-B/temperature 1", "A07", 22.0)],
    "hot": [sensor("hot/temperature 1", "A08", 40.0), sensor("probe", "A08", 24.0)],
    "guest": [power("guest", "A09", 50.0)],
    "nowhere": [power("nowhere", "", 60.0), sensor("nowhere/temperature 1", "", 20.0)],
    "silent": [(PDU_UP.new_series(*PLACE, "A08", "A08-A", "A"), 0.0)],
    "answers": [(PDU_UP.new_series(*PLACE, "A07", "A07-A", "A"), 1.0)],
}


@pytest.mark.parametrize("way", ["slim", "whole", "one batch of many devices"])
def test_power_inlets_and_silent_racks(way: str) -> None:
    """Whether the devices were read here, by a worker, or by one collector for all of them."""
    snapshot = Snapshot()
    devices = dict(BY_DEVICE)
    if way.startswith("one"):
        devices = {"": [one for some in BY_DEVICE.values() for one in some]}
    for device, readings in devices.items():
        layout = Layout(tuple(series for series, _ in readings))
        columns = layout.slim() if way == "slim" else layout, array("d", [v for _, v in readings])
        snapshot.update(
            Batch(collector="snmp", device=device, time=1.0, lifetime=60.0, columns=columns)
        )
    seen = see(snapshot, {"A07-A", "A07-B", "nowhere"}, 7.0)
    assert seen.watts == {
        ("s1", "A07-A"): 400.0,
        ("s1", "A07-B"): 300.0,
        ("s1", "guest"): 50.0,
        ("s1", "nowhere"): 60.0,
    }
    assert seen.unlisted == [((*PLACE, "A09", "guest", "A"), 50.0)]
    assert {rack: sorted(some) for rack, some in seen.inlets.items()} == {
        "A07": [21.0, 22.0, 23.0],
        "A08": [24.0],
    }
    assert seen.humidity == {"A07": [0.4]}
    assert seen.silent == {"A08"}
    assert seen.now == 7.0

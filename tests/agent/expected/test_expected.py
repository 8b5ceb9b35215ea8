"""Devices that are expected, and those that answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from agent.expected.collector import LISTED
from agent.expected.polled import PolledDevices
from agent.expected.silence import SilenceFile
from collectors.base import Batch
from collectors.catalogue import facility, node
from collectors.catalogue import inventory as catalogue
from tests.agent.expected.bench import HEAD, METERS, RACKS, Bench, Polled


async def test_expected_against_answering(tmp_path: Path) -> None:
    """Expected are polled devices, at their sites the inventory's, and the inventory's nodes."""
    bench = Bench(tmp_path)
    good, bad = bench.pdu("A01-A", "A01"), bench.meter("m")
    bench.say(good, 1.0)
    bench.say(bad, 0.0)
    bench.begin()
    found = await bench.told()
    assert found["expected_devices one pdu"] == 2
    assert found["answering_devices one pdu"] == 1
    assert (found["expected_devices one meter"], found["answering_devices one meter"]) == (1, 0)
    assert (found["expected_devices one node"], found["expected_devices two node"]) == (1, 2)
    assert "expected_devices two pdu" not in found, "nobody here asks PDUs of that site"


async def test_every_kind_of_mismatch(tmp_path: Path) -> None:
    """Each reason is counted and its rack or device named."""
    bench = Bench(tmp_path, HEAD + RACKS + METERS)
    for series in (
        bench.pdu("A01-A", "A09"),
        bench.pdu("A77-A", "A77"),
        bench.meter("main"),
        bench.meter("other"),
    ):
        bench.say(series, 1.0)
    bench.say(bench.pdu("B01-A", "B01", "two"), 0.0)
    bench.begin()
    found = {key for key in await bench.told() if key.startswith("mismatch")}
    assert found == {
        "mismatches one rack_without_pdu",
        "mismatch_info one rack_without_pdu A02 ",
        "mismatches one pdu_not_polled",
        "mismatch_info one pdu_not_polled A01 A01-B",
        "mismatches one pdu_in_another_rack",
        "mismatch_info one pdu_in_another_rack A09 A01-A",
        "mismatches one unknown_pdu",
        "mismatch_info one unknown_pdu A77 A77-A",
        "mismatches one unknown_meter",
        "mismatch_info one unknown_meter  other",
        "mismatches one meter_not_polled",
        "mismatch_info one meter_not_polled  spare",
        "mismatches two never_answered",
        "mismatch_info two never_answered B01 B01-A",
    }


async def test_a_site_without_differences_says_zero(tmp_path: Path) -> None:
    """Every reason has its count for every site, so that an alert sees 0 and not nothing."""
    bench = Bench(tmp_path)
    bench.begin()
    counts = [
        value
        for series, value in await bench.collector.collect()
        if series.metric is catalogue.MISMATCHES
    ]
    assert len(counts) == 14
    assert sum(counts) == 1  # the rack that has a feed nobody measures


async def test_what_is_named_is_bounded(tmp_path: Path) -> None:
    """A site with many unmeasured racks counts them all and names some hundreds."""
    bench = Bench(
        tmp_path,
        "sites: [{site: one}]\nracks:\n"
        + "".join(f"- {{rack: R{n}, site: one}}\n" for n in range(LISTED + 50)),
    )
    bench.begin()
    found = await bench.told()
    assert found["mismatches one rack_without_pdu"] == LISTED + 50
    assert sum(key.startswith("mismatch_info") for key in found) == LISTED


async def test_labels_that_change_are_one_device(tmp_path: Path) -> None:
    """A PDU that is moved to another rack in the config of a device is still one PDU."""
    bench = Bench(tmp_path)
    first = bench.pdu("A01-A", "A09")
    bench.say(first, 1.0)
    bench.begin()
    assert (await bench.told())["answering_devices one pdu"] == 1
    bench.say(facility.PDU_UP.series("guian", "one", "", "A01", "A01-A", ""), 1.0)
    bench.snapshot.update(
        Batch(collector="snmp:status", device="A01-A", time=0.0, lifetime=60.0, readings=[])
    )
    bench.say(facility.PDU_UP.series("guian", "one", "", "A01", "A01-A", ""), 1.0)
    found = await bench.told()
    assert (found["expected_devices one pdu"], found["answering_devices one pdu"]) == (
        2,
        1,
    )  # with A01-B, which nobody asks
    assert "mismatches one pdu_in_another_rack" not in found


def test_a_series_that_ends_takes_no_device_back_to_its_old_rack(tmp_path: Path) -> None:
    """The old series of a PDU that was moved is looked at last, and the PDU stays where it is."""
    old = facility.PDU_UP.series("guian", "one", "", "A09", "A01-A", "")
    new = facility.PDU_UP.series("guian", "one", "", "A01", "A01-A", "")
    devices = PolledDevices("guian", SilenceFile(tmp_path / "devices.json"))
    devices.look(old, {old: 1.0})
    devices.look(new, {new: 1.0})
    devices.look(old, {new: 1.0})
    assert list(devices.rack_of_pdu.values()) == ["A01"]


async def test_a_round_looks_at_what_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of 55 000 PDUs, only the three that fall silent are looked at."""
    bench = Bench(tmp_path, "sites: [{site: one}]\n")
    many = [facility.PDU_UP.series("guian", "one", "", "", f"p{n}", "") for n in range(55_000)]
    bench.snapshot.update(
        Batch(
            collector="c",
            device="d",
            time=0.0,
            lifetime=600.0,
            readings=[(series, 1.0) for series in many],
        )
    )
    bench.begin()
    await bench.told()
    looked: list[Any] = []
    look = PolledDevices.look
    monkeypatch.setattr(
        PolledDevices,
        "look",
        lambda self, series, live, **more: (
            looked.append(series),
            look(self, series, live, **more),
        ),
    )
    assert (await bench.told())["answering_devices one pdu"] == 55_000
    assert looked == []
    readings = [(series, 0.0 if n < 3 else 1.0) for n, series in enumerate(many)]
    bench.snapshot.update(
        Batch(collector="c", device="d", time=0.0, lifetime=600.0, readings=readings)
    )
    assert (await bench.told())["answering_devices one pdu"] == 54_997
    assert len(looked) == 3


async def test_a_controller_asked_in_two_ways_is_two_devices(tmp_path: Path) -> None:
    """A node that answers over Redfish and not over IPMI is two devices, one of them silent."""
    bench = Bench(tmp_path)
    readings = [
        (node.NODE_UP.series("guian", "one", "", "A01", "n1", source), up)
        for source, up in (("redfish", 1.0), ("ipmi", 0.0))
    ]
    bench.snapshot.update(
        Batch(collector="c", device="n1", time=0.0, lifetime=60.0, readings=readings)
    )
    bench.begin()
    found = await bench.told()
    assert (found["answering_devices one redfish"], found["answering_devices one ipmi"]) == (1, 0)
    assert "mismatch_info one never_answered  n1" in found


async def test_devices_of_another_hub_are_not_expected_here(tmp_path: Path) -> None:
    """A gateway that also carries another hub's series compares only its own hub's devices."""
    bench = Bench(tmp_path)
    bench.say(facility.PDU_UP.series("kunming", "one", "", "A01", "A01-A", ""), 1.0)
    bench.begin()
    found = await bench.told()
    assert "answering_devices one pdu" not in found
    assert "mismatches one pdu_not_polled" not in found


async def test_a_device_is_expected_before_it_has_answered(tmp_path: Path) -> None:
    """A collector that finds out later what its device is adds it then, and is asked no more."""
    bench = Bench(tmp_path, "sites: [{site: one}]\n")
    late = Polled("10.0.0.7")
    bench.polled.append(late)
    bench.begin()
    assert "expected_devices one pdu" not in await bench.told()
    late.up_series = (facility.PDU_UP.series("guian", "one", "", "A01", "A01-A", ""),)
    found = await bench.told()
    assert found["expected_devices one pdu"] == 1
    # It was not read yet: nobody knows whether it answers.
    assert "mismatches one never_answered" not in found
    bench.say(late.up_series[0], 0.0)
    assert (await bench.told())["mismatches one never_answered"] == 1
    late.up_series = (facility.PDU_UP.series("guian", "one", "", "A01", "A99-A", ""),)
    assert (await bench.told())["expected_devices one pdu"] == 1

"""A device is recognised by what it answers, whatever it says that it is."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest

from collectors.base import BadReply
from collectors.facility.snmp.channel import Channel
from collectors.facility.snmp.credentials import Secrets
from collectors.facility.snmp.library import Library
from collectors.facility.snmp.probes import Probes
from collectors.facility.snmp.recognise import Identity, candidates
from tests.collectors.facility.snmp.agents import Fake, collector, serving
from tests.collectors.facility.snmp.devices import PDU, SYSTEM, named

OBJECT_ID = "1.3.6.1.2.1.1.2.0"
MINE = """
protocol: snmp
title: Acme
kind: pdu
match: {{{match}}}
tables: {{one: {{oid: {oid}, index: [n]}}}}
readings: [{{metric: dc_pdu_power_watts, table: one, column: "1", unit: W}}]
"""


def own(folder: Path, name: str, match: str, oid: str) -> None:
    """Write a profile of one's own."""
    (folder / f"{name}.yaml").write_text(MINE.format(match=match, oid=oid), "utf-8")


@pytest.mark.parametrize("version", ["1", "2c"])
@pytest.mark.parametrize(
    "said",
    [
        "1.3.6.1.4.1.8072.3.2.10",  # Net-SNMP's own
        "0.0",
        "1.3.6.1.4.1",
        "1.3.6.1.4.1.99999.1",
        "1.3.6.1.4.1.318",
        None,
    ],
)
async def test_what_a_device_says_it_is_may_be_wrong(version: str, said: str | None) -> None:
    """A PDU is recognised by its table, if it names the software on its card, nobody, or another
    maker.
    """
    objects = {**PDU, OBJECT_ID: said or ""} if said else dict(PDU)
    if said is None:
        del objects[OBJECT_ID]
    async with serving(Fake(objects)) as address:
        device = collector(named(address, version=version))
        readings = await device.collect()
        await device.aclose()
    assert device.chosen == "apc-rpdu2"
    assert len(readings) > 1


async def test_a_device_that_takes_one_object_a_request_is_recognised() -> None:
    """A probe is one object in one request."""
    async with serving(Fake({**PDU, OBJECT_ID: "0.0"}, most=1)) as address:
        device = collector(named(address))
        await device.collect()
        await device.aclose()
    assert device.chosen == "apc-rpdu2"


async def test_probes_of_makers_unknown_to_a_device_cost_one_request_a_branch() -> None:
    """What follows an OID tells of all OIDs between them."""
    fake = Fake(dict(PDU))
    async with serving(fake) as address:
        probes = Probes(Channel(address, Secrets(), timeout=30.0))
        await probes.sweep(f"1.3.6.1.4.1.{maker}.1" for maker in range(1, 300))
        # One for all makers before 318; none of those that follow.
        assert fake.requests == 1
        assert not await probes.has("1.3.6.1.4.1.7.3")
        assert await probes.has("1.3.6.1.4.1.318.1.1.26.4.3.1.5")
        assert not await probes.has("1.3.6.1.4.1.318.1.1.26.4.3.1.7")


class Erring:
    """A device with some objects, which answers what follows some OIDs with an error."""

    def __init__(self, held: list[str], *errors: str) -> None:
        self.held, self.errors, self.asked = held, errors, 0

    async def next(self, oid: str) -> str | None:
        """Return the first object after an OID; None for an error, as at the end of all."""
        self.asked += 1
        after = [one for one in self.held if numbers(one) > numbers(oid)]
        return None if oid in self.errors or not after else min(after, key=numbers)


def numbers(oid: str) -> list[int]:
    return [int(part) for part in oid.split(".")]


async def test_one_error_is_not_the_end_of_a_device_s_objects() -> None:
    """After an error beneath one OID a later object is still found; after two, the rest is taken
    as missing and is not asked for.
    """
    held = ["1.3.6.1.4.1.9.1.0"]
    device = Erring(held, "1.3.6.1.4.1.5.1")
    probes = Probes(cast("Channel", device))
    assert not await probes.has("1.3.6.1.4.1.5.1")
    assert await probes.has("1.3.6.1.4.1.9.1")
    device = Erring(held, "1.3.6.1.4.1.5.1", "1.3.6.1.4.1.6.1")
    probes = Probes(cast("Channel", device))
    for maker in (5, 6, 8, 9):
        assert not await probes.has(f"1.3.6.1.4.1.{maker}.1")
    assert device.asked == 2


@pytest.mark.parametrize("said", ["1.3.6.1.4.1.99999.1", "1.3.6.1.4.1.99999", "0.0"])
async def test_a_probe_may_be_one_row_of_a_table(tmp_path: Path, said: str) -> None:
    """A profile is taken by a probe that is itself an object, whatever the device says it is."""
    base = "1.3.6.1.4.1.99999"
    own(tmp_path, "acme", f"sys_object_id: [{base}.1], probe: {base}.8.1.1.1", f"{base}.8.1")
    objects = {**SYSTEM, OBJECT_ID: said, f"{base}.8.1.1.1": 700, f"{base}.8.1.2.1": 1}
    async with serving(Fake(objects)) as address:
        device = collector(named(address), profiles_dir=tmp_path)
        readings = {s.metric.full_name: value for s, value in await device.collect()}
        await device.aclose()
    assert device.chosen == "acme"
    assert readings["dc_pdu_power_watts"] == 700.0


async def test_a_probe_may_be_all_that_a_device_has(tmp_path: Path) -> None:
    """Nothing follows it, so only a GET finds it: of a device that says it is of this profile."""
    base = "1.3.6.1.4.1.99999"
    own(tmp_path, "acme", f"sys_object_id: [{base}.1], probe: {base}.8.1.1.1", f"{base}.8.1")
    objects = {**SYSTEM, OBJECT_ID: f"{base}.1", f"{base}.8.1.1.1": 700}
    async with serving(Fake(objects)) as address:
        device = collector(named(address), profiles_dir=tmp_path)
        await device.collect()
        await device.aclose()
    assert device.chosen == "acme"


def test_an_operator_s_own_profile_comes_before_a_packaged_one(tmp_path: Path) -> None:
    """Of two profiles that name the same sysObjectID and probe, the operator's own is first,
    wherever its name stands in the alphabet.
    """
    apc = "sys_object_id: [1.3.6.1.4.1.318], probe: 1.3.6.1.4.1.318.1.1.26"
    identity = Identity(object_id="1.3.6.1.4.1.318.1.3.4.6", description="")
    packaged = [name for name, _ in candidates(identity, Library().heads())]
    own(tmp_path, "zz-mine", apc, "1.3.6.1.4.1.318.1.1.26.4.3")
    with_own = [name for name, _ in candidates(identity, Library(tmp_path).heads())]
    assert "apc-rpdu2" in packaged
    assert with_own == ["zz-mine", *packaged]


async def test_a_profile_that_reads_nothing_gives_way_to_the_next(tmp_path: Path) -> None:
    """Of two profiles that fit, the one with readings is taken, though the other fits better."""
    base = "1.3.6.1.4.1.99999"
    own(tmp_path, "acme-1", f"sys_object_id: [{base}.1], probe: {base}.5", f"{base}.8.1")
    own(tmp_path, "acme-2", f"sys_object_id: [{base}], probe: {base}.5", f"{base}.5.1")
    objects = {**SYSTEM, OBJECT_ID: f"{base}.1", f"{base}.5.1.1.1": 700}
    async with serving(Fake(objects)) as address:
        device = collector(named(address), profiles_dir=tmp_path)
        readings = {s.metric.full_name: value for s, value in await device.collect()}
        await device.aclose()
    assert device.chosen == "acme-2"
    assert readings["dc_pdu_power_watts"] == 700.0


async def test_a_device_without_any_reading_of_its_profiles_says_so(tmp_path: Path) -> None:
    """The message names the profiles that fit."""
    base = "1.3.6.1.4.1.99999"
    own(tmp_path, "acme-1", f"sys_object_id: [{base}.1]", f"{base}.8.1")
    async with serving(Fake({**SYSTEM, OBJECT_ID: f"{base}.1"})) as address:
        device = collector(named(address), profiles_dir=tmp_path)
        with pytest.raises(BadReply, match=r"none of the readings .*: acme-1"):
            await device.collect()
        await device.aclose()


@pytest.mark.parametrize("version", ["1", "2c"])
async def test_a_product_s_number_is_learned_from_the_device(tmp_path: Path, version: str) -> None:
    """Products whose tables lie beneath their own numbers share a profile; a branch with something
    else is passed over.
    """
    base = "1.3.6.1.4.1.99999"
    own(tmp_path, "acme", f"sys_object_id: [{base}], probe: {base}.*.4.1.1", f"{base}.*.4.1")
    objects = {
        **SYSTEM,
        OBJECT_ID: f"{base}.7",
        f"{base}.7.1.0": 5,
        f"{base}.66.4.1.1.1": 700,
    }
    async with serving(Fake(objects)) as address:
        for profile in ("auto", "acme"):
            device = collector(
                named(address, version=version, profile=profile), profiles_dir=tmp_path
            )
            readings = {s.metric.full_name: value for s, value in await device.collect()}
            await device.aclose()
            assert readings["dc_pdu_power_watts"] == 700.0


async def test_a_named_profile_whose_branch_is_missing_says_so(tmp_path: Path) -> None:
    """A device without any such branch is not read by the profile that asks for one."""
    base = "1.3.6.1.4.1.99999"
    own(tmp_path, "acme", f"sys_object_id: [{base}], probe: {base}.*.4.1.1", f"{base}.*.4.1")
    async with serving(Fake(dict(PDU))) as address:
        device = collector(named(address, profile="acme"), profiles_dir=tmp_path)
        with pytest.raises(BadReply, match=r"has nothing at .*99999\.\*"):
            await device.collect()
        await device.aclose()


@pytest.mark.parametrize("profile", ["auto", "entity-sensor"])
async def test_readings_of_a_standard_mib_say_so(profile: str) -> None:
    """A device that only a generic profile fits has a notice, unless the operator named it."""
    sensor = "1.3.6.1.2.1.99.1.1.1"
    cells = {"1": 8, "2": 9, "3": 1, "4": 234, "5": 1}
    objects = {**SYSTEM, OBJECT_ID: "0.0"} | {f"{sensor}.{n}.7": raw for n, raw in cells.items()}
    async with serving(Fake(objects)) as address:
        device = collector(named(address, profile=profile))
        values = {s.metric.full_name: value for s, value in await device.collect()}
        await device.aclose()
    assert values["dc_sensor_temperature_celsius"] == 23.4
    assert ("generic profile entity-sensor" in device.notice) == (profile == "auto")

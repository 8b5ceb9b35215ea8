"""Recordings of real devices through a real agent, beside what another program decodes from the
same recordings: what is expected of each is in `tests/cases/recordings`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from collectors.facility.snmp.collector import SnmpCollector
from collectors.facility.snmp.config import DeviceConfig
from tests.collectors.facility.snmp.agents import collector, secret
from tests.collectors.facility.snmp.oracle import Outcome, expectations
from tests.collectors.facility.snmp.recordings import Read, agent, devices, read_once
from tests.support import recorded, recording

ELECTRIC = ("power", "current", "voltage", "power_consumed")
NOT_EQUAL: tuple[Outcome, ...] = ("reason", "absent", "differing")
KNOWN = expectations()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve every recording under the community of its name; yields the address."""
    recording("apc_ap8853")
    with agent(tmp_path_factory.mktemp("snmpsim")) as address:
        yield address


@pytest.fixture(scope="module")
def made(served: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, SnmpCollector]:
    """Return a collector for every recording, as one config makes them."""
    return devices(served, tmp_path_factory.mktemp("secrets"), recorded())


@pytest.mark.parametrize("name", KNOWN)
async def test_every_device_reads_as_the_oracle_does(
    made: dict[str, SnmpCollector], name: str
) -> None:
    """Each recording is recognised by itself, no value differs from the oracle's, and of each that
    is not read it is known why.
    """
    recording(name)
    got: Read = await read_once(made[name], KNOWN[name])
    assert got.error == ""
    assert got.profile == KNOWN[name].profile
    assert [str(row) for row in got.comparison.of("differing")] == []
    assert [str(row) for row in got.comparison.of("absent")] == []
    assert len(got.comparison.of("equal")) >= KNOWN[name].least


@pytest.mark.parametrize("name", ["apc_ap8853", "apc_apdu9959eu3", "raritan-pdu_px3"])
async def test_no_electric_value_of_the_oracle_is_missing(
    made: dict[str, SnmpCollector], name: str
) -> None:
    """Every power, energy, current and voltage that the oracle has comes out equal in watts,
    joules, amperes and volts.
    """
    recording(name)
    got = await read_once(made[name], KNOWN[name])
    assert got.comparison.of("equal", ELECTRIC)
    assert [str(row) for outcome in NOT_EQUAL for row in got.comparison.of(outcome, ELECTRIC)] == []


async def test_where_the_oracle_is_wrong_the_recording_itself_says_so(
    served: str, tmp_path: Path
) -> None:
    """A power system's volts times amperes are the watts it shows, and a mains has 50 Hz: as we
    read them.
    """
    smu = collector(
        DeviceConfig(
            address=served, community_file=secret(tmp_path, "huawei-smu_11b"), timeout=30.0
        )
    )
    values = {
        series.metric.full_name: value
        for series, value in await smu.collect()
        if "" in (series.label("bus"), series.label("load"))
    }
    watts = values["dc_dcplant_bus_voltage_volts"] * values["dc_dcplant_load_current_amperes"]
    assert watts == pytest.approx(values["dc_dcplant_load_power_watts"], rel=0.02)
    ups = collector(
        DeviceConfig(
            address=served, community_file=secret(tmp_path, "huaweiups_ups2000"), timeout=30.0
        )
    )
    hertz = [
        value for series, value in await ups.collect() if series.metric.full_name.endswith("_hertz")
    ]
    assert hertz == [50.0, 50.0, 50.0]
    await smu.aclose()
    await ups.aclose()


async def test_a_second_round_is_plain_gets_and_reads_the_same(served: str, tmp_path: Path) -> None:
    """After discovery a round asks for the objects found, and nothing else."""
    device = collector(
        DeviceConfig(address=served, community_file=secret(tmp_path, "sentry4"), timeout=30.0)
    )
    first = await device.collect()
    plan = device.plan
    assert await device.collect() == first
    assert device.plan is plan
    await device.aclose()


async def test_what_is_not_there_is_not_zero(served: str, tmp_path: Path) -> None:
    """A sensor that is not plugged in, and a phase that is not wired, yield no reading and are
    counted.
    """
    sentry = collector(
        DeviceConfig(address=served, community_file=secret(tmp_path, "sentry4"), timeout=30.0)
    )
    names = {series.metric.full_name for series, _ in await sentry.collect()}
    assert not any(name.startswith("dc_sensor_") for name in names)
    assert sentry.dropped["sentinel"] == 8
    smu = collector(
        DeviceConfig(
            address=served, community_file=secret(tmp_path, "huawei-smu_11b"), timeout=30.0
        )
    )
    phases = [
        series.label("phase")
        for series, _ in await smu.collect()
        if "input_voltage" in series.metric.full_name
    ]
    assert phases == ["L1"]
    await sentry.aclose()
    await smu.aclose()

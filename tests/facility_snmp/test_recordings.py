"""Recordings of real devices through a real agent, beside what another program decodes from the same recordings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from collectors.facility.snmp_config import DeviceConfig
from tests.facility_snmp.agents import collector, secret, snmpsim
from tests.facility_snmp.oracle import FACTORS, compare, said_units
from tests.support import recordings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ELECTRIC = {"power", "current", "voltage", "power_consumed"}

# What the oracle has that differs from ours, and why ours stands.
EXCUSED = {
    # The device says "no unit, two digits": 98 is a ratio of 0.98. The oracle leaves the digits out for power factors.
    "raritan-pdu_px3": ["power_factor 1.3.6.1.4.1.13742.6.5.2.3.1.4.1.1.7 "],
    # The oracle divides tenths of hertz by 100, and shows a mains of 5 Hz.
    "huaweiups_ups2000": ["frequency "],
    # The MIB says "accurate to one decimal place" of every current. So does the recording: 53.5 V and 179 W are 3.4 A, not 34.
    "huawei-smu_11b": [f"current 1.3.6.1.4.1.2011.6.164.1.{oid} " for oid in ("3.1.3.0", "6.1.4.0", "6.2.1.1.5.1")],
}

DEVICES = {
    "apc_ap8853": ("apc-rpdu2", 5), "apc_apdu9959eu3": ("apc-rpdu2", 3), "raritan-pdu_px3": ("raritan-px", 78),
    "sentry4": ("servertech-sentry4", 28), "eatonpdu_2": ("eaton-epdu", 51), "liebert_mph2rg": ("liebert-mph2", 22),
    "enlogic-pdu2": ("enlogic-pdu", 8), "rittal-cmc-iii-pu_pdu-controller": ("rittal-cmc3-pdu", 13),
    "apc_symmetralx": ("apc-ups", 10), "huaweiups_ups2000": ("huawei-ups2000", 10), "huawei-smu_11b": ("huawei-smu", 5),
    "apc_inrow-dx": ("apc-inrow", 20),
}  # fmt: skip


ANALOG = "1.3.6.1.4.1.318.1.1.27.1.4.1.2.1"


def said(name: str) -> dict[str, float]:
    """Return what a device says its numbers are in, where its table has a column of units: an InRow's kilowatts."""
    return said_units(recordings("devices", f"{name}.snmprec"), f"{ANALOG}.3", f"{ANALOG}.4", {"kW": 1000.0})


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve every recording under the community of its name."""
    with snmpsim(recordings("devices"), tmp_path_factory.mktemp("snmpsim"), "apc_ap8853") as address:
        yield address


@pytest.mark.parametrize("name", DEVICES)
async def test_every_device_reads_as_the_oracle_does(agent: str, tmp_path: Path, name: str) -> None:
    """Each recording is recognised by itself, and no value differs from the oracle's but where the oracle is known to be wrong."""
    profile, least = DEVICES[name]
    device = collector(DeviceConfig(address=agent, community_file=secret(tmp_path, name), timeout=30.0))
    readings = dict(await device.collect())
    assert device.plan is not None
    result = compare(recordings("devices", "expected", f"{name}.json"), device.plan, readings, set(FACTORS), said(name))  # type: ignore[arg-type]
    await device.aclose()
    print(f"{name}: {result}")  # noqa: T201 - shown with pytest -s
    assert device.profile is device._library.named(profile)
    differing = [line for line in result.differing if not any(line.startswith(known) for known in EXCUSED.get(name, []))]
    assert differing == []
    assert len(result.matched) >= least


@pytest.mark.parametrize("name", ["apc_ap8853", "apc_apdu9959eu3", "raritan-pdu_px3"])
async def test_no_electric_value_of_the_oracle_is_missing(agent: str, tmp_path: Path, name: str) -> None:
    """Every power, energy, current and voltage that the oracle has comes out equal in watts, joules, amperes and volts."""
    device = collector(DeviceConfig(address=agent, community_file=secret(tmp_path, name), timeout=30.0))
    readings = dict(await device.collect())
    assert device.plan is not None
    result = compare(recordings("devices", "expected", f"{name}.json"), device.plan, readings, ELECTRIC)  # type: ignore[arg-type]
    await device.aclose()
    print(f"{name}, electric only: {result}")  # noqa: T201 - shown with pytest -s
    assert result.differing == []
    # The older branch's phase current (rPDULoadStatusLoad of bank 0) is the same quantity as rPDU2PhaseStatusCurrent, which
    # is polled instead; both are in the recording, and equal.
    older = [line for line in result.absent if line.startswith("current 1.3.6.1.4.1.318.1.1.12.2.3.1.1.2.1 'Phase 1' = 4.9 ")]
    assert result.absent == older
    if older:
        assert [value for series, value in readings.items() if series.metric.full_name == "dc_pdu_phase_current_amperes"] == [4.9]


async def test_where_the_oracle_is_wrong_the_recording_itself_says_so(agent: str, tmp_path: Path) -> None:
    """A power system's volts times amperes are the watts it shows, and a mains has 50 Hz: as we read them."""
    smu = collector(DeviceConfig(address=agent, community_file=secret(tmp_path, "huawei-smu_11b"), timeout=30.0))
    values = {series.metric.full_name: value for series, value in await smu.collect() if series.label("phase") == "DC"}
    watts = values["dc_ups_output_voltage_volts"] * values["dc_ups_output_current_amperes"]
    assert watts == pytest.approx(values["dc_ups_output_power_watts"], rel=0.02)
    ups = collector(DeviceConfig(address=agent, community_file=secret(tmp_path, "huaweiups_ups2000"), timeout=30.0))
    hertz = [value for series, value in await ups.collect() if series.metric.full_name.endswith("_hertz")]
    assert hertz == [50.0, 50.0, 50.0]
    await smu.aclose()
    await ups.aclose()


async def test_a_second_round_is_plain_gets_and_reads_the_same(agent: str, tmp_path: Path) -> None:
    """After discovery a round asks for the objects found, and nothing else."""
    device = collector(DeviceConfig(address=agent, community_file=secret(tmp_path, "sentry4"), timeout=30.0))
    first = await device.collect()
    plan = device.plan
    assert await device.collect() == first
    assert device.plan is plan
    await device.aclose()


async def test_what_is_not_there_is_not_zero(agent: str, tmp_path: Path) -> None:
    """A sensor that is not plugged in, and a phase that is not wired, yield no reading and are counted."""
    sentry = collector(DeviceConfig(address=agent, community_file=secret(tmp_path, "sentry4"), timeout=30.0))
    names = {series.metric.full_name for series, _ in await sentry.collect()}
    assert not any(name.startswith("dc_sensor_") for name in names)
    assert sentry.dropped["sentinel"] == 8
    smu = collector(DeviceConfig(address=agent, community_file=secret(tmp_path, "huawei-smu_11b"), timeout=30.0))
    phases = [series.label("phase") for series, _ in await smu.collect() if "input_voltage" in series.metric.full_name]
    assert phases == ["L1"]
    await sentry.aclose()
    await smu.aclose()

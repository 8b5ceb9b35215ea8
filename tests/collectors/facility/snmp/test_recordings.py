"""Recordings of real devices through a real agent, beside what another program decodes from the
same recordings.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from collectors.facility.snmp.collector import SnmpCollector
from collectors.facility.snmp.config import DeviceConfig
from tests.collectors.facility.snmp.agents import collector, secret, snmpsim
from tests.collectors.facility.snmp.oracle import FACTORS, Comparison, beside, compare, objects
from tests.support import recordings

ELECTRIC = {"power", "current", "voltage", "power_consumed"}
PX = "1.3.6.1.4.1.13742.6"

# What the oracle takes a number for that the MIB says is something else, by the beginning of its
# object.
CORRECTED = {
    # The oracle divides tenths of hertz by 100, and shows a mains of 5 Hz.
    "huaweiups_ups2000": {
        "1.3.6.1.2.1.33.1.3.3.1.2": 10.0,
        "1.3.6.1.2.1.33.1.4.2.0": 10.0,
        "1.3.6.1.2.1.33.1.5.1.0": 10.0,
    },
    # The MIB says "accurate to one decimal place" of every current. So does the recording: 53.5 V
    # and 179 W are 3.4 A, not 34.
    "huawei-smu_11b": {
        f"1.3.6.1.4.1.2011.6.164.1.{oid}": 0.1 for oid in ("3.1.3.0", "6.1.4.0", "6.2.1.1.5.1")
    },
}

# Why an object of the oracle is not read, where its profile's `left_out` does not say it: by its
# beginning, or its name.
REASONS = {
    "rittal-cmc-iii-pu_pdu-controller": {
        "Energy Active Custom": "the same energy since the user's reset",
        "Energy Apparent": "apparent energy, in kVAh",
    },
    "liebert_mph2rg": {
        "1.3.6.1.4.1.476.1.42.3.8.30.20.1.95": "a power factor of 0 beside 514 W of 551 VA"
    },
    "huaweiups_ups2000": {
        "1.3.6.1.2.1.33.1.4.4.1.4": "the device counts kilowatts where the MIB has watts",
        "1.3.6.1.2.1.33.1.2.3.0": "4294967295 stands for unknown",
    },
    "apc_inrow-dx": {"Rack Inlet Temperature": "0 where no sensor is plugged in"},
}

DEVICES = {
    "apc_ap8853": ("apc-rpdu2", 6),
    "apc_apdu9959eu3": ("apc-rpdu2", 3),
    "raritan-pdu_px3": ("raritan-px", 127),
    "sentry4": ("servertech-sentry4", 28),
    "eatonpdu_2": ("eaton-epdu", 51),
    "liebert_mph2rg": ("liebert-mph2", 86),
    "enlogic-pdu2": ("enlogic-pdu", 8),
    "rittal-cmc-iii-pu_pdu-controller": ("rittal-cmc3-pdu", 22),
    "apc_symmetralx": ("apc-ups", 10),
    "huaweiups_ups2000": ("huawei-ups2000", 10),
    "huawei-smu_11b": ("huawei-smu", 5),
    "apc_inrow-dx": ("apc-inrow", 20),
}


def said(name: str, recorded: dict[str, str]) -> dict[str, float]:
    """Return by object what its number is in, where a device says so in a column of its own, or its
    MIB does.
    """
    found = {
        oid: factor
        for known, factor in CORRECTED.get(name, {}).items()
        for oid in recorded
        if f"{oid}.".startswith(f"{known}.")
    }
    # An InRow's numbers are in what the column beside them says: kilowatts.
    analog = "1.3.6.1.4.1.318.1.1.27.1.4.1.2.1"
    found |= beside(recorded, f"{analog}.3", f"{analog}.4", {"kW": 1000.0})
    # A PX's have as many decimal digits as it says: of power factors (type 7) the oracle leaves
    # them out.
    for measured, configured in (
        ("2.3.1.4", "3.4.1.7"),
        ("2.4.1.4", "3.6.1.7"),
        ("4.3.1.4", "5.4.1.7"),
    ):
        digits = beside(
            recorded,
            f"{PX}.5.{measured}",
            f"{PX}.3.{configured}",
            {str(n): 0.1**n for n in range(5)},
        )
        found |= {oid: factor for oid, factor in digits.items() if oid.endswith(".7")}
    return found


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve every recording under the community of its name."""
    with snmpsim(
        recordings("devices"), tmp_path_factory.mktemp("snmpsim"), "apc_ap8853"
    ) as address:
        yield address


async def compared(
    agent: str, folder: Path, name: str, classes: set[str]
) -> tuple[SnmpCollector, Comparison]:
    """Read a recording as a device, and compare it with the oracle."""
    device = collector(
        DeviceConfig(address=agent, community_file=secret(folder, name), timeout=30.0)
    )
    readings = dict(await device.collect())
    assert device.plan is not None
    assert device.profile is not None
    recorded = objects(recordings("devices", f"{name}.snmprec"))
    reasons = {**device.profile.left_out, **REASONS.get(name, {})}
    file = recordings("devices", "expected", f"{name}.json")
    result = compare(file, device.plan, readings, classes, recorded, said(name, recorded), reasons)
    await device.aclose()
    print(f"{name}: {result}")
    return device, result


@pytest.mark.parametrize("name", DEVICES)
async def test_every_device_reads_as_the_oracle_does(agent: str, tmp_path: Path, name: str) -> None:
    """Each recording is recognised by itself, no value differs from the oracle's, and of each that
    is not read it is known why.
    """
    profile, least = DEVICES[name]
    device, result = await compared(agent, tmp_path, name, set(FACTORS))
    assert device.profile is device._library.named(profile)
    assert result.differing == []
    assert result.unexplained == []
    assert len(result.matched) >= least


@pytest.mark.parametrize("name", ["apc_ap8853", "apc_apdu9959eu3", "raritan-pdu_px3"])
async def test_no_electric_value_of_the_oracle_is_missing(
    agent: str, tmp_path: Path, name: str
) -> None:
    """Every power, energy, current and voltage that the oracle has comes out equal in watts,
    joules, amperes and volts.
    """
    _, result = await compared(agent, tmp_path, name, ELECTRIC)
    assert (result.differing, result.absent) == ([], [])


async def test_where_the_oracle_is_wrong_the_recording_itself_says_so(
    agent: str, tmp_path: Path
) -> None:
    """A power system's volts times amperes are the watts it shows, and a mains has 50 Hz: as we
    read them.
    """
    smu = collector(
        DeviceConfig(address=agent, community_file=secret(tmp_path, "huawei-smu_11b"), timeout=30.0)
    )
    values = {
        series.metric.full_name: value
        for series, value in await smu.collect()
        if series.label("phase") == "DC"
    }
    watts = values["dc_ups_output_voltage_volts"] * values["dc_ups_output_current_amperes"]
    assert watts == pytest.approx(values["dc_ups_output_power_watts"], rel=0.02)
    ups = collector(
        DeviceConfig(
            address=agent, community_file=secret(tmp_path, "huaweiups_ups2000"), timeout=30.0
        )
    )
    hertz = [
        value for series, value in await ups.collect() if series.metric.full_name.endswith("_hertz")
    ]
    assert hertz == [50.0, 50.0, 50.0]
    await smu.aclose()
    await ups.aclose()


async def test_a_second_round_is_plain_gets_and_reads_the_same(agent: str, tmp_path: Path) -> None:
    """After discovery a round asks for the objects found, and nothing else."""
    device = collector(
        DeviceConfig(address=agent, community_file=secret(tmp_path, "sentry4"), timeout=30.0)
    )
    first = await device.collect()
    plan = device.plan
    assert await device.collect() == first
    assert device.plan is plan
    await device.aclose()


async def test_what_is_not_there_is_not_zero(agent: str, tmp_path: Path) -> None:
    """A sensor that is not plugged in, and a phase that is not wired, yield no reading and are
    counted.
    """
    sentry = collector(
        DeviceConfig(address=agent, community_file=secret(tmp_path, "sentry4"), timeout=30.0)
    )
    names = {series.metric.full_name for series, _ in await sentry.collect()}
    assert not any(name.startswith("dc_sensor_") for name in names)
    assert sentry.dropped["sentinel"] == 8
    smu = collector(
        DeviceConfig(address=agent, community_file=secret(tmp_path, "huawei-smu_11b"), timeout=30.0)
    )
    phases = [
        series.label("phase")
        for series, _ in await smu.collect()
        if "input_voltage" in series.metric.full_name
    ]
    assert phases == ["L1"]
    await sentry.aclose()
    await smu.aclose()

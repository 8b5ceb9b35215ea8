"""The DMTF's mock-up of a rack server, where it lies beside the project: all values are its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.collectors.power.redfish.services import (
    Documents,
    Service,
    account_files,
    certificates,
    mockup,
    reading,
    serving,
    values,
)
from tests.support import recordings

CHASSIS = "/redfish/v1/Chassis/1U"


@pytest.fixture
def documents() -> Documents:
    return mockup(recordings("redfish", "public-rackmount1"))


def without(documents: Documents, *links: str) -> Documents:
    """Return the documents of a chassis that lacks some links."""
    return documents | {
        CHASSIS: {key: value for key, value in documents[CHASSIS].items() if key not in links}
    }


@pytest.mark.parametrize("expands", [True, False])
async def test_every_value_is_the_one_in_the_documents(
    tmp_path: Path, documents: Documents, *, expands: bool
) -> None:
    """New schemas are preferred to old ones; the empty bay and absent parts give no series."""
    made = certificates(tmp_path)
    if not expands:
        documents |= {"/redfish/v1": {**documents["/redfish/v1"], "ProtocolFeaturesSupported": {}}}
    async with serving(Service(documents, expands=expands), made) as service:
        device = f'{{address: "{service.origin}", node: n1, rack: A07}}'
        async with reading(
            tmp_path, f"{account_files(tmp_path)}ca_file: ca.pem\ndevices: [{device}]\n"
        ) as collector:
            got = await values(collector)
            service.forget()
            assert await values(collector) == got
            round_ = service.forget()
    environment = documents[f"{CHASSIS}/EnvironmentMetrics"]
    air = documents[f"{CHASSIS}/ThermalSubsystem/ThermalMetrics"]["TemperatureSummaryCelsius"]
    supply = documents[f"{CHASSIS}/PowerSubsystem/PowerSupplies/Bay1/Metrics"]
    fans = {fan["DeviceName"]: fan for fan in environment["FanSpeedsPercent"]}
    assert got == {
        "dc_node_up": 1.0,
        "dc_node_power_watts": environment["PowerWatts"]["Reading"],
        "dc_node_energy_joules_total": documents[f"{CHASSIS}/Sensors/TotalEnergy"]["Reading"]
        * 3.6e6,
        "dc_node_inlet_temperature_celsius": air["Intake"]["Reading"],
        "dc_node_exhaust_temperature_celsius": air["Exhaust"]["Reading"],
        'dc_node_supply_power_watts{supply="Bay1"}': supply["InputPowerWatts"]["Reading"],
        'dc_node_supply_voltage_volts{supply="Bay1"}': supply["InputVoltage"]["Reading"],
        'dc_node_supply_healthy{supply="Bay1"}': 0.0,  # its health is Warning
        **{
            f'dc_node_fan_speed_ratio{{fan="{name}"}}': fan["Reading"] / 100
            for name, fan in fans.items()
        },
        **{f'dc_node_fan_speed_rpm{{fan="{name}"}}': fan["SpeedRPM"] for name, fan in fans.items()},
    }
    # Environment, energy sensor, air, and supplies: Bay1, its metrics and Bay2 where the
    # collection does not come in one piece.
    assert len(round_) == (4 if expands else 6), round_


async def test_the_old_schemas_give_the_same_kinds_of_readings(
    tmp_path: Path, documents: Documents
) -> None:
    """Power and Thermal alone give the chassis' power, the intake temperature and the fans."""
    documents = without(
        documents, "EnvironmentMetrics", "PowerSubsystem", "ThermalSubsystem", "Sensors"
    )
    async with serving(Service(documents), certificates(tmp_path)) as service:
        device = f'{{address: "{service.origin}", node: n1}}'
        async with reading(
            tmp_path, f"{account_files(tmp_path)}ca_file: ca.pem\ndevices: [{device}]\n"
        ) as collector:
            got = await values(collector)
            service.forget()
            await collector.collect()
            assert sorted(service.forget()) == [f"GET {CHASSIS}/Power", f"GET {CHASSIS}/Thermal"]
    power, thermal = documents[f"{CHASSIS}/Power"], documents[f"{CHASSIS}/Thermal"]
    assert got == {
        "dc_node_up": 1.0,
        "dc_node_power_watts": power["PowerControl"][0]["PowerConsumedWatts"],
        "dc_node_inlet_temperature_celsius": 25.0,
        'dc_node_supply_voltage_volts{supply="0"}': power["PowerSupplies"][0]["LineInputVoltage"],
        'dc_node_supply_healthy{supply="0"}': 0.0,
        **{
            f'dc_node_fan_speed_rpm{{fan="{fan["Name"]}"}}': fan["Reading"]
            for fan in thermal["Fans"]
        },
    }


async def test_sensors_stand_in_where_nothing_else_has_a_reading(
    tmp_path: Path, documents: Documents
) -> None:
    """Sensors alone give power, energy and air, and rounds read only those sensors."""
    documents = without(
        documents, "EnvironmentMetrics", "PowerSubsystem", "ThermalSubsystem", "Power", "Thermal"
    )
    async with serving(Service(documents), certificates(tmp_path)) as service:
        device = f'{{address: "{service.origin}", node: n1}}'
        async with reading(
            tmp_path, f"{account_files(tmp_path)}ca_file: ca.pem\ndevices: [{device}]\n"
        ) as collector:
            got = await values(collector)
            service.forget()
            await collector.collect()
            asked = service.forget()
    sensor = {
        name: documents[f"{CHASSIS}/Sensors/{name}"]["Reading"]
        for name in ("TotalPower", "TotalEnergy", "IntakeTemp", "ExhaustTemp")
    }
    assert got == {
        "dc_node_up": 1.0,
        "dc_node_power_watts": sensor["TotalPower"],
        "dc_node_energy_joules_total": sensor["TotalEnergy"] * 3.6e6,
        "dc_node_inlet_temperature_celsius": sensor["IntakeTemp"],
        "dc_node_exhaust_temperature_celsius": sensor["ExhaustTemp"],
    }
    assert sorted(one.rpartition("/")[2] for one in asked) == sorted(sensor)

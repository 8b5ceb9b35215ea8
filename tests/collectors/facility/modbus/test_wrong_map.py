"""A device with another map than its profile's: its numbers are no readings."""

from __future__ import annotations

import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from pymodbus.simulator import DataType, SimData, SimDevice

from collectors.base import BadReply
from collectors.facility.modbus.collector import ModbusCollector
from tests.collectors.facility.modbus.kit import SDM630, meter, meters, serving, simulated

PROFILE = """
protocol: modbus
title: Acme meter
source: made up
registers:
  - {metric: dc_meter_power_watts, address: 0, type: uint16, unit: W}
  - {metric: dc_meter_frequency_hertz, address: 1, type: uint16, unit: Hz, scale: 0.1}
model: {address: 11, numbers: [71, 80-89]}
"""


@asynccontextmanager
async def acme(folder: Path, registers: list[int]) -> AsyncIterator[ModbusCollector]:
    """Serve a meter with these registers, and read it by the made-up profile."""
    (folder / "acme.yaml").write_text(PROFILE, "utf-8")
    device = SimDevice(1, [SimData(0, values=registers, datatype=DataType.REGISTERS)])
    async with (
        serving(device) as address,
        meters(meter(address, profile="acme"), profiles_dir=folder) as (one,),
    ):
        yield one


@pytest.mark.parametrize("number", [71, 80, 89])
async def test_a_device_that_says_what_the_profile_expects_is_read(
    tmp_path: Path, number: int
) -> None:
    """One of the numbers, or one within a range."""
    async with acme(tmp_path, [2960, 500, *[0] * 9, number]) as one:
        got = {series.metric.full_name: value for series, value in await one.collect()}
    assert got == {"dc_meter_power_watts": 2960.0, "dc_meter_frequency_hertz": 50.0} | {
        "dc_meter_up": 1.0
    }


@pytest.mark.parametrize("number", [0, 72, 90, 1648])
async def test_a_device_that_says_something_else_is_not_read(tmp_path: Path, number: int) -> None:
    """The line says what it is and what the profile is for."""
    async with acme(tmp_path, [2960, 500, *[0] * 9, number]) as one:
        with pytest.raises(BadReply, match=rf"says that it is {number} .* is for 71, 80-89; is"):
            await one.collect()


async def test_a_device_without_that_register_is_accepted(tmp_path: Path) -> None:
    """It refuses the register: that says nothing about its map."""
    async with acme(tmp_path, [2960, 500]) as one:
        assert len(await one.collect()) == 3


async def test_a_device_that_was_exchanged_is_asked_again(tmp_path: Path) -> None:
    """After a round that failed, another device may be at the address."""
    async with acme(tmp_path, [2960, 500, *[0] * 9, 72]) as one:
        for _ in range(2):
            with pytest.raises(BadReply, match="says that it is 72"):
                await one.collect()


async def test_a_frequency_that_no_machine_has_means_another_map() -> None:
    """99.8 Hz is a register of something else, and so may be the energy."""
    async with serving(simulated(SDM630 | {70: 99.8})) as address, meters(meter(address)) as (one,):
        with pytest.raises(BadReply, match=r"frequency_hertz would be 99\.8; is this the right"):
            await one.collect()


async def test_a_generator_that_starts_costs_only_its_frequency() -> None:
    """28 Hz while the machine speeds up: no reading, and the others stay."""
    async with serving(simulated(SDM630 | {70: 28.0})) as address, meters(meter(address)) as (one,):
        names = {series.metric.full_name for series, _ in await one.collect()}
    assert "dc_meter_frequency_hertz" not in names
    assert "dc_meter_power_watts" in names
    assert one.dropped == {"out_of_bounds": 1}
    assert [(refusal.value, refusal.reason) for refusal in one.refused] == [(28.0, "out_of_bounds")]


def swapped(value: float) -> float:
    """Return what a float32 is whose two words change places."""
    high, low = struct.unpack(">2H", struct.pack(">f", value))
    number: float = struct.unpack(">f", struct.pack(">2H", low, high))[0]
    return number


@pytest.mark.parametrize("hertz", [50.0, 49.98, 60.0, 50.02])
async def test_words_in_another_order_are_no_readings(hertz: float) -> None:
    """By the words' order 50 Hz becomes 2.4e-41, 49.98 Hz -3.2e26: none of the rest is accepted."""
    values = {address: swapped(value) for address, value in (SDM630 | {70: hertz}).items()}
    async with serving(simulated(values)) as address, meters(meter(address)) as (one,):
        with pytest.raises(BadReply, match="right profile, and its order of words"):
            await one.collect()


async def test_an_energy_of_swapped_words_gives_it_away() -> None:
    """A device without a frequency: 123456.7 kWh would be 1.8e-19 kWh, which no register counts."""
    values = SDM630 | {72: swapped(123456.7)}
    async with serving(simulated(values)) as address, meters(meter(address)) as (one,):
        with pytest.raises(BadReply, match=r"energy_joules_total would be .*order of words"):
            await one.collect()


@pytest.mark.parametrize("values", [{70: 0.0}, {72: 0.0}, {72: 0.001}, {6: 1e-38, 12: 1e-38}])
async def test_nothing_and_next_to_nothing_stay_readings(values: dict[int, float]) -> None:
    """A machine at rest, a new register and a filter that runs out say nothing about the map."""
    async with serving(simulated(SDM630 | values)) as address, meters(meter(address)) as (one,):
        names = {series.metric.full_name for series, _ in await one.collect()}
    assert {"dc_meter_power_watts", "dc_meter_energy_joules_total"} <= names

"""What becomes of a simulated device's readings when it is ill, as our collectors see it."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from collectors.base import Context, Place, Unreachable
from collectors.facility.modbus.kind import KIND as MODBUS
from collectors.facility.snmp.kind import KIND as SNMP
from collectors.strict import read
from simulator.simulator import Simulator
from simulator.site import build_site
from tests.support import HANGS, hurried

BEGIN = 1_790_000_000.0
CONTEXT = Context(place=Place(hub="guian", site="s"), node="n")
ENERGY = {"A01-B": "dc_pdu_energy_joules_total", "ups-a": "dc_meter_energy_joules_total"}
POWER = {"A01-B": "dc_pdu_power_watts", "ups-a": "dc_meter_power_watts"}
DEVICES = list(ENERGY)


class Site:
    """A simulated rack whose clock the test moves, and our collectors of a PDU and a meter."""

    def __init__(self) -> None:
        self.now = BEGIN
        self.simulator = Simulator(build_site("guian", 1), clock=lambda: self.now)
        self.made: dict[str, Any] = {}

    async def read(self, device: str) -> dict[str, float]:
        return {
            series.metric.full_name: value
            for series, value in await self.made[device].collect()
            if "phase" not in series.labels
        }


@asynccontextmanager
async def site() -> AsyncIterator[Site]:
    made = Site()
    await made.simulator.start()
    try:
        addresses = made.simulator.addresses
        snmp = read(
            "s.yaml",
            SNMP.Config,
            text=f'timeout: 2m\ndevices:\n  - {{address: "{addresses["A01-B"]}", pdu: A01-B}}\n',
        )
        meter = (
            f'{{address: "{addresses["ups-a"]}", profile: eastron-sdm630, meter: ups-a, '
            "point: ups_output}"
        )
        modbus = read(
            "m.yaml",
            MODBUS.Config,
            text=f"timeout: 2m\nrequest_timeout: 2m\ndevices:\n  - {meter}\n",
        )
        made.made = {
            one.device: one for one in (*SNMP.build(snmp, CONTEXT), *MODBUS.build(modbus, CONTEXT))
        }
        yield made
    finally:
        for one in made.made.values():
            await one.aclose()
        await made.simulator.stop()


@pytest.mark.parametrize("device", DEVICES)
async def test_a_stuck_device_shows_the_same_for_ever(device: str) -> None:
    """A stuck device repeats its values; afterwards its register shows all the energy."""
    async with site() as made:
        made.simulator.set_fault(device, "stuck")
        before = await made.read(device)
        made.now += 7200
        assert await made.read(device) == before
        made.simulator.set_fault(device, None)
        after = await made.read(device)
        assert after[POWER[device]] != before[POWER[device]]
        assert after[ENERGY[device]] > before[ENERGY[device]]


@pytest.mark.parametrize("device", DEVICES)
async def test_a_register_that_is_reset_counts_on_from_nothing(device: str) -> None:
    """Its power is as before; its register begins again, and the fault is over with that."""
    async with site() as made:
        before = await made.read(device)
        made.simulator.set_fault(device, "reset")
        reset = await made.read(device)
        made.now += 3600
        after = await made.read(device)
        assert before[ENERGY[device]] > 1e9 > reset[ENERGY[device]] == pytest.approx(0, abs=1)
        assert after[ENERGY[device]] == pytest.approx(after[POWER[device]] * 3600, rel=0.2)


@pytest.mark.parametrize("device", DEVICES)
async def test_a_device_that_is_replaced_shows_another_meter_s_register(device: str) -> None:
    """A replaced device's register has another start, and its SNMP uptime starts at 0."""
    async with site() as made:
        await made.read(device)
        made.now += 100
        made.simulator.set_fault(device, "replaced", 1234.5)
        assert (await made.read(device))[ENERGY[device]] == pytest.approx(1234.5 * 3.6e6, rel=1e-3)
        if device in made.simulator.pdus:
            assert made.simulator.pdus[device].state(made.now).values["uptime"] == 0.0


@pytest.mark.parametrize("device", DEVICES)
async def test_a_slow_device_answers_late_or_too_late(device: str) -> None:
    """A short delay is within the deadline of the round; one that is longer than it is not."""
    async with site() as made:
        await made.read(device)
        made.simulator.set_fault(device, "slow", 0.2)
        began = time.monotonic()
        assert (await made.read(device))[POWER[device]]
        assert time.monotonic() - began >= 0.2
        made.simulator.set_fault(device, "slow", 10 * HANGS)
        began = time.monotonic()
        with hurried(made.made[device], 1.0), pytest.raises(Unreachable):
            await made.read(device)
        assert time.monotonic() - began < HANGS


async def test_makes_are_dealt_over_rows_and_feeds_and_may_be_chosen() -> None:
    """Neighbouring rows have different makes unless one is chosen; makes never change the load."""
    from simulator.makes import choose

    mixed = build_site("guian", 30)
    assert len({pdu.make for _, pdu in mixed.pdus()}) == 6
    makes = choose(["gude", "acrel-dtsd1352"])
    chosen = build_site("guian", 30, makes=makes)
    assert {pdu.make for _, pdu in chosen.pdus()} == {"gude"}
    assert [rack.load for rack in chosen.racks] == [rack.load for rack in mixed.racks]
    simulator = Simulator(chosen)
    assert {meter.make for meter in simulator.meters.values()} == {"acrel-dtsd1352"}
    assert len(choose(["all"]).pdu) > 15

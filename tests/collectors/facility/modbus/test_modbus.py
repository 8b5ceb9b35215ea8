"""The Modbus collector against real pymodbus servers, and against servers that misbehave."""

from __future__ import annotations

import asyncio
import math
import struct
from pathlib import Path

import pytest
from pymodbus.constants import ExcCodes
from pymodbus.pdu import ModbusPDU

from collectors.base import BadReply, ConfigError, Late, Unreachable
from collectors.facility.modbus import config as modbus
from collectors.facility.modbus.kind import KIND
from collectors.facility.modbus.link import Turns
from collectors.strict import read
from tests.collectors.facility.modbus.kit import (
    CONTEXT,
    SDM630,
    impatient,
    meter,
    meters,
    serving,
    simulated,
    values,
)
from tests.support import HANGS, hurried


async def test_a_meter_s_values_arrive_in_base_units_with_their_phases() -> None:
    """What the registers hold comes out in volts, amperes, watts and joules."""
    async with serving(simulated(SDM630)) as address, meters(meter(address)) as (one,):
        got = await values(one)
    base = '{meter="m1",point="utility"}'
    phase = '{{meter="m1",point="utility",phase="{}"}}'
    assert got == pytest.approx(
        {
            f"dc_meter_up{base}": 1.0,
            f"dc_meter_power_watts{base}": 7500.0,
            f"dc_meter_frequency_hertz{base}": 50.01,
            f"dc_meter_power_factor_ratio{base}": 0.97,
            f"dc_meter_energy_joules_total{base}": 1234.5 * 3.6e6,
            f"dc_meter_exported_energy_joules_total{base}": 2.0 * 3.6e6,
        }
        | {
            f"dc_meter_voltage_volts{phase.format(n)}": v
            for n, v in zip(("L1", "L2", "L3"), (230.5, 231.25, 229.75), strict=True)
        }
        | {
            f"dc_meter_current_amperes{phase.format(n)}": v
            for n, v in zip(("L1", "L2", "L3"), (10.0, 11.0, 12.0), strict=True)
        }
        | {
            f"dc_meter_phase_power_watts{phase.format(n)}": v
            for n, v in zip(("L1", "L2", "L3"), (2300.0, 2500.0, 2700.0), strict=True)
        },
        rel=1e-6,
    )
    assert one.device == "m1"
    assert not one.dropped


async def test_a_value_the_meter_does_not_have_is_absent() -> None:
    """NaN is no reading, never 0; it is counted."""
    async with (
        serving(simulated(SDM630 | {52: math.nan, 72: math.inf})) as address,
        meters(meter(address)) as (one,),
    ):
        got = await values(one)
    assert not [name for name in got if "power_watts{" in name and "phase" not in name]
    assert not [name for name in got if "meter_energy" in name]
    assert one.dropped == {"sentinel": 2}


async def test_a_phase_that_is_not_wired_is_absent_and_a_phase_that_fails_is_zero() -> None:
    """Zeros of a phase count only once it has shown a voltage."""
    state = dict(SDM630) | {4: 0.0, 10: 0.0, 16: 0.0}

    async def action(
        _f: int, start: int, _a: int, _c: int, registers: list[int], _v: object
    ) -> ExcCodes | None:
        for at, value in state.items():
            registers[at - start : at - start + 2] = struct.unpack(">2H", struct.pack(">f", value))
        return None

    async with (
        serving(simulated(state, action=action)) as address,
        meters(meter(address)) as (one,),
    ):
        got = await values(one)
        assert not [name for name in got if 'phase="L3"' in name]
        assert len([name for name in got if 'phase="L2"' in name]) == 3
        assert one.dropped == {"unwired": 3}
        state[2] = state[8] = state[14] = 0.0
        got = await values(one)
    assert [value for name, value in got.items() if 'phase="L2"' in name] == [0.0, 0.0, 0.0]


async def test_an_exception_costs_only_its_block() -> None:
    """A meter that refuses the energy block still yields voltages, and the loss is counted."""
    async with (
        serving(simulated({k: v for k, v in SDM630.items() if k < 20}, last=20)) as address,
        meters(meter(address)) as (one,),
    ):
        got = await values(one)
    assert len(got) == 10
    assert one.dropped == {"exception": 5}


async def test_a_meter_that_refuses_everything_is_a_bad_reply() -> None:
    """All blocks refused means the wrong profile, and the error says so."""
    async with serving(simulated({}, last=1)) as address, meters(meter(address)) as (one,):
        with pytest.raises(BadReply, match="illegal data address; is this the right profile"):
            await one.collect()


async def test_a_gateway_that_reports_a_silent_meter_makes_it_unreachable() -> None:
    """Exception 11 is the gateway's word that nobody answered."""

    async def action(*_: object) -> ExcCodes | None:
        return ExcCodes.GATEWAY_NO_RESPONSE

    async with (
        serving(simulated(SDM630, action=action)) as address,
        meters(meter(address)) as (one,),
    ):
        with pytest.raises(Unreachable, match="gateway target did not respond"):
            await one.collect()
        assert [series.prefix for series in one.up_series] == [
            'dc_meter_up{hub="guian",site="s1",meter="m1",point="utility"} '
        ]


async def test_a_silent_meter_behind_a_gateway_does_not_cost_its_siblings() -> None:
    """Beside three silent units the live one waits for each once, and later for one at most."""
    heard: list[int] = []

    def only_seven(sending: bool, pdu: ModbusPDU) -> ModbusPDU | None:
        if not sending:
            heard.append(pdu.dev_id)
        return pdu if sending or pdu.dev_id == 7 else None

    async with serving(simulated(SDM630, unit=7), trace_pdu=only_seven) as address:
        silent = [meter(address, unit=n, meter=f"dead{n}") for n in (1, 2, 3)]
        async with meters(*silent, meter(address, unit=7)) as made:
            for most in (3, 1):  # once they are known to be silent, they go last
                heard.clear()
                with impatient(made[0]._unit.link, 1, 2, 3):
                    # The silent ones ask first.
                    asked = [asyncio.create_task(one.collect()) for one in made]
                    assert len(await asked[3]) == 15
                    assert sum(unit != 7 for unit in heard) <= most
                    for task in asked[:3]:
                        with pytest.raises(Unreachable):
                            await task


async def test_a_meter_that_never_had_its_turn_says_so_and_is_not_put_last() -> None:
    """Where a connection is busy all the time, waiting is told from silence."""
    async with serving(simulated(SDM630)) as address, meters(meter(address)) as (one,):
        async with one._unit.link.turn(failing=False):
            with (
                hurried(one, 0.2),
                pytest.raises(Unreachable, match=r"its connection was busy for 0\.2 s"),
            ):
                await one.collect()
        assert not one._failing
        assert len(await one.collect()) == 15  # and the turn it waited for was not lost


async def test_a_meter_without_a_turn_on_a_bus_at_work_is_late_and_not_silent() -> None:
    """Others on its bus answer meanwhile: the bus has too much to do, and nobody asked this one."""
    async with (
        serving(simulated(SDM630)) as address,
        meters(meter(address), meter(address, meter="other")) as (one, other),
    ):
        link = one._unit.link
        async with link.turn(failing=False):
            with hurried(one, 0.3):
                waiting = asyncio.create_task(one.collect())
                await asyncio.sleep(0)
                await other._read_blocks({})
                with pytest.raises(Late, match=r"no turn within 0\.3 s"):
                    await waiting
        assert not one._failing
        assert len(await one.collect()) == 15


async def test_turns_go_to_the_healthy_first_and_none_is_lost_to_who_gave_up() -> None:
    """Among equals whoever came first.

    A waiter that is cancelled is passed over, even at the moment it is called.
    """
    turns, order = Turns(), []

    async def wait(name: str, *, failing: bool) -> None:
        async with turns.turn(failing=failing):
            order.append(name)

    async with turns.turn(failing=False):
        tasks = {}
        for name, failing in (("sick", True), ("first", False), ("gone", False), ("second", False)):
            tasks[name] = asyncio.create_task(wait(name, failing=failing))
            await asyncio.sleep(0)
        tasks["gone"].cancel()
    tasks["first"].cancel()  # it has been called, and has not yet come
    await asyncio.gather(*tasks.values(), return_exceptions=True)
    assert order == ["second", "sick"]
    async with asyncio.timeout(HANGS), turns.turn(failing=False):
        order.append("free again")


async def test_what_a_meter_cannot_measure_is_not_taken() -> None:
    """A power beyond the meter's rating is no reading."""
    async with (
        serving(simulated(SDM630 | {52: 9e9})) as address,
        meters(meter(address, rating_watts=50_000.0)) as (one,),
    ):
        got = await values(one)
    assert 'dc_meter_power_watts{meter="m1",point="utility"}' not in got
    assert one.dropped == {"above_rating": 1}


def test_a_section_of_the_config_builds_one_collector_a_meter(tmp_path: Path) -> None:
    """The keys of the config file are those the design names."""
    text = """
interval: 10s
devices:
  - {address: "10.0.1.2:502", unit: 1, profile: eastron-sdm630, meter: main-1,
     point: utility, accuracy_class: 0.5}
  - {address: 10.0.1.3, profile: eastron-sdm630, meter: ups-a, point: ups_output,
     interval: 1m, timeout: 9s}
"""
    config = read(tmp_path / "c.yaml", modbus.Config, text=text)
    first, second = KIND.build(config, CONTEXT)
    assert (first.device, first.schedule.interval, first.schedule.timeout) == ("main-1", 10.0, 5.0)
    assert (second.device, second.schedule.interval, second.schedule.timeout) == (
        "ups-a",
        60.0,
        9.0,
    )


@pytest.mark.parametrize(
    ("devices", "message"),
    [
        (
            [{"profile": "eastron-sdm360"}],
            r"devices\[0\]\.profile: no such profile.*did you mean eastron-sdm630",
        ),
        ([{}, {}], r"devices\[1\]\.meter: 'm1' is given twice"),
    ],
)
def test_a_wrong_device_is_named(devices: list[dict[str, str]], message: str) -> None:
    """The error says which device of the list is wrong, and how."""
    with pytest.raises(ConfigError, match=message):
        KIND.build(
            modbus.Config(devices=[meter("10.0.0.1", **device) for device in devices]), CONTEXT
        )


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("h", ("h", 502)), ("h:1502", ("h", 1502)), ("[::1]:5", ("::1", 5)), ("[::1]", ("::1", 502))],
)
def test_an_address_may_leave_out_its_port(text: str, wanted: tuple[str, int]) -> None:
    """Port 502 is Modbus's own."""
    assert modbus.split_address(text, 502) == wanted


@pytest.mark.parametrize("text", ["", ":502", "h:0", "h:x", "h:70000"])
def test_an_address_that_is_none_is_refused(text: str) -> None:
    """A mistyped address is found before anything runs."""
    with pytest.raises(ValueError, match="expected an address"):
        modbus.split_address(text, 502)

"""Register maps and their decoding, without any connection."""

from __future__ import annotations

import math
import struct
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.base import BadReply
from collectors.facility.modbus.plan import Plan, evaluate, numbers_in, plan_of, span_of
from collectors.facility.modbus.profile import Profile
from collectors.facility.modbus.register import Factor, Register
from collectors.facility.profile import load, load_all
from collectors.strict import Problems, read
from tests.collectors.facility.modbus.maps import POWER, decoded, profile
from tests.support.profiles import profile_names

ENERGY = "dc_meter_energy_joules_total"


@cache
def plan_by_name(name: str) -> Plan:
    """Return the plan of a packaged profile, whose ratios are all 2 where an operator says them."""
    one = load(name, "modbus", Profile)
    return plan_of(one, {factor: 2.0 for factor, how in one.factors.items() if how.address is None})


FACTORS = {
    "ct": Factor(address=10),
    "digits": Factor(address=11, type="int16", exponent=True, sentinels=[0x8000]),
}


@pytest.mark.parametrize(
    ("ct", "digits", "wanted"),
    [
        (40, 0, 492.0),
        (40, -1, 49.2),
        (1, 2, 1230.0),
        (0, 0, None),
        (40, -0x8000, None),
        (40, 13, None),
    ],
)
def test_factors_that_the_device_says_are_applied(
    ct: int, digits: int, wanted: float | None
) -> None:
    """A transformer's ratio and a power of ten multiply the value.

    One that is not set leaves no value.
    """
    register = Register(
        metric=POWER, address=0, type="uint16", unit="W", scale=0.1, times=["ct", "digits"]
    )
    memory = struct.pack(">H", 123) + bytes(18) + struct.pack(">Hh", ct, digits)
    assert decoded(plan_of(profile(register, factors=FACTORS)), memory) == [wanted]


def test_a_factor_that_was_not_read_leaves_the_value_out() -> None:
    """Without its ratio a value is not a value, and nothing is made up."""
    register = Register(metric=POWER, address=0, type="uint16", unit="W", times=["ct"])
    plan = plan_of(profile(register, factors={"ct": Factor(address=100)}))
    first, _ = plan.blocks
    assert list(evaluate(plan.values, dict(numbers_in(first, [5])))) == []


def test_a_ratio_of_the_config_stands_for_the_device_s_own() -> None:
    """Where the operator states it, the register is not even read.

    Where nobody does, it is a mistake.
    """
    register = Register(metric=POWER, address=0, type="uint16", unit="W", times=["ct"])
    plan = plan_of(profile(register, factors={"ct": Factor(address=100)}), {"ct": 0.5})
    assert len(plan.blocks) == 1
    assert decoded(plan, b"\0\5") == [2.5]
    with pytest.raises(ValueError, match="missing ct"):
        plan_of(profile(register, factors={"ct": Factor()}))
    with pytest.raises(ValueError, match="no factor 'vt'; expected one of ct"):
        plan_of(profile(register, factors={"ct": Factor(address=100)}), {"vt": 2})


def test_registers_that_belong_together_are_added() -> None:
    """The energies of two tariffs are one energy, and there is none while one of them is
    missing.
    """
    energy = Register(metric=ENERGY, address=0, add=[4], type="float64", unit="Wh", wraps_at=1e12)
    plan = plan_of(profile(energy))
    assert decoded(plan, struct.pack(">2d", 1500.0, 500.5)) == [2000.5 * 3600]
    assert decoded(plan, struct.pack(">2d", 1500.0, math.nan)) == [None]
    assert span_of(plan.values[0], {}) == 1e12 * 3600


def test_an_energy_register_s_width_says_where_it_wraps() -> None:
    """An unsigned register wraps at its width, in joules.

    Others only where the profile says so, and with a ratio once it is known.
    """
    energy = {"metric": ENERGY, "address": 0, "unit": "Wh"}
    for register, wanted in (
        (Register(**energy, type="uint32"), 2**32 * 3600.0),
        (Register(**energy, type="uint32", wraps_at=0), None),
        (Register(**energy, type="bcd32", scale=0.01), 10**6 * 3600.0),
        (Register(**energy, type="float32"), None),
        (Register(**energy, type="int64"), None),
        (Register(**energy, type="float32", wraps_at=1e8), 1e8 * 3600.0),
    ):
        assert span_of(plan_of(profile(register)).values[0], {}) == wanted
    plan = plan_of(
        profile(Register(**energy, type="uint32", times=["ct"]), factors={"ct": Factor(address=9)})
    )
    assert span_of(plan.values[0], {}) is None
    assert span_of(plan.values[0], {0: 40}) == 40 * 2**32 * 3600.0


@settings(max_examples=60)
@given(st.sampled_from(profile_names("modbus")), st.data())
def test_any_registers_decode_to_finite_numbers_or_a_bad_reply(
    name: str, data: st.DataObject
) -> None:
    """Whatever stands in the registers, nothing but BadReply is raised and nothing but a number or
    None comes out.
    """
    plan = plan_by_name(name)
    numbers: dict[int, float | None] = {}
    for block in plan.blocks:
        registers = data.draw(
            st.lists(st.integers(-1, 2**16), min_size=block.count - 1, max_size=block.count + 1)
        )
        try:
            numbers |= numbers_in(block, registers)
        except BadReply:
            assert len(registers) != block.count or any(not 0 <= r < 1 << 16 for r in registers)
    for _, value in evaluate(plan.values, numbers):
        assert value is None or math.isfinite(value)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            "{metric: dc_meter_powr_watts, address: 0, type: int16, unit: W}",
            "did you mean dc_meter_power_watts",
        ),
        (
            "{metric: dc_meter_power_watts, address: 0, type: int16, unit: V}",
            "expected one of mW, W, kW",
        ),
        (
            "{metric: dc_meter_power_watts, address: 70000, type: int16, unit: W}",
            "expected a register's address such as",
        ),
        (
            "{metric: dc_meter_power_watts, address: 0x00G, type: int16, unit: W}",
            "expected a register's address",
        ),
        ("{metric: dc_meter_power_watts, address: 0, type: int17, unit: W}", "one of int16"),
        ("{metric: dc_meter_voltage_volts, address: 0, type: int16, unit: V}", "needs phase"),
        (
            "{metric: dc_meter_power_watts, address: 0, type: int16, unit: W, phase: '1'}",
            "has no phase",
        ),
        ("{metric: dc_meter_power_watts, address: 0, type: int16}", "a unit, or a map"),
        (
            "{metric: dc_meter_power_watts, address: 0, type: int16, unit: W, mask: 0x0F}",
            "some bits of an unsigned type",
        ),
        (
            "{metric: dc_meter_power_watts, address: 0, type: uint16, unit: W, mask: 0x0F0F}",
            "neighbouring bits",
        ),
        (
            "{metric: dc_meter_power_watts, address: 0, type: bcd16, unit: W, sign_bit: 16}",
            "does not have so many bits",
        ),
        (
            "{metric: dc_meter_power_watts, address: 0, type: int16, unit: W, times: [ct]}",
            "no factor 'ct'",
        ),
        (
            "{metric: dc_meter_power_watts, address: 0, type: int16, unit: W, wraps_at: 5}",
            "is not a counter",
        ),
        (
            "{metric: dc_meter_power_watts, address: 65535, type: int32, unit: W}",
            "ends beyond address 65535",
        ),
        ("{metric: dc_pdu_up, address: 0, type: int16, unit: flag}", "is not a metric of a meter"),
    ],
)
def test_a_mistake_in_a_profile_is_one_line_with_its_line_number(line: str, message: str) -> None:
    """Whoever writes a profile is told what is wrong, and where."""
    text = f"protocol: modbus\ntitle: t\nsource: s\nregisters:\n  - {line}\n"
    with pytest.raises(Problems, match=message) as caught:
        read(Path("p.yaml"), Profile, text=text)
    assert caught.value.errors[0].line == 5


def test_every_packaged_meter_reads_power_and_energy() -> None:
    """A packaged meter is worth its name: it yields power and energy."""
    profiles = dict(load_all("modbus", Profile))
    assert "eastron-sdm630" in profiles
    for loaded in profiles.values():
        if loaded.kind == "meter":
            assert {POWER, ENERGY} <= {register.metric for register in loaded.registers}
        assert loaded.source

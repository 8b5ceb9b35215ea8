"""Small register maps, and what a memory holds by them."""

from __future__ import annotations

import struct

from collectors.facility.modbus.plan import Plan, evaluate, numbers_in, plan_of
from collectors.facility.modbus.profile import Profile
from collectors.facility.modbus.register import Register

POWER = "dc_meter_power_watts"


def profile(*registers: Register, **options: object) -> Profile:
    return Profile(protocol="modbus", title="t", source="s", registers=list(registers), **options)


def decoded(plan: Plan, memory: bytes, first: int = 0) -> list[float | None]:
    """What registers from `first` on decode to, in the order of the profile."""
    registers = struct.unpack(f">{len(memory) // 2}H", memory)
    numbers = {}
    for block in plan.blocks:
        numbers |= numbers_in(
            block, registers[block.address - first : block.address - first + block.count]
        )
    return [number for _, number in evaluate(plan.values, numbers)]


def one(raw: bytes, **options: object) -> float | None:
    """What one value decodes to."""
    register = Register(**{"metric": POWER, "address": 0, "unit": "W"} | options)
    (number,) = decoded(plan_of(profile(register)), raw)
    return number

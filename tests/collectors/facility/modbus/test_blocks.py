"""Which registers are read together."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.facility.modbus.plan import Block, plan_of
from collectors.facility.modbus.profile import Profile
from collectors.facility.modbus.register import Register
from tests.collectors.facility.modbus.maps import profile


def blocks_of(loaded: Profile) -> tuple[Block, ...]:
    return plan_of(loaded).blocks


def at(address: int, phase: str, **options: object) -> Register:
    return Register(
        metric="dc_meter_voltage_volts",
        phase=phase,
        address=address,
        type="float32",
        unit="V",
        **options,
    )


def test_neighbours_are_read_together_and_strangers_apart() -> None:
    """A gap up to the limit is read along.

    A wider one, the block's limit or another function begins a new read.
    """
    registers = [at(0, "1"), at(10, "2"), at(40, "3"), at(50, "4", function="holding"), at(44, "5")]
    assert [
        (b.function, b.address, b.count) for b in blocks_of(profile(*registers, max_gap=8))
    ] == [
        (3, 50, 2),
        (4, 0, 12),
        (4, 40, 6),
    ]
    assert [b.count for b in blocks_of(profile(*registers[:3], max_gap=100, max_registers=12))] == [
        12,
        2,
    ]
    assert [b.count for b in blocks_of(profile(*registers[:3], max_gap=100, max_registers=60))] == [
        42
    ]


@given(
    st.lists(
        st.tuples(st.integers(0, 300), st.sampled_from(["uint16", "float32", "uint64"])),
        min_size=1,
        max_size=30,
    ),
    st.integers(4, 125),
    st.integers(0, 124),
)
def test_every_value_lies_in_exactly_one_block_and_no_block_is_too_large(
    places: list[tuple[int, str]], most: int, gap: int
) -> None:
    """Whatever the map, grouping loses nothing and asks for no more than the meter takes."""
    registers = [
        Register(
            metric="dc_meter_voltage_volts", phase=str(n), address=address, type=kind, unit="V"
        )
        for n, (address, kind) in enumerate(places)
    ]
    blocks = blocks_of(profile(*registers, max_registers=most, max_gap=gap))
    found = sorted(cell.address for block in blocks for _, cell in block.cells)
    assert found == sorted(register.address for register in registers)
    assert all(block.count <= most for block in blocks)
    assert all(
        cell.end <= block.address + block.count for block in blocks for _, cell in block.cells
    )


@given(
    st.lists(
        st.tuples(st.integers(0, 300), st.sampled_from(["uint16", "float32", "uint64"])),
        min_size=1,
        max_size=30,
    )
)
def test_halves_bring_the_same_and_end_at_single_values(places: list[tuple[int, str]]) -> None:
    """Whatever a device refuses, splitting it loses nothing and comes to an end."""
    registers = [
        Register(
            metric="dc_meter_voltage_volts", phase=str(n), address=address, type=kind, unit="V"
        )
        for n, (address, kind) in enumerate(places)
    ]
    todo, single = list(blocks_of(profile(*registers, max_gap=124, max_registers=125))), []
    while todo:
        block = todo.pop()
        halves = block.halves()
        todo += halves
        assert {n for half in halves for n, _ in half.cells} == (
            {n for n, _ in block.cells} if halves else set()
        )
        assert all(half.count < block.count for half in halves)
        single += [] if halves else [block]
    assert sorted(n for block in single for n, _ in block.cells) == list(range(len(places)))


def test_no_read_touches_what_a_device_does_not_let_be_read() -> None:
    """Addresses that are said to be unreadable are never read along, however small the gap."""
    registers = [at(0, "1"), at(4, "2"), at(8, "3")]
    assert [b.count for b in blocks_of(profile(*registers))] == [10]
    assert [
        (b.address, b.count) for b in blocks_of(profile(*registers, unreadable=[range(6, 7)]))
    ] == [(0, 6), (8, 2)]
    with pytest.raises(ValueError, match=r"registers\[1\]: is one of the unreadable addresses"):
        profile(*registers, unreadable=[range(5, 6)])

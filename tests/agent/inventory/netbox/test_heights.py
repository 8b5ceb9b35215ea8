"""Numbers of NetBox that no rack has: each costs its object, not the memory."""

from __future__ import annotations

import tracemalloc

import pytest

from agent.inventory.netbox.assemble import _units
from agent.inventory.netbox.objects import positive
from agent.inventory.netbox.stock import FoundDevice, FoundRack, Stock


def rack(first_unit: int = 1) -> FoundRack:
    return FoundRack(
        site=1,
        name="A01",
        row="A",
        state="in_service",
        height=42,
        first_unit=first_unit,
        rated_watts=None,
        all_reserved=False,
    )


def device(position: float, height: float) -> FoundDevice:
    return FoundDevice(
        name="n", rack=1, position=position, height=height, status="active", role="", outlets=0
    )


@pytest.mark.parametrize(
    ("position", "height", "units"),
    [
        (1.0, 1e30, set(range(1, 43))),
        (40.0, 1e8, {40, 41, 42}),
        (1e308, 2.0, set()),
        (10.0, 2.0, {10, 11}),
        (0.5, 1.0, {1}),
        (42.0, 0.5, {42}),
    ],
)
def test_a_device_takes_units_of_its_rack_only(
    position: float, height: float, units: set[int]
) -> None:
    """However high it says it is; and no memory is taken for what lies above the rack."""
    tracemalloc.start()
    assert _units(device(position, height), rack()) == units
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()


@pytest.mark.parametrize("height", [10**30, 1e300, 101, "1e9"])
def test_a_type_higher_than_any_rack_is_named(height: object) -> None:
    """It takes no units, and is one of the problems; so is a rack."""
    stock = Stock(node_roles=(), pdu_roles=(), rated_power_field="")
    stock.add_type({"id": 1, "model": "huge", "u_height": height})
    assert stock.problem_count == 1
    assert "device type huge: a height of " in stock.problems[0]
    stock.add_type({"id": 2, "model": "usual", "u_height": 2})
    assert stock.problem_count == 1


@pytest.mark.parametrize(("value", "found"), [(10**400, None), ("1e400", None), (8000, 8000.0)])
def test_a_number_beyond_all_floats_is_none(value: object, found: float | None) -> None:
    """It is left out as any other that is no number above 0."""
    assert positive(value) == found

"""Occupancy of a site, worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest

from agent.inventory.model import Rack
from agent.racks.occupancy import Occupancy


def occupancy(*racks: tuple[dict[str, Any], float | None]) -> Occupancy:
    found = Occupancy()
    for number, (fields, watts) in enumerate(racks):
        found.add(Rack(rack=f"r{number}", site="one", **fields), watts)
    return found


def test_each_method_has_its_own_sums() -> None:
    """3 of 4 racks, 54 of 120 units and 2.7 of 12 kW are in use; each figure is another."""
    found = occupancy(
        ({"height_units": 40, "used_units": 40, "rated_power_watts": 6000}, 1500.0),
        ({"height_units": 20, "used_units": 10, "rated_power_watts": 4000}, 1000.0),
        ({"height_units": 40, "used_units": 4, "rated_power_watts": 1000}, 200.0),
        ({"height_units": 20, "used_units": 0, "rated_power_watts": 1000}, 0.0),
    )
    assert dict(found.ratios()) == pytest.approx(
        {"racks": 3 / 4, "units": 54 / 120, "power": 2.7 / 12}
    )


def test_an_empty_rack_with_live_pdus_is_not_in_use() -> None:
    """The inventory decides where it lists a rack's units: PDUs draw some watts themselves."""
    found = occupancy(({"used_units": 0}, 30.0), ({"used_units": 3}, 900.0))
    assert dict(found.ratios())["racks"] == 0.5


def test_where_units_are_unknown_the_power_decides() -> None:
    """A rack whose units nobody states is in use if it draws power."""
    found = occupancy(({}, 30.0), ({}, 0.0))
    assert dict(found.ratios()) == {"racks": 0.5}


@pytest.mark.parametrize(("known", "given"), [(17, False), (18, True)])
def test_nine_tenths_must_be_known(known: int, given: bool) -> None:
    """Of 20 racks, 18 known ones are enough and 17 are not."""
    racks = [({"used_units": 1} if number < known else {}, None) for number in range(20)]
    assert ("racks" in dict(occupancy(*racks).ratios())) == given


def test_a_rack_in_use_is_not_reserved_as_a_rack() -> None:
    """Reserved units count in any rack, a reserved rack only where nothing is in use."""
    found = occupancy(
        ({"height_units": 40, "used_units": 10, "reserved_units": 5}, None),
        ({"height_units": 40, "used_units": 0, "reserved_units": 20}, None),
        ({"height_units": 20, "used_units": 0}, None),
    )
    assert dict(found.reserved_ratios()) == {"units": 0.25, "racks": pytest.approx(1 / 3)}

"""Units and feeds of the racks of an inventory."""

from __future__ import annotations

from tests.agent.inventory.loading import load, mistakes


def test_reserved_units_are_apart_from_used_ones() -> None:
    """Reserved units are stated apart from used ones; together they must fit into the rack."""
    text = (
        "sites: [{site: a}]\nracks:\n- {rack: r, site: a, height_units: 10, used_units: 4,"
        " reserved_units: 6}\n"
    )
    rack = load(text).racks["r"]
    assert (rack.used, rack.reserved_units) == (4, 6)
    assert (
        load("site,rack,used_units,reserved_units\na,r,4,6\n", "i.csv").racks["r"].reserved_units
        == 6
    )
    for wrong in (text.replace("reserved_units: 6", "reserved_units: 7"),):
        assert mistakes(wrong) == [
            "inventory.yaml:3: racks[0].reserved_units: more than the 6 units left"
        ]


def test_what_takes_no_unit() -> None:
    """A strip at the side and a blade in a chassis take no unit, whatever their position is."""
    devices = (
        "[{node: box, position: 1, units: 2}, {node: blade, position: 1, units: 0},"
        " {node: strip, units: 0, agent: false}]"
    )
    rack = load(
        f"sites: [{{site: a}}]\nracks:\n- {{rack: r, site: a, devices: {devices}}}\n"
    ).racks["r"]
    assert rack.used == 2
    assert [device.agent for device in rack.devices or ()] == [True, True, False]


def test_a_feed_that_nothing_measures() -> None:
    """A feed may name no PDU: its capacity counts, and it is no PDU of the inventory."""
    stock = load(
        "sites: [{site: a}]\nracks:\n- {rack: r, site: a, feeds: {A: {capacity_watts: 100},"
        " B: {capacity_watts: 100}}}\n"
    )
    assert [feed.capacity_watts for feed in stock.racks["r"].feeds.values()] == [100, 100]
    assert not stock.pdus

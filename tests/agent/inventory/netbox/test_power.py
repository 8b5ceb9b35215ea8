"""Feeds, PDUs and panels of NetBox as the inventory has them."""

from __future__ import annotations

from typing import Any

import pytest

from agent.cli import main
from agent.inventory.model import Inventory
from agent.inventory.netbox.assemble import side_of
from tests.agent.inventory.netbox.data import Data, example
from tests.agent.inventory.netbox.panels import panels
from tests.agent.inventory.netbox.reading import Write, read
from tests.agent.inventory.netbox.server import served


def test_feeds_and_what_they_carry(stock: Inventory) -> None:
    """A feed has its side, its PDU if any, and volts times amperes times the permitted share."""
    feeds = stock.racks["A01"].feeds
    assert list(feeds) == ["A", "B"]
    assert (feeds["A"].pdu, feeds["A"].capacity_watts) == ("A01-A", 230 * 32 * 0.8)
    assert feeds["B"].capacity_watts == pytest.approx(400 * 16 * 3**0.5, abs=0.1)
    assert [feed.pdu for feed in stock.racks["A03"].feeds.values()] == ["A03-A", "A03-B"]
    assert [feed.pdu for feed in stock.racks["B01"].feeds.values()] == [""]
    assert {"A01-A", "A03-A", "A03-B"} <= set(stock.pdus)
    assert "" not in stock.pdus


def test_panels_are_breakers_where_a_field_rates_them(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    """A rated panel is a breaker, two are a pair by their racks; a feed rated too high has none."""
    with served(panels()) as netbox:
        path = write(netbox.url, extra="panel_amperes_field: amperes")
        stock = read(path)
        assert {name: (one.capacity, one.pair) for name, one in stock.breakers.items()} == {
            "RPP-A": (63 * 690, "RPP-B"),
            "RPP-B": (63 * 690, "RPP-A"),
            "small": (6900, ""),
        }
        assert [feed.breaker for feed in stock.racks["R1"].feeds.values()] == ["RPP-A", "RPP-B"]
        assert [feed.breaker for feed in stock.racks["R2"].feeds.values()] == ["", ""]
        assert main(["inventory", "--config", str(path)]) == 0
        assert (
            "rack R2: feeds.B.capacity_watts: 11592 is above the 6900 W of its breaker small"
            in capsys.readouterr().out
        )
        netbox.asked.clear()
        assert not read(write(netbox.url)).breakers
        assert not [endpoint for endpoint in netbox.asked if "panels" in endpoint]


def test_a_strip_of_another_role_is_known_by_its_outlets(write: Write) -> None:
    """A device with outlets at the end of a rack's feed is a PDU, whatever its role."""
    with served(example("v4")) as netbox:
        assert read(write(netbox.url)).racks["A01"].feeds["B"].pdu == "A01-B"


def test_ends_of_feeds_before_3_3(write: Write) -> None:
    """Until 3.2 a feed had one `connected_endpoint`."""
    data = Data("v3")
    site = data.site("one")
    rack = data.rack(site, "R1")
    pdu = data.device(rack, "P1", data.kind("strip", 0), role="pdu")
    data.feed(data.panel(site, "P"), rack, "Feed B", pdu, old=True)
    with served(data) as netbox:
        assert {
            name: feed.pdu for name, feed in read(write(netbox.url, "v3")).racks["R1"].feeds.items()
        } == {"B": "P1"}


@pytest.mark.parametrize(
    ("name", "side"),
    [
        ("A07-B", "B"),
        ("Feed A", "A"),
        ("B", "B"),
        ("pdu-b", "B"),
        ("PDU-A1", "A"),
        ("A07", ""),
        ("main", ""),
        ("Rack C feed D", "D"),
    ],
)
def test_the_side_is_read_from_the_name(name: str, side: str) -> None:
    """A letter that stands for a side is told from the letter of a row."""
    assert side_of(name) == side


@pytest.mark.parametrize(
    ("names", "kinds", "sides"),
    [
        (("x-1", "x-2"), ("redundant", "primary"), {"B": "x-1", "A": "x-2"}),
        (("x-1", "x-2"), ("primary", "primary"), {"A": "x-1", "B": "x-2"}),
        (("left A", "right A"), ("primary", "redundant"), {"A": "left A", "B": "right A"}),
    ],
)
def test_sides_without_letters(names: Any, kinds: Any, sides: Any, write: Write) -> None:
    """Sides go by the names, else by primary and redundant, else by the order of the names."""
    data = Data("v4")
    site = data.site("one")
    rack, panel, strip = data.rack(site, "R1"), data.panel(site, "P"), data.kind("strip", 0)
    for name, kind in zip(names, kinds, strict=True):
        data.feed(
            panel, rack, name, data.device(rack, f"pdu of {name}", strip, role="pdu"), kind=kind
        )
    with served(data) as netbox:
        feeds = read(write(netbox.url)).racks["R1"].feeds
    assert {side: feed.pdu.removeprefix("pdu of ") for side, feed in feeds.items()} == sides


def test_a_pdu_with_two_inlets_carries_both(write: Write) -> None:
    """Feeds of 16 and 32 A at 230 V and 80 % to one PDU are one feed of 8832 W."""
    data = Data("v4")
    site = data.site("one")
    rack = data.rack(site, "A01")
    pdu = data.device(rack, "A01-A", data.kind("strip", 0.0), role="pdu")
    panel = data.panel(site, "Panel 1")
    data.feed(panel, rack, "A01-A1", pdu, amperes=16)
    data.feed(panel, rack, "A01-A2", pdu, amperes=32)
    with served(data) as netbox:
        feeds = read(write(netbox.url)).racks["A01"].feeds
    assert {name: (feed.pdu, feed.capacity_watts) for name, feed in feeds.items()} == {
        "A": ("A01-A", pytest.approx(8832))
    }


def test_a_pdu_out_of_use_is_no_feed(write: Write) -> None:
    """A PDU that is not active and that no feed leads to is not expected to answer."""
    data = Data("v4")
    rack = data.rack(data.site("one"), "A01")
    strip = data.kind("strip", 0.0)
    data.device(rack, "A01-A", strip, role="pdu")
    data.device(rack, "A01-B", strip, role="pdu", status="offline")
    with served(data) as netbox:
        assert set(read(write(netbox.url)).pdus) == {"A01-A"}

"""Where a collector says that a device stands."""

from __future__ import annotations

from collectors.base import Context, Place

AGENT = Place(hub="guian", site="hall-1", row="A", rack="A07")


def test_a_rack_is_where_the_inventory_has_it() -> None:
    """A listed rack has the inventory's site and row, whatever those of the agent are."""
    listed = Place(hub="guian", site="hall-2", row="C", rack="C03")
    context = Context(place=AGENT, node="n1", racks={"C03": listed})
    assert context.place_of("C03") == listed


def test_an_unlisted_rack_is_at_the_agents_site_in_no_row() -> None:
    """The agent's own row says nothing about a rack that the inventory does not list."""
    context = Context(place=AGENT, node="n1")
    assert context.place_of("B01") == Place(hub="guian", site="hall-1", row="", rack="B01")


def test_no_rack_is_the_agents_own_place() -> None:
    """A device without a rack of its own stands where the agent does."""
    assert Context(place=AGENT, node="n1").place_of() == AGENT

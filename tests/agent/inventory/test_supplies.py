"""Supplies of an inventory: what stands above the breakers, and every mistake in them."""

from __future__ import annotations

import pytest

from tests.agent.inventory.loading import load, mistakes

SUPPLIES = """
sites: [{site: a}, {site: b}]
supplies:
- {supply: grid, site: a, kind: utility}
- {supply: sun, site: a, kind: solar, joins: board}
- {supply: board, site: a, kind: switchboard, upstream: grid}
- {supply: diesel, site: a, kind: generator, capacity_watts: 500000}
- {supply: ats, site: a, kind: transfer_switch, inputs: {1: board, 2: diesel}}
- {supply: ups, site: a, kind: ups, upstream: ats, device: galaxy}
breakers:
- {breaker: bus, site: a, rated_amperes: 100, supply: ups}
"""


def test_supplies() -> None:
    """A switch names its inputs as it does itself; a device may have another name."""
    stock = load(SUPPLIES)
    assert stock.supplies["ats"].inputs == {"1": "board", "2": "diesel"}
    assert stock.supplies["ups"].measured_by == "galaxy"
    assert stock.supplies["grid"].measured_by == "grid"
    assert stock.breakers["bus"].supply == "ups"
    assert [one.breaker for one in stock.supply_path("bus")] == ["bus"]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("supply: ups}", "supply: upss}", "breakers[0].supply: unknown supply 'upss'"),
        ("breaker: bus", "breaker: ups", "breakers[0].breaker: ups is the name of a supply"),
        ("upstream: ats", "upstream: bus", "supplies[5].upstream: unknown supply 'bus'"),
        ("joins: board", "joins: roof", "supplies[1].joins: unknown supply 'roof'"),
        ("2: diesel", "2: ups", "ats is fed by itself: a circle"),
        ("supply: grid, site: a", "supply: grid, site: b", "grid is at site b, not a"),
        ("supply: sun, site: a", "supply: sun, site: c", "unknown site 'c'"),
        ("supply: diesel, site", "supply: grid, site", "grid is given twice"),
        ("kind: utility", "kind: mains", "expected one of utility, generator"),
        (", inputs: {1: board, 2: diesel}", "", "a transfer switch needs them"),
        ("kind: utility", "kind: utility, upstream: ups", "only a UPS or a switchboard has one"),
        ("kind: utility", "kind: utility, joins: ups", "only a solar plant has it"),
        ("upstream: grid", "upstream: board", "a supply cannot feed itself"),
    ],
)
def test_a_mistake_is_named(old: str, new: str, words: str) -> None:
    """Names that nothing has, other sites, circles, and keys that do not fit the kind."""
    assert old in SUPPLIES
    assert any(words in line for line in mistakes(SUPPLIES.replace(old, new)))

"""Rack lists in CSV."""

from __future__ import annotations

import pytest

from tests.agent.inventory.loading import load, mistakes


def test_csv() -> None:
    """A rack list in CSV gives the same racks as YAML, and the sites that the racks name."""
    stock = load(
        "site,row,rack,state,height_units,rated_power_watts,used_units,"
        "pdu_a,capacity_a_watts,pdu_b,capacity_b_watts\n"
        "one,A,A07,in_service,42,8000,10,A07-A,7360,A07-B,\n"
        "one,A,A08,,,,,,,,\n",
        "racks.csv",
    )
    assert (stock.racks["A07"].used, stock.racks["A07"].feeds["B"].capacity_watts) == (10, None)
    assert stock.pdus["A07-A"].feed == "A"
    assert (stock.racks["A08"].height_units, stock.racks["A08"].state) == (42, "in_service")
    assert list(stock.sites) == ["one"]


def test_a_rack_list_has_places_and_phases() -> None:
    """Where a rack stands and on which phase its PDUs are is the same in CSV as in YAML."""
    stock = load(
        "site,rack,pdu_a,breaker_a,breaker_a_amperes,phase_a,pdu_b,phase_b,x,y,facing\n"
        "one,A07,A07-A,rpp-a,100,L2,A07-B,,4.2,12,S\n"
        "one,A08,A08-A,,,,,,,,\n",
        "racks.csv",
    )
    rack, other = stock.racks["A07"], stock.racks["A08"]
    assert (rack.x, rack.y, rack.facing) == (4.2, 12.0, "S")
    assert (rack.feeds["A"].phase, rack.feeds["B"].phase) == ("L2", None)
    assert (other.x, other.y, other.facing) == (None, None, "")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("site,rack,colour\na,r,red\n", "racks.csv:1: colour: unknown column"),
        ("site,row\na,A\n", "racks.csv:1: rack: missing column"),
        (
            "site,rack,height_units\na,r,tall\n",
            "racks.csv:2: height_units: expected a whole number",
        ),
        ("site,rack\na,r\na,r\n", "racks.csv:3: racks[3].rack: r is given twice (first in line 2)"),
        (
            "site,rack,capacity_a_watts\na,r,100\n",
            "racks.csv:2: capacity_a_watts: given without pdu_a",
        ),
        ("site,rack,x\na,r,left\n", "racks.csv:2: x: expected a number"),
        ("site,rack,facing\na,r,up\n", "racks.csv:2: facing: expected one of"),
        (
            "site,rack,pdu_b,phase_b\na,r,p,L4\n",
            "racks.csv:2: feeds.B.phase: expected one of L1, L2, L3",
        ),
        ("site,rack,phase_a\na,r,L1\n", "racks.csv:2: phase_a: given without pdu_a"),
        ("site,rack\na,r,x,y\n", "racks.csv:2: more cells than columns"),
        ("site,rack\n,r\n", "racks.csv:2: site: missing"),
        ("", "racks.csv:1: site: missing column"),
    ],
)
def test_mistakes_in_csv(text: str, words: str) -> None:
    """A mistake in a CSV file is one line with the row's line number."""
    assert any(one.startswith(words) for one in mistakes(text, "racks.csv")), mistakes(
        text, "racks.csv"
    )

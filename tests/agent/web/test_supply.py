"""The supply of a site, and what the loss of a breaker would do, worked out by hand."""

from __future__ import annotations

from dataclasses import replace

from agent.inventory.model import Breaker, Feed, Inventory, Rack, Site
from agent.web.view import BoardView
from agent.web.views import supply
from collectors.base import Reading
from collectors.catalogue import facility, rack
from tests.agent.web import fixture
from tests.agent.web.asked import api, page
from tests.agent.web.served import Site as Served
from tests.agent.web.served import fresh
from tests.support.browser import Browser

HUB, SITE = fixture.HUB, "s"
TREE = {"BUS-A": "", "BUS-B": "", "RPP-A": "BUS-A", "RPP-B": "BUS-B"}
PAIRS = {"BUS-A": "BUS-B", "BUS-B": "BUS-A", "RPP-A": "RPP-B", "RPP-B": "RPP-A"}
CAPACITY = {"BUS-A": 9000.0, "BUS-B": 9000.0, "RPP-A": 6000.0, "RPP-B": 6000.0}
DRAWN = {"A1-A": 2000.0, "A1-B": 1500.0, "A2-A": 1000.0, "A2-B": 500.0, "A3-A": 700.0}
"""Watts by PDU; A4's PDUs are silent."""


def _rack(name: str, capacity: float | None, sides: str = "AB") -> Rack:
    feeds = {
        side: Feed(pdu=f"{name}-{side}", breaker=f"RPP-{side}", capacity_watts=capacity)
        for side in sides
    }
    return Rack(rack=name, site=SITE, row="A", feeds=feeds)


RACKS = [_rack("A1", 3000.0), _rack("A2", 3000.0), _rack("A3", 3000.0, "A"), _rack("A4", 3000.0)]


def view() -> BoardView:
    readings: list[Reading] = []
    for pdu, watts in DRAWN.items():
        name, side = pdu.split("-")
        readings.append((facility.PDU_POWER.series(HUB, SITE, "A", name, pdu, side), watts))
    # A: 2000 + 1000 + 700 = 3700 W; B: 1500 + 500 = 2000 W. A4 is silent: 3000 W more, at most.
    for name, watts in (("BUS-A", 3700.0), ("RPP-A", 3700.0), ("BUS-B", 2000.0), ("RPP-B", 2000.0)):
        at = (HUB, SITE, name)
        readings += [
            (rack.BREAKER_INFO.series(*at, PAIRS[name], TREE[name]), 1.0),
            (rack.BREAKER_CAPACITY.series(*at), CAPACITY[name]),
            (rack.BREAKER_COVERAGE.series(*at), 0.75),
            (rack.BREAKER_POWER.series(*at, "lower"), watts),
            (rack.BREAKER_POWER.series(*at, "upper"), watts + 3000.0),
        ]
    made = fixture.view(readings, where=SITE)
    inventory = Inventory(
        hub=HUB,
        sites={SITE: Site(site=SITE)},
        racks={one.rack: one for one in RACKS},
        breakers={
            name: Breaker(
                breaker=name, site=SITE, capacity_watts=watts, pair=PAIRS[name], upstream=TREE[name]
            )
            for name, watts in CAPACITY.items()
        },
    )
    return replace(made, inventory=inventory)


def test_the_tree_goes_from_the_top_to_the_racks() -> None:
    """A breaker stands before what it feeds, and counts the racks that have a feed behind it."""
    found = supply.read(view(), SITE)
    assert [(one.breaker.breaker, one.depth, one.below, one.racks) for one in found.lines] == [
        ("BUS-A", 0, 1, 4),
        ("RPP-A", 1, 0, 4),
        ("BUS-B", 0, 1, 3),
        ("RPP-B", 1, 0, 3),
    ]
    assert [one.breaker.breaker for one in supply.read(view(), SITE, at="RPP-B").lines] == ["RPP-B"]


def test_a_loss_tells_who_is_dark_who_is_over_and_what_cannot_be_told() -> None:
    """Without RPP-A: A1's B would carry 3500 W of 3000; A2's 1500 W; A3 has no other feed; A4 is
    silent. RPP-B goes from at most 5000 W to 5000 + 2000 + 1000 = 8000 W of 6000; BUS-B to 8000 W
    of 9000 and what moves from A4, which nobody knows.
    """
    loss = supply.read(view(), SITE, lose="RPP-A").loss
    assert loss is not None
    assert (loss.racks, loss.dark, loss.over, loss.unknown) == (4, ["A3"], ["A1"], ["A4"])
    assert [(one.breaker, one.before_ratio, one.after_ratio) for one in loss.breakers] == [
        ("RPP-B", 5000 / 6000, 8000 / 6000)
    ]
    assert loss.untold == ["BUS-B"]


def test_the_loss_of_a_busbar_takes_what_hangs_on_it() -> None:
    """BUS-B feeds RPP-B: A1's A would carry 3500 W of 3000, A2's 1500 W; A3 has no feed there.
    RPP-A: at most 6700 + 1500 + 500 = 8700 W of 6000; BUS-A: 8700 W of 9000.
    """
    loss = supply.read(view(), SITE, lose="BUS-B").loss
    assert loss is not None
    assert (loss.racks, loss.dark, loss.over, loss.unknown) == (3, [], ["A1"], ["A4"])
    assert [(one.breaker, one.after_ratio) for one in loss.breakers] == [("RPP-A", 8700 / 6000)]


def test_what_is_no_breaker_is_no_loss() -> None:
    """A name that no breaker has leaves the page as it is; a site without breakers says so."""
    assert supply.read(view(), SITE, lose="moon").loss is None
    assert api(f"/sites/{SITE}/supply", view())["loss"] is None
    empty = fixture.view([*fixture.racks(4)])
    assert "names no breakers" in page(f"/sites/{fixture.SITE}/supply", empty)


def test_a_click_on_a_breaker_says_what_breaks(browser: Browser) -> None:
    """From the supply page one click tells the racks that go dark or over,
    in the page's language.
    """
    site = Served(view())
    try:
        browser.size(390, 844)
        fresh(browser, f"{site.url}/sites/{SITE}/supply?lang=zh")
        browser.open(
            browser.eval("document.querySelector('.tree tr:nth-child(2) td:last-child a').href")
        )
        said = browser.eval("document.querySelector('.outcome').innerText")
        assert "1 个机柜断电" in said.replace("\u202f", " ")
        assert "A3" in said
        assert browser.eval("document.documentElement.scrollWidth") <= 390
        assert browser.errors == []
    finally:
        site.close()

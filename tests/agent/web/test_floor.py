"""The floor plan: racks where the inventory says they stand."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import pytest

from agent.inventory.model import Inventory, Rack, Site
from agent.web.view import BoardView
from agent.web.views import floor, racks
from agent.web.views.rack import RackView
from tests.agent.web import fixture
from tests.agent.web.asked import page
from tests.agent.web.served import Site as Served
from tests.agent.web.served import fresh
from tests.support.browser import Browser

Facing = Literal["", "N", "E", "S", "W"]


def _rack(name: str, x: float | None, y: float | None, facing: Facing = "") -> Rack:
    return Rack(rack=name, site=fixture.SITE, row=name[0], x=x, y=y, facing=facing)


def _shown(*names: str) -> list[RackView]:
    return [RackView(site=fixture.SITE, row=name[0], rack=name) for name in names]


def view() -> BoardView:
    """Return the site of 24 racks: row A faces south at y = 3 m, row B north at 0, 0.6 m a rack."""
    names = [f"{row}{n:02d}" for row in "AB" for n in range(1, 13)]
    racks = {
        name: _rack(
            name,
            0.6 * int(name[1:]),
            3.0 if name[0] == "A" else 0.0,
            "S" if name[0] == "A" else "N",
        )
        for name in names
        if name != "B12"
    }
    site = Site(site=fixture.SITE, name="Gui'an no. 1", scopes=("huawei",))
    inventory = Inventory(hub=fixture.HUB, sites={fixture.SITE: site}, racks=racks)
    return replace(fixture.view(), inventory=inventory)


def test_a_place_is_as_large_as_neighbours_are_apart() -> None:
    """Racks at 0, 0.6 and 1.8 m are drawn 10 wide a place: at 0, 10 and 30, north at the top.

    The rows are 3 m apart, which is 50 in the drawing, and the whole is 40 by 100. A rack is twice
    as deep as wide, 20, and the aisle takes 15 on either side.
    """
    listed = {
        "A1": _rack("A1", 0.0, 3.0, "S"),
        "A2": _rack("A2", 0.6, 3.0),
        "B4": _rack("B4", 1.8, 0.0, "N"),
        "C1": _rack("C1", None, None),
    }
    found = floor.read(_shown("A1", "A2", "B4", "C1"), listed)
    assert found is not None
    assert [round(one.x - 0.8, 6) for one in found.racks] == [0.0, 10.0, 30.0]
    assert [round(one.y - 15 - 20 * 0.08, 6) for one in found.racks] == [0.0, 0.0, 50.0]
    assert (found.width, found.height, found.unplaced) == (40.0, 100.0, 1)
    south, north = found.racks[0].edge, found.racks[2].edge
    assert south[1] == south[3] == found.racks[0].y + found.racks[0].height
    assert north[1] == north[3] == found.racks[2].y


def test_a_mistyped_place_leaves_the_rest_readable() -> None:
    """Of 21 racks a tile apart one stands a million tiles away, and one half a tile too near.

    The far one is drawn six places on, and it is told that this is not to scale. The near one is
    one of twenty gaps: a place is a tile still. So the drawing is 19.5 + 6 + 1 places of 10 wide.
    """
    listed = {f"A{n}": _rack(f"A{n}", float(n), -5.0) for n in range(20)}
    listed |= {"A20": _rack("A20", 19.5, -5.0), "A21": _rack("A21", 1e6, -5.0)}
    found = floor.read(_shown(*listed), listed)
    assert found is not None
    assert (found.width, found.shortened, found.same) == (265.0, True, [])
    assert {round(one.width, 2) for one in found.racks} == {8.4}


def test_racks_in_one_place_are_named() -> None:
    """Two racks at one place hide each other: both are named, in natural order, and once."""
    listed = {name: _rack(name, x, 1.0) for name, x in (("A10", 2.0), ("A2", 2.0), ("A3", 3.0))}
    found = floor.read(_shown("A10", "A2", "A3"), listed)
    assert found is not None
    assert (found.same, found.shortened) == (["A2", "A10"], False)


def test_negative_places_and_a_single_rack() -> None:
    """The corner of the drawing is the least place, whatever its sign."""
    listed = {"A1": _rack("A1", -7.0, -3.0), "A2": _rack("A2", -6.0, -3.0)}
    found = floor.read(_shown("A1", "A2"), listed)
    assert found is not None
    assert [one.x for one in found.racks] == [0.8, 10.8]
    alone = floor.read(_shown("A1"), {"A1": _rack("A1", -1e6, 1e6)})
    assert alone is not None
    assert (alone.width, alone.height) == (10.0, 10.0)


@pytest.mark.parametrize(("rooms", "drawn"), [(0, 301), (7, 7)])
def test_of_a_large_site_rows_or_rooms_are_drawn(rooms: int, drawn: int) -> None:
    """1204 racks in 301 rows: each row a rectangle, or each room where the rows name one."""
    assert floor.RACKS < 1204
    assert floor.ROWS < 301
    rows = [f"H{n * rooms // 301}-R{n:03d}" if rooms else f"R{n:03d}" for n in range(301)]
    shown = [
        RackView(site=fixture.SITE, row=row, rack=f"{row}-{place}")
        for row in rows
        for place in range(4)
    ]
    listed = {
        one.rack: _rack(one.rack, float(index % 4), float(index // 4))
        for index, one in enumerate(shown)
    }
    found = floor.read(shown, listed)
    assert found is not None
    assert len(found.racks) == 0
    assert len(found.rows) == drawn
    assert sum(len(one.racks) for one in found.rows) == 1204
    assert found.rows[0].width == pytest.approx(38.4)  # four places less both margins


def test_one_zooms_from_the_building_to_a_row(browser: Browser) -> None:
    """Of 2400 racks the rows are drawn; a click shows the racks of one, and a click leads to
    one.
    """
    made = fixture.view(fixture.racks(2400, per_row=24))
    known = [one for found in racks.read(made).values() for one in found]
    places = {
        one.rack: Rack(
            rack=one.rack, site=one.site, row=one.row, x=0.6 * (n % 24), y=2.0 * (n // 24)
        )
        for n, one in enumerate(known)
    }
    sites = {fixture.SITE: Site(site=fixture.SITE)}
    inventory = Inventory(hub=fixture.HUB, sites=sites, racks=places)
    site = Served(replace(made, inventory=inventory))
    try:
        browser.size(1366, 900)
        fresh(browser, f"{site.url}/sites/{fixture.SITE}?map=floor")
        assert browser.eval("document.querySelectorAll('.plan a').length") == 100
        way = browser.eval("document.querySelectorAll('.plan a')[3].href.baseVal")
        browser.open(f"{site.url}{way}")
        assert browser.eval("document.querySelectorAll('.plan a').length") == 24
        way = browser.eval("document.querySelector('.plan a').href.baseVal")
        browser.open(f"{site.url}{way}")
        assert browser.eval("location.pathname.split('/')[3]") == "racks"
        assert browser.errors == []
    finally:
        site.close()


def test_without_places_there_is_no_floor() -> None:
    """No rack has a place: no plan, and no link to one; the address is answered with the rows."""
    assert floor.read(_shown("A1"), {"A1": _rack("A1", None, None)}) is None
    html = page(f"/sites/{fixture.SITE}", fixture.view(), map="floor")
    assert "floor plan" not in html
    assert 'class="plan"' not in html


def test_one_walks_from_the_floor_to_a_rack(browser: Browser) -> None:
    """The plan tells each rack's load, says which has no place, and leads to the rack."""
    site = Served(view())
    try:
        for width, language in ((390, "zh"), (1366, "en"), (3840, "en")):
            browser.size(width, 900, dark=language == "zh")
            fresh(browser, f"{site.url}/sites/{fixture.SITE}?map=floor&lang={language}")
            assert browser.eval("document.querySelectorAll('.plan a').length") == 23
            assert browser.eval("document.documentElement.scrollWidth") <= width
        assert "1 rack has no place" in browser.eval("document.querySelector('.map').innerText")
        title = browser.eval("document.querySelector('.plan a[href*=A06] title').textContent")
        assert "107" in title
        way = browser.eval("document.querySelector('.plan a[href*=A06]').href.baseVal")
        browser.open(f"{site.url}{way}")
        assert browser.eval("location.pathname").endswith("/racks/A06")
        assert browser.errors == []
    finally:
        site.close()

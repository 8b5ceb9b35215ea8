"""What more power in a row would do, worked out by hand on the site of the tests of supply."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent.snapshot import Snapshot
from agent.web.view import BoardView
from agent.web.views import addition, supply
from agent.web.views.addition import AdditionView
from collectors.base import Batch, Reading
from collectors.catalogue import rack
from tests.agent.web import fixture
from tests.agent.web.asked import page
from tests.agent.web.reading import api
from tests.agent.web.served import Site as Served
from tests.agent.web.served import fresh
from tests.agent.web.test_supply import HUB, RACKS, SITE
from tests.agent.web.test_supply import view as supplied
from tests.support import wait_for
from tests.support.browser import Browser

DAY = 86400.0
LOADS = {"BUS-A": (0.5, 0.6), "RPP-A": (0.9, 0.95), "RPP-B": (0.3, 0.7)}
"""Upper bounds of the load of each breaker, now and with its pair lost; BUS-B tells none."""


def view() -> BoardView:
    """Return the site with loads, and row A at 6 of 10 kW, full in a hundred days."""
    made = supplied()
    row = (HUB, SITE, "A")
    readings: list[Reading] = [
        (rack.ROW_POWER.series(*row), 6000.0),
        (rack.ROW_POWER_CAPACITY.series(*row), 10_000.0),
        (rack.ROW_HEADROOM.series(*row), 800.0),
        (rack.ROW_FULL.series(*row, "power", "expected"), fixture.NOW + 100 * DAY),
    ]
    for name, (now, lost) in LOADS.items():
        readings += [
            (rack.BREAKER_LOAD.series(HUB, SITE, name, "upper"), now),
            (rack.BREAKER_FAILOVER_LOAD.series(HUB, SITE, name, "upper"), lost),
        ]
    made.snapshot.update(
        Batch(collector="more", device="", time=fixture.NOW, lifetime=1e9, readings=readings)
    )
    return made


def of(made: BoardView, kilowatts: str, row: str = "A") -> AdditionView | None:
    return supply.read(made, SITE, add=kilowatts, row=row).addition


def test_which_racks_and_breakers_break() -> None:
    """1.2 kW are 300 W in each of four racks.

    A1 would draw 3800 W, of which one feed of 3000 W carries 2400; A2 draws 1800 W. A3 has one feed
    and no rating, A4 is silent. RPP-A gets 150 W for each rack of two feeds and 300 W for A3: 750
    of 6000 W. With RPP-A lost, RPP-B carries all 300 W of A1, A2 and A4: 900 of 6000 W. BUS-A gets
    750 and 1200 of 9000 W, and carries both.
    """
    found = of(view(), "1.2")
    assert found is not None
    assert (found.racks, found.each_watts) == (4, 300.0)
    assert (found.over, found.failover, found.unknown) == ([], ["A1"], ["A3", "A4"])
    assert [(one.breaker, one.pair_lost, one.before_ratio) for one in found.breakers] == [
        ("RPP-A", False, 0.9),
        ("RPP-B", True, 0.7),
    ]
    assert [one.after_ratio for one in found.breakers] == pytest.approx([1.025, 0.85])
    assert found.unknown_breakers == ["BUS-B"]
    assert found.headroom_watts == 800.0


def test_a_rack_over_its_rating() -> None:
    """A2 is rated for 1700 W, and would draw 1800."""
    made = view()
    assert made.inventory is not None
    racks = {one.rack: one for one in RACKS} | {"A2": replace(RACKS[1], rated_power_watts=1700.0)}
    made = replace(made, inventory=replace(made.inventory, racks=racks))
    found = of(made, "1.2")
    assert found is not None
    assert (found.over, found.failover) == (["A2"], ["A1"])


def test_when_the_row_is_full() -> None:
    """4 kW are left, and taken in a hundred days: 1.2 kW take thirty of these, 4 kW all."""
    made = view()
    some, all_of_it = of(made, "1.2"), of(made, "4")
    assert some is not None
    assert all_of_it is not None
    assert some.full_before == fixture.NOW + 100 * DAY
    assert some.full_after == pytest.approx(fixture.NOW + 70 * DAY)
    assert all_of_it.full_after == fixture.NOW


@pytest.mark.parametrize("asked", ["", "0", "-3", "many", "nan", "inf", "1e9"])
def test_what_is_no_power_adds_nothing(asked: str) -> None:
    """Nothing is added for a text that is no number of kilowatts, nor in a row that is none."""
    made = view()
    assert of(made, asked) is None
    assert of(made, "5", row="Z") is None
    assert addition.kilowatts("1,5") == 1500.0


def test_the_api_and_the_page_tell_it() -> None:
    """Both languages; without a question nothing is answered."""
    made = view()
    told = api(f"/api/sites/{SITE}/supply", made, add="1.2", row="A")["addition"]
    assert (told["failover"], told["unknown"]) == (["A1"], ["A3", "A4"])
    assert api(f"/api/sites/{SITE}/supply", made)["addition"] is None
    html = page(f"/sites/{SITE}/supply", made, add="1.2", row="A").replace("\u202f", " ")
    assert "If 1.20 kW are added in row A" in html
    assert "1 rack would not be carried by one feed:" in html
    assert "RPP-A goes from 90 % to 102 % of its capacity" in html
    assert "若 A 列增加 1.20 kW" in page(
        f"/sites/{SITE}/supply", made, add="1.2", row="A", lang="zh"
    ).replace("\u202f", " ")


def test_nobody_breaks_is_said_only_where_all_is_known() -> None:
    """0.1 kW break nothing, but two racks and a breaker are not known: there is no tick."""
    html = page(f"/sites/{SITE}/supply", view(), add="0.01", row="A")
    part = html[html.index('data-key="panel-addition"') :]
    part = part[: part.index("</section>")]
    assert "m-met" not in part
    assert "cannot be judged" in part


def test_a_question_half_typed_outlives_a_refresh(browser: Browser) -> None:
    """When a part of the page comes, number, row and focus stay, and no connection is lost."""
    made = view()
    assert made.inventory is not None
    racks = {**made.inventory.racks, "B1": replace(RACKS[0], rack="B1", row="B", feeds={})}
    made = replace(made, inventory=replace(made.inventory, racks=racks))
    site = Served(replace(made, snapshot=Snapshot()))
    try:
        browser.size(1366, 768)
        fresh(browser, f"{site.url}/sites/{SITE}/supply?lose=RPP-A")
        browser.eval(
            "(() => { const box = document.getElementById('add'); box.focus(); box.value = '3';"
            " const row = document.getElementById('add-row'); row.selectedIndex = 1; })()"
        )
        site.view = made
        browser.eval("document.dispatchEvent(new Event('visibilitychange'))")
        wait_for(
            lambda: browser.eval("document.querySelector('[data-key=panel-supply-loss]') !== null"),
            what="the loss of a breaker to be told",
        )
        wait_for(lambda: browser.eval("document.activeElement.id") == "add", what="the focus")
        assert browser.eval("document.getElementById('add').value") == "3"
        assert browser.eval("document.getElementById('add-row').selectedIndex") == 1
        assert browser.eval("document.getElementById('lost').hidden") is True
        assert browser.errors == []
    finally:
        site.close()


def test_somebody_asks_it_on_a_phone(browser: Browser) -> None:
    """The question is typed into the page and answered, and nothing is wider than the screen."""
    site = Served(view())
    try:
        browser.size(390, 844)
        fresh(browser, f"{site.url}/sites/{SITE}/supply")
        browser.eval("document.getElementById('add').value = '1.2'")
        address = browser.eval(
            "(() => { const form = document.querySelector('form.addition');"
            " return form.action + '?' + new URLSearchParams(new FormData(form)); })()"
        )
        browser.open(address)
        assert "A1" in browser.eval("document.querySelector('.outcome').innerText")
        assert browser.eval("document.getElementById('add').value") == "1.2"
        assert browser.eval("document.documentElement.scrollWidth") <= 390
        assert browser.errors == []
    finally:
        site.close()

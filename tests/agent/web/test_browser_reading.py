"""What a reader gets from the board in a browser: tips, keyboard and paper."""

from __future__ import annotations

from collectors.catalogue.rack import RACK_NEED_SINCE
from tests.agent.web import fixture
from tests.agent.web.served import Site, _hover, _tip, fresh
from tests.support import wait_for
from tests.support.browser import Browser


def test_hover_tells_exact_values(browser: Browser, site: Site) -> None:
    """Over a rack and over a curve stand the exact values, read from the API."""
    browser.size(1366, 768)
    fresh(browser, site.url)
    _hover(browser, ".tile.l5")
    wait_for(lambda: "A06" in _tip(browser), what="the rack's values")
    assert "8.56 kW / 8 kW = 107 %" in _tip(browser)
    _hover(browser, ".panel.pue .chart", 0.999)
    wait_for(lambda: "PUE 1.201" in _tip(browser), what="the PUE of a day")
    _hover(browser, ".panel.power .chart", 0.4)
    wait_for(lambda: "kW" in _tip(browser), what="the power of an hour")
    assert "IT –" in _tip(browser)
    assert _tip(browser).startswith("2026-11-2")
    assert browser.errors == []


def test_squares_of_a_big_site_tell_too(browser: Browser) -> None:
    """In a map of many racks the square under the pointer is found by its place."""
    site = Site(fixture.view(fixture.racks(480, per_row=40)))
    try:
        browser.size(1366, 768)
        fresh(browser, site.url)
        _hover(browser, ".cells", 5.5 / 32)
        # the first row is wrapped after 32 racks: half-way down lies its second line
        wait_for(lambda: _tip(browser), what="a rack's values")
        assert _tip(browser).split("\n")[0] in {"A06", "A38"}
        assert browser.errors == []
    finally:
        site.close()


def test_keyboard_reaches_everything(browser: Browser, site: Site) -> None:
    """Tab goes to the skip link first, and a focused element is outlined.

    Arrows walk along a curve.
    """
    browser.size(1366, 768)
    fresh(browser, site.url)
    for kind in ("keyDown", "keyUp"):
        browser.call(
            "Input.dispatchKeyEvent", type=kind, key="Tab", code="Tab", windowsVirtualKeyCode=9
        )
    assert browser.eval("document.activeElement.className") == "skip"
    assert browser.eval("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    browser.eval("document.querySelector('.panel.pue .chart').focus()")
    for kind in ("keyDown", "keyUp"):
        browser.call(
            "Input.dispatchKeyEvent",
            type=kind,
            key="ArrowLeft",
            code="ArrowLeft",
            windowsVirtualKeyCode=37,
        )
    wait_for(lambda: "PUE" in _tip(browser), what="the value at the cursor")


def test_since_when_stands_apart_from_what_is_wrong(browser: Browser) -> None:
    """Between a rack's load and the time since when there is a space, on a narrow card as well."""
    told = [
        *fixture.racks(24),
        (RACK_NEED_SINCE.series(fixture.HUB, fixture.SITE, "A", "A10", "failover_tight"), 1.0),
    ]
    site = Site(fixture.view(told))
    try:
        for width in (390, 1366):
            browser.size(width, 768)
            fresh(browser, site.url)
            browser.eval("document.querySelectorAll('details').forEach(d => { d.open = true; })")
            margins = browser.eval(
                "[...document.querySelectorAll('.need > .since')]"
                ".map(n => parseFloat(getComputedStyle(n).marginLeft))"
            )
            assert margins
            assert min(margins) >= 4
    finally:
        site.close()


def test_print_hides_what_paper_cannot_do(browser: Browser, site: Site) -> None:
    """On paper there is no navigation and no choice of colours, and the promises are all there."""
    browser.size(794, 1123, print_=True)
    fresh(browser, site.url)
    assert browser.eval("getComputedStyle(document.querySelector('nav')).display") == "none"
    assert browser.eval("document.querySelectorAll('.promises tbody').length") > 10
    assert browser.eval("document.documentElement.scrollWidth") <= 794
    browser.size(1366, 768)

"""Zoom in a browser: what is dragged on a chart becomes the time of the page."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.agent.web import rack_fixture
from tests.agent.web.served import Site, fresh
from tests.agent.web.site_readings import NOW, SITE
from tests.support import binary, wait_for
from tests.support.browser import Browser

RACK = f"/sites/{SITE}/racks/{rack_fixture.NAME}"
CHART = ".trend .chart"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """One browser for all of them."""
    found = Browser(binary("chromium"), tmp_path_factory.mktemp("profile"))
    yield found
    found.close()


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """A rack with two days of power."""
    found = Site(rack_fixture.view())
    yield found
    found.close()


def opened(browser: Browser, site: Site, query: str = "") -> tuple[float, float, float, float]:
    """Open the rack's page; return where its chart is: x, y, width, height."""
    browser.size(1366, 1800)
    fresh(browser, f"{site.url}{RACK}{query}")
    box: list[float] = browser.eval(
        "(b => [b.x, b.y, b.width, b.height])"
        f"(document.querySelector('{CHART}').getBoundingClientRect())"
    )
    return box[0], box[1], box[2], box[3]


def mouse(browser: Browser, kind: str, x: float, y: float) -> None:
    """Press, move or release the mouse."""
    browser.call(
        "Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", buttons=1, clickCount=1
    )


def chosen(browser: Browser) -> dict[str, list[str]]:
    """Return the parameters of the page's address."""
    return parse_qs(urlsplit(browser.eval("location.href")).query)


def test_dragging_zooms(browser: Browser, site: Site) -> None:
    """From a quarter to three quarters of 48 hours are the 24 hours in the middle of them."""
    x, y, width, height = opened(browser, site, "?lang=zh&span=7d")
    mouse(browser, "mousePressed", x + width / 4, y + height / 2)
    mouse(browser, "mouseMoved", x + width / 2, y + height / 2)
    assert browser.eval("document.querySelectorAll('.brush').length") == 1
    mouse(browser, "mouseMoved", x + width * 3 / 4, y + height / 2)
    mouse(browser, "mouseReleased", x + width * 3 / 4, y + height / 2)
    wait_for(lambda: "from" in chosen(browser), what="the zoomed page")
    assert [url for url in browser.left if "from=" in url]
    found = chosen(browser)
    assert found["lang"] == ["zh"]
    assert "span" not in found
    begin, end = (browser.eval(f"Date.parse({found[name][0]!r}) / 1000") for name in ("from", "to"))
    pixel = 48 * 3600 / width + 60
    assert begin == pytest.approx(NOW - 36 * 3600, abs=2 * pixel)
    assert end == pytest.approx(NOW - 12 * 3600, abs=2 * pixel)
    wait_for(lambda: browser.eval("!!document.querySelector('#over-from')"), what="the form")
    assert browser.eval("document.querySelector('.over details').open")


def test_a_click_and_escape_zoom_not(browser: Browser, site: Site) -> None:
    """Without a drag nothing changes, and Escape takes a drag back."""
    x, y, width, height = opened(browser, site)
    mouse(browser, "mousePressed", x + width / 4, y + height / 2)
    mouse(browser, "mouseReleased", x + width / 4, y + height / 2)
    mouse(browser, "mousePressed", x + width / 4, y + height / 2)
    mouse(browser, "mouseMoved", x + width / 2, y + height / 2)
    browser.call("Input.dispatchKeyEvent", type="keyDown", key="Escape", code="Escape")
    mouse(browser, "mouseReleased", x + width / 2, y + height / 2)
    assert browser.eval("document.querySelectorAll('.brush').length") == 0
    assert browser.left == []  # the address itself would change later
    assert browser.errors == []


def test_the_keys_zoom_too(browser: Browser, site: Site) -> None:
    """`+` on a focused chart halves its time around the middle."""
    opened(browser, site)
    browser.eval(f"document.querySelector('{CHART}').focus()")
    browser.call("Input.dispatchKeyEvent", type="keyDown", key="+", text="+")
    wait_for(lambda: "from" in chosen(browser), what="the zoomed page")
    found = chosen(browser)
    begin, end = (browser.eval(f"Date.parse({found[name][0]!r}) / 1000") for name in ("from", "to"))
    assert end - begin == pytest.approx(24 * 3600, abs=121)
    assert begin == pytest.approx(NOW - 36 * 3600, abs=121)


def test_the_form_needs_no_script(browser: Browser, site: Site) -> None:
    """Without the script the form chooses a time, and the other choices stay."""
    browser.call("Emulation.setScriptExecutionDisabled", value=True)
    try:
        opened(browser, site, "?lang=en&from=2026-11-21T00:00&to=2026-11-22T00:00")
        browser.eval("document.querySelector('.over form button').click()")
        wait_for(lambda: chosen(browser).get("to") == ["2026-11-22 00:00"], what="the form")
    finally:
        browser.call("Emulation.setScriptExecutionDisabled", value=False)
    assert chosen(browser) == {
        "lang": ["en"],
        "from": ["2026-11-21 00:00"],
        "to": ["2026-11-22 00:00"],
    }

"""The board in a real browser."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agent.health import CollectorHealth
from agent.web import pages
from agent.web.view import BoardView
from collectors.base import Batch
from tests.agent.web import fixture
from tests.agent.web.served import Site, fresh
from tests.support import wait_for
from tests.support.browser import Browser


def _spills(browser: Browser) -> Any:
    return browser.eval(
        "[...document.querySelectorAll('main *')].filter(n => !n.closest('.hidden, .scroll, svg')"
        " && n.offsetParent"
        " && n.getBoundingClientRect().right > innerWidth + 1).map(n => n.tagName + '.' +"
        " n.className).slice(0, 5)"
    )


PAGES = (
    "/",
    "/hubs/guian",
    "/hubs/kunming",
    f"/sites/{fixture.SITE}",
    f"/sites/{fixture.SITE}?row=A&racks=failover&find=b0",
    "/?kiosk",
)


@pytest.mark.parametrize(
    ("width", "height"), [(360, 740), (390, 844), (1366, 768), (1920, 1080), (3840, 2160)]
)
@pytest.mark.parametrize("path", PAGES)
def test_nothing_overflows_and_nothing_is_fetched_from_elsewhere(
    browser: Browser, site: Site, width: int, height: int, path: str
) -> None:
    """From a phone to a wall screen, in either language, light or dark, a page fits, reports no
    error, and asks only its own server.
    """
    for language, dark in (("en", False), ("zh", True)):
        browser.size(width, height, dark=dark)
        fresh(browser, f"{site.url}{path}{'&' if '?' in path else '?'}lang={language}")
        browser.eval("document.querySelectorAll('details').forEach(d => { d.open = true; })")
        assert browser.eval("document.documentElement.scrollWidth") <= width
        assert _spills(browser) == []
        assert browser.errors == []
        assert len(browser.requests) >= 3
        assert [url for url in browser.requests if not url.startswith(site.url)] == []


def test_the_long_address_of_a_silent_device_breaks(browser: Browser) -> None:
    """On a phone the page stays as wide as the screen: the address takes more lines."""
    silent = CollectorHealth(
        collector="accelerators",
        device="http://exporter-of-the-eighth-node.example.net:39075/metrics",
        ok=False,
        last_success=fixture.NOW - 1860,
        last_error="exporter-of-the-eighth-node.example.net:39075: Connect call failed",
        interval=30,
    )
    served = Site(fixture.view(healthy=lambda: [silent]))
    try:
        browser.size(390, 844)
        for path in ("/", "/collectors"):
            fresh(browser, served.url + path)
            assert browser.eval("document.documentElement.scrollWidth") <= 390, path
    finally:
        served.close()


def test_links_keep_language_and_view(browser: Browser, site: Site) -> None:
    """From the board to the site, on to a row, and back to the hub: language and what racks are
    coloured by stay.
    """
    browser.size(1366, 768)
    fresh(browser, f"{site.url}/?lang=zh&racks=failover")
    for selector, path in (
        (".site h2 a", f"/sites/{fixture.SITE}"),
        (".crumbs li:first-child a", f"/hubs/{fixture.HUB}"),
        (".home", "/"),
    ):
        browser.open(browser.eval(f"document.querySelector('{selector}').href"))
        assert browser.eval("location.pathname") == path
        assert browser.eval("document.documentElement.lang") == "zh-Hans"
        assert browser.eval("location.search") == "?lang=zh&racks=failover"
    assert browser.errors == []


@pytest.mark.parametrize("dark", [False, True])
def test_text_stands_out_from_what_it_is_written_on(
    browser: Browser, site: Site, *, dark: bool
) -> None:
    """Every word has a contrast of at least 4.5 to 1 against its background (WCAG 2.2, 1.4.3),
    light and dark.
    """
    browser.size(1366, 768, dark=dark)
    fresh(browser, site.url)
    poor = browser.eval(
        """(() => {
          const canvas = document.createElement("canvas")
            .getContext("2d", {willReadFrequently: true});
          const rgb = (c) => {
            canvas.clearRect(0, 0, 1, 1);
            canvas.fillStyle = c;
            canvas.fillRect(0, 0, 1, 1);
            return canvas.getImageData(0, 0, 1, 1).data;
          };
          const lum = (c) => [0, 1, 2].map(i => c[i] / 255)
            .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
            .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
          const under = (n) => {
            for (; n; n = n.parentElement) {
              const c = rgb(getComputedStyle(n).backgroundColor);
              if (c[3] > 250) return c;
            }
            return rgb("white"); };
          const found = [];
          for (const n of document.querySelectorAll("main *, header *, footer *")) {
            if (n.closest("svg, .hidden, .lx") || !n.offsetParent
              || ![...n.childNodes].some(c => c.nodeType === 3 && c.data.trim())) continue;
            const a = lum(rgb(getComputedStyle(n).color)), b = lum(under(n));
            const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
            if (ratio < 4.5)
              found.push(`${n.className} ${n.textContent.trim().slice(0, 20)} ${ratio.toFixed(2)}`);
          }
          return found.slice(0, 10);
        })()"""
    )
    assert poor == []


def _batch(view: BoardView) -> None:
    readings = fixture.site_readings()
    changed = [
        (series, value * 1.5 if series.metric.full_name == "dc_site_power_watts" else value)
        for series, value in readings
    ]
    view.snapshot.update(
        Batch(collector="fixture", device="", time=fixture.NOW, lifetime=1e9, readings=changed)
    )


def _refresh(browser: Browser) -> None:
    browser.eval("document.dispatchEvent(new Event('visibilitychange'))")


def test_refresh_replaces_only_what_changed(browser: Browser, site: Site) -> None:
    """A refresh changes the panel whose data did, keeps the others, what is unfolded, and the place
    on the page.
    """
    browser.size(1366, 768)
    fresh(browser, site.url)
    browser.eval(
        "document.querySelectorAll('section, article').forEach(n => { n.mark = true; });"
        "document.querySelector('.promises details').open = true; "
        f"document.querySelector('[data-key=\"panel-power-{fixture.SITE}\"] summary').focus();"
        " window.scrollTo(0, 400);"
    )
    _batch(site.view)
    _refresh(browser)
    key = f'[data-key="panel-power-{fixture.SITE}"]'
    wait_for(
        lambda: browser.eval(f"!document.querySelector('{key}').mark"),
        what="the power panel to be replaced",
    )
    assert browser.eval("document.querySelector('[data-key=\"hub-guian\"]').mark") is True
    assert browser.eval("document.querySelector('.promises details').open") is True
    assert browser.eval("document.activeElement.tagName") == "SUMMARY"
    assert browser.eval("scrollY") == 400
    assert "226.9" in browser.eval(f"document.querySelector('{key}').innerText")
    assert browser.errors == []


def test_a_lost_agent_is_told(browser: Browser) -> None:
    """When the agent is gone the page says since when, instead of showing old numbers as new."""
    site = Site(fixture.view())
    browser.size(390, 844)
    fresh(browser, site.url)
    assert browser.eval("document.getElementById('lost').hidden") is True
    site.close()
    _refresh(browser)
    wait_for(lambda: browser.eval("!document.getElementById('lost').hidden"), what="the banner")
    assert "12:43:48" in browser.eval("document.getElementById('lost').textContent")


def test_without_script_the_page_reloads_itself() -> None:
    """A browser that runs no script finds a refresh in the page."""
    response = pages.handle(replace(fixture.view(), simulated=False), "/", {})
    assert response is not None
    assert b'<noscript><meta http-equiv="refresh" content="30"></noscript>' in response.body


def test_pictures(browser: Browser, site: Site, tmp_path: Path) -> None:
    """A picture of the page can be taken, as docs/board.png is."""
    browser.size(1366, 768)
    fresh(browser, site.url)
    browser.shot(tmp_path / "board.png")
    assert (tmp_path / "board.png").read_bytes().startswith(b"\x89PNG")

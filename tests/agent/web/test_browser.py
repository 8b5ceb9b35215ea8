"""The board in a real browser."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest

from agent.web import pages
from agent.web.view import BoardView
from collectors.base import Batch
from tests.agent.web import fixture
from tests.support import binary, wait_for
from tests.support.browser import Browser


class Site:
    """Serves a view's pages on loopback; the view may change between requests."""

    def __init__(self, view: BoardView) -> None:
        self.view = view
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                address = urlsplit(self.path)
                response = pages.handle(
                    site.view, unquote(address.path), dict(parse_qsl(address.query))
                )
                body = response.body if response else b""
                self.send_response(response.status if response else 404)
                self.send_header(
                    "content-type", response.content_type if response else "text/plain"
                )
                for name, value in response.headers if response else ():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}
        )
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    made = Browser(binary("chromium"), tmp_path_factory.mktemp("profile"))
    yield made
    made.close()


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site(replace(fixture.view(), evidence=fixture.evidence))
    yield made
    made.close()


def fresh(browser: Browser, url: str) -> None:
    browser.open("about:blank")  # the page before refreshes itself, from a server that has ended
    browser.errors.clear()
    browser.requests.clear()
    browser.open(url)


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


def test_a_whole_hub_is_found_one_s_way_in(browser: Browser) -> None:
    """27 584 racks: a tile leads to its rows, arrows walk, the search suggests and finds, every
    rack is a square that tells.
    """
    site = Site(fixture.view([*fixture.energy(), *fixture.racks(27_584, per_row=32)]))
    try:
        browser.size(1366, 768)
        fresh(browser, f"{site.url}/sites/{fixture.SITE}")
        assert browser.eval("document.querySelectorAll('.tile').length") == 173
        assert (
            browser.eval(
                "[...document.querySelectorAll('.tile')].filter(t => t.tabIndex === 0).length"
            )
            == 1
        )
        browser.eval("document.querySelector('.tile').focus()")
        for key in ("ArrowDown", "ArrowRight", "End"):
            browser.call("Input.dispatchKeyEvent", type="keyDown", key=key, code=key)
        assert "R860" in browser.eval("document.activeElement.textContent")
        assert "R860" in _tip(browser)
        browser.eval(
            "const box = document.querySelector('[data-find]'); box.value = 'R40016';"
            " box.dispatchEvent(new Event('input', {bubbles: true}))"
        )
        wait_for(
            lambda: browser.eval("document.querySelector('[data-find]').list.options.length"),
            what="a suggestion",
        )
        assert (
            browser.eval("document.querySelector('[data-find]').list.options[0].value") == "R40016"
        )
        browser.open(f"{site.url}/sites/{fixture.SITE}?row=R400..R404&find=R40016")
        assert browser.eval("document.querySelector('.tile.found .n').textContent") == "R40016"
        browser.open(f"{site.url}/sites/{fixture.SITE}?map=racks")
        _hover(browser, ".cells", 5.5 / 32)
        wait_for(lambda: _tip(browser), what="a rack's values")
        assert _tip(browser).startswith("R00006")
        assert browser.errors == []
    finally:
        site.close()


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
          const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
          const rgb = (c) => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = c; canvas.fillRect(0, 0, 1, 1); return canvas.getImageData(0, 0, 1, 1).data; };
          const lum = (c) => [0, 1, 2].map(i => c[i] / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
            .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
          const under = (n) => { for (; n; n = n.parentElement) { const c = rgb(getComputedStyle(n).backgroundColor); if (c[3] > 250) return c; } return rgb("white"); };
          const found = [];
          for (const n of document.querySelectorAll("main *, header *, footer *")) {
            if (n.closest("svg, .hidden, .lx") || !n.offsetParent || ![...n.childNodes].some(c => c.nodeType === 3 && c.data.trim())) continue;
            const a = lum(rgb(getComputedStyle(n).color)), b = lum(under(n));
            const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
            if (ratio < 4.5) found.push(`${n.className} ${n.textContent.trim().slice(0, 20)} ${ratio.toFixed(2)}`);
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


def _tip(browser: Browser) -> str:
    return str(
        browser.eval("(t => t && !t.hidden ? t.textContent : '')(document.querySelector('.tip'))")
    )


def _hover(browser: Browser, selector: str, part: float = 0.5) -> None:
    browser.eval(f"document.querySelector('{selector}').scrollIntoView({{block: 'center'}})")
    box = browser.eval(
        "(b => [b.left, b.top, b.width,"
        f" b.height])(document.querySelector('{selector}').getBoundingClientRect())"
    )
    browser.call(
        "Input.dispatchMouseEvent",
        type="mouseMoved",
        x=box[0] + box[2] * part,
        y=box[1] + box[3] / 2,
        pointerType="mouse",
    )


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


def test_print_hides_what_paper_cannot_do(browser: Browser, site: Site) -> None:
    """On paper there is no navigation and no choice of colours, and the promises are all there."""
    browser.size(794, 1123, print_=True)
    fresh(browser, site.url)
    assert browser.eval("getComputedStyle(document.querySelector('nav')).display") == "none"
    assert browser.eval("document.querySelectorAll('.promises tbody').length") > 10
    assert browser.eval("document.documentElement.scrollWidth") <= 794
    browser.size(1366, 768)


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

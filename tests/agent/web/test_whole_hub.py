"""The board of a whole hub: 27 584 racks at one site, made once for all tests of this file."""

from __future__ import annotations

import re
import time

import pytest

from agent.web.view import BoardView
from collectors.catalogue import rack
from tests.agent.web import fixture
from tests.agent.web.asked import page
from tests.agent.web.reading import size_of
from tests.agent.web.served import Site, _hover, _tip, fresh
from tests.support import cpu_limit, wait_for
from tests.support.browser import Browser


@pytest.fixture(scope="module")
def view() -> BoardView:
    return fixture.view([*fixture.energy(), *fixture.racks(27_584, per_row=32)])


def test_a_whole_hub_stays_a_light_page(view: BoardView) -> None:
    """27 584 racks at one site are drawn by row under 60 kB compressed, and rack by rack, where
    asked, under 200 kB.
    """
    size, body = size_of(view)
    assert size < 60_000
    assert body.count(b'class="tile') == 173
    size, body = size_of(view, f"/sites/{fixture.SITE}", map="racks")
    assert size < 200_000
    assert len(re.findall(rb"h9v9h-9z", body)) == 27_584
    size, body = size_of(view, f"/sites/{fixture.SITE}", row="R855..R859")
    assert body.count(b'class="tile') == 160
    assert b"row=R860..R861" in body
    assert b"row=R850..R854" in body
    size, body = size_of(view, f"/sites/{fixture.SITE}", row="R861")
    assert size < 20_000
    assert body.count(b'class="tile') == 32
    assert b"R86132" in body
    assert b'rel="prev"' in body
    assert b'rel="next"' not in body


def test_a_rack_page_of_a_whole_hub_is_quick(view: BoardView) -> None:
    """Among 27 584 racks one rack's page is drawn in less than a second of computing."""
    name = next(iter(view.snapshot.family(rack.RACK_INFO))).values[3]
    began = time.thread_time()
    page(f"/sites/{fixture.SITE}/racks/{name}", view)
    assert time.thread_time() - began < cpu_limit(1.0)


def test_a_whole_hub_is_found_one_s_way_in(browser: Browser, view: BoardView) -> None:
    """27 584 racks: a tile leads to its rows, arrows walk, the search suggests and finds, every
    rack is a square that tells.
    """
    site = Site(view)
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

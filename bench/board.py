"""A hub of 27 584 racks on the board, in a real Chromium.

It measures the server's own time, the bytes on the way, and when the page is painted first.
"""

from __future__ import annotations

import gc
import gzip
import time
from copy import copy
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from agent.web import pages
from agent.web.view import BoardView
from bench import Row
from tests.agent.web import fixture
from tests.agent.web.test_browser import Site
from tests.support import binary, wait_for
from tests.support.browser import Browser

RACKS: Final = 27_584
_SITE: Final = f"/sites/{fixture.SITE}"
PAGES: Final = (
    ("/", {}),
    (_SITE, {}),
    (_SITE, {"row": "R400..R404"}),
    (_SITE, {"map": "racks"}),
    (_SITE, {"find": "R40016"}),
)
_PAINTED: Final = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0"


def _unseen(view: BoardView) -> BoardView:
    """Return a view whose snapshot nobody has looked at: what was computed belongs to the other."""
    return replace(view, snapshot=copy(view.snapshot))


def _seconds(view: BoardView, path: str, query: dict[str, str]) -> tuple[float, bytes]:
    began = time.process_time()
    response = pages.handle(view, path, query)
    assert response is not None
    return time.process_time() - began, response.body


def _address(path: str, query: dict[str, str]) -> str:
    asked = "&".join(f"{key}={value}" for key, value in query.items())
    return f"{path}?{asked}" if asked else path


def _painted(browser: Browser, url: str) -> float:
    """Open a page; return the seconds until something is painted."""
    browser.open(url)
    wait_for(lambda: browser.eval(_PAINTED), what="the first paint")
    return float(browser.eval(_PAINTED)) / 1000


def main(*, smoke: bool = False) -> list[Row]:
    """Print a line a page; return the slowest first paint, before and after somebody looked."""
    count = 200 if smoke else RACKS
    view = fixture.view([*fixture.energy(), *fixture.racks(count, per_row=32)])
    gc.freeze()  # as the agent does when it has started
    site = Site(view)
    slowest = slowest_again = 0.0
    print(
        f"{'page':<44} {'first s':>8} {'next s':>8} {'kB':>8} {'gzip kB':>8}"
        f" {'painted':>8} {'next':>8}"
    )
    with TemporaryDirectory() as folder:
        browser = Browser(binary("chromium"), Path(folder))
        browser.size(1366, 768)
        try:
            for path, query in PAGES[:2] if smoke else PAGES:
                address = _address(path, query)
                unseen = _unseen(view)
                first, body = _seconds(unseen, path, query)
                after, _ = _seconds(unseen, path, query)
                site.view = _unseen(view)
                painted = _painted(browser, site.url + address)
                again = _painted(browser, site.url + address)
                slowest, slowest_again = max(slowest, painted), max(slowest_again, again)
                packed = len(gzip.compress(body, 1))
                print(
                    f"{address:<44} {first:8.2f} {after:8.2f} {len(body) / 1000:8.0f}"
                    f" {packed / 1000:8.1f} {painted:8.2f} {again:8.2f}"
                )
        finally:
            browser.close()
            site.close()
    what = f"board of {count} racks: first paint, nobody looked before"
    return [
        Row(what=what, value=slowest, unit="s"),
        Row(what="the same, looked at a moment ago", value=slowest_again, unit="s"),
    ]

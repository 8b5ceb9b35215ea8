"""A hub of 27 584 racks on the board, in a real Chromium: the server's own time, bytes on the way, and when it is painted first."""

from __future__ import annotations

import gc
import gzip
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from agent.web import computed, pages
from agent.web.view import BoardView
from agent.web.views import racks
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


def _forget() -> None:
    computed.forget_all()
    racks.forget()


def _seconds(view: BoardView, path: str, query: dict[str, str]) -> tuple[float, bytes]:
    began = time.process_time()
    response = pages.handle(view, path, query)
    assert response is not None
    return time.process_time() - began, response.body


def main() -> list[tuple[str, float, str]]:
    """Print a line a page; return the slowest first paint, as nobody has looked before and as somebody has."""
    view = fixture.view([*fixture.energy(), *fixture.racks(RACKS, per_row=32)])
    gc.freeze()  # as the agent does when it has started
    site = Site(view)
    worst = {"first": 0.0, "next": 0.0}
    print(
        f"{'page':<44} {'first s':>8} {'next s':>8} {'kB':>8} {'gzip kB':>8} {'painted':>8} {'next':>8}"
    )
    with TemporaryDirectory() as folder:
        browser = Browser(binary("chromium"), Path(folder))
        browser.size(1366, 768)
        try:
            for path, query in PAGES:
                address = path + (
                    "?" + "&".join(f"{key}={value}" for key, value in query.items())
                    if query
                    else ""
                )
                _forget()
                first, body = _seconds(view, path, query)
                after, _ = _seconds(view, path, query)
                painted = {}
                for look in ("first", "next"):
                    if look == "first":
                        _forget()
                    browser.open(site.url + address)
                    wait_for(lambda: browser.eval(_PAINTED), what="the first paint")
                    painted[look] = browser.eval(_PAINTED) / 1000
                    worst[look] = max(worst[look], painted[look])
                print(
                    f"{address:<44} {first:8.2f} {after:8.2f} {len(body) / 1000:8.0f} {len(gzip.compress(body, 1)) / 1000:8.1f}"
                    f" {painted['first']:8.2f} {painted['next']:8.2f}"
                )
        finally:
            browser.close()
            site.close()
    return [
        ("board of 27 584 racks: first paint, nobody looked before", worst["first"], "s"),
        ("the same, looked at a moment ago", worst["next"], "s"),
    ]

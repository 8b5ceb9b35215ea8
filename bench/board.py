"""A hub of 27 584 racks on the board, in a real Chromium.

It measures the server's own time, the bytes on the way, and when the page is painted first.
"""

from __future__ import annotations

import gc
import gzip
import time
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from unittest.mock import patch

from agent.web import computed, pages
from agent.web.view import BoardView
from bench import Row
from collectors.base import Batch, Reading
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


def _hub(racks: int) -> BoardView:
    """Return a hub as an agent knows it: a batch a PDU, one a row, and promises that are judged."""
    view = fixture.view([])
    batches: dict[tuple[str, str], list[Reading]] = {}
    for series, value in [*fixture.energy(), *fixture.racks(racks, per_row=32)]:
        pdu, row = series.label("pdu"), series.label("row")
        key = ("snmp", pdu) if pdu else (f"racks:{row}", "")
        batches.setdefault(key, []).append((series, value))
    for (collector, device), readings in batches.items():
        readings.sort(key=lambda reading: reading[0].name)  # as the collector of racks tells them
        view.snapshot.update(
            Batch(
                collector=collector,
                device=device,
                time=fixture.NOW,
                lifetime=1e9,
                readings=readings,
            )
        )
    return replace(view, trends=fixture.FakeTrends(), evidence=fixture.evidence)


class _Clock:
    """A clock for what the board keeps; where it is set forward, all that was kept is too old."""

    thread_time = staticmethod(time.thread_time)

    def __init__(self) -> None:
        self._ahead = 0.0

    def forward(self) -> None:
        """Let an hour pass in which nobody looks."""
        self._ahead += 3600.0

    def monotonic(self) -> float:
        """Return the seconds since some moment."""
        return time.monotonic() + self._ahead


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
    view = _hub(count)
    pages.load()
    pages.handle(view, "/", {})  # as the agent does when it has started, and so is the next line
    gc.freeze()
    clock = _Clock()
    site = Site(view)
    slowest = slowest_again = 0.0
    print(
        f"{'page':<44} {'first s':>8} {'next s':>8} {'kB':>8} {'gzip kB':>8}"
        f" {'painted':>8} {'next':>8}"
    )
    with TemporaryDirectory() as folder, patch.object(computed, "time", clock):
        browser = Browser(binary("chromium"), Path(folder))
        browser.size(1366, 768)
        try:
            for path, query in PAGES[:2] if smoke else PAGES:
                address = _address(path, query)
                clock.forward()
                first, body = _seconds(view, path, query)
                after, _ = _seconds(view, path, query)
                clock.forward()
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

"""Hostile names on the board, in a real browser: each is shown, opened by its link, and not run."""

from __future__ import annotations

import json

import pytest

from agent.web.paths import rack_path
from collectors.catalogue import rack
from tests.agent.web import fixture
from tests.agent.web.served import Site, fresh
from tests.support.browser import Browser

NAMES = [
    "<script>document.title='run'</script>",
    "<img src=x onerror=\"document.title='run'\">",
    "\"'><svg onload=document.title='run'>",
    "javascript:document.title='run'",
    "{{ 7*7 }} ${7*7} $site %s {0}",
    '=HYPERLINK("http://e","x")',
    "back\\slash a&b#c?d=e+f/g%20",
    "\u202eRTL \u200f",
    "x" * 100_000,
]


@pytest.mark.parametrize("name", NAMES, ids=[name[:12] for name in NAMES])
def test_a_name_is_shown_and_never_run(browser: Browser, name: str) -> None:
    """The rack's page is found by its link and has the name in its heading; nothing is fetched."""
    labels = (fixture.HUB, fixture.SITE, "A", name)
    view = fixture.view(
        [
            (rack.RACK_INFO.series(*labels, "in_service"), 1.0),
            (rack.RACK_UTILIZATION.series(*labels, "power"), 0.5),
        ]
    )
    known = next(iter(view.snapshot.family(rack.RACK_INFO))).values[3]
    site = Site(view)
    try:
        browser.size(1366, 768)
        for path in ("/", f"/sites/{fixture.SITE}", rack_path(fixture.SITE, known)):
            fresh(browser, f"{site.url}{path}")
            assert browser.errors == []
            assert browser.eval("document.title") != "run"
            assert [url for url in browser.requests if not url.startswith(site.url)] == []
        heading = json.dumps(" ".join(known.split()))
        assert browser.eval(f"document.querySelector('h1').innerText.includes({heading})")
        assert browser.eval("document.documentElement.scrollWidth") <= 1366
    finally:
        site.close()

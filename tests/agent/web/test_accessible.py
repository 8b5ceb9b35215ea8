"""Whoever cannot see the page, or has no mouse: axe-core on every page, and the keyboard, in a real
browser.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from agent.web.hosthistory import HostHistory
from tests.agent.web import rack_fixture, test_alerts, test_floor, test_host, test_maintenance
from tests.agent.web.test_browser import Site
from tests.support import ROOT, binary, missing
from tests.support.browser import Browser

AXE = ROOT / "dashboards" / "preview" / "node_modules" / "axe-core" / "axe.min.js"
RACK = f"/sites/{rack_fixture.SITE}/racks/{rack_fixture.NAME}"
PAGES = {
    "board": "/",
    "hub": "/hubs/guian",
    "site": f"/sites/{rack_fixture.SITE}",
    "rack": RACK,
    "collectors": "/collectors",
    "silent": "/collectors?state=silent",
    "runbook": "/runbook",
    "found": "/?find=A06",
    "wall": "/?kiosk",
    "search": "/search?find=a0",
    "supply": f"/sites/{rack_fixture.SITE}/supply?lose=QF-A1",
    "floor": f"/sites/{rack_fixture.SITE}?map=floor",
    "row": f"/sites/{rack_fixture.SITE}?row=A&racks=inlet",
    "maintenance": f"/sites/{rack_fixture.SITE}/racks/B05",
    "other hub": "/hubs/kunming",
    "api": "/openapi",
    "report": "/hubs/guian/report?week=2026-W46",
    "report of a month": "/hubs/guian/report?month=2026-10",
    "report of a year": "/hubs/guian/report?year=2025",
    "events": "/events?days=366",
    "alerts": "/alerts",
    "host": "/host",
    "addition": f"/sites/{rack_fixture.SITE}/supply?add=20&row=A",
    "a time": f"{RACK}?from=2026-11-21T00:00&to=2026-11-22T12:00",
    "rack of a name": f"/racks/{rack_fixture.NAME}",
}


@pytest.fixture(scope="module")
def axe() -> str:
    """The checker's script, pinned in the preview's lock file."""
    if not AXE.exists():
        missing(f"{AXE} is not there: make {AXE.parent.parent}/.package-lock.json")
    return AXE.read_text("utf-8")


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """One browser for all of them."""
    found = Browser(binary("chromium"), tmp_path_factory.mktemp("profile"))
    yield found
    found.close()


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """A site of which everything is known, with 300 devices, each rack in its place; one rack is in
    maintenance.
    """
    view = rack_fixture.view(devices=300)
    placed = test_floor.view().inventory
    assert view.inventory is not None
    assert placed is not None
    at = placed.racks[rack_fixture.NAME]
    known = replace(view.inventory.racks[rack_fixture.NAME], x=at.x, y=at.y, facing=at.facing)
    inventory = replace(view.inventory, racks={**placed.racks, rack_fixture.NAME: known})
    heard = test_alerts.told(
        test_alerts.alert(site=rack_fixture.SITE, rack="A06"),
        test_alerts.alert("info", muted=True),
    )
    whole = replace(
        view,
        inventory=inventory,
        windows=[test_maintenance.window("B05")],
        firing=lambda: heard,
        host_history=HostHistory(),
    )
    for at in (0, 15):
        test_host.say(whole, at)
    found = Site(whole)
    yield found
    found.close()


def _open(browser: Browser, site: Site, path: str, language: str) -> None:
    browser.errors.clear()
    browser.open(f"{site.url.rstrip('/')}{path}{'&' if '?' in path else '?'}lang={language}")


def _faults(browser: Browser, axe: str) -> list[dict[str, Any]]:
    """Return what axe finds that is serious or critical, with the first elements it is said of."""
    browser.eval(f"{axe};0")
    found = json.loads(
        browser.eval(
            "axe.run(document, {resultTypes: ['violations']}).then(r =>"
            " JSON.stringify(r.violations))"
        )
    )
    return [
        {
            "id": one["id"],
            "impact": one["impact"],
            "where": [node["html"][:160] for node in one["nodes"][:3]],
        }
        for one in found
        if one["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("page", PAGES)
def test_no_serious_fault(
    browser: Browser, site: Site, axe: str, page: str, language: str, *, dark: bool
) -> None:
    """On every page, in both languages, light and dark, axe finds nothing serious or critical."""
    browser.size(1366, 768, dark=dark)
    _open(browser, site, PAGES[page], language)
    assert _faults(browser, axe) == []


@pytest.mark.parametrize("page", PAGES)
def test_no_serious_fault_on_a_phone(browser: Browser, site: Site, axe: str, page: str) -> None:
    """The same on a phone's screen, where tables are laid out otherwise and nothing is wider than
    the screen.
    """
    browser.size(390, 844)
    _open(browser, site, PAGES[page], "en")
    assert browser.eval("document.documentElement.scrollWidth") <= 390
    assert _faults(browser, axe) == []
    assert browser.errors == []


@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_serious_fault_where_there_is_no_page(
    browser: Browser, site: Site, axe: str, language: str
) -> None:
    """The page for a wrong address has none either, and is in the reader's language."""
    browser.size(390, 844, dark=language == "zh")
    _open(browser, site, "/no/such/page", language)
    assert _faults(browser, axe) == []
    assert browser.eval("document.querySelectorAll('h1').length") == 1


def test_axe_finds_a_fault_that_is_there(browser: Browser, site: Site, axe: str) -> None:
    """A picture without a name and pale text are found: the checker does check."""
    browser.size(1366, 768)
    _open(browser, site, "/collectors", "en")
    browser.eval(
        "document.querySelector('main').insertAdjacentHTML('beforeend', '<img"
        ' src="/static/icon.svg"><input>\')'
    )
    assert {"image-alt", "label"} <= {fault["id"] for fault in _faults(browser, axe)}


@pytest.mark.parametrize("page", [name for name in PAGES if name != "report"])
def test_headings_and_landmarks_in_order(browser: Browser, site: Site, page: str) -> None:
    """One h1, no level skipped on the way down, one main, and every landmark of a kind that is
    there twice has its own name.
    """
    _open(browser, site, PAGES[page], "en")
    levels = browser.eval(
        "[...document.querySelectorAll('h1,h2,h3,h4,h5')].map(h => Number(h.tagName[1]))"
    )
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels)), levels
    assert browser.eval("document.querySelectorAll('main').length") == 1
    names = browser.eval(
        "[...document.querySelectorAll('nav')].map(n => n.getAttribute('aria-label') || '')"
    )
    assert all(names)
    assert len(set(names)) == len(names)
    assert browser.eval(
        "[...document.querySelectorAll('table')].every(t => t.caption ||"
        " t.getAttribute('aria-label'))"
    )


def _press(browser: Browser, key: str, code: int) -> None:
    for kind in ("keyDown", "keyUp"):
        browser.call(
            "Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code
        )


@pytest.mark.parametrize("page", ["board", "rack", "collectors"])
def test_tab_visits_everything_in_reading_order(browser: Browser, site: Site, page: str) -> None:
    """From the skip link on, each press of Tab goes further down the document, to something visible
    that is outlined; and it ends.
    """
    browser.size(1366, 768)
    _open(browser, site, PAGES[page], "en")
    browser.eval(
        "window.seen = []; document.addEventListener('focusin', e =>"
        " { const s = getComputedStyle(e.target), b = e.target.getBoundingClientRect();"
        " const before = window.seen.at(-1); window.seen.push(e.target); window.bad = window.bad"
        " || [];"
        " if (before && !e.target.matches('.skip') && !(before.compareDocumentPosition(e.target)"
        " & 4)) window.bad.push('order ' + e.target.outerHTML.slice(0, 90));"
        " if (s.outlineStyle === 'none' || !b.width || !b.height) window.bad.push('unseen ' +"
        " e.target.outerHTML.slice(0, 90)); })"
    )
    wanted = browser.eval(
        "[...document.querySelectorAll('a[href], summary, button, input:not([type=hidden]),"
        ' [tabindex="0"]\')].filter(n => n.tabIndex >= 0 && n.checkVisibility()).length'
    )
    for _ in range(wanted):
        _press(browser, "Tab", 9)
    assert browser.eval("window.bad") == []
    assert browser.eval("window.seen.length") == wanted
    assert browser.eval("window.seen[0].className") == "skip"
    assert wanted < 330
    assert (
        browser.eval("[...document.querySelectorAll('.tile')].filter(n => n.tabIndex >= 0).length")
        <= 1
    )


def test_the_skip_link_skips(browser: Browser, site: Site) -> None:
    """Enter on the first stop leads past the head: the next stop lies in main."""
    _open(browser, site, PAGES["collectors"], "en")
    _press(browser, "Tab", 9)
    browser.call(
        "Input.dispatchKeyEvent",
        type="rawKeyDown",
        key="Enter",
        code="Enter",
        windowsVirtualKeyCode=13,
        text="\r",
    )
    browser.call(
        "Input.dispatchKeyEvent",
        type="char",
        key="Enter",
        code="Enter",
        windowsVirtualKeyCode=13,
        text="\r",
    )
    _press(browser, "Tab", 9)
    assert browser.eval("!!document.activeElement.closest('main')")


@pytest.mark.parametrize("page", list(PAGES))
def test_only_what_changes_by_itself_speaks_up(browser: Browser, site: Site, page: str) -> None:
    """Live regions are the banner of a lost agent and the values under the pointer, and nothing
    else: a refresh reads out no page.
    """
    _open(browser, site, PAGES[page], "en")
    live = browser.eval(
        "[...document.querySelectorAll('[aria-live], [role=status], [role=alert]')].map(n => n.id"
        " || n.className)"
    )
    assert set(live) <= {"lost", "tip", ""}
    assert (
        browser.eval("document.querySelectorAll('[role=alert], [aria-live=assertive]').length") == 0
    )


def test_nothing_moves_for_who_asked_for_that(browser: Browser, site: Site) -> None:
    """With prefers-reduced-motion no element has an animation or a transition, and scrolling does
    not glide.
    """
    browser.call(
        "Emulation.setEmulatedMedia",
        media="",
        features=[{"name": "prefers-reduced-motion", "value": "reduce"}],
    )
    for path in (PAGES["board"], PAGES["rack"], PAGES["collectors"]):
        _open(browser, site, path, "en")
        moving = browser.eval(
            "[...document.querySelectorAll('*')].filter(n => { const s = getComputedStyle(n);"
            " return s.animationName !== 'none' || (s.transitionDuration !== '0s' &&"
            " s.transitionProperty !== 'none'); }).length"
        )
        assert moving == 0
        assert browser.eval("getComputedStyle(document.documentElement).scrollBehavior") == "auto"

"""In a browser: where something that was expected is not heard, nothing on the screen is green.

Each case is looked at on the board, on the site's page and on the wall screen, and a calm site is
looked at in the same way, where the green must be: the check can see it.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from agent.health import CollectorHealth
from agent.web.view import BoardView
from collectors.base import Reading
from collectors.catalogue import agent, facility
from collectors.catalogue import site as catalogue
from tests.agent.web import fixture
from tests.agent.web.served import Site, fresh
from tests.agent.web.site_readings import HUB, SITE
from tests.agent.web.test_standing import FINE, expected, rack_of
from tests.support import wait_for
from tests.support.browser import Browser

PAGES = ("/", f"/sites/{SITE}", "/?kiosk")
_GREEN = """(() => {
  const probe = document.createElement("p");
  probe.className = "s-met";
  document.querySelector("main").append(probe);
  const green = getComputedStyle(probe).color;
  probe.remove();
  const places = ".standing, .wallsite .facts, .turn, .sitelist" + (RACKS ? ", .attention" : "") +
    (PUE ? ", .lead-number" : "");
  return [...document.querySelectorAll("main *")]
    .filter((n) => n.closest(places) && n.checkVisibility())
    .filter((n) => getComputedStyle(n).color === green || n.matches(".m-met, .s-met"))
    .map((n) => n.textContent.trim().slice(0, 60) || n.outerHTML.slice(0, 60));
})()"""
"""What is green, or has the tick, in the parts of a page that say how the sites stand. With RACKS,
the list of racks that need attention is one of them, and with PUE the PUE of twelve months."""


def _meters(up: float) -> list[Reading]:
    found: list[Reading] = []
    for meter, point in (("m1", "utility"), ("m2", "it_input")):
        found.append((facility.METER_UP.series(HUB, SITE, meter, point), up))
        if up:
            found.append((facility.METER_POWER.series(HUB, SITE, meter, point), 9000.0))
    return [*found, *expected("meter", 2, 2 if up else 0)]


def _racks(up: float) -> list[Reading]:
    found = rack_of("A1", 5000.0 if up else None)
    for feed in "AB":
        found.append((facility.PDU_UP.series(HUB, SITE, "R1", "A1", f"A1-{feed}", feed), up))
    return [*found, *expected("pdu", 2, 2 if up else 0)]


def _database(up: float) -> list[Reading]:
    return [(agent.SINK_UP.series("influxdb"), up), (agent.SPOOL_HEALTHY.series("influxdb"), 1.0)]


def _pue(now: str) -> list[Reading]:
    """Twelve months within the limit at full coverage; `now` is the state of the last hour."""
    return [
        (catalogue.SITE_PUE.series(HUB, SITE, "2", "12mo"), 1.1),
        (catalogue.SITE_PUE_COVERAGE.series(HUB, SITE, "12mo"), 0.999),
        (catalogue.SITE_PUE_STATE.series(HUB, SITE, "12mo", "valid"), 1.0),
        (catalogue.SITE_PUE_STATE.series(HUB, SITE, "1h", now), 1.0),
    ]


PUE_UNHEARD = ("dead meters", "dead PDUs")
"""Cases in which the last hour has no PUE, whatever the year has."""
RACKS_UNHEARD = ("dead PDUs", "no data", "racks without a reading")
"""Cases in which the list of racks cannot be calm either; in the others every rack is heard."""
CALM = [*_meters(1.0), *_racks(1.0), *_database(1.0)]
CASES: dict[str, tuple[Sequence[Reading], Sequence[CollectorHealth], str]] = {
    "dead meters": (
        [*_meters(0.0), *_racks(1.0), *_database(1.0), *_pue("no_data")],
        FINE,
        "all 2 meters silent",
    ),
    "dead PDUs": (
        [*_meters(1.0), *_racks(0.0), *_database(1.0), *_pue("low_coverage")],
        FINE,
        "all 2 PDUs silent",
    ),
    "no data": ([], (), "nothing is measured here"),
    "database down": (
        [*_meters(1.0), *_racks(1.0), *_database(0.0)],
        FINE,
        "the database accepts no samples",
    ),
    "not read yet": (
        CALM,
        (*FINE, CollectorHealth(collector="modbus", device="10.0.0.2")),
        "1 collector not read at present",
    ),
    "racks without a reading": (
        [*CALM, *rack_of("A2", None)],
        FINE,
        "1 of 2 racks not wholly measured",
    ),
}


def _green(browser: Browser, *, racks: bool = True, pue: bool = False) -> list[str]:
    """Return what is green."""
    script = _GREEN.replace("RACKS", str(racks).lower()).replace("PUE", str(pue).lower())
    found: list[str] = browser.eval(script)
    return found


def _view(readings: Sequence[Reading], health: Sequence[CollectorHealth]) -> BoardView:
    return fixture.view(readings, healthy=lambda: health)


@pytest.mark.parametrize("case", CASES)
def test_nothing_is_green_over_what_is_not_heard(browser: Browser, case: str) -> None:
    """The line says what is missing, and no word, mark or figure about the sites is green."""
    readings, health, said = CASES[case]
    site = Site(_view(readings, health))
    try:
        browser.size(1366, 768)
        for path in PAGES[: 1 if case == "no data" else None]:
            fresh(browser, f"{site.url}{path}{'&' if '?' in path else '?'}lang=en")
            seen = _green(browser, racks=case in RACKS_UNHEARD, pue=case in PUE_UNHEARD)
            assert seen == [], path
            if "sites" not in path:
                text = browser.eval("document.querySelector('.standing').innerText")
                assert said in " ".join(text.split())
        fresh(browser, f"{site.url}/?kiosk&lang=zh")
        assert _green(browser, pue=case in PUE_UNHEARD) == []
        assert browser.errors == []
    finally:
        site.close()


def test_a_year_within_its_limit_is_green_while_it_is_heard(browser: Browser) -> None:
    """The tick of the site's PUE is there where its meters answer."""
    site = Site(_view([*CALM, *_pue("valid")], FINE))
    try:
        fresh(browser, f"{site.url}/sites/{SITE}?lang=en")
        assert browser.eval("document.querySelectorAll('.lead-number.s-met .m-met').length") == 1
    finally:
        site.close()


@pytest.mark.parametrize("silent", [False, True])
def test_a_last_hour_without_a_pue_is_told_below_the_number(
    browser: Browser, *, silent: bool
) -> None:
    """The year has the mark of the unknown, also where all meters answer: the agent was off, or its
    clock has stepped. The mark stands beside the number, and why it is there on a line below.
    """
    up = 0.0 if silent else 1.0
    site = Site(_view([*_meters(up), *_racks(1.0), *_database(1.0), *_pue("no_data")], FINE))
    try:
        browser.size(1366, 768)
        for language, told in (
            ("en", "not measured in the last hour" + ": 2 devices silent" * silent),
            ("zh", "最近一小时未计量" + "：2 台设备无应答" * silent),
        ):
            for path in PAGES:
                fresh(browser, f"{site.url}{path}{'&' if '?' in path else '?'}lang={language}")
                found = browser.eval(
                    "((p) => [p.querySelector('.unheard').innerText,"
                    " ...['.m-unknown', '.big', '.unheard'].map(s =>"
                    " (r => [r.top, r.bottom])(p.querySelector(s).getBoundingClientRect()))]"
                    ")(document.querySelector('.lead-number.s-unknown'))"
                )
                said, mark, number, why = found
                assert said == told, path
                assert number[0] <= mark[0] < mark[1] <= number[1], path
                assert why[0] >= number[1] - 1, path
    finally:
        site.close()


@pytest.mark.parametrize("path", PAGES)
def test_a_calm_site_is_green(browser: Browser, path: str) -> None:
    """With everything heard the line and the list have their tick: the check above can see it."""
    site = Site(_view(CALM, FINE))
    try:
        fresh(browser, f"{site.url}{path}{'&' if '?' in path else '?'}lang=en")
        assert _green(browser) != []
    finally:
        site.close()


def test_overdue_promises_are_counted_and_not_green(browser: Browser, site: Site) -> None:
    """Promises whose deadline has passed without a report are in the first line, which is not green
    and has no tick, though the site below is calm.
    """
    site.view = _view(CALM, FINE)
    browser.size(1366, 768)
    for path in ("/?lang=en", "/?kiosk&lang=en"):
        fresh(browser, f"{site.url}{path}")
        line = " ".join(browser.eval("document.querySelector('.headline h1').innerText").split())
        assert "overdue" in line
        assert browser.eval("document.querySelectorAll('.headline h1 .m-met').length") == 0
        assert browser.eval(
            "getComputedStyle(document.querySelector('.headline h1')).color !=="
            " getComputedStyle(document.querySelector('.standing')).color"
        )


def test_what_is_typed_stops_no_refresh(browser: Browser, site: Site) -> None:
    """With the cursor in a search field the figures are renewed with the clock, and the field keeps
    what was typed: old numbers never stand under a new time.
    """
    browser.size(1366, 768)
    fresh(browser, f"{site.url}/sites/{SITE}?lang=en")
    browser.eval(
        "const box = document.querySelector('main input[type=search]'); box.focus();"
        " box.value = 'A0'; box.setSelectionRange(1, 1);"
        " document.querySelectorAll('section[data-key]').forEach(n => { n.mark = true; })"
    )
    site.view = _view([*fixture.racks(12)], FINE)
    browser.eval("document.dispatchEvent(new Event('visibilitychange'))")
    wait_for(
        lambda: browser.eval(
            "(n => n.matches('input') && !n.closest('section[data-key]').mark)"
            "(document.activeElement)"
        ),
        what="the part with the field to be replaced, and the cursor back in it",
    )
    assert browser.eval("document.activeElement.value") == "A0"
    assert browser.eval("document.activeElement.selectionStart") == 1
    assert browser.errors == []

"""The weekly report as a sheet: printed, served, and as data."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from agent.hubs.loader import load_registry
from agent.messages.catalogue import words
from agent.report.period import Kind, period_of
from agent.web import pages
from agent.web.reportpage import document
from tests.agent.report.two_weeks import NOW, ZONE
from tests.agent.web import fixture, rack_fixture, reports
from tests.agent.web.reading import outline
from tests.support import binary
from tests.support.browser import Browser


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser that prints."""
    found = Browser(binary("chromium"), tmp_path_factory.mktemp("profile"))
    yield found
    found.close()


def _printed(browser: Browser, html: str, tmp_path: Path) -> bytes:
    file = tmp_path / "week.html"
    file.write_text(html, "utf-8")
    browser.errors.clear()
    browser.requests.clear()
    browser.size(1366, 768)
    browser.open(file.as_uri())
    assert browser.errors == []
    assert browser.requests == [file.as_uri()]
    return base64.b64decode(browser.call("Page.printToPDF", preferCSSPageSize=True)["data"])


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("hub", ["guian", "national"])
def test_a_bad_week_of_a_big_hub_fits_one_sheet(
    browser: Browser, tmp_path: Path, language: str, hub: str
) -> None:
    """With 17 sites, 30 racks and 30 meters it prints as one A4 page, and nothing is cut off."""
    registry = load_registry()
    hub = (
        hub
        if hub in registry.hubs
        else max(registry.hubs, key=lambda key: len(registry.hubs[key].facts))
    )
    of = period_of("week", "2026-W46", ZONE, NOW)
    html = document(
        reports.made_up(registry, hub, of), words(language), of, hub_name=hub, simulated=True
    )
    pdf = _printed(browser, html, tmp_path)
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1
    box = re.search(rb"/MediaBox\s*\[0 0 ([\d.]+) ([\d.]+)\]", pdf)
    assert box is not None
    assert [round(float(points)) for points in box.groups()] == [595, 842], "A4"
    browser.size(794, 1123, print_=True)
    assert browser.eval("document.documentElement.scrollWidth") <= 794


def test_the_agent_serves_the_same() -> None:
    """The page has links to other weeks, and takes its style from a file, as the policy demands."""
    response = pages.handle(
        rack_fixture.view(), "/hubs/guian/report", {"week": "2026-W46", "lang": "zh"}
    )
    assert response is not None
    html = response.body.decode()
    assert 'href="/static/report.css"' in html
    assert "<style" not in html
    assert "/hubs/guian/report?lang=zh&amp;week=2026-W45" in html
    outline(html)
    style = pages.handle(rack_fixture.view(), "/static/report.css", {})
    assert style is not None
    assert b"@page" in style.body


def test_the_report_is_json_too() -> None:
    """The API gives the figures of the sheet, and refuses a name that is no week."""
    response = pages.handle(rack_fixture.view(), "/api/hubs/guian/report", {"week": "2026-W46"})
    assert response is not None
    found = json.loads(response.body)
    assert (found["week"], len(found["days"]), found["racks"]) == ("2026-W46", 7, 27_584)
    with pytest.raises(ValueError, match="expected an ISO week"):
        pages.handle(rack_fixture.view(), "/api/hubs/guian/report", {"week": "tomorrow"})


def test_without_a_ledger_the_page_says_so() -> None:
    """An agent without a ledger says that it has no report; an unknown hub has no page."""
    response = pages.handle(replace(fixture.view(), past=None), "/hubs/guian/report", {})
    assert response is not None
    assert b"There is no ledger here" in response.body
    missing = pages.handle(fixture.view(), "/hubs/nosuch/report", {})
    assert missing is not None
    assert missing.status == 404


@pytest.mark.parametrize(("coverage", "calm"), [(0.0, False), (0.89, False), (0.97, True)])
def test_a_week_that_was_not_metered_has_no_tick(coverage: float, calm: bool) -> None:
    """None of the racks is known to have needed anybody: that is calm only where it was metered."""
    of = period_of("week", "2026-W46", ZONE, NOW)
    found = reports.made_up(load_registry(), "guian", of)
    quiet = replace(found.of_racks, racks_needing=[], racks_coverage=coverage)
    html = document(replace(found, of_racks=quiet), words("en"), of, hub_name="Gui'an")
    part = html[html.index('aria-labelledby="report-racks"') :]
    part = part[: part.index("</section>")]
    assert ("m-met" in part) is calm
    assert ("Cannot tell" in part) is not calm


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "None of 11 racks needed attention. 1 more rack was never heard"),
        ("zh", "11 个机柜均无需处理。另有 1 个机柜始终无读数"),
    ],
)
def test_a_rack_that_was_never_heard_is_not_calm(language: str, said: str) -> None:
    """Of eleven racks heard without a need and one that never was, no tick says all is well."""
    of = period_of("week", "2026-W46", ZONE, NOW)
    found = reports.made_up(load_registry(), "guian", of)
    tally = replace(found.of_racks, racks=12, racks_needing=[], racks_coverage=11 / 12)
    html = document(
        replace(found, of_racks=replace(tally, racks_unheard=1)), words(language), of, hub_name="x"
    )
    part = html[html.index('aria-labelledby="report-racks"') :]
    part = part[: part.index("</section>")]
    assert "m-met" not in part
    assert said in part


@pytest.mark.parametrize(("coverage", "told"), [(0.4, True), (0.97, False)])
def test_racks_of_which_little_is_known_say_so(coverage: float, told: bool) -> None:
    """A month's first hours of PDUs may be deleted: the hours listed are then some of them."""
    of = period_of("month", "2026-10", ZONE, NOW)
    found = reports.made_up(load_registry(), "guian", of)
    part = replace(found.of_racks, racks_coverage=coverage)
    html = document(replace(found, of_racks=part), words("en"), of, hub_name="Gui'an")
    assert ("Of the hours of all" in html) is told


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(("kind", "name"), [("month", "2026-10"), ("year", "2025")])
def test_a_month_and_a_year_fit_one_sheet(
    browser: Browser, tmp_path: Path, language: str, kind: Kind, name: str
) -> None:
    """With two sites, 30 racks and 30 meters they print as one A4 page with the curve of a year."""
    registry = load_registry()
    period = period_of(kind, name, ZONE, NOW)
    made = reports.made_up(registry, "guian", period, sites=2)
    html = document(made, words(language), period, hub_name="Gui'an", simulated=True)
    pdf = _printed(browser, html, tmp_path)
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1
    browser.size(390, 844)
    assert browser.eval("document.documentElement.scrollWidth") <= 390
    found = outline(html)
    assert found.tags.count("table") == 6
    marks = browser.eval("[...document.querySelectorAll('.mark-name')].map(one => one.textContent)")
    assert marks == [words(language)("pue.switch", before=1, after=2)]


def test_a_dense_week_has_no_curve_and_a_sparse_one_has() -> None:
    """A week of few promises and sites has room below for the PUE of twelve months."""
    week = period_of("week", "2026-W46", ZONE, NOW)
    made = reports.made_up(load_registry(), "guian", week, sites=1)
    sparse = document(replace(made, promises=made.promises[:3]), words("en"), week, hub_name="G")
    assert 'aria-labelledby="report-year"' in sparse
    dense = reports.made_up(load_registry(), "guian", week)
    assert "report-year" not in document(dense, words("en"), week, hub_name="G")


def test_carbon_says_how_much_of_it_was_metered() -> None:
    """A month's sheet has carbon and water with their coverage, and the emission factor."""
    month = period_of("month", "2026-10", ZONE, NOW)
    made = reports.made_up(load_registry(), "guian", month, sites=1)
    html = document(made, words("en"), month, hub_name="G")
    part = html[html.index('aria-labelledby="report-factors"') :]
    part = part[: part.index("</section>")].replace("\u202f", " ")
    for said in (
        "1 250 t",
        "98.0 % covered",
        "0.620 kg/kWh",
        "31.0 %",
        "3 100 m³",
        "70.0 % covered",
    ):
        assert said in part, said
    assert "0.5703 kg/kWh (location-based): MEE 2022" in part
    assert "Reused" not in part


def test_the_page_of_a_month_leads_to_others() -> None:
    """From a month one comes to the months around it, to the last week and the last year."""
    response = pages.handle(rack_fixture.view(), "/hubs/guian/report", {"month": "2025-10"})
    assert response is not None
    links = [link for link in outline(response.body.decode()).links if "/report" in link]
    assert {link.partition("?")[2] for link in links} >= {"month=2025-09", "month=2025-11"}
    assert sum("week=" in link for link in links) == 1
    assert sum("year=" in link for link in links) == 1


@pytest.mark.parametrize(("coverage", "calm"), [(0.1, False), (0.95, True)])
def test_meters_that_are_young_are_no_calm_year(coverage: float, calm: bool) -> None:
    """No meter was silent since it was first heard: of a year of which a tenth is known, no
    tick.
    """
    year = period_of("year", "2025", ZONE, NOW)
    made = reports.made_up(load_registry(), "guian", year, sites=1)
    (site,) = made.sites
    own = {"year": replace(site.pue["year"], coverage=coverage)}
    quiet = replace(
        made,
        sites=[replace(site, pue={**site.pue, **own})],
        of_meters=replace(made.of_meters, meters_lost=[]),
    )
    html = document(quiet, words("en"), year, hub_name="G")
    part = html[html.index('aria-labelledby="report-meters"') :]
    part = part[: part.index("</section>")]
    assert ("m-met" in part) is calm
    assert ("Before that, nothing is known." in part) is not calm

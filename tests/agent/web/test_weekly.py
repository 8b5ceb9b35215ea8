"""The weekly report: what it says of a ledger whose truth is known, that nothing is changed by it, and that it fits one sheet."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from agent.cli import main
from agent.hubs.loader import load_registry
from agent.ledger.ledger import Ledger
from agent.ledger.settings import LedgerSettings
from agent.messages.catalogue import words
from agent.pue.pue import Pue
from agent.report.model import WeekReport
from agent.report.week import last_week, week_of
from agent.report.weekly import weekly
from agent.web import pages
from agent.web.weeklypage import document
from collectors.base import ConfigError, HubgaugeError
from tests.agent.web import fixture, rack_fixture, weeks
from tests.agent.web.test_pages import outline
from tests.support import binary
from tests.support import ledger as kit
from tests.support.browser import Browser

ZONE = ZoneInfo("Asia/Shanghai")
MONDAY = dt.datetime(2026, 11, 9, tzinfo=ZONE)
NOW = MONDAY.timestamp() + 9 * 86400
STOCK = f"""
sites: [{{site: {kit.SITE}, name: One, timezone: Asia/Shanghai, scopes: [huawei]}}]
racks:
  - {{rack: A07, site: {kit.SITE}, row: A, rated_power_watts: 3000, feeds: {{A: {{pdu: A07-A, capacity_watts: 3000}}, B: {{pdu: A07-B, capacity_watts: 3000}}}}}}
  - {{rack: A08, site: {kit.SITE}, row: A, rated_power_watts: 9000, feeds: {{A: {{pdu: A08-A, capacity_watts: 9000}}}}}}
meters:
  - {{meter: main, site: {kit.SITE}, point: utility, accuracy_class: 0.5}}
  - {{meter: it, site: {kit.SITE}, point: it_input, accuracy_class: 0.5}}
  - {{meter: crah, site: {kit.SITE}, point: cooling, accuracy_class: 0.5}}
"""
WATTS = {
    "main": 6000.0,
    "it": 5000.0,
    "crah": 800.0,
    "A07-A": 1000.0,
    "A07-B": 900.0,
    "A08-A": 3000.0,
}


def _fill(path: Path) -> None:
    """Import two weeks of hours: all even, but for ten hours of A07 above its rating, and a day on which the cooling meter is silent."""
    ledger = Ledger(
        path, inventory=kit.inventory(STOCK), settings=LedgerSettings(tidy=False), clock=lambda: NOW
    )
    first = round((MONDAY.timestamp() - 7 * 86400) * 1000)
    from agent.ledger.energy import HourCells

    for meter, watts in WATTS.items():
        hours = {}
        for n in range(14 * 24):
            if meter == "crah" and 8 * 24 <= n < 9 * 24:
                continue
            over = 3 if meter == "A07-A" and 10 * 24 <= n < 10 * 24 + 10 else 1
            hours[first + n * 3_600_000] = HourCells.uniform(watts * over * 3600)
        ledger.import_hours(kit.SITE, meter, hours)
    ledger.add_history("pue", "guian", "huawei", MONDAY.timestamp() + 6 * 86400, 1.19)
    pue = Pue(ledger, kit.inventory(STOCK), clock=lambda: NOW)
    while not pue.refresh():
        pass
    ledger.close()


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger of two weeks."""
    found = tmp_path_factory.mktemp("state") / "ledger.db"
    _fill(found)
    return found


def week(path: Path, name: str = "2026-W46") -> WeekReport:
    registry = load_registry()
    return weekly(
        path, "guian", kit.inventory(STOCK), registry, week_of(name, ZONE, NOW), clock=lambda: NOW
    )


def test_pue_and_overhead_are_those_of_the_hours(path: Path) -> None:
    """The week's PUE is facility over IT, its overhead adds up to their difference, and the week before is told beside it."""
    found = week(path)
    (site,) = found.sites
    assert site.pue["week"].pue == pytest.approx(1.2)
    assert site.pue["week"].coverage == 1.0
    assert site.pue["before"].pue == pytest.approx(1.2)
    assert site.pue["ytd"].state == "low_coverage"
    assert found.hub_pue["week"].pue == pytest.approx(1.2)
    parts = {one.subsystem: one.joules for one in found.overheads}
    assert sum(parts.values()) == pytest.approx(1000.0 * 7 * 86400)
    assert parts["cooling"] == pytest.approx(800.0 * 6 * 86400)


def test_days_are_the_hubs_own(path: Path) -> None:
    """Seven days that begin at Shanghai's midnight, each with its energy."""
    days = week(path).days
    assert [day.day for day in days] == [f"2026-11-{n:02d}" for n in range(9, 16)]
    assert {round(day.facility_joules / 3.6e6) for day in days} == {144}
    assert {day.coverage for day in days} == {1.0}


def test_racks_that_needed_someone_by_the_hour(path: Path) -> None:
    """A rack above its rating for ten hours is told with these hours; one that kept its limits is not."""
    found = week(path)
    assert found.of_racks.racks == 2
    assert [
        (row.rack, row.over_hours, row.failover_hours, row.silent_hours)
        for row in found.of_racks.racks_needing
    ] == [("A07", 10, 10, 0)]
    assert found.of_racks.racks_needing[0].peak_watts == pytest.approx(3900.0)


def test_a_silent_meter_and_what_it_cost(path: Path) -> None:
    """The meter that was silent for a day has lost 24 hours, and no other."""
    found = week(path)
    assert [
        (row.meter, row.point, round(row.lost_hours)) for row in found.of_meters.meters_lost
    ] == [("crah", "cooling", 24)]
    assert found.of_meters.meters == 3


def test_promises_tell_what_changed(path: Path) -> None:
    """A promise of which something became known in the week says what it was before."""
    rows = {row.now.id: row for row in week(path).promises}
    pue = next(row for row in rows.values() if row.now.kpi == "pue" and row.now.scope == "huawei")
    assert pue.before is not None
    assert (pue.now.value, pue.before.value) == (1.19, None)
    assert "observation" not in {row.now.kind for row in rows.values()}


def test_hours_not_summed_are_told(path: Path, tmp_path: Path) -> None:
    """A ledger whose hours wait to be summed says how many are missing, instead of a PUE of the rest in silence."""
    late = tmp_path / "ledger.db"
    _fill(late)
    ledger = Ledger(
        late, inventory=kit.inventory(STOCK), settings=LedgerSettings(tidy=False), clock=lambda: NOW
    )
    pue = Pue(ledger, kit.inventory(STOCK), clock=lambda: NOW)
    pue.hours.sum_again(
        kit.SITE, round(MONDAY.timestamp() * 1000), round(MONDAY.timestamp() * 1000) + 5 * 3_600_000
    )
    ledger.close()
    assert week(late).unsummed_hours == 5
    assert week(path).unsummed_hours == 0


def test_reading_changes_nothing(path: Path) -> None:
    """The ledger's file is the same to the byte after a report, and a file that may not be written will do."""
    before = hashlib.sha256(path.read_bytes()).hexdigest()
    path.chmod(0o444)
    try:
        week(path)
    finally:
        path.chmod(0o644)
    assert hashlib.sha256(path.read_bytes()).hexdigest() == before


def test_another_hub_has_promises_and_no_energy(path: Path) -> None:
    """Of a hub that is not metered here only its promises are told: another's energy is never shown under its name."""
    registry = load_registry()
    found = weekly(
        path, "kunming", None, registry, week_of("2026-W46", ZONE, NOW), clock=lambda: NOW
    )
    assert (
        found.sites,
        found.of_racks.racks,
        found.of_meters.meters_lost,
        found.hub_pue["week"],
    ) == (
        [],
        0,
        [],
        None,
    )


@pytest.mark.parametrize("name", ["2026-W99", "W47", "2026-47", "", "2026-W48x", "2027-W01"])
def test_a_week_that_is_none_is_refused(name: str) -> None:
    """What is no ISO week, or has not begun, is one clear line."""
    with pytest.raises(ConfigError):
        week_of(name, ZONE, NOW)


def test_the_week_that_runs_ends_now() -> None:
    """Of the present week only what is past is told; the one before is whole; the year's first week may begin in the old one."""
    assert week_of("2026-W47", ZONE, NOW).whole is False
    assert week_of("2026-W47", ZONE, NOW).end <= NOW
    assert last_week(ZONE, NOW) == "2026-W46"
    assert (
        week_of("2026-W01", ZONE, NOW).start == dt.datetime(2025, 12, 29, tzinfo=ZONE).timestamp()
    )


def _config(tmp_path: Path, path: Path) -> str:
    (tmp_path / "inventory.yaml").write_text(STOCK)
    config = tmp_path / "hubgauge.yaml"
    config.write_text(
        f"hub: guian\nsite: {kit.SITE}\nstate_dir: {path.parent}\ninventory: inventory.yaml\n"
    )
    return str(config)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_command_writes_a_file_of_its_own(
    path: Path, tmp_path: Path, language: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The file asks for nothing outside itself, runs no script, and says the week's PUE."""
    out = tmp_path / "week.html"
    assert (
        main(
            [
                "report",
                "--config",
                _config(tmp_path, path),
                "--week",
                "2026-W46",
                "--language",
                language,
                "--out",
                str(out),
            ]
        )
        == 0
    )
    assert capsys.readouterr().out == f"{out}\n"
    html = out.read_text("utf-8")
    found = outline(html)
    assert all(link.startswith("#m-") for link in found.links)
    assert "script" not in found.tags
    assert "link" not in found.tags
    assert not re.search(r"url\(|@import|https?://(?!www\.w3\.org)", html)
    assert "1.200" in html
    assert 'lang="zh-Hans"' in html if language == "zh" else 'lang="en"' in html


def test_the_command_says_what_is_wrong(
    tmp_path: Path, path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A wrong hub, week or folder is one line, with status 2; no ledger is status 1."""
    config = _config(tmp_path, path)
    for wrong in (["--hub", "guain"], ["--week", "46"], ["--out", "/nonexistent/x.html"]):
        assert main(["report", "--config", config, "--out", str(tmp_path / "x"), *wrong]) == 2
        assert len(capsys.readouterr().err.splitlines()) == 1
    with pytest.raises(HubgaugeError):
        weekly(
            tmp_path / "none.db",
            "guian",
            None,
            load_registry(),
            week_of("2026-W46", ZONE, NOW),
            clock=lambda: NOW,
        )


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
    """Seventeen sites, thirty racks and thirty meters in need: printed it is one page of A4, and nothing is cut off."""
    registry = load_registry()
    hub = (
        hub
        if hub in registry.hubs
        else max(registry.hubs, key=lambda key: len(registry.hubs[key].facts))
    )
    of = week_of("2026-W46", ZONE, NOW)
    html = document(
        weeks.made_up(registry, hub, of), words(language), of, hub_name=hub, simulated=True
    )
    pdf = _printed(browser, html, tmp_path)
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1
    width, height = map(float, re.search(rb"/MediaBox\s*\[0 0 ([\d.]+) ([\d.]+)\]", pdf).groups())  # type: ignore[union-attr]
    assert (round(width), round(height)) == (595, 842)
    browser.size(794, 1123, print_=True)
    assert browser.eval("document.documentElement.scrollWidth") <= 794


def test_the_agent_serves_the_same() -> None:
    """`/hubs/HUB/report` is the sheet with the way to other weeks; its style is a file, as the policy wants it."""
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
    """What the sheet says, `/api/hubs/HUB/report` says as data; a week that is none is refused, not a fault."""
    response = pages.handle(rack_fixture.view(), "/api/hubs/guian/report", {"week": "2026-W46"})
    assert response is not None
    found = json.loads(response.body)
    assert (found["week"], len(found["days"]), found["racks"]) == ("2026-W46", 7, 27_584)
    with pytest.raises(ValueError, match="expected an ISO week"):
        pages.handle(rack_fixture.view(), "/api/hubs/guian/report", {"week": "tomorrow"})


def test_without_a_ledger_the_page_says_so() -> None:
    """An agent that keeps no ledger has no report; an unknown hub has no page; a week that is none is refused."""
    response = pages.handle(replace(fixture.view(), past=None), "/hubs/guian/report", {})
    assert response is not None
    assert b"There is no ledger here" in response.body
    assert pages.handle(fixture.view(), "/hubs/nosuch/report", {}) is None

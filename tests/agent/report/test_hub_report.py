"""The weekly report of a ledger whose every figure is known."""

from __future__ import annotations

import datetime as dt
import hashlib
from pathlib import Path

import pytest

from agent.hubs.loader import load_registry
from agent.inventory.load import load_inventory
from agent.ledger.ledger import Ledger
from agent.ledger.settings import LedgerSettings
from agent.pue.pue import Pue
from agent.report.hub_report import hub_report
from agent.report.model import HubReport
from agent.report.period import Kind, period_of
from agent.report.statement import year_of
from collectors.base import ConfigError
from tests.agent.report.two_weeks import MONDAY, NOW, STOCK, ZONE, fill
from tests.support import ledger as kit


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger of two weeks."""
    found = tmp_path_factory.mktemp("state") / "ledger.db"
    fill(found)
    return found


def week(path: Path, name: str = "2026-W46") -> HubReport:
    registry = load_registry()
    return hub_report(
        path,
        "guian",
        kit.inventory(STOCK),
        registry,
        period_of("week", name, ZONE, NOW),
        clock=lambda: NOW,
    )


def test_pue_and_overhead_are_those_of_the_hours(path: Path) -> None:
    """PUE is facility over IT; the overheads add up to their difference.

    The week before is there.
    """
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


def test_racks_that_needed_attention_by_the_hour(path: Path) -> None:
    """A rack above its rating for ten hours is listed with them; one within its limits is not."""
    found = week(path)
    assert found.of_racks.racks == 2
    assert found.of_racks.racks_unheard == 0
    assert [
        (row.rack, row.over_hours, row.failover_hours, row.silent_hours)
        for row in found.of_racks.racks_needing
    ] == [("A07", 10, 10, 0)]
    assert found.of_racks.racks_needing[0].peak_watts == pytest.approx(3900.0)


def test_a_silent_meter_and_what_it_cost(path: Path) -> None:
    """The meter that was silent for a day has lost 24 hours; no other meter has."""
    found = week(path)
    assert [
        (row.meter, row.point, round(row.lost_hours)) for row in found.of_meters.meters_lost
    ] == [("crah", "cooling", 24)]
    assert found.of_meters.meters == 3


def test_promises_show_what_changed(path: Path) -> None:
    """A promise with news from the week also says how it stood before."""
    rows = {row.now.id: row for row in week(path).promises}
    pue = next(row for row in rows.values() if row.now.kpi == "pue" and row.now.scope == "huawei")
    assert pue.before is not None
    assert (pue.now.value, pue.before.value) == (1.19, None)
    assert "observation" not in {row.now.kind for row in rows.values()}


def test_hours_not_summed_are_counted(path: Path, tmp_path: Path) -> None:
    """The report says how many hours are not summed yet, and are therefore missing."""
    late = tmp_path / "ledger.db"
    fill(late)
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
    """A report changes no byte of the ledger's file, and needs no permission to write it."""
    before = hashlib.sha256(path.read_bytes()).hexdigest()
    path.chmod(0o444)
    try:
        week(path)
    finally:
        path.chmod(0o644)
    assert hashlib.sha256(path.read_bytes()).hexdigest() == before


def test_another_hub_has_promises_and_no_energy(path: Path) -> None:
    """A hub that is not metered here has promises and no energy, never that of another hub."""
    registry = load_registry()
    found = hub_report(
        path, "kunming", None, registry, period_of("week", "2026-W46", ZONE, NOW), clock=lambda: NOW
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


@pytest.mark.parametrize("name", ["2026-W99", "W47", "2026-47", "2026-W48x", "2027-W01"])
def test_a_week_that_is_none_is_refused(name: str) -> None:
    """A name that is no ISO week, and a week that has not begun, are refused."""
    with pytest.raises(ConfigError):
        period_of("week", name, ZONE, NOW)


def test_a_week_and_a_year_begin_with_their_first_five_minutes(tmp_path: Path) -> None:
    """Before the first cell is over there is nothing to report, and no end before the beginning."""
    monday = dt.datetime(2026, 11, 16, tzinfo=ZONE).timestamp()
    with pytest.raises(ConfigError, match="2026-W47 has not begun"):
        period_of("week", "2026-W47", ZONE, monday + 299)
    assert period_of("week", "2026-W47", ZONE, monday + 301).end == monday + 300
    site = load_inventory(
        tmp_path / "i.yaml", "guian", timezone=str(ZONE), text="sites: [{site: s}]"
    ).sites["s"]
    new_year = dt.datetime(2026, 1, 1, tzinfo=ZONE).timestamp()
    for year, now in ((2026, new_year + 299), (2027, new_year + 300), (2099, NOW)):
        with pytest.raises(ConfigError, match=f"{year} has not begun"):
            year_of(site, year, now)
    assert year_of(site, 2026, new_year + 300) == (new_year, new_year + 300)


def test_the_week_that_runs_ends_now() -> None:
    """The present week ends now; the one before is whole.

    A year's first week may begin in the old.
    """
    assert period_of("week", "2026-W47", ZONE, NOW).whole is False
    assert period_of("week", "2026-W47", ZONE, NOW).end <= NOW
    assert period_of("week", "", ZONE, NOW).name == "2026-W46"
    assert (
        period_of("week", "2026-W01", ZONE, NOW).start
        == dt.datetime(2025, 12, 29, tzinfo=ZONE).timestamp()
    )


def of(path: Path, kind: Kind, name: str) -> HubReport:
    registry = load_registry()
    period = period_of(kind, name, ZONE, NOW)
    return hub_report(path, "guian", kit.inventory(STOCK), registry, period, clock=lambda: NOW)


def test_a_month_has_its_days_and_the_twelve_months_before_it(path: Path) -> None:
    """Fourteen of the thirty days of November are metered, at 6000 over 5000 W."""
    found = of(path, "month", "2026-11")
    assert (found.kind, found.period, found.week, found.whole) == ("month", "2026-11", "", False)
    assert [one.day for one in found.days] == [f"2026-11-{n:02d}" for n in range(1, 18)]
    assert sum(one.coverage for one in found.days) == pytest.approx(14)
    assert [one.month for one in found.months] == [
        "2025-12",
        *(f"2026-{n:02d}" for n in range(1, 12)),
    ]
    last = found.months[-1]
    assert last.facility_joules == pytest.approx(6000.0 * 14 * 86400)
    assert (last.pue, last.category) == (pytest.approx(1.2), 3)
    assert last.coverage == pytest.approx(14 / 30)
    assert {one.pue for one in found.months[:-1]} == {None}
    assert set(found.sites[0].pue) == {"month", "before", "12m", "ytd"}
    assert found.sites[0].pue["before"].state == "no_data"
    assert found.of_racks.racks == 2


def test_a_year_has_months_and_no_racks(path: Path) -> None:
    """The hours of single PDUs are kept for weeks only, so nothing is said of racks.

    The meters count from when they were first heard, 16 days ago: 14 days are known of them, and
    13 of the cooling meter.
    """
    found = of(path, "year", "2026")
    assert (found.days, found.of_racks.racks) == ([], 0)
    assert found.sites[0].pue["year"].facility_joules == pytest.approx(6000.0 * 14 * 86400)
    assert sum(one.facility_joules for one in found.months) == pytest.approx(6000.0 * 14 * 86400)
    lost = {one.meter: one.lost_hours for one in found.of_meters.meters_lost}
    assert lost["crah"] - lost["main"] == pytest.approx(24)
    assert lost["main"] == pytest.approx(2 * 24)


def test_hours_of_pdus_that_were_deleted_are_not_silent(tmp_path: Path) -> None:
    """Five weeks later the hours of Monday and Tuesday are gone: what is left tells the same."""
    old = tmp_path / "ledger.db"
    fill(old)
    kept_from, later = MONDAY + dt.timedelta(days=2), (MONDAY + dt.timedelta(days=37)).timestamp()
    settings = LedgerSettings(tidy=False)
    ledger = Ledger(old, inventory=kit.inventory(STOCK), settings=settings, clock=lambda: later)
    with ledger.store.transaction() as tables:
        tables.hour_ageing.delete_old(
            cells_before=0, pdus_before=round(kept_from.timestamp() * 1000)
        )
    ledger.close()
    period = period_of("week", "2026-W46", ZONE, later)
    found = hub_report(
        old, "guian", kit.inventory(STOCK), load_registry(), period, clock=lambda: later
    ).of_racks
    assert [(row.rack, row.over_hours, row.silent_hours) for row in found.racks_needing] == [
        ("A07", 10, 0)
    ]
    assert found.racks_coverage == pytest.approx(5 / 7)


def test_the_first_period_that_has_a_name(path: Path) -> None:
    """No name is that of the year before it, which is compared with all the same."""
    found = of(path, "year", "1900")
    assert found.sites[0].pue["before"].state == "no_data"


def test_another_hub_has_no_months(path: Path) -> None:
    """A hub that is not metered here has no curve of a year either."""
    period = period_of("month", "2026-10", ZONE, NOW)
    found = hub_report(path, "kunming", None, load_registry(), period, clock=lambda: NOW)
    assert (found.months, [one.facility_joules for one in found.days]) == ([], [0.0] * 31)

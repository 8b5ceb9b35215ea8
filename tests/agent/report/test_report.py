"""The figures of the weekly report, against values worked out by hand."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from agent.hubs.loader import load_registry
from agent.ledger.energy import CELL_MS, HourCells
from agent.ledger.ledger import Ledger, LedgerSettings
from agent.pue.pue import Pue
from agent.report.energy import hub_pue
from agent.report.hub_report import hub_report
from agent.report.model import HubReport, SitePue
from agent.report.period import period_of
from agent.web.views.report import view_of
from tests.agent.web import reports
from tests.support import ledger as kit
from tests.support.ledger import import_hours

ZONE = ZoneInfo("Asia/Shanghai")
MONDAY = dt.datetime(2026, 11, 9, tzinfo=ZONE).timestamp()
HOUR = 3600.0
STOCK = f"""
sites: [{{site: {kit.SITE}, name: One, timezone: Asia/Shanghai}}]
racks:
  - rack: A07
    site: {kit.SITE}
    row: A
    rated_power_watts: 3000
    feeds: {{A: {{pdu: A07-A, capacity_watts: 2500}}, B: {{pdu: A07-B, capacity_watts: 2500}}}}
meters:
  - {{meter: main, site: {kit.SITE}, point: utility, accuracy_class: 0.5}}
  - {{meter: it, site: {kit.SITE}, point: it_input, accuracy_class: 0.5}}
"""
CELLS = 12


def _hour(watts: float, cells: int = CELLS) -> HourCells:
    """An hour at even power, of which only the first cells of five minutes are covered."""
    empty = CELLS - cells
    return HourCells(
        [watts * HOUR / CELLS] * cells + [0.0] * empty, [CELL_MS] * cells + [0] * empty
    )


def _report(
    folder: Path, hours: dict[str, dict[int, HourCells]], now: float, *, stock: str = STOCK
) -> HubReport:
    """Return the report of the week from the hours after its Monday's midnight."""
    path = folder / "ledger.db"
    inventory = kit.inventory(stock)
    ledger = Ledger(
        path, inventory=inventory, settings=LedgerSettings(tidy=False), clock=lambda: now
    )
    for meter, found in hours.items():
        import_hours(
            ledger,
            kit.SITE,
            meter,
            {round((MONDAY + n * HOUR) * 1000): cells for n, cells in found.items()},
        )
    pue = Pue(ledger, inventory, clock=lambda: now)
    while not pue.refresh():
        pass
    ledger.close()
    week = period_of("week", "2026-W46", ZONE, now)
    return hub_report(path, "guian", inventory, load_registry(), week, clock=lambda: now)


def _site(facility: float, it: float, *, coverage: float, uncertainty: float | None) -> SitePue:
    return SitePue(
        pue=facility / it if it else None,
        state="valid",
        coverage=coverage,
        uncertainty=uncertainty,
        category=2,
        facility_joules=facility,
        it_joules=it,
        start=0.0,
        end=1.0,
    )


def test_a_hubs_pue_is_the_ratio_of_the_sums() -> None:
    """120 and 600 over 100 and 300 is 1.8, not the mean of 1.2 and 2.0; weights are facility's."""
    one = _site(120.0, 100.0, coverage=1.0, uncertainty=0.01)
    two = _site(600.0, 300.0, coverage=0.5, uncertainty=0.02)
    none = _site(50.0, 0.0, coverage=0.9, uncertainty=0.5)
    found = hub_pue([one, two, none])
    assert found is not None
    assert found.pue == pytest.approx(1.8)
    assert (found.sites, found.of) == (2, 3)
    assert found.coverage == pytest.approx((120 + 300) / 720)
    assert found.uncertainty == pytest.approx((1.2 + 12) / 720)
    assert found.state == "low_coverage"


def test_a_hubs_uncertainty_needs_that_of_every_site() -> None:
    """One site of unknown uncertainty leaves the hub's unknown; without a PUE there is none."""
    one = _site(120.0, 100.0, coverage=1.0, uncertainty=0.01)
    two = _site(600.0, 300.0, coverage=0.95, uncertainty=None)
    found = hub_pue([one, two])
    assert found is not None
    assert found.uncertainty is None
    assert found.state == "valid"
    assert hub_pue([_site(50.0, 0.0, coverage=0.0, uncertainty=None)]) is None


@pytest.mark.parametrize(
    ("coverage", "state"), [(0.9, "valid"), (0.8999, "low_coverage"), (0.9001, "valid")]
)
def test_nine_tenths_are_enough_for_a_hubs_pue(coverage: float, state: str) -> None:
    """Below 90 % a PUE is not to be quoted (docs/kpis.md), and at 90 % it is."""
    found = hub_pue([_site(120.0, 100.0, coverage=coverage, uncertainty=None)])
    assert found is not None
    assert found.state == state


def test_the_day_that_is_not_over_is_covered_in_part(tmp_path: Path) -> None:
    """At six in the evening three quarters of the day are covered, with the energy up to then."""
    now = MONDAY + 2 * 86_400 + 18 * HOUR
    hours = {
        meter: {n: _hour(watts) for n in range(2 * 24 + 18)}
        for meter, watts in {"main": 6000.0, "it": 5000.0}.items()
    }
    report = _report(tmp_path, hours, now)
    assert report.whole is False
    monday, _, wednesday = report.days
    assert (monday.coverage, wednesday.coverage) == (1.0, pytest.approx(0.75))
    assert wednesday.facility_joules == pytest.approx(6000.0 * 18 * HOUR)
    assert wednesday.pue == pytest.approx(1.2)


def test_a_day_whose_meters_contradict_has_no_pue(tmp_path: Path) -> None:
    """Facility energy below IT energy is a fault of the meters, not a PUE below 1."""
    hours = {
        meter: {n: _hour(watts) for n in range(24)}
        for meter, watts in {"main": 4000.0, "it": 5000.0}.items()
    }
    report = _report(tmp_path, hours, MONDAY + 86_400)
    assert [day.pue for day in report.days] == [None]


def test_an_hour_that_was_hardly_heard_is_silent(tmp_path: Path) -> None:
    """Of an hour 55 minutes will do to judge a rack; of one with 45 minutes nobody knows."""
    both = {n: _hour(1000.0) for n in range(4)}
    hours = {"A07-A": both, "A07-B": both | {1: _hour(1000.0, 11), 2: _hour(1000.0, 9)}}
    (rack,) = _report(tmp_path, hours, MONDAY + 4 * HOUR).of_racks.racks_needing
    assert (rack.silent_hours, rack.over_hours, rack.failover_hours) == (1, 0, 0)
    assert rack.peak_watts == pytest.approx(2000.0)


def test_a_week_that_nobody_heard_is_not_calm(tmp_path: Path) -> None:
    """A rack that was never heard needed nobody, as far as is known: its hours are not covered.

    Three of four hours were heard on both feeds, then none of four.
    """
    heard = {n: _hour(500.0) for n in range(3)}
    known = _report(tmp_path / "a", {"A07-A": heard, "A07-B": heard}, MONDAY + 4 * HOUR).of_racks
    assert known.racks_coverage == 0.75
    none = _report(tmp_path / "b", {}, MONDAY + 4 * HOUR).of_racks
    assert (none.racks, none.racks_needing, none.racks_coverage) == (1, [], 0.0)


def test_failover_is_judged_by_the_feed_that_remains(tmp_path: Path) -> None:
    """Both feeds together above 80 % of one (2 000 of 2 500 W) could not be carried by it."""
    below, above = _hour(990.0), _hour(1010.0)
    hours = {pdu: {0: below, 1: above, 2: above} for pdu in ("A07-A", "A07-B")}
    (rack,) = _report(tmp_path, hours, MONDAY + 3 * HOUR).of_racks.racks_needing
    assert (rack.failover_hours, rack.over_hours) == (2, 0)


def test_a_rack_at_its_rating_is_not_over_it(tmp_path: Path) -> None:
    """Rated 3000 W: 1500 W from each feed are all of it, and 1501 W are too much."""
    hours = {pdu: {0: _hour(1500.0), 1: _hour(1501.0)} for pdu in ("A07-A", "A07-B")}
    (rack,) = _report(tmp_path, hours, MONDAY + 2 * HOUR).of_racks.racks_needing
    assert (rack.over_hours, rack.failover_hours) == (1, 2)


def test_the_sheet_shows_the_worst_and_counts_the_others() -> None:
    """Of 17 sites, 30 racks and 30 meters the sheet has 5, 6 and 6, and the hub's total."""
    registry = load_registry()
    week = period_of("week", "2026-W46", ZONE, MONDAY + 9 * 86_400)
    view = view_of(reports.made_up(registry, "guian", week))
    assert [row.site for row in view.pue_rows] == [
        *(f"Computing centre no. {n} of Gui'an" for n in range(5)),
        "",
    ]
    total = view.pue_rows[-1]
    assert (total.more_sites, total.is_part) == (12, True)
    assert (len(view.racks), view.more_racks) == (6, 24)
    assert (len(view.meters), view.more_meters) == (6, 24)
    assert [row.rack for row in view.racks] == [f"R00{n}" for n in range(6)]
    assert (view.is_dense, view.meters_of_several_sites) == (True, True)
    assert [row.facility_share for row in view.parts][-1] == 1.0
    assert [row.weekday for row in view.parts] == list(range(7))
    assert [row.is_thin for row in view.parts] == [True] + [False] * 6


def test_a_single_site_needs_no_total() -> None:
    """With one site its row says all; nothing is left out."""
    registry = load_registry()
    week = period_of("week", "2026-W46", ZONE, MONDAY + 9 * 86_400)
    report = reports.made_up(registry, "guian", week, sites=1)
    view = view_of(replace(report, promises=[]))
    assert [row.site for row in view.pue_rows] == ["Computing centre no. 0 of Gui'an"]
    assert view.is_dense is False


def test_carbon_is_that_of_the_covered_time(tmp_path: Path) -> None:
    """144 kWh at 0.5 kg are 72 kg, and 0.6 kg for each of 120 kWh of IT."""
    factor = "emissions: [{kilograms_per_kilowatt_hour: 0.5, source: the grid}]"
    stock = STOCK.replace("timezone: Asia/Shanghai", f"timezone: Asia/Shanghai, {factor}")
    hours = {
        meter: {n: _hour(watts) for n in range(24)}
        for meter, watts in {"main": 6000.0, "it": 5000.0}.items()
    }
    found = _report(tmp_path, hours, MONDAY + 2 * 86_400, stock=stock).sites[0].factors
    assert found.carbon_kilograms == pytest.approx(72.0)
    assert found.carbon_kilograms_per_kilowatt_hour == pytest.approx(0.6)
    assert found.carbon_coverage == pytest.approx(0.5)
    assert [(one.kilograms_per_kilowatt_hour, one.source) for one in found.emissions] == [
        (0.5, "the grid")
    ]
    plain = _report(tmp_path / "plain", hours, MONDAY + 2 * 86_400).sites[0].factors
    assert (plain.carbon_kilograms, plain.emissions, plain.water_liters) == (None, [], None)

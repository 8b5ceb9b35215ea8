"""The figures beside PUE: reused heat, water, overhead and grade; docs/kpis.md has them by hand."""

from __future__ import annotations

import asyncio
import datetime as dt
from pathlib import Path

import pytest

from agent.pue.collector import PueCollector
from agent.pue.model import grade
from tests.agent.pue.two_meters import EMITTING, of_a_day, stock, value
from tests.support.ledger import (
    HOUR,
    SITE,
    T0,
    Pages,
    batch,
    bench,
    day,
    energy,
    power,
    water,
)


def test_heat_for_a_district_network(tmp_path: Path) -> None:
    """A site that hands on a quarter of its energy has the same PUE, and ERF 0.25."""
    with bench(tmp_path, stock("{meter: heat, point: reused}"), now=day(24).timestamp()) as b:
        result = of_a_day(b, main=1400.0, it=1000.0, heat=350.0)
        totals = b.pue.totals(SITE)
    assert (result.pue, value(result, "erf")) == (pytest.approx(1.4), pytest.approx(0.25))
    assert totals["reused"] == pytest.approx(24 * 350 * 3.6e6)
    assert totals["facility"] == pytest.approx(24 * 1400 * 3.6e6)


def test_a_heat_meter_that_is_silent_leaves_pue_alone(tmp_path: Path) -> None:
    """PUE needs no heat meter; ERF is of the time in which it was heard, and says how much."""
    with bench(tmp_path, stock("{meter: heat, point: reused}"), now=day(24).timestamp()) as b:
        b.put("heat", {day(h): 350.0 for h in range(6)})
        result = of_a_day(b, main=1400.0, it=1000.0)
    erf = result.factor("erf")
    assert (result.coverage, erf and erf.coverage, erf and erf.value) == (
        1.0,
        0.25,
        pytest.approx(0.25),
    )


def test_a_leap_day(tmp_path: Path) -> None:
    """The year 2024 has 8784 hours with its leap day; the twelve months to its end are whole."""
    start, end = day(0, 1, 1, 2024), day(0, 1, 1, 2025)
    hours = {start + dt.timedelta(hours=n): 1000.0 for n in range(366 * 24)}
    leap = day(0, 29, 2, 2024)
    with bench(tmp_path, stock(), now=end.timestamp() + 75) as b:
        b.put("it", hours)
        b.put(
            "main",
            {at: 2000.0 if leap <= at < leap + dt.timedelta(days=1) else 1200.0 for at in hours},
        )
        a_day = b.between(leap, leap + dt.timedelta(days=1))
        year = b.pue.result(SITE, "12mo")
    assert (a_day.pue, a_day.coverage) == (pytest.approx(2.0), 1.0)
    assert year.it_joules / 3.6e6 == pytest.approx(8784 * 1000)
    assert year.pue == pytest.approx((365 * 1.2 + 2.0) / 366)
    assert (year.interim, year.grade) == (False, 2)


def test_water_by_its_register(tmp_path: Path) -> None:
    """1.8 litres a kilowatt-hour by a water register; a heat meter's volume is no water used."""
    with bench(
        tmp_path, stock("{meter: make-up, point: water}", "{meter: heat, point: reused}")
    ) as b:
        for minute in range(130):
            at = T0 + 60 * minute
            b.book.accept(
                batch(
                    at,
                    energy("main", 1.4e6 * 60 * minute),
                    energy("it", 1e6 * 60 * minute, "it_input"),
                )
            )
            b.book.accept(
                batch(
                    at, water("make-up", 7e6 + 30.0 * minute), water("heat", 1e9 * minute, "reused")
                )
            )
        b.clock.now = at
        b.book.flush()
        b.pue.refresh()
        result, totals = b.pue.result(SITE, "1h"), b.pue.totals(SITE)
        rows = list(b.book.rows(SITE, T0, T0 + 3 * HOUR))
    assert value(result, "wue") == pytest.approx(1.8)
    assert totals["water"] == pytest.approx(30.0 * 129, rel=0.05)
    assert {meter for _, meter, _, _ in rows} == {"main", "it"}, "litres are no kilowatt-hours"


def test_the_overhead_adds_up_whatever_is_silent(tmp_path: Path) -> None:
    """What a silent subsystem used is part of the unmetered, and the parts make the whole."""
    with bench(
        tmp_path,
        stock("{meter: chiller, point: cooling}", "{meter: lamps, point: lighting}"),
        now=day(24).timestamp(),
    ) as b:
        b.put("chiller", {day(h): 200.0 for h in range(12)})
        result = of_a_day(b, main=1300.0, it=1000.0, lamps=10.0)
    assert [(one.subsystem, one.coverage) for one in result.overheads] == [
        ("cooling", 0.5),
        ("lighting", 1.0),
        ("unmetered", 1.0),
    ]
    assert [one.joules / 3.6e6 for one in result.overheads] == pytest.approx(
        [2400.0, 240.0, 4560.0]
    )
    assert sum(one.joules for one in result.overheads) == result.facility_joules - result.it_joules
    assert result.overheads[0].partial_pue == pytest.approx(1.2)


@pytest.mark.parametrize(("fed", "ratio"), [(1050.0, 1.05), (950.0, None)])
def test_a_partial_pue_below_1_is_none(tmp_path: Path, fed: float, ratio: float | None) -> None:
    """What goes into the racks less what IT takes is 50 kW: 1.05. IT cannot take more than that.

    The contradiction of -50 kW is shown all the same: 24 h x -50 kW = -1200 kWh.
    """
    with bench(tmp_path, stock("{meter: busbar, point: pdu_output}"), now=day(24).timestamp()) as b:
        result = of_a_day(b, main=1300.0, it=1000.0, busbar=fed)
    (part, _) = result.overheads
    assert part.subsystem == "distribution"
    assert part.partial_pue == (ratio if ratio is None else pytest.approx(ratio))
    assert part.joules / 3.6e6 == pytest.approx(24 * (fed - 1000.0))


@pytest.mark.parametrize(
    ("pue", "found"), [(1.2, 1), (1.21, 2), (1.3, 2), (1.5, 3), (1.51, 0), (None, None)]
)
def test_grades(pue: float | None, found: int | None) -> None:
    """GB 40879-2021: up to 1.20 is grade 1, up to 1.30 grade 2, up to 1.50 grade 3."""
    assert grade(pue) == found


def test_the_collector_tells_the_family(tmp_path: Path) -> None:
    """Reuse, carbon, water, grade and overhead are samples in base units, so per joule."""
    meters = (
        "{meter: heat, point: reused}",
        "{meter: w, point: water}",
        "{meter: chiller, point: cooling}",
    )
    with bench(tmp_path, stock(*meters, head=EMITTING)) as b:
        b.run(
            2.2 * HOUR,
            power("main", 1300e3),
            power("it", 1000e3, "it_input"),
            power("heat", 325e3, "reused"),
            power("chiller", 2e5, "cooling"),
        )
        collector = PueCollector(b.pue.inventory, Pages(), b.book, "guian", clock=b.clock)
        found = {series.prefix.strip(): each for series, each in asyncio.run(collector.collect())}
    where = f'hub="guian",site="{SITE}"'
    wanted = {
        f'dc_site_reused_energy_ratio{{{where},window="1h"}}': 0.25,
        f'dc_site_carbon_usage_kilograms_per_joule{{{where},basis="location",window="1h"}}': 0.52
        / 3.6e6,
        f'dc_site_factor_coverage_ratio{{{where},factor="cue",window="1h"}}': 1.0,
        f'dc_site_partial_pue_ratio{{{where},subsystem="cooling",window="1h"}}': 1.2,
        f'dc_site_overhead_energy_joules{{{where},subsystem="unmetered",window="1h"}}': 1e5 * HOUR,
        f'dc_site_pue_grade{{{where},window="1h"}}': 2.0,
    }
    assert {name: found[name] for name in wanted} == pytest.approx(wanted)
    assert found[f'dc_site_energy_joules_total{{{where},boundary="reused"}}'] == pytest.approx(
        found[f'dc_site_energy_joules_total{{{where},boundary="facility"}}'] / 4, rel=0.1
    )
    assert found[f"dc_site_carbon_kilograms_total{{{where}}}"] > 0
    assert not any("water" in name for name in found), (
        "a water meter that was never heard says nothing"
    )

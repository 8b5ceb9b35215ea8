"""The boundary of PUE, and the figures beside it; docs/kpis.md has the cases worked by hand."""

from __future__ import annotations

import asyncio
import datetime as dt
from pathlib import Path

import pytest

from agent.pue.collector import PueCollector
from agent.pue.model import PueResult, grade
from tests.support.ledger import (
    HEAD,
    HOUR,
    SITE,
    T0,
    Bench,
    Pages,
    batch,
    bench,
    day,
    energy,
    power,
    water,
)

GRID = "{kilograms_per_kilowatt_hour: 0.5, source: the ministry's notice of 2024, last_year: 2024}"
LATER = (
    "{kilograms_per_kilowatt_hour: 0.4, source: the ministry's notice of 2025, first_year: 2025}"
)
EMITTING = HEAD.replace("timezone:", f"emissions: [{GRID}, {LATER}], timezone:")
MAIN = "{meter: main, point: utility, accuracy_class: 0.5}"
IT = "{meter: it, point: it_input, accuracy_class: 0.5}"


def stock(*meters: str, head: str = HEAD) -> str:
    return head + "meters:\n" + "".join(f"- {meter}\n" for meter in (MAIN, IT, *meters))


def of_a_day(b: Bench, **kwh: float) -> PueResult:
    """Give every meter so many kilowatt-hours in each hour of a day; return the day's PUE."""
    for meter, each in kwh.items():
        b.put(meter.replace("_", "-"), {day(h): each for h in range(24)})
    return b.between(day(), day(24))


def value(result: PueResult, name: str) -> float | None:
    return next((one.per_kwh for one in result.factors if one.name == name), None)


def test_an_office_behind_the_utility_meter(tmp_path: Path) -> None:
    """An office of 100 kW behind the utility meter is subtracted: (1300 - 100) / 1000 = 1.20."""
    with bench(
        tmp_path,
        stock("{meter: office, point: utility, behind: main, subtract: true}"),
        now=day(24).timestamp(),
    ) as b:
        result = of_a_day(b, main=1300.0, office=100.0, it=1000.0)
        assert (result.pue, result.facility_joules / 3.6e6) == (
            pytest.approx(1.20),
            pytest.approx(24 * 1200),
        )
        b.put("main", {day(h): 1300.0 for h in range(24, 48)})
        b.put("it", {day(h): 1000.0 for h in range(24, 48)})
        assert b.between(day(24), day(48)).pue is None, "a silent office is missing, and not zero"


def test_an_office_s_errors_are_the_rest_s(tmp_path: Path) -> None:
    """Subtracting adds uncertainty: of class 0.5 of 1300 and 100 kWh a third adds up by size.

    The rest, 8/9 of the variance, adds up by squares.
    """
    office = "{meter: office, point: utility, behind: main, subtract: true, accuracy_class: 0.5}"
    with bench(tmp_path, stock(office), now=day(24).timestamp()) as b:
        result = of_a_day(b, main=1300.0, office=100.0, it=1000.0)
    facility = (1400**2 / 9 + (1300**2 + 100**2) * 8 / 9) / 1200**2
    assert result.uncertainty == pytest.approx(2 * 0.005 * ((facility + 1.0) / 3) ** 0.5)


def test_a_share_of_a_meter(tmp_path: Path) -> None:
    """Of a transformer whose share is 0.8, eight tenths count."""
    with bench(
        tmp_path, stock("{meter: hall, point: utility, share: 0.8}"), now=day(24).timestamp()
    ) as b:
        assert of_a_day(b, main=800.0, hall=500.0, it=1000.0).pue == pytest.approx(1.2)


def test_ups_output_and_pdu_output_at_once(tmp_path: Path) -> None:
    """IT of 1050 kW at UPS output and 1000 kW at PDU output is 1000 kW, never 2050.

    The 50 kW between them are lost in distribution.
    """
    meters = [
        MAIN,
        "{meter: ups, point: ups_output}",
        "{meter: pdus, point: pdu_output, behind: ups}",
    ]
    with bench(
        tmp_path, HEAD + "meters: [" + ", ".join(meters) + "]", now=day(24).timestamp()
    ) as b:
        result = of_a_day(b, main=1250.0, ups=1050.0, pdus=1000.0)
    assert (result.pue, result.category, result.it_point) == (pytest.approx(1.25), 2, "pdu_output")
    assert {one.subsystem: round(one.joules / 3.6e6 / 24, 6) for one in result.overheads} == {
        "distribution": 50.0,
        "unmetered": 200.0,
    }


def test_fans_behind_the_ups_are_no_it(tmp_path: Path) -> None:
    """Of 1050 kW that a UPS delivers 50 drive fans: IT is 1000 kW.

    The UPS itself loses 1090 - 1050 = 40 kW.
    """
    meters = [
        MAIN,
        "{meter: ups-in, point: ups_input}",
        "{meter: ups, point: ups_output}",
        "{meter: fans, point: cooling, behind: ups}",
        "{meter: chiller, point: cooling}",
    ]
    with bench(
        tmp_path, HEAD + "meters: [" + ", ".join(meters) + "]", now=day(24).timestamp()
    ) as b:
        result = of_a_day(b, main=1300.0, ups_in=1090.0, ups=1050.0, fans=50.0, chiller=150.0)
        by_parts = HEAD + "meters: [" + ", ".join(meters[1:]) + "]"
    assert (result.pue, result.category) == (pytest.approx(1.3), 1)
    assert [(one.subsystem, round(one.joules / 3.6e6 / 24, 6)) for one in result.overheads] == [
        ("cooling", 200.0),
        ("ups", 40.0),
        ("unmetered", 60.0),
    ]
    with bench(tmp_path / "parts", by_parts, now=day(24).timestamp()) as b:
        result = of_a_day(b, ups_in=1090.0, ups=1050.0, fans=50.0, chiller=150.0)
    assert (result.pue, result.facility_method) == (pytest.approx(1.24), "parts")


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


def test_carbon_by_years(tmp_path: Path) -> None:
    """Each hour counts at its local year's factor: CUE is 0.65 before the turn, 0.52 after it."""
    turn = dt.datetime(2025, 1, 1, tzinfo=day().tzinfo)
    hours = [turn + dt.timedelta(hours=h) for h in range(-12, 12)]
    with bench(tmp_path, stock(head=EMITTING), now=hours[-1].timestamp() + 3600) as b:
        b.put("main", dict.fromkeys(hours, 1300.0))
        b.put("it", dict.fromkeys(hours, 1000.0))
        before = b.between(hours[0], turn)
        after, both = (
            b.between(turn, turn + dt.timedelta(hours=12)),
            b.between(hours[0], turn + dt.timedelta(hours=12)),
        )
        carbon = b.pue.totals(SITE)["carbon"]
    assert [value(one, "cue") for one in (before, after, both)] == pytest.approx(
        [0.65, 0.52, 0.585]
    )
    assert carbon == pytest.approx(12 * 1300 * 0.5 + 12 * 1300 * 0.4)
    assert (both.carbon_basis, before.pue) == ("location", pytest.approx(1.3))


def test_carbon_of_a_supply_nobody_states_is_missing(tmp_path: Path) -> None:
    """A running generator without a factor leaves its hours uncovered; a stopped one does not."""
    with bench(
        tmp_path, stock("{meter: diesel, point: generator}", head=EMITTING), now=day(24).timestamp()
    ) as b:
        b.put("diesel", {day(h): 0.0 if h < 18 else 100.0 for h in range(24)})
        result = of_a_day(b, main=1300.0, it=1000.0)
    cue = result.factor("cue")
    assert (cue and cue.coverage, value(result, "cue")) == (0.75, pytest.approx(0.52))
    assert result.coverage == 1.0


def test_own_sun_burns_no_fuel(tmp_path: Path) -> None:
    """Own renewables have no carbon, and an office takes the carbon of its supply with it."""
    meters = (
        "{meter: sun, point: renewable}",
        "{meter: office, point: utility, behind: main, subtract: true}",
    )
    with bench(tmp_path, stock(*meters, head=EMITTING), now=day(24).timestamp()) as b:
        result = of_a_day(b, main=1000.0, sun=400.0, office=200.0, it=1000.0)
    assert (result.pue, value(result, "cue")) == (pytest.approx(1.2), pytest.approx(0.8 * 0.4))


def test_a_month_on_fuel(tmp_path: Path) -> None:
    """A month on fuel of 3714.3 kWh an hour at 0.35 is PUE 1.30, with the fuel's carbon."""
    diesel = (
        "{meter: diesel, point: generator, factor: 0.35,"
        " emissions: [{kilograms_per_kilowatt_hour: 0.267, source: IPCC 2006, basis: market}]}"
    )
    start = dt.datetime(2025, 6, 1, tzinfo=day().tzinfo)
    hours = [start + dt.timedelta(hours=h) for h in range(30 * 24)]
    with bench(tmp_path, stock(diesel, head=EMITTING), now=hours[-1].timestamp() + 3600) as b:
        for meter, kwh in (("main", 0.0), ("diesel", 1300 / 0.35), ("it", 1000.0)):
            b.put(meter, dict.fromkeys(hours, kwh))
        result = b.between(start, start + dt.timedelta(days=30))
    assert (result.pue, result.interim, result.coverage) == (pytest.approx(1.3), True, 1.0)
    assert value(result, "cue") == pytest.approx(1300 / 0.35 * 0.267 / 1000)
    assert result.carbon_basis == "location and market"


def test_district_cooling(tmp_path: Path) -> None:
    """500 kW of bought cooling at factor 0.4 are 200 kW of facility energy and of overhead."""
    with bench(
        tmp_path, stock("{meter: district, point: cooling, factor: 0.4}"), now=day(24).timestamp()
    ) as b:
        result = of_a_day(b, main=1100.0, district=500.0, it=1000.0)
    assert result.pue == pytest.approx(1.3)
    cooling, rest = result.overheads
    assert (cooling.partial_pue, cooling.joules / 3.6e6, rest.joules / 3.6e6) == pytest.approx(
        (1.2, 24 * 200, 24 * 100)
    )


def test_half_of_bought_cooling(tmp_path: Path) -> None:
    """Of 1000 kW of bought cooling half is the data centre's: 0.5 · 0.4 · 1000 = 200 kW."""
    district = "{meter: district, point: cooling, factor: 0.4, share: 0.5}"
    with bench(tmp_path, stock(district), now=day(24).timestamp()) as b:
        result = of_a_day(b, main=1100.0, district=1000.0, it=1000.0)
    assert result.pue == pytest.approx(1.3)


def test_fans_behind_the_pdus_are_no_it(tmp_path: Path) -> None:
    """Of 1000 kW of PDU output 50 drive fans, so IT is 950 kW, and UPS output is 1000 kW.

    The UPS loses 1090 - 1050 = 40 kW, and distribution 1000 - 950 = 50 kW.
    """
    meters = (
        MAIN,
        "{meter: ups-in, point: ups_input}",
        "{meter: ups, point: ups_output, behind: ups-in}",
        "{meter: pdus, point: pdu_output, behind: ups}",
        "{meter: fans, point: cooling, behind: pdus}",
    )
    text = HEAD + "meters: [" + ", ".join(meters) + "]"
    with bench(tmp_path, text, now=day(24).timestamp()) as b:
        result = of_a_day(b, main=1235.0, ups_in=1090.0, ups=1050.0, pdus=1000.0, fans=50.0)
    assert (result.pue, result.category) == (pytest.approx(1235 / 950), 2)
    assert [(one.subsystem, round(one.joules / 3.6e6 / 24, 6)) for one in result.overheads] == [
        ("cooling", 50.0),
        ("ups", 40.0),
        ("distribution", 50.0),
        ("unmetered", 1235 - 950 - 140.0),
    ]


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

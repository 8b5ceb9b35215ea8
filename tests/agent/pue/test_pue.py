from __future__ import annotations

import asyncio
import datetime as dt
from pathlib import Path

import pytest

from agent.inventory.load import load_inventory
from agent.ledger.energy import HOUR_MS
from agent.pue.collector import PueCollector
from agent.pue.model import is_interim
from agent.pue.periods import bounds, year_end
from agent.pue.pue import Pue
from agent.pue.required import required_pue
from collectors.base import Reading
from tests.support.ledger import (
    HEAD,
    HOUR,
    SITE,
    T0,
    ZONE,
    Clock,
    Pages,
    batch,
    bench,
    day,
    energy,
    exported,
    inventory,
    ledger,
    pdu_energy,
    pdu_power,
    power,
)

TWO = HEAD + (
    "meters: [{meter: main, point: utility, accuracy_class: 0.5},"
    " {meter: it, point: it_input, accuracy_class: 1}]"
)
THREE = HEAD + (
    "meters: [{meter: main, point: utility}, {meter: a, point: it_input},"
    " {meter: b, point: it_input}, {meter: c, point: it_input}]"
)
PARTS = HEAD + "meters: [{meter: chiller, point: cooling}, {meter: it, point: it_input}]"
RACKS = HEAD + (
    "racks:\n"
    f"- {{rack: A07, site: {SITE}, feeds: {{A: {{pdu: A07-A}}, B: {{pdu: A07-B}}}}}}\n"
    f"- {{rack: A08, site: {SITE}, feeds: {{A: {{pdu: A08-A}}}}}}\n"
    f"- {{rack: A09, site: {SITE}, state: planned, feeds: {{A: {{pdu: A09-A}}}}}}\n"
    "meters: [{meter: main, point: utility}, {meter: ups, point: ups_output}]"
)
FEEDS = (("A07-A", "A07"), ("A07-B", "A07"), ("A08-A", "A08"))


def test_ratio_of_sums_not_mean_of_ratios(tmp_path: Path) -> None:
    """Half the time 1000 kW of IT at 1.15 and half 200 kW at 1.60 is 1.225, not 1.375."""
    with bench(tmp_path, TWO, now=day(24).timestamp()) as b:
        b.put("it", {day(h): 1000.0 if h < 12 else 200.0 for h in range(24)})
        b.put("main", {day(h): 1150.0 if h < 12 else 320.0 for h in range(24)})
        result = b.between(day(), day(24))
    assert result.pue == pytest.approx(1.225)
    assert (result.state, result.coverage, result.category, result.interim) == (
        "valid",
        1.0,
        3,
        True,
    )
    assert (result.facility_joules / 3.6e6, result.it_joules / 3.6e6) == pytest.approx(
        (17640.0, 14400.0)
    )


def test_a_silent_it_meter_is_missing_not_zero(tmp_path: Path) -> None:
    """1440 kW over three IT meters of 400 kW is 1.20; with one silent there is no value."""
    main, one, two, three = (
        power(n, w, p)
        for n, w, p in (
            ("main", 1440e3, "utility"),
            ("a", 400e3, "it_input"),
            ("b", 400e3, "it_input"),
            ("c", 400e3, "it_input"),
        )
    )
    with bench(tmp_path, THREE) as b:
        b.run(2 * HOUR, main, one, two, three)
        assert b.pue.result(SITE, "1h").pue == pytest.approx(1.20)
        b.run(1.5 * HOUR, main, one, two)
        result = b.pue.result(SITE, "1h")
        assert (result.pue, result.state, result.coverage) == (None, "no_data", 0.0)
        day_result = b.pue.result(SITE, "1d")
    assert day_result.pue == pytest.approx(1.20)
    assert day_result.coverage == pytest.approx(2 * HOUR / 86400, abs=0.005)


def test_a_silent_cooling_meter_is_missing_not_zero(tmp_path: Path) -> None:
    """Where facility energy is the sum of its parts, a silent cooling meter must not give 1.00."""
    it, chiller = power("it", 1200e3, "it_input"), power("chiller", 240e3, "cooling")
    with bench(tmp_path, PARTS) as b:
        b.run(2 * HOUR, it, chiller)
        result = b.pue.result(SITE, "1h")
        assert (result.pue, result.facility_method) == (pytest.approx(1.20), "parts")
        b.run(1.5 * HOUR, it)
        assert b.pue.result(SITE, "1h").pue is None


def test_it_alone_is_no_facility(tmp_path: Path) -> None:
    """Without a meter of what comes in or of cooling there is no PUE at all."""
    with bench(
        tmp_path, HEAD + "meters: [{meter: it, point: it_input}, {meter: l, point: lighting}]"
    ) as b:
        b.run(2 * HOUR, power("it", 100.0, "it_input"), power("l", 1.0, "lighting"))
        result = b.pue.result(SITE, "1h")
    assert (result.pue, result.state, result.facility_method) == (None, "no_data", "")
    assert any("not metered" in note for note in result.notes)


def test_below_one_is_inconsistent(tmp_path: Path) -> None:
    """Less facility than IT energy has no value; the state says so, with both energies."""
    with bench(tmp_path, TWO) as b:
        b.run(2 * HOUR, power("main", 900.0), power("it", 1000.0, "it_input"))
        result = b.pue.result(SITE, "1h")
    assert (result.pue, result.state) == (None, "inconsistent")
    assert result.facility_joules == pytest.approx(0.9 * result.it_joules)


def test_a_pue_of_exactly_one(tmp_path: Path) -> None:
    """Facility energy that equals IT energy is PUE 1.0, which is valid."""
    with bench(tmp_path, TWO) as b:
        b.run(2.2 * HOUR, power("main", 1000.0), power("it", 1000.0, "it_input"))
        result = b.pue.result(SITE, "1h")
    assert (result.pue, result.state) == (1.0, "valid")


def test_sites_that_only_meters_name_are_in_the_hub_s_zone(tmp_path: Path) -> None:
    """Without a list of sites the year begins at midnight in the hub's zone."""
    stock = load_inventory(tmp_path / "i.yaml", "far", timezone="America/New_York", text="")
    clock = Clock(dt.datetime(2026, 1, 1, 5, 15, tzinfo=dt.UTC).timestamp())
    book = ledger(tmp_path, clock, stock)
    book.accept(batch(clock.now, power("main", 1000.0)))
    book.flush()
    pue = Pue(book, stock, clock=clock)
    pue.refresh()
    start = pue.result(SITE, "ytd").start
    book.close()
    assert dt.datetime.fromtimestamp(start, dt.UTC) == dt.datetime(2026, 1, 1, 5, tzinfo=dt.UTC)


def test_no_it_energy_is_inconsistent(tmp_path: Path) -> None:
    """An IT meter that reads zero gives no value, not an infinite one."""
    with bench(tmp_path, TWO) as b:
        b.run(2 * HOUR, power("main", 900.0), power("it", 0.0, "it_input"))
        assert (b.pue.result(SITE, "1h").pue, b.pue.result(SITE, "1h").state) == (
            None,
            "inconsistent",
        )


def test_only_the_time_that_both_cover_counts(tmp_path: Path) -> None:
    """In an hour that the IT meter joins half way, both energies are of the second half."""
    with bench(tmp_path, TWO) as b:
        b.run(HOUR / 2, power("main", 5000.0))
        b.run(HOUR, power("main", 1300.0), power("it", 1000.0, "it_input"))
        result = b.pue.between(SITE, T0, T0 + HOUR)
    assert result.pue == pytest.approx(1.3)
    assert result.coverage == pytest.approx(0.5)
    assert (result.state, result.interim) == ("low_coverage", True)


def test_a_facility_meter_that_joins_half_way(tmp_path: Path) -> None:
    """IT energy from before the facility's meter was heard does not count."""
    with bench(tmp_path, TWO) as b:
        b.run(HOUR / 2, power("it", 9000.0, "it_input"))
        b.run(HOUR, power("main", 1300.0), power("it", 1000.0, "it_input"))
        result = b.pue.between(SITE, T0, T0 + HOUR)
    assert (result.pue, result.coverage) == (pytest.approx(1.3), pytest.approx(0.5))


def test_first_minutes_have_a_value(tmp_path: Path) -> None:
    """Before any cell is whole, the time that all meters share gives a value."""
    with bench(tmp_path, TWO, now=T0 + 100) as b:
        b.run(60, power("main", 1e9), interval=15)
        b.run(120, power("main", 1400.0), power("it", 1000.0, "it_input"), interval=15)
        result = b.pue.result(SITE, "1h")
    assert result.pue == pytest.approx(1.4)
    assert (result.state, result.coverage) == ("low_coverage", pytest.approx(105 / 3600))


def test_renewables_of_the_first_minutes(tmp_path: Path) -> None:
    """In the first minutes REF counts what was used here: (400 - 200) / 1200."""
    text = HEAD + (
        "meters: [{meter: main, point: utility}, {meter: sun, point: renewable},"
        " {meter: it, point: it_input}]"
    )
    with bench(tmp_path, text, now=T0 + 100) as b:
        for second in range(0, 181, 15):
            b.clock.now = T0 + 100 + second
            bought, sold = energy("main", 1000.0 * second), exported("main", 200.0 * second)
            sun, it = power("sun", 400.0, "renewable"), power("it", 1000.0, "it_input")
            b.book.accept(batch(b.clock.now, bought, sold, sun, it, interval=15))
        b.book.flush()
        b.pue.refresh()
        result = b.pue.result(SITE, "1h")
    assert result.pue == pytest.approx(1.2)
    assert result.renewable_ratio == pytest.approx(1 / 6)


def test_a_changed_inventory_sums_recent_hours_again(tmp_path: Path) -> None:
    """After half of a meter is said to be another's, its recent hours count by half."""
    readings = power("main", 2600.0), power("it", 1000.0, "it_input")
    with bench(tmp_path, TWO) as b:
        b.run(2.2 * HOUR, *readings)
        assert b.pue.between(SITE, T0, T0 + 2 * HOUR).pue == pytest.approx(2.6)
        now = b.clock.now
    halved = TWO.replace("point: utility,", "point: utility, share: 0.5,")
    with bench(tmp_path, halved, now=now) as b:
        b.pue.refresh()
        assert b.pue.between(SITE, T0, T0 + 2 * HOUR).pue == pytest.approx(1.3)


@pytest.mark.parametrize(
    ("days", "coverage", "interim"),
    [(365, 0.9, False), (365, 0.89, True), (366, 1.0, False), (364.99, 1.0, True)],
)
def test_what_is_interim(days: float, coverage: float, interim: bool) -> None:
    """Twelve months with nine tenths of their time covered are not interim."""
    assert is_interim(days * 86400, coverage) == interim


def rack_readings(*silent: str) -> list[Reading]:
    return [pdu_power(pdu, 400.0, rack) for pdu, rack in FEEDS if pdu not in silent]


def test_category_is_the_deepest_point_that_meters_the_whole_site(tmp_path: Path) -> None:
    """With every PDU of racks in service heard it is category 2; planned racks do not matter."""
    with bench(tmp_path, RACKS) as b:
        b.run(
            2.2 * HOUR, power("main", 1800.0), power("ups", 1300.0, "ups_output"), *rack_readings()
        )
        result = b.pue.result(SITE, "1h")
    assert (result.category, result.it_point, result.pue) == (2, "pdu_output", pytest.approx(1.5))


def test_a_silent_pdu_falls_back_to_the_whole_of_another_point(tmp_path: Path) -> None:
    """With one PDU silent IT energy is the whole UPS output, not the other PDUs' sum."""
    with bench(tmp_path, RACKS) as b:
        b.run(
            2.2 * HOUR,
            power("main", 1800.0),
            power("ups", 1300.0, "ups_output"),
            *rack_readings("A07-B"),
        )
        result = b.pue.result(SITE, "1h")
    assert (result.category, result.it_point) == (1, "ups_output")
    assert result.pue == pytest.approx(1800 / 1300)


def test_pdu_total_of_the_inventory_stands_for_the_racks(tmp_path: Path) -> None:
    """A meter listed at PDU output is that point; the racks' PDUs are not added to it."""
    text = RACKS.replace("{meter: ups, point: ups_output}", "{meter: pdu-total, point: pdu_output}")
    with bench(tmp_path, text) as b:
        b.run(
            2.2 * HOUR,
            power("main", 1800.0),
            power("pdu-total", 1200.0, "pdu_output"),
            *rack_readings(),
        )
        assert b.pue.result(SITE, "1h").pue == pytest.approx(1.5)


def test_a_rack_without_a_pdu_leaves_pdu_output_incomplete(tmp_path: Path) -> None:
    """With one unmetered rack in service, PDU output does not meter the whole site."""
    text = RACKS.replace("meters:", f"- {{rack: B01, site: {SITE}}}\nmeters:")
    with bench(tmp_path, text) as b:
        b.run(
            2.2 * HOUR, power("main", 1800.0), power("ups", 1300.0, "ups_output"), *rack_readings()
        )
        result = b.pue.result(SITE, "1h")
    assert result.category == 1
    assert any("B01" in note for note in result.notes)


def test_without_a_list_of_meters_those_that_are_heard_are_asked_for(tmp_path: Path) -> None:
    """Without a list, points come from labels; a meter once heard is missing when silent."""
    main, it, other = (
        power("main", 1500.0),
        power("x", 500.0, "it_input"),
        power("y", 500.0, "it_input"),
    )
    with bench(tmp_path, HEAD) as b:
        b.run(2 * HOUR, main, it, other)
        assert b.pue.result(SITE, "1h").pue == pytest.approx(1.5)
        b.run(1.5 * HOUR, main, it)
        assert b.pue.result(SITE, "1h").pue is None


def test_an_unlisted_meter_is_not_counted_and_said_so(tmp_path: Path) -> None:
    """A utility meter that the inventory does not list is not counted, with a note."""
    with bench(tmp_path, TWO) as b:
        b.run(
            2 * HOUR, power("main", 1500.0), power("main-2", 700.0), power("it", 1000.0, "it_input")
        )
        result = b.pue.result(SITE, "1h")
    assert result.pue == pytest.approx(1.5)
    assert any("main-2" in note for note in result.notes)


def test_what_leaves_the_site_is_taken_off(tmp_path: Path) -> None:
    """Facility energy is what comes in less what leaves; REF counts what was used here."""
    text = HEAD + (
        "meters: [{meter: main, point: utility}, {meter: sun, point: renewable},"
        " {meter: it, point: it_input}]"
    )
    with bench(tmp_path, text) as b:
        for minute in range(130):
            at = T0 + 60 * minute
            b.book.accept(batch(at, energy("main", 60e3 * minute), exported("main", 12e3 * minute)))
            b.book.accept(
                batch(
                    at,
                    energy("sun", 24e3 * minute, "renewable"),
                    energy("it", 60e3 * minute, "it_input"),
                )
            )
        b.clock.now = at
        b.book.flush()
        b.pue.refresh()
        result = b.pue.result(SITE, "1h")
        totals = b.pue.totals(SITE)
    assert result.pue == pytest.approx((1000 + 400 - 200) / 1000)
    assert result.renewable_ratio == pytest.approx((400 - 200) / 1200)
    assert totals["facility"] == pytest.approx(1.2 * totals["it"])


def test_guarantees_of_origin_count_as_renewable(tmp_path: Path) -> None:
    """The share that guarantees of origin cover counts into REF; without any there is none."""
    with bench(tmp_path, TWO) as b:
        b.run(2 * HOUR, power("main", 1500.0), power("it", 1000.0, "it_input"))
        assert b.pue.result(SITE, "1h").renewable_ratio is None
    with bench(
        tmp_path, TWO.replace("point: utility,", "point: utility, renewable_ratio: 0.8,")
    ) as b:
        b.run(2 * HOUR, power("main", 1500.0), power("it", 1000.0, "it_input"))
        assert b.pue.result(SITE, "1h").renewable_ratio == pytest.approx(0.8)


def test_bought_cooling_counts_at_its_factor(tmp_path: Path) -> None:
    """District chilled water counts beside the electricity, weighted by its factor."""
    text = TWO[:-1] + ", {meter: district, point: cooling, factor: 0.4}]"
    with bench(tmp_path, text) as b:
        b.run(
            2 * HOUR,
            power("main", 1100.0),
            power("it", 1000.0, "it_input"),
            power("district", 500.0, "cooling"),
        )
        assert b.pue.result(SITE, "1h").pue == pytest.approx((1100 + 0.4 * 500) / 1000)


def test_a_replaced_meter_is_one_with_its_successor(tmp_path: Path) -> None:
    """Where one meter takes over from another, the point stays covered but for the change."""
    text = TWO.replace("meter: it,", "meter: it-2, replaces: it,")
    with bench(tmp_path, text) as b:
        b.run(HOUR, power("main", 1500.0), power("it", 1000.0, "it_input"))
        b.run(HOUR, power("main", 1500.0), power("it-2", 1000.0, "it_input"))
        result = b.pue.between(SITE, T0, T0 + 2 * HOUR - 300)
    assert result.pue == pytest.approx(1.5, rel=0.01)
    assert result.coverage > 0.9


def test_uncertainty_comes_from_the_classes(tmp_path: Path) -> None:
    """Class 0.5 and class 1: 2 x sqrt((0.5 % / sqrt 3)^2 + (1 % / sqrt 3)^2)."""
    with bench(tmp_path, TWO) as b:
        b.run(2 * HOUR, power("main", 1500.0), power("it", 1000.0, "it_input"))
        assert b.pue.result(SITE, "1h").uncertainty == pytest.approx(
            2 * (0.005**2 + 0.01**2) ** 0.5 / 3**0.5
        )


def test_years_are_local() -> None:
    """In Asia/Shanghai the year begins at 16:00 UTC; 29 February has a day one year before it."""
    end = round(day(0, 29, 2, 2024).timestamp() * 1000)
    assert bounds("ytd", end, ZONE)[0] == round(
        dt.datetime(2023, 12, 31, 16, tzinfo=dt.UTC).timestamp() * 1000
    )
    assert bounds("12mo", end, ZONE)[0] == round(day(0, 28, 2, 2023).timestamp() * 1000)
    new_year = round(day(0, 1, 1, 2025).timestamp() * 1000)
    assert bounds("ytd", new_year, ZONE)[0] == round(day(0, 1, 1, 2024).timestamp() * 1000)
    assert year_end(bounds("ytd", end, ZONE)[0], ZONE) == new_year


def test_a_year_of_bills(tmp_path: Path) -> None:
    """Twelve whole months are not interim, and the days of the trend begin at local midnight."""
    start, end = day(0, 1, 1, 2024), day(0, 1, 1, 2025)
    hours = {start + dt.timedelta(hours=n): 100.0 for n in range(366 * 24)}
    with bench(tmp_path, TWO, now=end.timestamp() + 75) as b:
        b.put("it", hours)
        b.put("main", {at: 130.0 if at < day(0, 1, 7, 2024) else 110.0 for at in hours})
        result = b.between(start, end)
        assert (result.interim, result.coverage, result.state) == (False, 1.0, "valid")
        assert result.pue == pytest.approx((182 * 1.3 + 184 * 1.1) / 366)
        assert b.pue.result(SITE, "12mo").pue == pytest.approx(result.pue)
        assert b.pue.result(SITE, "ytd").start == start.timestamp()
        trend = b.pue.pue_trend(SITE, 10)
    assert [(p.time, p.pue) for p in trend][-1] == (
        day(0, 31, 12, 2024).timestamp(),
        pytest.approx(1.1),
    )
    assert len(trend) == 10


def test_a_correction_of_the_past_reaches_every_window(tmp_path: Path) -> None:
    """After a correction of any hour all windows are those of a fresh start."""
    begin = day(0, 1, 1, 2025)
    hours = {begin + dt.timedelta(hours=n): 100.0 for n in range(60 * 24)}
    with bench(tmp_path, TWO, now=begin.timestamp() + 60 * 86400 + 75) as b:
        b.put("it", hours)
        b.put("main", dict.fromkeys(hours, 130.0))
        b.pue.refresh()
        asked = [b.pue.results(SITE), b.pue.results(SITE)]
        assert asked[0] == asked[1]
        for number, at in enumerate((0, 20 * 24 + 5, 59 * 24 + 23, 31 * 24)):
            b.put("main", {begin + dt.timedelta(hours=at): 1000.0 + number})
            b.pue.refresh()
            asked.append(b.pue.results(SITE))
            assert asked[-1] != asked[-2]
            fresh = Pue(b.book, b.pue.inventory, clock=b.clock)
            fresh.refresh()
            for one, other in zip(asked[-1], fresh.results(SITE), strict=True):
                assert (one.pue, one.facility_joules) == pytest.approx(
                    (other.pue, other.facility_joules), rel=1e-12
                )


def test_required_pue() -> None:
    """After half a year at 1.3, the rest must average 1.1 for the year to end at 1.2.

    After a quarter it must average (1.2 - 0.25 * 1.3) / 0.75. With no rest there is no value.
    """
    assert required_pue(pue=1.3, elapsed=1.0, rest=1.0, target=1.2) == pytest.approx(1.1)
    assert required_pue(pue=1.3, elapsed=1.0, rest=3.0, target=1.2) == pytest.approx(0.875 / 0.75)
    assert required_pue(pue=1.3, elapsed=1.0, rest=0.0, target=1.2) is None


def test_required_pue_of_a_site(tmp_path: Path) -> None:
    """A quarter of the year at 1.3 leaves three quarters to make up for it."""
    start = day(0, 1, 1, 2025)
    now = start.timestamp() + 365 * 86400 / 4 + 75
    hours = {start + dt.timedelta(hours=n): 100.0 for n in range(92 * 24)}
    with bench(tmp_path, TWO, now=now) as b:
        b.put("it", hours)
        b.put("main", dict.fromkeys(hours, 130.0))
        b.pue.refresh()
        assert b.pue.required(SITE, 1.2) == pytest.approx(1.2 - 0.1 / 3, abs=1e-4)


def test_power_trend(tmp_path: Path) -> None:
    """The trend is the mean power of each five minutes; None where it is not covered."""
    with bench(tmp_path, TWO) as b:
        b.run(HOUR, power("main", 1500.0), power("it", 1000.0, "it_input"))
        b.run(HOUR, power("main", 1500.0))
        trend = b.pue.power_trend(SITE, 2)
    assert (trend[3].facility_watts, trend[3].it_watts) == (
        pytest.approx(1500.0),
        pytest.approx(1000.0),
    )
    assert (trend[-1].facility_watts, trend[-1].it_watts) == (pytest.approx(1500.0), None)


def test_a_later_rack_does_not_take_the_past_away(tmp_path: Path) -> None:
    """Hours older than the retention stay as they were summed by the inventory of their day."""
    feeds = [power("main", 1800.0), *rack_readings()]
    with bench(tmp_path, RACKS) as b:
        b.run(3 * HOUR, *feeds)
        assert (
            b.between(
                dt.datetime.fromtimestamp(T0, ZONE), dt.datetime.fromtimestamp(T0 + HOUR, ZONE)
            ).category
            == 2
        )
    grown = RACKS.replace(
        "meters:", f"- {{rack: B01, site: {SITE}, feeds: {{A: {{pdu: B01-A}}}}}}\nmeters:"
    )
    with bench(tmp_path, grown, now=T0 + 100 * HOUR) as b:
        result = b.between(
            dt.datetime.fromtimestamp(T0, ZONE), dt.datetime.fromtimestamp(T0 + HOUR, ZONE)
        )
    assert (result.category, result.pue) == (2, pytest.approx(1.5))


def test_what_another_process_imports_is_seen(tmp_path: Path) -> None:
    """An import beside the agent changes its windows at the next refresh."""
    with bench(tmp_path, TWO, now=day(24).timestamp() + 75) as b:
        assert b.pue.refresh()
        assert b.pue.result(SITE, "1d").state == "no_data"
        with bench(tmp_path, TWO, now=day(24).timestamp() + 75) as other:
            for meter, kwh in (("it", 100.0), ("main", 130.0)):
                other.put(meter, {day(h): kwh for h in range(24)})
            other.pue.refresh()
        b.pue.refresh()
        assert b.pue.result(SITE, "1d").pue == pytest.approx(1.3)


def test_pdu_energy_registers_make_category_two(tmp_path: Path) -> None:
    """PDUs count by their energy registers at PDU output."""
    with bench(tmp_path, RACKS) as b:
        for minute in range(150):
            at = T0 + 60 * minute
            b.book.accept(batch(at, energy("main", 1800.0 * 60 * minute)))
            b.book.accept(
                batch(at, *(pdu_energy(pdu, 400.0 * 60 * minute, rack) for pdu, rack in FEEDS))
            )
        b.clock.now = at
        b.book.flush()
        b.pue.refresh()
        assert b.pue.result(SITE, "1h").pue == pytest.approx(1.5)


def collected(collector: PueCollector) -> dict[str, float]:
    return {series.prefix.strip(): value for series, value in asyncio.run(collector.collect())}


def test_collector_tells_every_window(tmp_path: Path) -> None:
    """The collector yields PUE with all it rests on, and stores PUE in the history."""
    clock, stock = Clock(), inventory(TWO)
    book = ledger(tmp_path, clock, stock)
    main, it = power("main", 1500.0), power("it", 1000.0, "it_input")
    for _ in range(130):
        book.accept(batch(clock.now, main, it))
        clock.now += 60
    collector = PueCollector(
        stock, Pages(main, it), book, "guian", targets={SITE: 1.2}, clock=clock
    )
    found = collected(collector)
    where = f'hub="guian",site="{SITE}"'
    assert found[f'dc_site_pue_ratio{{{where},category="3",window="1h"}}'] == pytest.approx(1.5)
    assert found[f'dc_site_pue_coverage_ratio{{{where},window="1h"}}'] == 1.0
    assert found[f'dc_site_pue_state{{{where},window="1h",state="valid"}}'] == 1.0
    assert found[f'dc_site_pue_state{{{where},window="1d",state="low_coverage"}}'] == 1.0
    assert found[f'dc_site_power_watts{{{where},boundary="facility"}}'] == 1500.0
    assert found[f'dc_site_power_watts{{{where},boundary="it"}}'] == 1000.0
    energies = [
        found[f'dc_site_window_energy_joules{{{where},boundary="{b}",window="1h"}}']
        for b in ("facility", "it")
    ]
    assert energies == pytest.approx([5.4e6, 3.6e6])
    assert found[f'dc_site_energy_joules_total{{{where},boundary="it"}}'] > 7e6
    assert found[f"dc_site_pue_required_ratio{{{where}}}"] < 1.2
    assert len(book.history("pue:1h", "guian", SITE)) == 1
    book.close()


def test_it_energy_is_counted_at_one_point_of_each_hour(tmp_path: Path) -> None:
    """The IT counter takes each hour at the deepest point that is covered in it."""
    with bench(tmp_path, RACKS) as b:
        b.run(2 * HOUR, power("main", 1800.0), power("ups", 1300.0, "ups_output"))
        b.run(2 * HOUR, power("main", 1800.0), power("ups", 1300.0, "ups_output"), *rack_readings())
        b.run(HOUR / 2, power("main", 1800.0))
        totals = b.pue.totals(SITE)
    assert totals["it"] == pytest.approx(2 * HOUR * 1300 + 2 * HOUR * 1200, rel=0.05)
    assert totals["it"] < 2 * HOUR * 1300 + 2 * HOUR * 1250


def test_power_of_a_boundary_with_a_silent_meter_is_not_told(tmp_path: Path) -> None:
    """Power at a boundary is given only where every meter of it answers."""
    clock, stock = Clock(), inventory(THREE)
    book = ledger(tmp_path, clock, stock)
    collector = PueCollector(
        stock, Pages(power("main", 1440e3), power("a", 4e5, "it_input")), book, "guian", clock=clock
    )
    found = collected(collector)
    powers = {name for name in found if name.startswith("dc_site_power_watts")}
    assert powers == {f'dc_site_power_watts{{hub="guian",site="{SITE}",boundary="facility"}}'}
    assert not any(name.startswith("dc_site_pue_ratio") for name in found)
    book.close()


def test_the_power_now_is_the_data_centre_s(tmp_path: Path) -> None:
    """Of 1300 W an office takes 100 W; the meter's export register adds nothing to its power."""
    text = TWO[:-1] + ", {meter: office, point: utility, behind: main, subtract: true}]"
    clock, stock = Clock(), inventory(text)
    book = ledger(tmp_path, clock, stock)
    for second in (0, 60):
        book.accept(batch(T0 + second, energy("main", 1e3), exported("main", 1e3)))
    now = power("main", 1300.0), power("office", 100.0), power("it", 1000.0, "it_input")
    clock.now += 60
    found = collected(PueCollector(stock, Pages(*now), book, "guian", clock=clock))
    where = f'hub="guian",site="{SITE}"'
    assert found[f'dc_site_power_watts{{{where},boundary="facility"}}'] == 1200.0
    assert found[f'dc_site_power_watts{{{where},boundary="it"}}'] == 1000.0
    book.close()


def test_hours_are_whole_hours() -> None:
    """The tests' zero is a whole hour."""
    assert T0 * 1000 % HOUR_MS == 0

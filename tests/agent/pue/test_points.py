"""Which meters make up the points of a site, and what each of them counts as."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from collectors.base import Reading
from tests.support.ledger import (
    HEAD,
    HOUR,
    SITE,
    T0,
    ZONE,
    batch,
    bench,
    energy,
    exported,
    pdu_energy,
    pdu_power,
    power,
)

TWO = HEAD + (
    "meters: [{meter: main, point: utility, accuracy_class: 0.5},"
    " {meter: it, point: it_input, accuracy_class: 1}]"
)
RACKS = HEAD + (
    "racks:\n"
    f"- {{rack: A07, site: {SITE}, feeds: {{A: {{pdu: A07-A}}, B: {{pdu: A07-B}}}}}}\n"
    f"- {{rack: A08, site: {SITE}, feeds: {{A: {{pdu: A08-A}}}}}}\n"
    f"- {{rack: A09, site: {SITE}, state: planned, feeds: {{A: {{pdu: A09-A}}}}}}\n"
    "meters: [{meter: main, point: utility}, {meter: ups, point: ups_output}]"
)
FEEDS = (("A07-A", "A07"), ("A07-B", "A07"), ("A08-A", "A08"))


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


@pytest.mark.parametrize("sold", [100e3, 20e3])
def test_the_counter_of_a_site_that_sells_at_first(tmp_path: Path, sold: float) -> None:
    """A site of 150 kW sells for 35 minutes what the sun gives above it, and buys all after that.

    While its main register stands still nobody knows what it bought. The sun's energy alone, with
    what was sold, is not the facility's, and a counter would not take it back.
    """
    text = HEAD + (
        "meters: [{meter: main, point: utility}, {meter: sun, point: renewable},"
        " {meter: it, point: it_input}]"
    )
    with bench(tmp_path, text) as b:
        for minute in range(125):
            at, sunny = T0 + 60 * minute, 60.0 * min(minute, 35)
            bought = 150e3 * (60.0 * minute - sunny)
            now = energy("main", 1e9 + bought), exported("main", sold * sunny)
            b.book.accept(batch(at, *now))
            b.book.accept(
                batch(
                    at,
                    energy("sun", (150e3 + sold) * sunny, "renewable"),
                    energy("it", 100e3 * 60.0 * minute, "it_input"),
                )
            )
            b.clock.now = at
            if minute % 5 == 4:
                b.book.flush()
                b.pue.refresh()
                counted = b.pue.totals(SITE).get("facility", 0.0)
                assert counted <= 150e3 * 60 * minute + 1
    assert counted > 0.8 * 150e3 * 60 * minute


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


def test_it_energy_is_counted_at_one_point(tmp_path: Path) -> None:
    """The IT counter is the UPS's through all four hours, for the racks were heard in two only."""
    with bench(tmp_path, RACKS) as b:
        b.run(2 * HOUR, power("main", 1800.0), power("ups", 1300.0, "ups_output"))
        b.run(2 * HOUR, power("main", 1800.0), power("ups", 1300.0, "ups_output"), *rack_readings())
        b.run(HOUR / 2, power("main", 1800.0))
        totals = b.pue.totals(SITE)
    assert totals["it"] == pytest.approx(4 * HOUR * 1300, rel=0.025)  # less its first minutes


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

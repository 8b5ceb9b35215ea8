"""Meters that stand at 0 while what they feed draws power, by hand: 130 kW come in, 100 are IT's.

A supply that dies after 100 of 300 minutes leaves 20 of 60 cells, at a PUE of 1.300.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.messages.catalogue import words
from agent.pue.collector import PueCollector
from agent.pue.model import PueResult
from collectors.base import Reading
from collectors.catalogue.site import METER_STUCK
from tests.support.ledger import (
    HEAD,
    SITE,
    T0,
    Bench,
    Clock,
    Pages,
    batch,
    bench,
    day,
    energy,
    inventory,
    ledger,
    power,
)

KWH = 3.6e6
DIES = 100
HOURS = 5
MAIN, SECOND, IT = (
    "{meter: main, point: utility}",
    "{meter: second, point: utility}",
    "{meter: it, point: it_input}",
)
Told = Callable[[int], list[Reading]]


def stock(*meters: str) -> str:
    return HEAD + "meters:\n" + "".join(f"- {meter}\n" for meter in meters)


def ran(name: str, kw: float, minutes: float, *, now: bool = True, point: str = "utility") -> Told:
    """Return what a meter tells that ran for some minutes, of register and power."""
    return lambda _: [
        energy(name, (1000 + kw * minutes / 60) * KWH, point),
        power(name, 1000 * kw * now, point),
    ]


def until(name: str, kw: float, end: int, point: str = "utility") -> Told:
    """Draw power up to a minute, and stand at 0 from then on."""
    return lambda m: ran(name, kw, min(m, end), now=m <= end, point=point)(m)


def after(name: str, kw: float, start: int, point: str = "utility") -> Told:
    """Draw power from a minute on."""
    return lambda m: ran(name, kw, max(0, m - start), now=m > start, point=point)(m)


def it(minute: int) -> list[Reading]:
    """100 kW throughout, by a register alone."""
    return [energy("it", (500 + 100 * minute / 60) * KWH, "it_input")]


def live(b: Bench, *meters: Told, minutes: int = 60 * HOURS, start: int = 0) -> None:
    for minute in range(start, minutes + 1):
        b.clock.now = T0 + 60 * minute
        b.book.accept(batch(b.clock.now, *(one for told in meters for one in told(minute))))
        if minute % 10 == 0:
            b.book.flush()
            b.pue.refresh()
    b.clock.now += 90
    b.book.flush()
    b.pue.refresh()


def result(b: Bench) -> PueResult:
    return b.pue.between(SITE, T0, T0 + 3600 * HOURS)


def figures(b: Bench) -> tuple[float | None, float]:
    return result(b).pue, result(b).coverage


LEFT = (pytest.approx(1.3), pytest.approx(DIES / 60 / HOURS))
ALL = (pytest.approx(1.3, abs=0.003), 1.0)


def test_a_supply_that_dies_is_not_covered_and_told(tmp_path: Path) -> None:
    """Its register and its power both say 0, and IT draws 100 kW: that cannot be."""
    with bench(tmp_path, stock(MAIN, IT)) as b:
        live(b, until("main", 130, DIES), it)
        assert figures(b) == LEFT
        assert any("rejected readings: main (40 at_rest)" in note for note in result(b).notes)
        assert b.pue.result(SITE, "1h").state == "no_data"
        assert b.pue.resting() == {(SITE, "main", "utility"): True}
        assert b.book.counts["at_rest"] == 40
    assert words("zh")("rejected.at_rest")


@pytest.mark.parametrize("alive", [65.0, 80.0])
def test_one_of_two_supplies_dies(tmp_path: Path, alive: float) -> None:
    """The other one goes on with 65 or 80 kW, which is less than the 100 kW of IT."""
    with bench(tmp_path, stock(MAIN, SECOND, IT)) as b:
        live(b, until("main", 130 - alive, DIES), until("second", alive, 999), it)
        assert figures(b) == LEFT
        assert b.pue.resting() == {(SITE, "main", "utility"): True}


def test_a_second_feed_takes_over(tmp_path: Path) -> None:
    """One of two feeds rests at any time, and the other one carries all: both are right."""
    with bench(tmp_path, stock(MAIN, SECOND, IT)) as b:
        live(b, until("main", 130, DIES), after("second", 130, DIES), it)
        assert figures(b) == ALL
        assert b.pue.resting() == {}


def test_a_generator_takes_over_and_is_off_before(tmp_path: Path) -> None:
    """When the utility fails the generator runs; while it is off nobody misses it."""
    generator = "{meter: diesel, point: generator}"
    with bench(tmp_path, stock(MAIN, generator, IT)) as b:
        live(b, until("main", 130, DIES), after("diesel", 130, DIES, "generator"), it)
        assert figures(b) == ALL
        assert b.pue.resting() == {}


def test_of_a_dead_supply_and_a_generator_that_is_off_the_supply_is_named(tmp_path: Path) -> None:
    """Both stand at 0. A generator does so most of its life."""
    generator = "{meter: diesel, point: generator}"
    with bench(tmp_path, stock(MAIN, generator, IT)) as b:
        live(b, until("main", 130, DIES), until("diesel", 0, 0, "generator"), it)
        assert figures(b) == LEFT
        assert b.pue.resting() == {(SITE, "main", "utility"): True}


def test_a_ups_output_that_dies(tmp_path: Path) -> None:
    """IT is taken at the UPS outputs. One of two dies, and racks draw 100 kW behind both."""
    ups = [f"{{meter: ups-{n}, point: ups_output}}" for n in "ab"]
    panel = "{meter: panel, point: pdu_output}"
    text = stock(MAIN, *ups, panel).replace("timezone", "it_point: ups_output, timezone")
    with bench(tmp_path, text) as b:
        live(
            b,
            until("main", 130, 999),
            until("ups-a", 50, 999, "ups_output"),
            until("ups-b", 50, DIES, "ups_output"),
            until("panel", 100, 999, "pdu_output"),
        )
        assert figures(b) == LEFT
        assert b.pue.resting() == {(SITE, "ups-b", "ups_output"): True}


def test_ten_minutes_on_batteries_are_left_out_and_no_meter_is_stuck(tmp_path: Path) -> None:
    """The utility fails for ten minutes, and UPSs carry IT: two cells of 60 are not covered."""

    def fails(minute: int) -> list[Reading]:
        ran_for = minute - min(10, max(0, minute - DIES))
        return ran("main", 130, ran_for, now=not DIES < minute <= DIES + 10)(minute)

    with bench(tmp_path, stock(MAIN, IT)) as b:
        live(b, fails, it)
        assert result(b).pue == pytest.approx(1.3, rel=0.003)
        assert result(b).coverage == pytest.approx(58 / 60, abs=1.1 / 60)
        assert b.pue.resting() == {(SITE, "main", "utility"): False}


def test_coarse_steps_of_a_small_site_are_no_rest(tmp_path: Path) -> None:
    """3.9 kW in steps of 1 kWh: most cells have none, and in an hour no 4 kWh are missing."""

    def coarse(minute: int) -> list[Reading]:
        return [energy("main", (1000 + 3.9 * minute / 60 // 1) * KWH)]

    def small(minute: int) -> list[Reading]:
        return [energy("it", (500 + 3 * minute / 60) * KWH, "it_input")]

    with bench(tmp_path, stock(MAIN, IT)) as b:
        live(b, coarse, small)
        assert b.pue.resting() == {}
        assert b.book.counts["at_rest"] == 0


def test_what_is_known_later_of_it_judges_an_hour_again(tmp_path: Path) -> None:
    """Bills of a dead supply stand until IT's hours come, and again when these turn out to be 0."""
    with bench(tmp_path, stock(MAIN, IT), now=day(24).timestamp()) as b:
        b.put("main", {day(h): 130.0 if h < 12 else 0.0 for h in range(24)})
        assert b.between(day(), day(24)).coverage == 0.0
        b.put("it", {day(h): 100.0 for h in range(24)})
        found = b.between(day(), day(24))
        assert (found.pue, found.coverage) == (pytest.approx(1.3), 0.5)
        b.put("it", {day(h): 100.0 if h < 12 else 0.0 for h in range(24)})
        found = b.between(day(), day(24))
        assert (found.pue, found.coverage) == (pytest.approx(1.3), 1.0)
        assert not any("at_rest" in note for note in found.notes)


def test_the_metric_tells_it_as_of_any_stuck_register(tmp_path: Path) -> None:
    """1 from an hour on, 0 half an hour after the meter counts again."""
    clock, text = Clock(), inventory(stock(MAIN, IT))
    book = ledger(tmp_path, clock, text)
    collector = PueCollector(text, Pages(), book, "guian", clock=clock)
    told = []
    for minute in range(361):
        clock.now = T0 + 60 * minute
        counted = min(minute, DIES) + max(0, minute - 280)
        now = minute <= DIES or minute > 280
        book.accept(batch(clock.now, *ran("main", 130, counted, now=now)(minute), *it(minute)))
        if minute % 40 == 0:
            found = asyncio.run(collector.collect())
            told.append([value for series, value in found if series.metric is METER_STUCK])
    assert told == [[], [], [], [0.0], [0.0], [1.0], [1.0], [1.0], [0.0], [0.0]]
    book.close()

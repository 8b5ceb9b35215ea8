"""Stranded power of weeks, and the days on which rows are full: worked examples of docs/kpis.md."""

from __future__ import annotations

import asyncio
import datetime as dt
import math
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from agent.ledger.energy import HourCells
from agent.ledger.ledger import Ledger
from agent.racks.fullness import full_at
from agent.racks.growth import GrowthCollector
from agent.targets.forecast import DAY, Point
from tests.support.ledger import HOUR, SITE, Clock, import_hours, inventory, ledger

ZONE = ZoneInfo("Asia/Shanghai")
START = dt.datetime(2026, 3, 1, tzinfo=ZONE).timestamp()
PDUS = ("A01-A", "A01-B", "A02-A", "A02-B")


def stock(breakers: str = "", extra: str = "") -> str:
    feeds = (
        "{{A: {{pdu: {0}-A, capacity_watts: 7360{1}}}, B: {{pdu: {0}-B, capacity_watts: 7360{2}}}}}"
    )
    behind = (", breaker: a", ", breaker: b") if breakers else ("", "")
    return (
        f"sites: [{{site: {SITE}}}]\n{breakers}racks:\n"
        f"- {{rack: A01, site: {SITE}, row: A, height_units: 40, used_units: 40,"
        f" rated_power_watts: 8000, feeds: {feeds.format('A01', *behind)}}}\n"
        f"- {{rack: A02, site: {SITE}, row: A, height_units: 40, used_units: 10,"
        f" rated_power_watts: 8000, feeds: {feeds.format('A02', *behind)}}}\n" + extra
    )


def fill(book: Ledger, days: Iterable[int], watts: Callable[[str, int, int], float | None]) -> None:
    """Write hours of the PDUs: watts by PDU, day and hour."""
    hours: dict[str, dict[int, HourCells]] = {pdu: {} for pdu in PDUS}
    for day in days:
        for hour in range(24):
            for pdu in PDUS:
                value = watts(pdu, day, hour)
                if value is not None:
                    hours[pdu][round((START + day * DAY + hour * HOUR) * 1000)] = HourCells.uniform(
                        value * HOUR
                    )
    for pdu, found in hours.items():
        import_hours(book, SITE, pdu, found)


def told(collector: GrowthCollector) -> dict[str, float]:
    return {series.prefix.strip(): value for series, value in asyncio.run(collector.collect())}


def full(kind: str, bound: str = "expected") -> str:
    row = f'hub="guian",site="{SITE}",row="A"'
    return f'dc_row_full_timestamp_seconds{{{row},kind="{kind}",bound="{bound}"}}'


def stranded(rack: str = "A01") -> str:
    return f'dc_rack_stranded_power_watts{{hub="guian",site="{SITE}",row="A",rack="{rack}"}}'


@pytest.fixture
def clock() -> Clock:
    return Clock(START + 28 * DAY + 3 * HOUR)


@pytest.fixture
def book(tmp_path: Path, clock: Clock) -> Iterator[Ledger]:
    with closing(ledger(tmp_path, clock, inventory(stock()))) as found:
        yield found


def growth(book: Ledger, clock: Clock, text: str = "") -> GrowthCollector:
    return GrowthCollector(inventory(text or stock()), book, "guian", clock=clock)


def test_stranded_is_what_four_weeks_never_drew(book: Ledger, clock: Clock) -> None:
    """A full rack of 8 kW whose highest hour was 5.2 kW strands 2.8 kW; one with room, none."""
    fill(book, range(28), lambda _, day, hour: 2600.0 if (day, hour) == (9, 15) else 2000.0)
    found = told(growth(book, clock))
    assert found[stranded()] == pytest.approx(8000 - 5200)
    assert stranded("A02") not in found


def test_few_days_strand_nothing(book: Ledger, clock: Clock) -> None:
    """A rack that is known on fewer than half of the days has no stranded power."""
    fill(book, range(15, 28), lambda *_: 2000.0)
    assert stranded() not in told(growth(book, clock))


def test_one_feed_is_not_the_rack(book: Ledger, clock: Clock) -> None:
    """A rack of which only one feed was metered has no stranded power and no part in its row."""
    fill(book, range(28), lambda pdu, day, _: None if pdu == "A01-B" else 2000.0 + day)
    assert not told(growth(book, clock))


def test_a_row_that_grows_is_full_on_a_day_with_a_range(book: Ledger, clock: Clock) -> None:
    """From 4 kW at 100 W a day, 16 kW are reached on day 120, 0.8 of 14.72 kW on day 78."""
    fill(book, range(28), lambda _, day, hour: (4000 + 100 * day) / 4 - (200 if hour < 8 else 0))
    found = told(growth(book, clock))
    assert (found[full("power")] - START) / DAY == pytest.approx(120, abs=1.5)
    assert (found[full("failover")] - START) / DAY == pytest.approx(
        (0.8 * 2 * 7360 - 4000) / 100, abs=1.5
    )
    assert (
        found[full("power", "earliest")] <= found[full("power")] <= found[full("power", "latest")]
    )
    assert full("space") not in found  # known for one day


def test_the_breakers_of_a_row_may_end_sooner_than_its_feeds(book: Ledger, clock: Clock) -> None:
    """Breakers of 8 kW, with 1 kW for another row, leave 0.8 · 8 kW - 1 kW = 5.4 kW."""
    fill(book, range(28), lambda _, day, __: (4000 + 100 * day) / 4)
    breakers = "breakers:\n" + "".join(
        f"- {{breaker: {one}, site: {SITE}, capacity_watts: 8000, pair: {other}}}\n"
        for one, other in (("a", "b"), ("b", "a"))
    )
    other = (
        f"- {{rack: B01, site: {SITE}, row: B, rated_power_watts: 1000,"
        f" feeds: {{A: {{breaker: a}}, B: {{breaker: b}}}}}}\n"
    )
    text = stock(breakers, other)
    found = told(growth(book, clock, text))
    assert (
        found[full("failover")] == found[full("failover", "earliest")]
    )  # 6.7 kW: it is full already
    assert full("power") in found
    less = told(growth(book, clock, text.replace("capacity_watts: 8000", "capacity_watts: 11000")))
    assert (less[full("failover")] - START) / DAY == pytest.approx(
        38, abs=1.5
    )  # 0.8 * 11 kW - 1 kW = 7.8 kW


def test_the_weaker_breaker_of_a_pair_decides(book: Ledger, clock: Clock) -> None:
    """Breakers of 11 and 20 kW: if the stronger fails, 0.8 · 11 kW - 1 kW = 7.8 kW are left."""
    fill(book, range(28), lambda _, day, __: (4000 + 100 * day) / 4)
    breakers = (
        f"breakers:\n- {{breaker: a, site: {SITE}, capacity_watts: 11000, pair: b}}\n"
        f"- {{breaker: b, site: {SITE}, capacity_watts: 20000, pair: a}}\n"
    )
    other = (
        f"- {{rack: B01, site: {SITE}, row: B, rated_power_watts: 1000,"
        " feeds: {A: {breaker: a}, B: {breaker: b}}}\n"
    )
    found = told(growth(book, clock, stock(breakers, other)))
    assert (found[full("failover")] - START) / DAY == pytest.approx(38, abs=1.5)


def test_the_rated_power_of_racks_bounds_the_failover_too(book: Ledger, clock: Clock) -> None:
    """Two racks rated 5 kW are full at 10 kW, though one feed of each would carry 5.888 kW."""
    fill(book, range(28), lambda _, day, __: (4000 + 100 * day) / 4)
    text = stock().replace("rated_power_watts: 8000", "rated_power_watts: 5000")
    found = told(growth(book, clock, text))
    assert (found[full("failover")] - START) / DAY == pytest.approx(60, abs=1.5)


def test_a_row_with_an_unrated_rack_is_not_full_in_power(book: Ledger, clock: Clock) -> None:
    """Where one rack's rating is unknown, so is the row's, and its day."""
    fill(book, range(28), lambda _, day, __: (4000 + 100 * day) / 4)
    text = stock().replace("used_units: 10, rated_power_watts: 8000", "used_units: 10")
    found = told(growth(book, clock, text))
    assert full("power") not in found
    assert full("failover") in found


def test_a_row_that_does_not_grow_has_no_day(book: Ledger, clock: Clock) -> None:
    """A row whose power swings and shrinks is never expected to be full."""
    fill(book, range(28), lambda _, day, __: 1000 + 50 * math.sin(day) - 5 * day)
    assert full("power") not in told(growth(book, clock))


def test_units_are_remembered_from_day_to_day(book: Ledger, clock: Clock) -> None:
    """Units are those at each day's end: 50 on day 0 and one more a day fill 80 on day 30."""
    for day in range(20):
        fill(book, [day], lambda *_: 1000.0)
        clock.now = START + (day + 1) * DAY + 3 * HOUR
        found = told(
            growth(book, clock, stock().replace("used_units: 10", f"used_units: {10 + day}"))
        )
    assert (found[full("space")] - START) / DAY == pytest.approx(30, abs=1)


def test_days_are_kept_across_a_restart_and_made_once(book: Ledger, clock: Clock) -> None:
    """What is kept answers after a restart, and within a day nothing is computed anew."""
    fill(book, range(28), lambda _, day, __: 1000.0 + 25 * day)
    collector = growth(book, clock)
    first = told(collector)
    fill(book, range(28), lambda *_: 2000.0)  # too late: those days are made
    assert told(growth(book, clock)) == first
    clock.now += 2 * HOUR
    assert told(collector) == first


def test_a_range_needs_two_weeks_and_a_limit() -> None:
    """Thirteen days, or no limit, give no day; a row at its limit is full since its last value."""
    days = [Point(START + n * DAY, float(n)) for n in range(14)]
    assert full_at(days[:13], 20.0) is None
    assert full_at(days, math.inf) is None
    assert full_at(days, 13.0) == (days[-1].time,) * 3
    found = full_at(days, 20.0)
    assert found is not None
    assert found.expected == pytest.approx(START + 20 * DAY)
    assert full_at(days, 13.0 + 4000) == (None, None, None)  # eleven years

"""The windows of PUE, in the site's time zone, and what the rest of a year must average."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from agent.inventory.load import load_inventory
from agent.ledger.energy import HOUR_MS
from agent.pue.periods import bounds, year_end
from agent.pue.pue import Pue
from agent.pue.required import required_pue
from agent.pue.trends import edges_between
from tests.support.ledger import (
    HEAD,
    SITE,
    ZONE,
    Clock,
    batch,
    bench,
    day,
    ledger,
    power,
)

TWO = HEAD + (
    "meters: [{meter: main, point: utility, accuracy_class: 0.5},"
    " {meter: it, point: it_input, accuracy_class: 1}]"
)


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


def _berlin(start: dt.datetime) -> dt.datetime:
    """Return in UTC when twelve months began that end at a moment in Berlin."""
    begin, _ = bounds("12mo", round(start.timestamp() * 1000), ZoneInfo("Europe/Berlin"))
    return dt.datetime.fromtimestamp(begin / 1000, dt.UTC)


def test_twelve_months_that_begin_when_clocks_are_changed() -> None:
    """An hour that was skipped begins later, and of one that came twice the first counts."""
    half_past_two = dt.timedelta(hours=2, minutes=30)
    spring = dt.datetime(2026, 3, 30, tzinfo=ZoneInfo("Europe/Berlin")) + half_past_two
    autumn = dt.datetime(2026, 10, 26, tzinfo=ZoneInfo("Europe/Berlin")) + half_past_two
    assert _berlin(spring) == dt.datetime(2025, 3, 30, 1, 30, tzinfo=dt.UTC)
    assert _berlin(autumn) == dt.datetime(2025, 10, 26, 0, 30, tzinfo=dt.UTC)


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


@pytest.mark.parametrize(
    ("hours", "count", "step"),
    [(2, 24, 300_000), (24, 24, HOUR_MS), (7 * 24, 168, HOUR_MS), (9 * 24, 9, 24 * HOUR_MS)],
)
def test_a_chosen_time_is_cut_into_what_can_be_seen(hours: int, count: int, step: int) -> None:
    """Five minutes up to half a day, hours up to eight days, then local days. The time ends at a
    midnight in China, 2026-11-22T16:00Z.
    """
    end = 1_795_363_200_000
    edges = edges_between(end - hours * HOUR_MS, end, ZoneInfo("Asia/Shanghai"))
    assert len(edges) == count + 1
    assert {after - before for before, after in pairwise(edges)} == {step}
    assert (edges[0], edges[-1]) == (end - hours * HOUR_MS, end)

"""At which point IT energy is taken."""

from __future__ import annotations

import datetime as dt
import itertools
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.support.ledger import HEAD, HOUR, SITE, T0, bench, day, pdu_power, power

METERS = HEAD + (
    "meters: [{meter: main, point: utility}, {meter: ups, point: ups_output},"
    " {meter: pdus, point: pdu_output, behind: ups}]"
)


@pytest.mark.parametrize(
    ("heard", "point", "pue", "coverage"),
    [
        (10, "pdu_output", 1250 / 1000, 1.0),
        (9, "pdu_output", 1250 / 1000, 0.9),  # exactly 0.9 of the best covered point
        (8, "ups_output", 1250 / 1050, 1.0),
        (0, "ups_output", 1250 / 1050, 1.0),
    ],
)
def test_the_deepest_point_that_is_covered_nearly_as_long_as_any(
    tmp_path: Path, heard: int, point: str, pue: float, coverage: float
) -> None:
    """Of ten hours the PDUs must be heard in nine for IT energy to be taken there."""
    with bench(tmp_path, METERS, now=day(10).timestamp()) as b:
        b.put("main", {day(h): 1250.0 for h in range(10)})
        b.put("ups", {day(h): 1050.0 for h in range(10)})
        b.put("pdus", {day(h): 1000.0 for h in range(heard)})
        result = b.between(day(), day(10))
    assert (result.it_point, result.state) == (point, "valid")
    assert (result.pue, result.coverage) == (pytest.approx(pue), pytest.approx(coverage))


def test_the_it_counter_is_of_the_point_that_windows_take(tmp_path: Path) -> None:
    """PDUs that were heard in four of ten hours add nothing: each hour is the UPS's 1050 kWh."""
    with bench(tmp_path, METERS, now=day(10).timestamp()) as b:
        b.put("main", {day(h): 1250.0 for h in range(10)})
        b.put("ups", {day(h): 1050.0 for h in range(10)})
        b.put("pdus", {day(h): 1000.0 for h in range(4)})
        b.between(day(), day(10))
        totals = b.pue.totals(SITE)
    assert totals["it"] == pytest.approx(10 * 1050 * 3.6e6)
    assert totals["facility"] == pytest.approx(10 * 1250 * 3.6e6)


RACK = f"racks:\n- {{rack: A07, site: {SITE}, feeds: {{A: {{pdu: A07-A}}}}}}\n"
UPS_AND_RACK = (
    HEAD + RACK + "meters: [{meter: main, point: utility}, {meter: ups, point: ups_output}]"
)


def hours(start: dt.datetime, days: int, kwh: float) -> dict[dt.datetime, float]:
    return {start + dt.timedelta(hours=n): kwh for n in range(days * 24)}


@pytest.mark.parametrize("slow", [False, True])
@pytest.mark.parametrize(
    ("head", "category", "pue", "coverage"),
    [
        (HEAD, 1, 1250 / 1050, 1.0),
        (HEAD.replace("timezone:", "it_point: pdu_output, timezone:"), 2, 1.25, 35 / 365),
    ],
)
def test_all_windows_are_of_one_category(
    tmp_path: Path,
    head: str,
    category: int,
    pue: float,
    coverage: float,
    slow: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """PDUs that came 35 days ago do not make the month another category than the year, also where
    the last month is summed long before the rest of the year.
    """
    if slow:  # each look at the clock takes a hundredth of a second
        ticks = itertools.count(0.0, 0.01)
        clock = SimpleNamespace(monotonic=lambda: next(ticks))
        monkeypatch.setattr("agent.pue.summing.time", clock)
    start, end = day(0, 1, 1), day(0, 1, 1, 2026)
    with bench(tmp_path, METERS.replace(HEAD, head), now=end.timestamp() + 75) as b:
        b.put("main", hours(start, 365, 1250.0))
        b.put("ups", hours(start, 365, 1050.0))
        b.put("pdus", hours(end - dt.timedelta(days=35), 35, 1000.0))
        year = b.between(start, end)
        assert {one.category for one in b.pue.results(SITE)} == {category}
        assert {one.category for one in b.pue.pue_trend(SITE, 30)} == {category}
    assert (year.pue, year.coverage) == (pytest.approx(pue), pytest.approx(coverage))


@pytest.mark.parametrize("silent_days", [5, 40])
def test_silence_does_not_change_the_category(tmp_path: Path, silent_days: int) -> None:
    """PDUs that fall silent leave the window uncovered; the UPS's lower PUE does not step in."""
    start, heard = day(0, 1, 1), 100
    with bench(tmp_path, METERS, now=(start + dt.timedelta(days=heard)).timestamp() + 75) as b:
        b.put("main", hours(start, heard + silent_days, 1250.0))
        b.put("ups", hours(start, heard + silent_days, 1050.0))
        b.put("pdus", hours(start, heard, 1000.0))
        while not b.pue.refresh():
            pass
        assert b.pue.result(SITE, "30d").category == 2
        b.clock.now += silent_days * 86400
        b.pue.refresh()
        month = b.pue.result(SITE, "30d")
        assert {one.category for one in b.pue.results(SITE)} == {2}
    covered = max(0, 30 - silent_days) / 30
    assert month.coverage == pytest.approx(covered, abs=1e-3)
    assert month.pue == (pytest.approx(1.25) if covered else None)


def test_a_switch_is_told_and_breaks_the_curve(tmp_path: Path) -> None:
    """Once the inventory names another point, every window is of it; the curve has a gap there."""
    start = day(0, 1, 1)
    now = (start + dt.timedelta(days=20, hours=12)).timestamp()
    for point in ("ups_output", "pdu_output"):
        text = METERS.replace("timezone:", f"it_point: {point}, timezone:")
        with bench(tmp_path, text, now=now) as b:
            for meter, kwh in (("main", 1250.0), ("ups", 1050.0), ("pdus", 1000.0)):
                b.put(meter, hours(start, 30, kwh))
            while not b.pue.refresh():
                pass
            b.clock.now += 5 * 86400
            b.pue.refresh()
            month, trend = b.pue.result(SITE, "30d"), b.pue.pue_trend(SITE, 10)
            totals, now = b.pue.totals(SITE), b.clock.now
    switched = dt.datetime.fromtimestamp(now - 5 * 86400, start.tzinfo)
    assert (month.category, month.pue) == (2, pytest.approx(1.25))
    assert any(
        f"pdu_output (category 2) since {switched:%Y-%m-%d}" in note
        and "before, at ups_output (category 1)" in note
        for note in month.notes
    )
    of_day = {dt.datetime.fromtimestamp(p.time, start.tzinfo).date(): p for p in trend}
    assert of_day[switched.date()].switched
    assert of_day[switched.date()].pue is None
    earlier, later = (of_day[switched.date() + dt.timedelta(days=n)] for n in (-1, 1))
    assert (earlier.category, earlier.pue) == (1, pytest.approx(1250 / 1050))
    assert (later.category, later.pue) == (2, pytest.approx(1.25))
    # The counter too: 25 days and 11 hours of the UPS; the hour of the switch, a minute before
    # noon, and what follows are of the PDUs: 4 days and 13 hours.
    assert totals["it"] == pytest.approx((611 * 1050 + 109 * 1000) * 3.6e6)


def test_a_rack_without_a_pdu_does_not_make_a_better_category(tmp_path: Path) -> None:
    """Ten hours of PDUs at 1.25; then an unmetered rack: not covered, and not the UPS's 1.19."""
    readings = (
        power("main", 1250.0),
        power("ups", 1050.0, "ups_output"),
        pdu_power("A07-A", 1000.0),
    )
    with bench(tmp_path, UPS_AND_RACK) as b:
        b.run(10 * HOUR, *readings)
        assert b.pue.result(SITE, "1h").category == 2
        now = b.clock.now
    grown = UPS_AND_RACK.replace("meters:", f"- {{rack: B01, site: {SITE}}}\nmeters:")
    with bench(tmp_path, grown, now=now) as b:
        b.run(5 * HOUR, *readings)
        assert (b.pue.result(SITE, "1h").category, b.pue.result(SITE, "1h").pue) == (2, None)
        before = b.pue.between(SITE, T0, T0 + 10 * HOUR - 300)
    assert (before.pue, before.coverage) == (pytest.approx(1.25), 1.0)


def test_a_deeper_point_that_is_covered_nearly_as_long_is_taken(tmp_path: Path) -> None:
    """After ten days of the UPS alone, PDUs are taken once they have nine tenths of all days."""
    start = day(0, 1, 1)
    with bench(tmp_path, METERS, now=(start + dt.timedelta(days=10)).timestamp() + 75) as b:
        b.put("main", hours(start, 120, 1250.0))
        b.put("ups", hours(start, 120, 1050.0))
        b.put("pdus", hours(start + dt.timedelta(days=10), 110, 1000.0))
        found = []
        for after in (10, 95, 105):
            b.clock.now = (start + dt.timedelta(days=after)).timestamp() + 75
            while not b.pue.refresh():
                pass
            found.append(b.pue.result(SITE, "1d").category)
    assert found == [1, 1, 2]  # 85 of 95 days are not nine tenths, 95 of 105 are

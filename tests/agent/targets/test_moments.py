"""When a value counts: both ends of a range of deadlines, how long a value is current.

Every expected number is worked out by hand in a comment. Deadlines end at midnight in Shanghai,
values are of noon.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from agent.hubs.loader import load_registry
from agent.hubs.model import Deadline
from agent.targets.forecast import DAY, Point
from agent.targets.judge import evaluate
from agent.targets.model import Evidence, Verdict

FACTS = {fact.id: fact for fact in load_registry().facts()}
ZONE = ZoneInfo("Asia/Shanghai")
PUE = FACTS["guian-huawei-pue"]
"""At most 1.2, due between 2027-03-01 and 2027-06-14."""
LEVEL = replace(PUE, kpi=FACTS["guizhou-round-trip-guangzhou"].kpi)
"""The same limit and days for a level that is no mean over a year."""
RACKS = FACTS["kunming-racks"]
"""A floor of 27 584 racks, without a deadline."""
CHIPS = replace(
    FACTS["guian-chips-200000"], deadline=Deadline(dt.date(2024, 9, 30), dt.date(2024, 12, 31))
)
"""At least 200 000 chips, here due between the end of September and the end of December."""


def noon(day: str) -> float:
    """Return noon of a day in Shanghai."""
    return dt.datetime.combine(dt.date.fromisoformat(day), dt.time(12), ZONE).timestamp()


def line(value: float, day: str, pace: float, coverage: float | None = None) -> Evidence:
    """Return a value with those of 15 and 30 days ago, on a line of this pace per day."""
    history = tuple(Point(noon(day) - ago * DAY, value - pace * ago, coverage) for ago in (30, 15))
    return Evidence(value=value, time=noon(day), coverage=coverage, history=history)


def chips(value: float, day: str, pace: float) -> Verdict:
    """Judge the chips on a day when they have followed a line."""
    return evaluate(CHIPS, [line(value, day, pace)], noon(day))


def test_a_range_is_not_missed_at_its_first_end() -> None:
    """A goal that is not reached is at risk between the ends, and missed after the later."""
    between = evaluate(PUE, [line(1.3, "2027-04-01", 0.0, 1.0)], noon("2027-04-01"))
    assert (between.state, between.reason) == ("at_risk", "range")
    after = evaluate(PUE, [line(1.3, "2027-06-15", 0.0, 1.0)], noon("2027-06-15"))
    assert (after.state, after.reason) == ("missed", "broken_then")


def test_between_the_ends_the_outlook_is_that_of_the_later_end() -> None:
    """A forecast goes on until the later end, and so does the required pace."""
    verdict = chips(130_000, "2024-11-01", 1_000)
    # From noon of 1 November to the end of 31 December it is 60.5 days.
    assert verdict.outlook is not None
    assert verdict.outlook.due is not None
    assert verdict.outlook.due.expected == pytest.approx(130_000 + 60.5 * 1_000)
    assert verdict.pace == pytest.approx(70_000 / 60.5)
    assert verdict.state == "at_risk"


def test_before_the_first_end_the_pace_is_that_of_the_first_end() -> None:
    """The earlier day of a range is the one to be prepared for."""
    # From noon of 1 September to the end of 30 September it is 29.5 days.
    assert chips(130_000, "2024-09-01", 1_000).pace == pytest.approx(70_000 / 29.5)


@pytest.mark.parametrize(
    ("pace", "state", "reason"),
    [
        (3_000, "on_track", "trend_in_time"),  # 23.3 days: 24 September
        (2_380, "on_track", "trend_in_time"),  # 29.41 days, of 29.5
        (2_360, "at_risk", "trend_late"),  # 29.66 days
        (1_000, "at_risk", "trend_late"),  # 70 days: 10 November, between the ends
    ],
)
def test_a_trend_is_in_time_for_the_first_end(pace: float, state: str, reason: str) -> None:
    """A trend that gets there only between the ends leaves the goal at risk."""
    verdict = chips(130_000, "2024-09-01", pace)
    assert (verdict.state, verdict.reason) == (state, reason)


def test_a_goal_reached_between_the_ends_is_met() -> None:
    """What was built up between the ends is met for good, though less is there a year later."""
    seen = Evidence(
        value=150_000,
        time=noon("2025-11-01"),
        history=(Point(noon("2024-11-01"), 200_000),),
    )
    verdict = evaluate(CHIPS, [seen], noon("2025-11-01"))
    assert (verdict.state, verdict.reason) == ("met", "reached")


def test_a_level_is_lost_by_the_later_end() -> None:
    """A level that is kept on the first day of a range and lost on the last one is at risk."""
    # From noon of 1 September 2026 to the ends it is 181.5 and 286.5 days. At 0.0004 a day, 1.1
    # comes to 1.1726 by the first and to 1.2146 by the later one.
    verdict = evaluate(LEVEL, [line(1.1, "2026-09-01", 0.0004)], noon("2026-09-01"))
    assert (verdict.state, verdict.reason) == ("at_risk", "trend_out")
    slower = evaluate(LEVEL, [line(1.1, "2026-09-01", 0.0003)], noon("2026-09-01"))
    assert slower.state == "met"  # 1.1 + 286.5 x 0.0003 = 1.186


@pytest.mark.parametrize(
    ("day", "state", "reason"),
    [
        ("2027-04-30", "unknown", "ended_before"),  # 45.5 days before the end of 14 June
        ("2027-05-01", "missed", "broken_then"),  # 44.5 days
        ("2027-07-29", "missed", "broken_then"),  # 44.5 days after it
        ("2027-07-30", "unknown", "only_later"),  # 45.5 days
    ],
)
def test_an_annual_value_speaks_for_45_days(day: str, state: str, reason: str) -> None:
    """A year's PUE decides a deadline that lies within 45 days of its end, on either side."""
    seen = Evidence(value=1.3, time=noon(day), coverage=1.0)
    verdict = evaluate(PUE, [seen], noon("2027-12-31"))
    assert (verdict.state, verdict.reason) == (state, reason)


@pytest.mark.parametrize(
    ("kind", "seconds", "state"),
    [
        ("measured", 2 * 86_400, "met"),
        ("measured", 2 * 86_400 + 60, "unknown"),
        ("registered", 86_400, "met"),
        ("registered", 86_400 + 60, "unknown"),
    ],
)
def test_how_long_a_value_is_current(kind: str, seconds: float, state: str) -> None:
    """A measurement speaks for two days, a registered observation for one."""
    now = noon("2026-11-22")
    seen = Evidence(value=27_600, time=now - seconds, kind=kind)
    assert evaluate(RACKS, [seen], now).state == state

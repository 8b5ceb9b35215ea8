"""Where a KPI is heading: the pace, the day it reaches a limit, the value by a deadline."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.hubs.loader import load_registry
from agent.hubs.model import Deadline
from agent.targets import wording
from agent.targets.forecast import DAY, SPAN, Point, trend
from agent.targets.judge import evaluate
from agent.targets.model import Evidence

FACTS = {fact.id: fact for fact in load_registry().facts()}
CHIPS = FACTS["guian-chips-200000"]
PUE = FACTS["guian-huawei-pue"]


def line(
    days: int,
    *,
    start: float = 100.0,
    slope: float = 2.0,
    noise: float = 0.0,
    alike: float = 0.0,
    seed: int = 1,
) -> list[Point]:
    """Return a line with noise; `alike` is how much of a day's error the next one has."""
    chance = random.Random(seed)
    error, points = 0.0, []
    for day in range(days):
        error = alike * error + chance.gauss(0, noise)
        points.append(Point(day * DAY, start + slope * day + error))
    return points


def test_a_line_without_noise_has_no_range() -> None:
    """The example of docs/hubs.md: 2 a day from 218 on day 59 is 300 on day 100."""
    found = trend(line(60))
    assert found is not None
    assert found.slope * DAY == pytest.approx(2)
    assert found.at(100 * DAY) == pytest.approx((300, 300, 300))
    assert found.reaches(300) == pytest.approx((100 * DAY, 100 * DAY, 100 * DAY), abs=0.05 * DAY)


def test_a_week_of_wrong_values_does_not_turn_it() -> None:
    """A week of readings ten times too high leaves the pace of sixty days, and what follows."""
    points = [Point(p.time, p.value * 10) if 30 <= n < 37 else p for n, p in enumerate(line(60))]
    found = trend(points)
    assert found is not None
    assert found.slope * DAY == pytest.approx(2, rel=0.1)
    assert found.at(100 * DAY) == pytest.approx((300, 300, 300), rel=0.001)


@pytest.mark.parametrize("days", [200, 400])
def test_a_pace_that_falls_to_nothing_may_stay_there(days: int) -> None:
    """After d days 10 d - d² / 26 are built, so nothing is added after day 130, at 650.

    A hundred days of it are known. Whether it then stays or turns, nothing tells; so both are in
    the range: on day 200 it would have come down to 10 · 200 - 200² / 26 = 461.5.
    """
    found = trend([Point(day * DAY, 10 * day - day * day / 26) for day in range(101)])
    assert found is not None
    range_ = found.at(days * DAY)
    assert range_.lower < 10 * days - days * days / 26 + 5
    assert range_.upper > 645


def test_only_the_present_pace_counts() -> None:
    """What was built three years ago says nothing of how fast it goes now."""
    old = [Point(p.time - 3 * 365 * DAY, p.value * 50) for p in line(300)]
    assert trend([*old, *line(60)]) == trend(line(60))


def test_noise_widens_the_range_and_it_contains_the_line() -> None:
    """A limit's day lies between earliest and latest, and the range widens with time."""
    found = trend(line(60, noise=8))
    assert found is not None
    when = found.reaches(400)
    assert when.earliest is not None
    assert when.expected is not None
    assert when.latest is not None
    assert when.earliest < when.expected < when.latest
    near, far = found.at(70 * DAY), found.at(300 * DAY)
    assert near.upper - near.lower < far.upper - far.lower


def test_a_pace_that_may_be_none_reaches_a_goal_at_the_latest_never() -> None:
    """A pace that may be zero has an earliest day and no latest one."""
    found = trend(line(40, slope=0.1, noise=12, seed=2))
    assert found is not None
    assert found.reaches(300).latest is None
    assert found.reaches(300).earliest is not None


@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(st.integers(0, 400), st.floats(-1e12, 1e12)),
        min_size=1,
        max_size=40,
        unique_by=lambda pair: pair[0],
    ),
    st.floats(-1e12, 1e12),
    st.booleans(),
)
def test_any_values_give_an_ordered_range_or_none(
    values: list[tuple[int, float]], limit: float, annual: bool
) -> None:
    """Whatever the values: lower, expected and upper are in order, and so are the days."""
    found = trend(sorted(Point(day * DAY, value) for day, value in values), annual=annual)
    if found is None:
        return
    span = found.at(found.time + SPAN)
    assert span.lower <= span.expected <= span.upper
    when = found.reaches(limit)
    days = [time if time is not None else float("inf") for time in when]
    assert days == sorted(days)
    assert days[0] >= found.time


def evidence(points: list[Point], coverage: float | None = None) -> Evidence:
    """Return a measurement with its history."""
    return Evidence(
        value=points[-1].value, time=points[-1].time, coverage=coverage, history=tuple(points[:-1])
    )


def at_end(days: float) -> Deadline:
    """Return a deadline so many days after 1970-01-01."""
    import datetime as dt

    day = dt.date(1970, 1, 1) + dt.timedelta(days=days)
    return Deadline(day, day)


def test_required_and_kept_pace_stand_side_by_side() -> None:
    """From 218 at 2 a day, a goal of 400 on day 120 needs 3 a day and is at risk."""
    fact = replace(CHIPS, value=400.0, deadline=at_end(119))
    verdict = evaluate(fact, [evidence(line(60))], 59 * DAY)
    assert verdict.state == "at_risk"
    assert verdict.outlook is not None
    assert verdict.outlook.pace == pytest.approx(2)
    assert verdict.pace == pytest.approx(
        182 / 60.67, rel=0.01
    )  # the day ends at midnight of Shanghai
    assert verdict.outlook.due is not None
    assert verdict.outlook.due.expected == pytest.approx(339.3, abs=0.2)
    assert (
        "1970-05-31" in wording.explain(fact, verdict).en
    )  # day 150 in Shanghai, when 400 is reached


def test_a_value_of_this_hour_changes_no_forecast() -> None:
    """A value an hour after the last one waits; one of the next day counts."""
    points = line(60, noise=5)
    found = trend(points)
    assert found is not None
    soon = trend([*points, Point(points[-1].time + 3600, 900.0)])
    assert soon is not None
    assert (soon.last, soon.fit) == (900.0, found.fit)
    later = trend([*points, Point(points[-1].time + DAY, 900.0)])
    assert later is not None
    assert later.fit != found.fit


def test_a_goal_in_time_by_less_than_nine_in_ten_is_at_risk() -> None:
    """A line with errors of 10 is 333 on day 116.5; so by day 121 it is uncertain, by 165 sure."""
    known = line(60, noise=10)
    fact = replace(CHIPS, value=333.0, deadline=at_end(121))
    verdict = evaluate(fact, [evidence(known)], 59 * DAY)
    assert (verdict.state, verdict.reason) == ("at_risk", "trend_uncertain")
    assert "less than 90 % confidence" in wording.explain(fact, verdict).en
    sure = replace(fact, deadline=at_end(165))
    assert evaluate(sure, [evidence(known)], 59 * DAY).state == "on_track"


def test_a_level_that_is_kept_but_lost_by_its_deadline_is_at_risk() -> None:
    """A PUE of 1.19 that rises 0.002 a day is at risk; one that stands still is met."""
    fact = replace(PUE, deadline=at_end(89))
    rising = [Point(day * DAY, 1.07 + 0.002 * day, 0.99) for day in range(60)]
    verdict = evaluate(fact, [evidence(rising, 0.99)], 59 * DAY)
    assert (verdict.state, verdict.reason) == ("at_risk", "trend_out")
    assert "1.25" in wording.explain(fact, verdict).en
    level = [Point(day * DAY, 1.19, 0.99) for day in range(60)]
    assert evaluate(fact, [evidence(level, 0.99)], 59 * DAY).state == "met"


def test_a_lower_bound_has_no_pace() -> None:
    """What is counted of a part grows as more of it is counted: that is nobody's pace."""
    item = replace(evidence(line(60)), at_least=True)
    assert evaluate(replace(CHIPS, deadline=at_end(119)), [item], 59 * DAY).outlook is None


def test_registered_values_have_a_pace_of_their_own_kind() -> None:
    """Three published counts make a pace of their own kind; measured ones come first."""
    reports = [Evidence(value=p.value, time=p.time, kind="registered") for p in line(60)[::20]]
    fact = replace(CHIPS, value=1000.0, deadline=at_end(700))
    outlook = evaluate(fact, reports, 59 * DAY).outlook
    assert outlook is not None
    assert outlook.kind == "registered"
    outlook = evaluate(fact, [*reports, evidence(line(60, slope=5))], 59 * DAY).outlook
    assert outlook is not None
    assert (outlook.kind, round(outlook.pace)) == ("measured", 5)


@pytest.mark.parametrize(
    ("pace", "en", "zh"),
    [
        (480.0, "480 chips a day", "每天 480 颗"),
        (0.1, "3.04 chips a month", "每月 3.04 颗"),
        (0.005, "1.82 chips a year", "每年 1.82 颗"),
    ],
)
def test_a_pace_is_told_by_the_shortest_time_that_shows_it(pace: float, en: str, zh: str) -> None:
    """A tenth of a chip a day is told as three a month."""
    verdict = replace(evaluate(CHIPS, [], 0.0), pace=pace)
    assert wording.pace_text(CHIPS, verdict, "en") == en
    assert wording.pace_text(CHIPS, verdict, "zh") == zh

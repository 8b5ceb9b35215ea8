"""The weeks, months and years of reports."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from agent.report.period import Kind, period_of
from collectors.base import ConfigError
from tests.agent.report.two_weeks import NOW, ZONE


def test_a_month_is_the_hubs_own() -> None:
    """October 2026 at Shanghai, and the names of the months around it."""
    found = period_of("month", "2026-10", ZONE, NOW)
    assert (found.start, found.end) == (
        dt.datetime(2026, 10, 1, tzinfo=ZONE).timestamp(),
        dt.datetime(2026, 11, 1, tzinfo=ZONE).timestamp(),
    )
    assert (found.whole, found.before, found.after) == (True, "2026-09", "2026-11")


def test_a_month_in_which_clocks_change() -> None:
    """March 2026 at Berlin has 743 hours."""
    found = period_of("month", "2026-03", ZoneInfo("Europe/Berlin"), NOW)
    assert found.end - found.start == 743 * 3600


def test_a_leap_year_and_the_year_that_runs() -> None:
    """2024 has 366 days; 2026 ends now, and is not whole."""
    leap = period_of("year", "2024", ZONE, NOW)
    assert leap.end - leap.start == 366 * 86400
    running = period_of("year", "2026", ZONE, NOW)
    assert (running.whole, running.end, running.before) == (False, NOW, "2025")


@pytest.mark.parametrize(("seconds", "whole"), [(-1, False), (0, True), (1, True)])
def test_a_week_is_whole_from_its_last_moment_on(seconds: int, whole: bool) -> None:
    """Week 46 of 2026 ends with Sunday the 15th: at midnight nothing of it is to come."""
    midnight = dt.datetime(2026, 11, 16, tzinfo=ZONE).timestamp()
    assert period_of("week", "2026-W46", ZONE, midnight + seconds).whole is whole


@pytest.mark.parametrize(
    ("kind", "name"), [("week", "2026-W46"), ("month", "2026-10"), ("year", "2025")]
)
def test_without_a_name_it_is_the_last_that_is_over(kind: Kind, name: str) -> None:
    """On 18 November 2026 these are week 46, October, and 2025."""
    assert period_of(kind, "", ZONE, NOW).name == name


@pytest.mark.parametrize(
    ("kind", "name", "said"),
    [
        ("month", "2026-13", "expected a month such as 2026-10, got '2026-13'"),
        ("month", "2026-1", "expected a month such as 2026-10, got '2026-1'"),
        ("month", "2026-12", "2026-12 has not begun"),
        ("month", "2026", "expected a month such as 2026-10, got '2026'"),
        ("year", "26", "expected a year such as 2026, got '26'"),
        ("year", "2027", "2027 has not begun"),
        ("year", "2026-10", "expected a year such as 2026, got '2026-10'"),
    ],
)
def test_a_name_that_is_none_is_refused(kind: Kind, name: str, said: str) -> None:
    """The error names the option and what it expects."""
    with pytest.raises(ConfigError) as refused:
        period_of(kind, name, ZONE, NOW)
    assert (refused.value.key, refused.value.message) == (f"--{kind}", said)

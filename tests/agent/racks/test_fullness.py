"""When a growing figure reaches its limit, worked out by hand."""

from __future__ import annotations

import pytest

from agent.racks.fullness import full_at
from agent.targets.forecast import DAY, Point

START = 1_770_000_000.0


def daily(*values: float) -> list[Point]:
    return [Point(START + day * DAY, value) for day, value in enumerate(values)]


def day_of(points: list[Point], limit: float) -> float | None:
    found = full_at(points, limit)
    if found is None or found.expected is None:
        return None
    return (found.expected - START) / DAY


def test_fourteen_values_need_fourteen_days() -> None:
    """Values of ten days at a steady pace are no two weeks, however many they are."""
    quick = [Point(START + number * 0.75 * DAY, float(number)) for number in range(14)]
    assert full_at(quick, 20.0) is None
    assert full_at(daily(*map(float, range(14))), 20.0) is not None


def test_single_high_days_do_not_set_the_pace() -> None:
    """One watt more a day, with every fifth day twice as high: 400 W are reached on day 400."""
    values = [2.0 * day if day % 5 == 2 else float(day) for day in range(180)]
    assert day_of(daily(*values), 400.0) == pytest.approx(400, abs=2)


def test_a_last_value_beside_the_line_may_stay_or_not() -> None:
    """At 1 a day and 199 on the last day, day 179: 400 on day 380 if it stays, on 400 if not."""
    values = [*(float(day) for day in range(179)), 199.0]
    found = day_of(daily(*values), 400.0)
    assert found is not None
    assert 380 <= found <= 400


def test_what_is_further_off_than_ten_years_is_not_told() -> None:
    """At 1 a day from 27 on, 3600 come within ten years of 365 days, and 3700 do not."""
    growing = daily(*map(float, range(28)))
    assert day_of(growing, 3600.0) == pytest.approx(3600, abs=2)
    assert day_of(growing, 3700.0) is None

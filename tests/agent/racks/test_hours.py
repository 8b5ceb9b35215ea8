"""The figures of a day for racks and rows, worked out by hand."""

from __future__ import annotations

import pytest

from agent.inventory.model import Feed, Rack
from agent.racks.hours import highest_hours, rack_hours, row_watts, used_units


def rack(name: str, *feeds: str, used: int | None = None) -> Rack:
    return Rack(
        rack=name,
        site="one",
        feeds={feed: Feed(pdu=f"{name}-{feed}") for feed in feeds},
        used_units=used,
    )


def test_an_hour_needs_every_feed() -> None:
    """Feeds of 1000 and 200 W make 1200 W; an hour with one of them makes nothing."""
    pdus = {"r-A": {0: 1000.0, 1: 1100.0}, "r-B": {0: 200.0}}
    assert rack_hours({"r": rack("r", "A", "B")}, pdus) == {"r": {0: 1200.0}}
    assert rack_hours({"r": rack("r")}, pdus) == {}


@pytest.mark.parametrize(("hours", "highest"), [(11, None), (12, 1011.0)])
def test_a_day_needs_half_of_its_hours(hours: int, highest: float | None) -> None:
    """With 12 hours of 1000, 1001 … W the highest is 1011 W; with 11 hours there is none."""
    found = highest_hours({"r": {hour: 1000.0 + hour for hour in range(hours)}})
    assert found.get("r") == highest


def test_the_highest_hour_of_a_row_is_left_aside() -> None:
    """Of 24 hours of 100, 200 … 2400 W, rank 23 (0.95 · 24 = 22.8, rounded up) is 2300 W."""
    hours = {hour: 100.0 * (hour + 1) for hour in range(24)}
    assert row_watts([rack("r", "A")], {"r": hours}) == 2300.0


def test_a_row_counts_hours_in_which_all_its_racks_are_known() -> None:
    """Racks known in 20 and 16 hours, 12 of them together, make a day of 12 hours."""
    row = [rack("a", "A"), rack("b", "A")]
    a = {hour: 10.0 * hour for hour in range(20)}
    b = {hour: 1.0 * hour for hour in range(8, 24)}
    # The sums are 11 W for each number of the hour; rank 12 (0.95 · 12 = 11.4) is hour 19.
    assert row_watts(row, {"a": a, "b": b}) == pytest.approx(209.0)
    del b[8]
    assert row_watts(row, {"a": a, "b": b}) is None


def test_the_units_of_a_row_are_those_of_all_its_racks() -> None:
    """10 and 0 units are 10; with a rack of unknown units the row's are unknown."""
    row = [rack("a", used=10), rack("b", used=0)]
    assert used_units(row) == 10
    assert used_units([*row, rack("c")]) is None

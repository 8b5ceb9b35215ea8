"""What the inventory has listed before: meters that were removed, moved, or heard already."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.pue.pue import Pue
from tests.support.ledger import HEAD, HOUR, SITE, T0, Bench, bench, power

DAY = 24 * HOUR
T0_MS = round(T0 * 1000)
MAIN = "{meter: main, point: utility}"
IT = "{meter: it, point: it_input}"


def stock(*meters: str) -> str:
    return f"{HEAD}meters: [{', '.join(meters)}]"


def over(b: Bench, start: float, end: float) -> tuple[float | None, float]:
    found = b.pue.between(SITE, T0 + start, T0 + end)
    return found.pue, found.coverage


def test_a_meter_that_is_removed(tmp_path: Path) -> None:
    """Of 700 + 600 W the second meter is removed after ten hours: before, it still counts."""
    both = stock(MAIN, "{meter: main-2, point: utility}", IT)
    with bench(tmp_path, both) as b:
        b.run(
            10 * HOUR,
            power("main", 700.0),
            power("main-2", 600.0),
            power("it", 1000.0, "it_input"),
        )
        now = b.clock.now
    with bench(tmp_path, stock(MAIN, IT), now=now) as b:
        b.run(5 * HOUR, power("main", 1400.0), power("it", 1000.0, "it_input"))
        b.pue.hours.sum_again(SITE, T0_MS, round(b.clock.now * 1000))
        b.pue.refresh()
        assert over(b, 0, 9 * HOUR) == (pytest.approx(1.3), 1.0)
        assert over(b, 10 * HOUR + 300, 14 * HOUR) == (pytest.approx(1.4), 1.0)


def test_a_meter_that_was_missing_from_the_list_for_an_hour(tmp_path: Path) -> None:
    """A slip of the inventory that is corrected leaves the meter in the boundary throughout."""
    both = stock(MAIN, "{meter: main-2, point: utility}", IT)
    readings = (
        power("main", 700.0),
        power("main-2", 600.0),
        power("it", 1000.0, "it_input"),
    )
    with bench(tmp_path, both) as b:
        b.run(5 * HOUR, *readings)
        now = b.clock.now
    with bench(tmp_path, stock(MAIN, IT), now=now) as b:
        b.run(HOUR, *readings)
        now = b.clock.now
    with bench(tmp_path, both, now=now) as b:
        b.run(5 * HOUR, *readings)
        assert over(b, 0, 10 * HOUR) == (pytest.approx(1.3), 1.0)


def test_the_history_of_the_inventory(tmp_path: Path) -> None:
    """What was listed at a time can be asked for later: its points and its meters."""
    with bench(tmp_path, stock(MAIN, IT)) as b:
        b.pue.refresh()
    with bench(tmp_path, stock(MAIN.replace("}", ", share: 0.5}")), now=T0 + HOUR) as b:
        b.pue.refresh()
        first = set(b.pue.hours.listed_at(SITE, T0_MS))
        second = set(b.pue.hours.listed_at(SITE, T0_MS + 3_600_000))
    assert {(p, place.name, place.share) for p, place in first if place.until is None} == {
        ("utility", "main", 1.0),
        ("it_input", "it", 1.0),
    }
    assert {(p, place.name, place.share) for p, place in second if place.until is None} == {
        ("utility", "main", 0.5)
    }


@pytest.mark.parametrize(
    ("keys", "before"),
    [("", (700 + 600) / 1000), (", since: 2025-10-01", (700 + 600 * 0.5) / 1000)],
)
def test_a_meter_that_moves_to_another_point(tmp_path: Path, keys: str, before: float) -> None:
    """It counts at its old point until it moves, unless it is stated to have been here before.

    At the generator's point the meter counts half.
    """
    second = "{meter: main-2, point: utility}"
    moved = f"{{meter: main-2, point: generator, factor: 0.5{keys}}}"
    readings = power("main", 700.0), power("main-2", 600.0), power("it", 1000.0, "it_input")
    with bench(tmp_path, stock(MAIN, second, IT)) as b:
        b.run(10 * HOUR, *readings)
        now = b.clock.now
    with bench(tmp_path, stock(MAIN, moved, IT), now=now) as b:
        b.run(5 * HOUR, *readings)
        b.pue.hours.sum_again(SITE, T0_MS, round(b.clock.now * 1000))
        b.pue.refresh()
        assert over(b, 0, 9 * HOUR) == (pytest.approx(before), 1.0)
        assert over(b, 10 * HOUR + 300, 14 * HOUR) == (pytest.approx(1.0), 1.0)
        now_listed = b.pue.hours.listed_at(SITE, round(b.clock.now * 1000))
    there = [p for p, place in now_listed if place.name == "main-2" and place.until is None]
    assert there == ["generator"]


def test_a_move_that_is_taken_back(tmp_path: Path) -> None:
    """A meter that is listed at a wrong point for an hour counts at its old point throughout."""
    right = stock(MAIN, "{meter: main-2, point: utility}", IT)
    wrong = stock(MAIN, "{meter: main-2, point: lighting}", IT)
    readings = power("main", 700.0), power("main-2", 600.0), power("it", 1000.0, "it_input")
    now = T0
    for text, hours in ((right, 5), (wrong, 1), (right, 5)):
        with bench(tmp_path, text, now=now) as b:
            b.run(hours * HOUR, *readings)
            found = over(b, 0, now + (hours - 1) * HOUR - T0)
            now = b.clock.now
    assert found == (pytest.approx(1.3), 1.0)


def test_heard_for_days_before_it_is_listed(tmp_path: Path) -> None:
    """A meter that is listed after four days of readings counts from its first reading on.

    Before it is listed the site is stated at 700 / 1000, so it has no value; then at 1.3.
    """
    readings = power("main", 700.0), power("it", 1000.0, "it_input"), power("main-2", 600.0)
    with bench(tmp_path, stock(MAIN, IT)) as b:
        b.run(4 * DAY, *readings, interval=300)
        assert over(b, 0, 4 * DAY - 300)[0] is None
        now = b.clock.now
    with bench(tmp_path, stock(MAIN, "{meter: main-2, point: utility}", IT), now=now) as b:
        b.run(HOUR, *readings, interval=300)
        assert over(b, 0, 4 * DAY) == (pytest.approx(1.3), 1.0)


def test_a_new_process_knows_what_was_listed(tmp_path: Path) -> None:
    """A second agent on the same file does not take an old meter for a new one."""
    text = stock(MAIN, "{meter: main-2, point: utility}", IT)
    with bench(tmp_path, text) as b:
        b.run(3 * HOUR, power("main", 700.0), power("it", 1000.0, "it_input"))
        again = Pue(b.book, b.pue.inventory, clock=b.clock)
        again.refresh()
        assert again.between(SITE, T0, T0 + 3 * HOUR).state == "no_data"

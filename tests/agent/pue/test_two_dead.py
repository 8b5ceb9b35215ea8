"""Two dead meters, by hand: 130 kW come in by four feeds of 32.5 kW, and 100 kW are IT's.

While one is dead, 97.5 kW are told, and 65 kW once another one dies. When the first counts again,
its 32.5 kW are no load that it took over.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from collectors.base import Reading
from tests.agent.pue.test_at_rest import HOURS, IT, it, live, result, stock
from tests.agent.pue.test_falls import FEEDS, reads_of_the_last_hour, resting
from tests.support.ledger import Bench, bench, day, power

Kilowatts = Callable[[int], float | None]
FELL, BACK, SECOND = 100, 190, 160
DAY = 24


def told(number: int, kw: Kilowatts) -> Callable[[int], list[Reading]]:
    """Return what a feed tells by its power alone; None where it is silent."""

    def at(minute: int) -> list[Reading]:
        now = kw(max(0, minute - 1))
        return [] if now is None else [power(f"main-{number}", 1000 * now, "utility")]

    return at


def between(
    start: int, end: int, then: float | None, usual: float = 32.5
) -> Callable[[int], float | None]:
    """Draw as usual, and something else between two minutes."""
    return lambda minute: then if start <= minute < end else usual


def ran(b: Bench, *kilowatts: Kilowatts) -> tuple[float | None, float]:
    live(b, *(told(n, kw) for n, kw in enumerate(kilowatts)), it)
    return result(b).pue, result(b).coverage


USUAL = between(0, 0, None)
LAST = 60 * HOURS + 1


@pytest.mark.parametrize("first", [0.0, None])
@pytest.mark.parametrize("second", [SECOND, BACK + 5])
def test_another_feed_dies_while_one_is_dead_or_silent(
    tmp_path: Path, first: float | None, second: int
) -> None:
    """It stays dead, and only what came before the first is covered: 1.300, and not 0.975."""
    with bench(tmp_path, stock(*FEEDS, IT)) as b:
        dies = between(second, LAST, 0)
        assert ran(b, between(FELL, BACK, first), dies, USUAL, USUAL) == (
            pytest.approx(1.3),
            pytest.approx(FELL / 60 / HOURS, abs=0.02),
        )
        assert resting(b) == {"main-1"}


def test_a_third_feed_dies_while_two_are_dead(tmp_path: Path) -> None:
    """The first two count again, and then 97.5 kW are told."""
    with bench(tmp_path, stock(*FEEDS, IT)) as b:
        dead = between(FELL, BACK, 0), between(FELL + 30, BACK + 10, 0), between(SECOND, LAST, 0)
        pue, coverage = ran(b, *dead, USUAL)
        assert (pue, coverage) == (pytest.approx(1.3), pytest.approx(FELL / 60 / HOURS))
        assert resting(b) == {"main-2"}


@pytest.mark.parametrize("first", [0.0, None])
def test_a_feed_is_switched_off_while_another_one_is_dead_or_silent(
    tmp_path: Path, first: float | None
) -> None:
    """Three take its load over with 43.3 kW each: all counts when the first is back."""
    with bench(tmp_path, stock(*FEEDS, IT)) as b:
        more = between(SECOND, LAST, 130 / 3)
        off = between(SECOND, LAST, 0)

        def silent(minute: int) -> float | None:
            return first if FELL <= minute < BACK else more(minute)

        pue, coverage = ran(b, silent, off, more, more)
        assert pue == pytest.approx(1.3, abs=0.003)
        assert coverage == pytest.approx(1 - (BACK - FELL) / 60 / HOURS, abs=0.02)
        assert resting(b) == set()


@pytest.mark.parametrize(("others", "whole"), [(32.5, 5), (48.75, 20)])
def test_files_in_any_order_tell_the_same(tmp_path: Path, others: float, whole: int) -> None:
    """The first feed is dead from 05:00 to 09:00, the second one at 0 from 07:00 on.

    The others stay as they are, or take its load over: then 20 of 24 hours count.
    """
    kilowatts = {
        "main-3": [32.5] * 7 + [others] * 17,
        "main-1": [32.5] * 7 + [0] * 17,
        "it": [100.0] * DAY,
        "main-0": [32.5] * 5 + [0] * 4 + [32.5] * 15,
        "main-2": [32.5] * 7 + [others] * 17,
    }
    for order in (sorted(kilowatts), sorted(kilowatts, reverse=True), kilowatts):
        folder = tmp_path / "".join(order)
        folder.mkdir()
        with bench(folder, stock(*FEEDS, IT), now=day(DAY).timestamp()) as b:
            for meter in order:
                b.put(meter, {day(h): kw for h, kw in enumerate(kilowatts[meter])})
                b.pue.sum_up()
            found = b.between(day(), day(DAY))
        assert (found.pue, found.coverage) == (pytest.approx(1.3), pytest.approx(whole / DAY))


def test_a_feed_dies_while_one_is_dead_for_two_days_and_another_one_silent(
    tmp_path: Path,
) -> None:
    """Main-0 is dead in the hours 24 to 72, main-1 since hour 48, main-2 silent from 45 to 53.

    24 of 96 hours count.
    """
    count = 4 * DAY
    with bench(tmp_path, stock(*FEEDS, IT), now=day(count).timestamp()) as b:
        b.put("it", {day(h): 100.0 for h in range(count)})
        b.put("main-0", {day(h): 0 if 24 <= h < 72 else 32.5 for h in range(count)})
        b.put("main-1", {day(h): 0 if h >= 48 else 32.5 for h in range(count)})
        b.put("main-2", {day(h): 32.5 for h in range(count) if not 45 <= h < 53})
        b.put("main-3", {day(h): 32.5 for h in range(count)})
        found = b.between(day(), day(count))
    assert (found.pue, found.coverage) == (pytest.approx(1.3), pytest.approx(24 / count))


@pytest.mark.parametrize("hours", [1, 12])
def test_supplies_that_take_turns_are_judged_by_few_hours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hours: int
) -> None:
    """Two feeds carry all by turns for two weeks. No fall is followed to the one before it."""
    count = 14 * DAY
    with bench(tmp_path, stock(*FEEDS[:2], IT), now=day(count).timestamp()) as b:
        b.put("it", {day(h): 100.0 for h in range(count)})
        for number in (0, 1):
            turns = {day(h): 130.0 * (h // hours % 2 == number) for h in range(count)}
            b.put(f"main-{number}", turns)
        assert b.between(day(), day(count)).coverage == 1.0
        end = round(day(count).timestamp() * 1000)
        assert 0 < reads_of_the_last_hour(b, monkeypatch, end) <= 24


def test_a_feed_that_dies_twice_does_not_rest(tmp_path: Path) -> None:
    """At 0 in the hours 6 to 9, it counts in one hour, and is dead for the rest of 30 days."""
    count = 30 * DAY
    with bench(tmp_path, stock(*FEEDS, IT), now=day(count).timestamp()) as b:
        b.put("it", {day(h): 100.0 for h in range(count)})
        dead = {*range(6, 9), *range(10, count)}
        b.put("main-0", {day(h): 0 if h in dead else 32.5 for h in range(count)})
        for number in (1, 2, 3):
            b.put(f"main-{number}", {day(h): 32.5 for h in range(count)})
        found = b.between(day(), day(count))
    assert (found.pue, found.coverage) == (pytest.approx(1.3), pytest.approx(7 / count))


@pytest.mark.parametrize("first", [0, 7])
def test_what_is_imported_later_of_the_time_before_judges_all_hours_after(
    tmp_path: Path, first: int
) -> None:
    """One feed is dead since hour 7, another one from 10 to 21. Of the first only that is known."""
    count = 10 * DAY
    with bench(tmp_path, stock(*FEEDS, IT), now=day(count).timestamp()) as b:
        b.put("it", {day(h): 100.0 for h in range(count)})
        for number in (0, 3):
            b.put(f"main-{number}", {day(h): 45.0 for h in range(count)})
        b.put("main-2", {day(h): 0 if 10 <= h < 21 else 45.0 for h in range(count)})
        b.put("main-1", {day(h): 45.0 if h < 7 else 0 for h in range(first, count)})
        b.pue.sum_up()
        b.put("main-1", {day(h): 45.0 for h in range(7)})
        found = b.between(day(), day(count))
    assert (found.pue, found.coverage) == (pytest.approx(1.8), pytest.approx(7 / count))

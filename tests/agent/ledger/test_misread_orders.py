"""Misread registers and powers in the living ledger: the same in any order and across restarts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from tests.agent.ledger.living import kept, kwh_and_hours, live, minutes, shown
from tests.support.ledger import (
    HOUR,
    T0,
    batch,
    power,
)

WILD: dict[str, Callable[[int], float]] = {
    "zero once": lambda m: shown(m) * (m != 100),
    "zero for long": lambda m: shown(m) * (m not in range(50, 170)),
    "huge once": lambda m: 5e12 if m == 100 else shown(m),
    "huge twice": lambda m: 5e12 if m in (100, 101) else shown(m),
    "frozen": lambda m: shown(100 if m in range(100, 230) else m),
    "small and huge": lambda m: {90: 0.0, 91: 9e12, 150: 7.0}.get(m, shown(m)),
}


@pytest.mark.parametrize("meter", ["m", "n"])
@pytest.mark.parametrize("case", WILD)
@pytest.mark.parametrize(("restart_after", "flush_after"), [(0, 1), (37, 1), (0, 17)])
def test_a_misread_register_comes_right(
    tmp_path: Path, meter: str, case: str, restart_after: int, flush_after: int
) -> None:
    """Four hours of 120 kW are 480 kWh and all covered, whatever was read for a while."""
    book = live(
        tmp_path,
        minutes(meter, WILD[case], 240),
        restart_after=restart_after,
        flush_after=flush_after,
    )
    assert kwh_and_hours(book, meter, 4) == pytest.approx((480.0, 4.0))
    book.close()


@pytest.mark.parametrize("meter", ["m", "n"])
@pytest.mark.parametrize("case", WILD)
def test_the_order_of_misread_readings_does_not_matter(
    tmp_path: Path, meter: str, case: str
) -> None:
    """Late and shuffled readings give the same hours to the last bit."""
    made = minutes(meter, WILD[case], 240, watts=120_000.0)
    straight = live(tmp_path / "straight", made)
    chance = Random(5)
    muddled = sorted(made, key=lambda one: one.time + chance.choice((0, 0, 0, 600, 5000)))
    late = live(tmp_path / "late", muddled, flush_after=3)
    shuffled = chance.sample(made, k=len(made))
    random = live(tmp_path / "random", shuffled, flush_after=20)
    assert kept(late) == kept(straight) == kept(random)
    for book in (straight, late, random):
        book.close()


@pytest.mark.parametrize("bad", [-7.0, float("nan"), 65_535e3])
@pytest.mark.parametrize("restart_after", [0, 3])
def test_a_refused_power_leaves_a_hole_across_a_restart(
    tmp_path: Path, bad: float, restart_after: int
) -> None:
    """Of 60 minutes at 100 kW one reading is refused: the two minutes beside it are a hole."""
    made = [
        batch(T0 + 60 * minute, power("m", bad if minute == 30 else 1e5)) for minute in range(61)
    ]
    book = live(tmp_path, made, restart_after=restart_after)
    found = book.energy("m", T0, T0 + HOUR)
    assert (found.joules, found.seconds) == pytest.approx((1e5 * 58 * 60, 58 * 60))
    book.close()


@pytest.mark.parametrize(
    "wild", [{58: 9e7}, {59: 9e7, 60: 9e7}, {60: 9e7}, dict.fromkeys(range(59, 70), 9e6)]
)
def test_a_wild_power_is_judged_alike_in_any_order(tmp_path: Path, wild: dict[int, float]) -> None:
    """A wild power about the turn of an hour: reading by reading, at once, and shuffled."""
    made = [batch(T0 + 60 * m, power("n", wild.get(m, 1e5))) for m in range(130)]
    straight = live(tmp_path / "straight", made)
    shuffled = live(tmp_path / "shuffled", Random(3).sample(made, k=len(made)), flush_after=3)
    at_once = live(tmp_path / "once", made, flush_after=len(made))
    assert kept(shuffled) == kept(straight) == kept(at_once)
    covered = 129 if len(wild) > 2 else 129 - len(wild) - 1
    assert kwh_and_hours(straight, "n", 3)[1] == pytest.approx(covered / 60)
    for book in (straight, shuffled, at_once):
        book.close()

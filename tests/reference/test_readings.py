"""The reference's energy cells of registers and powers, against cases worked out by hand."""

from __future__ import annotations

from fractions import Fraction

import pytest

from tests.reference.model import (
    KWH,
    Cells,
    Duty,
    Kind,
    Meter,
    Reading,
)
from tests.reference.readings import energy_cells

MINUTE = 60_000
MAIN = Meter(meter="main", point="utility")


def register(*values: tuple[int, float]) -> list[Reading]:
    return [Reading(m * MINUTE, Kind.REGISTER, Fraction(joules)) for m, joules in values]


def power(*values: tuple[int, float]) -> list[Reading]:
    return [Reading(m * MINUTE, Kind.POWER, Fraction(watts)) for m, watts in values]


def joules(cells: Cells) -> dict[int, Fraction]:
    """By the minute that a cell begins."""
    return {cell // MINUTE: found.joules for cell, found in cells.items()}


def test_register_is_spread_evenly_over_a_gap() -> None:
    """A register's difference over twenty minutes is a quarter of it in each cell."""
    assert joules(energy_cells(MAIN, register((0, 0), (20, 4000)), MINUTE)) == dict.fromkeys(
        (0, 5, 10, 15), 1000
    )


def test_cell_counts_only_whole() -> None:
    """Readings from minute 1 to minute 9 cover no cell."""
    assert energy_cells(MAIN, register((1, 0), (9, 800)), MINUTE) == {}


def test_register_wraps_at_its_width() -> None:
    """900 of 1000, then 100: 200 joules in five minutes."""
    meter = Meter(meter="main", point="utility", wrap=Fraction(1000))
    assert joules(energy_cells(meter, register((0, 900), (5, 100)), MINUTE)) == {0: 200}


def test_register_that_fell_leaves_the_interval_to_power() -> None:
    """A register begins anew at minute 5..10; a load of 10 W then counts 3000 joules."""
    known = register((0, 50_000), (5, 53_000), (10, 1_000), (15, 4_000))
    assert joules(energy_cells(MAIN, known, MINUTE)) == {0: 3000, 10: 3000}
    told = power(*((minute, 10) for minute in range(16)))
    assert joules(energy_cells(MAIN, known + told, MINUTE)) == {0: 3000, 5: 3000, 10: 3000}


def test_register_that_catches_up_within_its_rating_is_exact() -> None:
    """50 W, still for 15 minutes, then all of it: 250 W in five minutes is above the rating of
    100 W, but not over the time in which it stood still.
    """
    meter = Meter(meter="main", point="utility", rating=Fraction(100))
    values = register((0, 0), (5, 15_000), (10, 15_000), (15, 15_000), (20, 60_000))
    assert sum(joules(energy_cells(meter, values, MINUTE)).values()) == 60_000


def test_leap_above_the_rating_uncovers_the_time_since_the_last_move() -> None:
    """100 W over at most 25 minutes are 150 kJ: 200 kJ are refused, with the minutes 5 to 20."""
    meter = Meter(meter="main", point="utility", rating=Fraction(100))
    values = register((0, 0), (5, 15_000), (10, 15_000), (20, 215_000), (25, 230_000))
    assert joules(energy_cells(meter, values, MINUTE)) == {0: 15_000, 20: 15_000}


def test_power_never_crosses_a_gap_of_more_than_three_intervals() -> None:
    """Read each minute, heard at 0, 3 and 8: the trapezoid ends at minute 3."""
    found = energy_cells(MAIN, power(*((m, 10) for m in (0, 3, 5, 6, 10))), MINUTE)
    assert joules(found) == {0: 3000}


def test_refused_power_leaves_a_hole() -> None:
    """A power below 0 at minute 7 uncovers the cell of minutes 5 to 10."""
    values = power(*((m, 10 if m != 7 else -5) for m in range(16)))
    assert joules(energy_cells(MAIN, values, MINUTE)) == {0: 3000, 10: 3000}


def test_trapezoid() -> None:
    """From 10 W to 30 W in five minutes: 20 W, 6000 joules."""
    assert joules(energy_cells(MAIN, power((0, 10), (5, 30)), 5 * MINUTE)) == {0: 6000}


@pytest.mark.parametrize("wrong", [0, 7 * 10**14])
def test_one_glitch_is_no_energy(wrong: int) -> None:
    """A register that reads nonsense once and recovers counts what it counts without it."""
    values = [(5 * n, 10**9 + 3000 * n) for n in range(40)]
    values[20] = (100, wrong)
    found = energy_cells(MAIN, register(*values), MINUTE)
    assert sum(joules(found).values()) == 39 * 3000
    assert {cell // MINUTE for cell, one in found.items() if one.duty is Duty.MAY} == {95, 100}


@pytest.mark.parametrize("rating", [22_500, 100_000])
def test_a_rise_from_0_that_needs_ten_minutes_does_not_show_a_reset(rating: int) -> None:
    """7.5 kW from 0 on, and 0 once at minute 10; then 4.95 MJ, which is 220 s at 22.5 kW.

    At 100 kW it is 49.5 s: the register may have been reset, and nobody knows what it counted.
    """
    values = [(m, 0 if m == 10 else 450_000 * m) for m in range(40)]
    meter = Meter(meter="main", point="utility", rating=Fraction(rating))
    found = joules(energy_cells(meter, register(*values), MINUTE))
    reset = {5: None, 10: 450_000 * 11 + 4 * 450_000} if rating == 100_000 else {}
    assert [found.get(m) for m in (0, 5, 10, 15)] == [
        reset.get(m, 2_250_000) for m in (0, 5, 10, 15)
    ]


def test_another_meter_with_a_higher_register_is_no_energy() -> None:
    """A leap of 720 MJ between minutes 95 and 100 at 10 W is not covered."""
    values = [(5 * n, 3000 * n + (720 * 10**6 if n >= 20 else 0)) for n in range(40)]
    found = energy_cells(MAIN, register(*values), MINUTE)
    assert joules(found) == {5 * n: 3000 for n in range(39) if n != 19}


def test_a_load_that_comes_back_is_no_glitch() -> None:
    """100 J a minute for ten minutes, then 1 J; reset at 40, at 55 in the next such stretch.

    At 60 it shows more than before it fell. It has counted 100 J in each minute meanwhile.
    """
    drawn = [100 if minute < 10 or 50 <= minute < 65 else 1 for minute in range(120)]
    values, total = [], 0
    for minute, rise in enumerate(drawn):
        total = 0 if minute in {40, 55} else total
        values.append((minute, total))
        total += rise
    found = joules(energy_cells(MAIN, register(*values), MINUTE))
    assert [found.get(minute) for minute in (45, 50, 55, 60, 65)] == [5, None, 500, 500, 5]


def test_the_last_move_of_a_register_that_stands_still_is_open() -> None:
    """It rises by 1000 or 1001 J each two minutes up to 20, so a step is no more than 1 J.

    What it showed at 18 may have been old. What it has counted from 20 on shows when it moves.
    """
    values = [(2 * n, 1000 * min(n, 10) + min(n, 10) // 2) for n in range(16)]
    found = energy_cells(MAIN, register(*values), MINUTE)
    assert {cell // MINUTE for cell, one in found.items() if one.duty is Duty.MAY} == {15, 20, 25}


def test_a_fall_by_less_than_half_of_the_width_is_no_wrap() -> None:
    """150 J at minute 15 of a width of 200 J, 100 J at minute 30: 10 J a minute, if it wrapped."""
    minutes = [*range(16), *range(30, 46)]
    values = [(minute, 10 * minute % 200) for minute in minutes]
    meter = Meter(meter="main", point="utility", wrap=Fraction(200))
    rated = Meter(meter="main", point="utility", wrap=Fraction(200), rating=Fraction(1))
    known = dict.fromkeys(range(0, 45, 5), 50)
    hole = {15, 20, 25}
    assert joules(energy_cells(rated, register(*values), MINUTE)) == known
    assert joules(energy_cells(meter, register(*values), MINUTE)) == {
        minute: 50 for minute in known if minute not in hole
    }


def test_a_reset_just_after_another_is_no_glitch() -> None:
    """1 kWh a minute, from 990 kWh of 1000 kWh; it is reset to 0 at 7 and at 60.

    Were all that it shows from 7 to 59 false, 996 kWh to 0 would be a wrap of 4 kWh.
    """
    values = [(m, KWH * (990 + m if m < 7 else m - 7 if m < 60 else m - 60)) for m in range(100)]
    meter = Meter(meter="main", point="utility", wrap=Fraction(1000 * KWH))
    found = joules(energy_cells(meter, register(*values), MINUTE))
    assert found == {minute: 5 * KWH for minute in range(0, 95, 5) if minute not in {5, 55}}


def test_power_beside_a_register_of_large_steps_is_open() -> None:
    """Power says 1 W, so 3600 J an hour, and the register is reset at minute 50.

    A step of 2000 J is more than half of that, and may make one seem half of the other.
    """
    watts = power(*((5 * n, 1) for n in range(61)))
    for step, is_open in ((1000, False), (2000, True)):
        seconds = [300 * n - (0 if n < 10 else 3000) for n in range(61)]
        told = [(5 * n, step * (after // step)) for n, after in enumerate(seconds)]
        found = energy_cells(MAIN, [*register(*told), *watts], 5 * MINUTE)
        assert (found[45 * MINUTE].duty is Duty.MAY) == is_open


def test_a_leap_of_a_register_that_hardly_moves_is_a_glitch() -> None:
    """It shows 7 MJ, once 5 TJ, and 7 MJ again. 5 TJ in five minutes are 17 GW."""
    values = [(5 * n, 5 * 10**12 if n == 4 else 7 * 10**6) for n in range(9)]
    assert joules(energy_cells(MAIN, register(*values), MINUTE)) == dict.fromkeys(
        range(0, 40, 5), 0
    )


def _refreshed(*kwh: int) -> dict[int, tuple[Fraction, Duty]]:
    """By cell, the kWh and duty of a register that shows each value for 20 minutes."""
    told = register(*((5 * n, kwh[n // 4] * KWH) for n in range(4 * len(kwh))))
    cells = energy_cells(MAIN, told, 5 * MINUTE)
    return {cell // MINUTE: (one.joules / KWH, one.duty) for cell, one in cells.items()}


def test_a_reset_of_a_register_that_is_refreshed_seldom_is_no_glitch() -> None:
    """30 kW, reset between minutes 60 and 80: 15 - 5 kWh were drawn since 5 was first shown.

    That is as usual in 20 minutes. So 35 kWh at minute 140 are no return to 33.
    """
    found = _refreshed(3, 13, 23, 33, 5, 15, 25, 35, 45, 55, 65)
    assert not set(found) & {60, 65, 70, 75}
    assert sum(kwh for cell, (kwh, _) in found.items() if 80 <= cell < 140) == 30


def test_nobody_knows_whether_it_was_a_reset_or_a_glitch() -> None:
    """15 kWh at minute 60 may go on from 13, or from 5 as usual: the cells need not count."""
    found = _refreshed(3, 13, 5, 15, 25, 35, 45, 55, 65, 75)
    assert not set(found) & {20, 25, 30, 35}
    assert {found[cell] for cell in (40, 45, 50, 55)} == {(Fraction(5, 2), Duty.MAY)}


def test_three_rises_speak_for_a_wrap() -> None:
    """Rises of 30 kWh in 20 minutes, three times, and ten of 10: 40 kWh across the width are at
    most 1.5 · 30. One of the three may be false, so it need not count.
    """
    meter = Meter(meter="main", point="utility", wrap=Fraction(1000 * KWH))
    rises = (30, 30, 30, 10, 10, 10, 40, 10, 10, 10, 10, 10, 10, 10)
    values = [(870 + sum(rises[:n])) % 1000 * KWH for n in range(len(rises) + 1)]
    told = register(*((20 * n, value) for n, value in enumerate(values)))
    cells = energy_cells(meter, told, 20 * MINUTE)
    found = {cells[at * MINUTE].joules / KWH: cells[at * MINUTE].duty for at in range(120, 140, 5)}
    assert found == {Fraction(10): Duty.MAY}


def test_power_may_tell_what_a_coarse_register_counts_since_a_reset() -> None:
    """It shows 2 kWh from minute 80 and 5 from minute 100, and may have counted a kWh before."""
    kwh = (3, 5, 8, 12, 2, 5, 7, 11, 15, 19)
    told = register(*((5 * n, kwh[n // 4] * KWH) for n in range(4 * len(kwh))))
    told += power(*((5 * n, 9000) for n in range(4 * len(kwh))))
    cells = energy_cells(MAIN, told, 5 * MINUTE)
    loose = {
        cell // MINUTE: {span.joules for span in one.spans if not span.known}
        for cell, one in cells.items()
    }
    assert [loose[cell] for cell in (80, 85, 90, 95)] == [{KWH}] * 4
    assert not loose[20] | loose[100]

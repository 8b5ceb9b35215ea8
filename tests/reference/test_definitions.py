"""The reference itself, against cases worked out by hand."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest

from tests.reference.beside import beside
from tests.reference.bills import Bill, NobodyKnowsError, bill_pieces, in_order, lasting, moment
from tests.reference.model import (
    CELL,
    HOUR,
    KWH,
    Cells,
    Duty,
    Kind,
    Meter,
    Metered,
    Reading,
    Site,
    cells_of,
)
from tests.reference.readings import energy_cells
from tests.reference.site import Counted, SiteFigures, inconsistent

MINUTE = 60_000
MAIN = Meter(meter="main", point="utility")
BERLIN = ZoneInfo("Europe/Berlin")


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
    """1 J a minute, from 990 J of 1000 J; it is reset to 0 at 7 and at 60.

    Were all that it shows from 7 to 59 false, 996 J to 0 J would be a wrap of 4 J.
    """
    values = [(m, 990 + m if m < 7 else m - 7 if m < 60 else m - 60) for m in range(100)]
    meter = Meter(meter="main", point="utility", wrap=Fraction(1000))
    found = joules(energy_cells(meter, register(*values), MINUTE))
    assert found == {minute: 5 for minute in range(0, 95, 5) if minute not in {5, 55}}


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


# Bills


def bill(*dates: str) -> list[Bill]:
    return [Bill(datetime.fromisoformat(date), Fraction(1)) for date in dates]


def ends(*dates: str, zone: ZoneInfo = BERLIN) -> list[str]:
    rows = lasting(bill(*dates), zone)
    return [
        datetime.fromtimestamp(row.end / 1000, zone).replace(tzinfo=None).isoformat(" ")[:10]
        for row in rows
    ]


def test_bills_of_two_months() -> None:
    """The bill of 1 November lasts until 1 January."""
    dates = [f"2025-{month:02}-01" for month in (1, 3, 5, 7, 9, 11)]
    assert ends(*dates) == [*dates[1:], "2026-01-01"]


def test_bills_on_the_15th_with_a_hole() -> None:
    """A bill before a missing one lasts a month, not two."""
    found = ends("2025-01-15", "2025-02-15", "2025-04-15", "2025-05-15", zone=BERLIN)
    assert found == ["2025-02-15", "2025-03-15", "2025-05-15", "2025-06-15"]


def test_first_bill_of_a_part_of_a_month() -> None:
    """Supply began on 10 January: that bill lasts until 1 February, December's a month."""
    dates = ["2025-01-10", *(f"2025-{month:02}-01" for month in range(2, 13))]
    assert ends(*dates) == [*dates[1:], "2026-01-01"]


def test_weekly_quarterly_and_annual_bills() -> None:
    """The last row lasts as long as the others."""
    assert ends("2025-01-06", "2025-01-13", "2025-01-20")[-1] == "2025-01-27"
    assert ends("2025-01-01", "2025-04-01", "2025-07-01", "2025-10-01")[-1] == "2026-01-01"
    assert ends("2022-01-01", "2023-01-01", "2024-01-01", "2025-01-01")[-1] == "2026-01-01"


def test_uneven_rows_are_for_the_file_to_explain() -> None:
    """Rows that are spaced by no rule do not tell how long the last one lasts."""
    with pytest.raises(NobodyKnowsError):
        lasting(bill("2025-01-01", "2025-01-04", "2025-01-20", "2025-01-21"), BERLIN)
    with pytest.raises(NobodyKnowsError):
        lasting(bill("2025-01-01"), BERLIN)
    known = lasting(bill("2025-01-01"), BERLIN, timedelta(days=31))
    assert known[0].end - known[0].start == 31 * 24 * HOUR


def test_bill_is_spread_evenly() -> None:
    """A bill of an hour is a twelfth of itself in each cell, and only its sum is known."""
    found = cells_of(bill_pieces(lasting(bill("2025-01-01", "2025-01-01T01:00"), BERLIN)))
    assert len(found) == 24
    assert {one.joules for one in found.values()} == {Fraction(1, 12)}
    assert all(one.spans for one in found.values())


def test_hour_that_comes_twice_is_a_sequence() -> None:
    """2:50 and then 2:10 on the night clocks go back: the second is in the second hour."""
    day = "2025-10-26T"
    texts = ["01:30", "02:10", "02:50", "02:10", "02:50", "03:30"]
    found = in_order([datetime.fromisoformat(day + text) for text in texts], BERLIN)
    assert [(b - a) // MINUTE for a, b in itertools.pairwise(found)] == [
        40,
        40,
        20,
        40,
        40,
    ]


def test_time_that_clocks_skip_is_none() -> None:
    """2:30 on the night clocks go forward does not exist."""
    with pytest.raises(NobodyKnowsError):
        moment(datetime.fromisoformat("2025-03-30T02:30"), BERLIN)


# Sites: a cell in which each meter counts what its kilowatts say


def site(it_point: str = "it_input", **kilowatts: tuple[Meter, float]) -> SiteFigures:
    meters = tuple(meter for meter, _ in kilowatts.values())
    return SiteFigures(
        Site(meters=meters, it_point=it_point),
        Counted(
            incoming={
                meter.meter: {0: Metered(joules=Fraction(str(kw)) * 300_000)}
                for meter, kw in kilowatts.values()
            }
        ),
    )


def meter(name: str, point: str, **stated: object) -> Meter:
    return Meter(meter=name, point=point, **stated)


IT = meter("it", "it_input")


@pytest.mark.parametrize(
    ("figures", "value"),
    [
        (site(u=(MAIN, 1440), i=(IT, 1200)), Fraction(6, 5)),
        (site(i=(IT, 1200), c=(meter("c", "cooling"), 240)), Fraction(6, 5)),
        (
            site(
                u=(MAIN, 1100),
                d=(meter("d", "cooling", factor=Fraction(2, 5)), 500),
                i=(IT, 1000),
            ),
            Fraction(13, 10),
        ),
        (
            site(
                u=(MAIN, 1300),
                o=(meter("o", "utility", subtract=True, behind="main"), 100),
                i=(IT, 1000),
            ),
            Fraction(6, 5),
        ),
        (
            site(
                "ups_output",
                u=(MAIN, 1300),
                s=(meter("s", "ups_output"), 1050),
                f=(meter("f", "cooling", behind="s"), 50),
            ),
            Fraction(13, 10),
        ),
        (
            site(
                "pdu_output",
                u=(MAIN, 1250),
                s=(meter("s", "ups_output"), 1050),
                p=(meter("p", "pdu_output"), 1000),
            ),
            Fraction(5, 4),
        ),
    ],
)
def test_pue_of_a_cell(figures: SiteFigures, value: Fraction) -> None:
    """The worked cases of the manual come out as they were worked out by hand."""
    assert figures.pue(0, CELL).value == value


def test_silent_meter_is_missing() -> None:
    """Two of three IT meters are no IT energy."""
    known = Metered(joules=Fraction(300_000))
    figures = SiteFigures(
        Site(meters=(MAIN, IT, meter("it2", "it_input")), it_point="it_input"),
        Counted(incoming={"main": {0: known}, "it": {0: known}, "it2": {}}),
    )
    assert figures.pue(0, CELL).coverage == 0


def test_meter_counts_from_its_first_reading() -> None:
    """Photovoltaics that come in the second cell take nothing from the first."""
    cells = {0: Metered(joules=Fraction(130)), CELL: Metered(joules=Fraction(130))}
    figures = SiteFigures(
        Site(meters=(MAIN, meter("pv", "renewable"), IT), it_point="it_input"),
        Counted(
            incoming={
                "main": cells,
                "it": {cell: Metered(joules=Fraction(100)) for cell in cells},
                "pv": {CELL: Metered(joules=Fraction(5))},
            },
            begins={"pv": CELL},
        ),
    )
    found = figures.pue(0, 2 * CELL)
    assert (found.value, found.coverage) == (Fraction(265, 200), 1)


def battery() -> SiteFigures:
    """Day: 200 kW of sun, of which 80 kW charge; night: 80 kW bought, of which 40 kW are sold."""
    day, night = 0, CELL

    def cells(first: int, second: int) -> Cells:
        return {day: Metered(joules=Fraction(first)), night: Metered(joules=Fraction(second))}

    return SiteFigures(
        Site(meters=(MAIN, meter("pv", "renewable"), IT), it_point="it_input"),
        Counted(
            incoming={"main": cells(0, 80), "pv": cells(200, 0), "it": cells(80, 80)},
            outgoing={"main": cells(0, 40)},
            two_ways={"main": 0},
        ),
    )


def test_ref_is_summed_before_it_is_divided() -> None:
    """(200 - 40) / (200 + 80 - 40) = 2/3, though the night alone is below 0."""
    assert beside(battery(), "ref", 0, 2 * CELL).value == Fraction(2, 3)
    assert battery().pue(0, 2 * CELL).value == Fraction(240, 160)


def test_erf_cue_and_wue() -> None:
    """350 of 1400 kW are reused; 3714.3 kW of fuel at 0.267 kg; 1 800 litres for 1 000 kWh."""
    heat = site(u=(MAIN, 1400), i=(IT, 1000), h=(meter("h", "reused"), 350))
    assert beside(heat, "erf", 0, CELL).value == Fraction(1, 4)
    fuel = meter(
        "g",
        "generator",
        factor=Fraction(35, 100),
        kilograms_per_kilowatt_hour=Fraction(267, 1000),
    )
    burnt = site(g=(fuel, 3714.3), i=(IT, 1000))
    assert beside(burnt, "cue", 0, CELL).value == Fraction("3714.3") * Fraction(267, 1000) / 1000
    wet = SiteFigures(
        Site(meters=(MAIN, IT, meter("w", "water")), it_point="it_input"),
        Counted(
            incoming={
                "main": {0: Metered(joules=Fraction(1300 * KWH))},
                "it": {0: Metered(joules=Fraction(1000 * KWH))},
                "w": {0: Metered(joules=Fraction(1800))},
            }
        ),
    )
    assert beside(wet, "wue", 0, CELL).value == Fraction(9, 5)


def test_export_register_that_falls_silent_uncovers() -> None:
    """From its first reading on, what comes in alone is not enough."""
    cells = {0: Metered(joules=Fraction(130)), CELL: Metered(joules=Fraction(130))}
    figures = SiteFigures(
        Site(meters=(MAIN, IT), it_point="it_input"),
        Counted(
            incoming={"main": cells, "it": cells},
            outgoing={"main": {0: Metered(joules=Fraction(0))}},
            two_ways={"main": 0},
        ),
    )
    assert list(figures.counts(0, 2 * CELL)) == [0]
    assert not inconsistent(figures.pue(0, 2 * CELL))


def test_contradicting_meters_are_inconsistent() -> None:
    """Less facility than IT energy is no PUE."""
    assert inconsistent(site(u=(MAIN, 90), i=(IT, 100)).pue(0, CELL))

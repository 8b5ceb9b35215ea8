"""What the uncovered time may mean for a PUE: silent seasons, and silences at a certain load."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.pue.model import PueResult
from agent.pue.silences import Slice, uncovered
from agent.pue.sums import Alone, EnergySum, Sum
from tests.support.ledger import HEAD, SITE, ZONE, bench, day

ROWS = HEAD + "meters: [{meter: main, point: utility}, {meter: it, point: it_input}]"


def part(number: int, it: float, facility: float, *, silent: str = "") -> Slice:
    """Return a slice of twelve cells; `silent` names the boundary that was not heard in it."""
    if not silent:
        counted = Sum(cells=12, facility=EnergySum(joules=facility), it=EnergySum(joules=it))
        return Slice(number, 12, counted, Alone())
    heard = Alone()
    if silent == "facility":
        heard = Alone(it_joules=it, it_cells=12)
    elif silent == "it":
        heard = Alone(facility_joules=facility, facility_cells=12)
    return Slice(number, 12, Sum(), heard)


@pytest.mark.parametrize("length", [10, 20, 36, 50])
@pytest.mark.parametrize("middle", [200, 40, 110])
@pytest.mark.parametrize("silent", ["facility", "it", "both"])
def test_a_silent_season(length: int, middle: int, silent: str) -> None:
    """PUE is 1.215 + 0.12 cos over a year of constant IT; the year's true PUE is within the limit.

    Day 200 is the warmest. The mean of the cosine over a whole year is 0, so the truth is 1.215.
    """
    of_day = [1.215 + 0.12 * math.cos(2 * math.pi * (n - 200) / 365) for n in range(365)]
    gone = range(middle - length // 2, middle - length // 2 + length)
    slices = [
        part(n, 100.0, 100.0 * pue, silent=silent if n in gone else "")
        for n, pue in enumerate(of_day)
    ]
    measured = sum(pue for n, pue in enumerate(of_day) if n not in gone) / (365 - length)
    found = uncovered(slices)
    assert found is not None
    off = abs(1.215 - measured) / measured
    assert off * 0.98 <= found.bias <= 1.5 * off + 0.002


@pytest.mark.parametrize("silent", ["facility", "it"])
@pytest.mark.parametrize(
    ("low", "overhead", "truth"),
    [
        # By day 1000 kWh of IT. A fixed overhead, so the night alone has (low + overhead) / low.
        (200.0, 150.0, (1000 + 200 + 300) / 1200),
        (500.0, 200.0, (1000 + 500 + 400) / 1500),
    ],
)
def test_silent_whenever_the_load_is_low(
    silent: str, low: float, overhead: float, truth: float
) -> None:
    """With a fixed overhead, silent nights move PUE by just what the limit says."""
    day_pue = (1000 + overhead) / 1000
    slices = [
        part(n, 1000.0, 1000.0 + overhead)
        if n % 24 < 12
        else part(n, low, low + overhead, silent=silent)
        for n in range(72)
    ]
    found = uncovered(slices)
    assert found is not None
    assert found.bias == pytest.approx((truth - day_pue) / day_pue)
    assert found.above_median_load == 0.0


@pytest.mark.parametrize("low", [1.2, 1.0])
def test_a_gap_within_an_hour_may_be_like_any_of_its_cells(low: float) -> None:
    """Ten of twelve cells of 100 kJ are heard, of which one was at 1.5, and the others at `low`.

    In the missing two it may have been 1.5 too: 200 · (1.5 - mean) of 1200 kJ.
    """
    counted = Sum(cells=10, facility=EnergySum(joules=900 * low + 150), it=EnergySum(joules=1000))
    mean = 0.9 * low + 0.15
    found = uncovered([Slice(0, 12, counted, Alone(), low, 1.5)])
    assert found is not None
    assert found.bias == pytest.approx(200 * (1.5 - mean) / 1200 / mean)


@pytest.mark.parametrize("beside", [1.5, 1.1])
def test_a_gap_at_an_hour_s_end_may_be_like_the_next_hour(beside: float) -> None:
    """An hour at 1.2 lacks three of twelve cells, and the next one is at another PUE."""
    counted = Sum(cells=9, facility=EnergySum(joules=1080), it=EnergySum(joules=900))
    found = uncovered([Slice(0, 12, counted, Alone(), 1.2, 1.2), part(1, 1200.0, 1200 * beside)])
    assert found is not None
    measured = (1080 + 1200 * beside) / 2100
    by_season = abs((1440 + 1200 * beside) / 2400 - measured)
    expected = (by_season + 300 * abs(beside - 1.2) / 2400) / measured
    assert found.bias == pytest.approx(expected)


def test_an_even_load_and_an_even_pue_leave_nothing_open() -> None:
    """Where nothing varies, the uncovered time was as the covered one, whenever it was."""
    slices = [part(n, 100.0, 130.0, silent="facility" if n % 5 == 2 else "") for n in range(50)]
    found = uncovered(slices)
    assert found is not None
    assert found.bias == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("silent", ["", "both"])
def test_nothing_to_estimate(silent: str) -> None:
    """Without any uncovered time, or without any covered time, there is no estimate."""
    assert uncovered([part(n, 100.0, 130.0, silent=silent) for n in range(24)]) is None


def year_without(
    tmp_path: Path, of_day: Callable[[int], float], gone: range
) -> tuple[float, float, float, tuple[str, ...], dict[str, float]]:
    """Import a year of 100 kWh of IT an hour, and the utility's but for some days."""
    hours = [day(0, 1, 1) + dt.timedelta(hours=n) for n in range(365 * 24)]
    main = {at: 100.0 * of_day(n // 24) for n, at in enumerate(hours) if n // 24 not in gone}
    with bench(tmp_path, ROWS, now=day(0, 1, 1, 2026).timestamp()) as b:
        b.put("it", dict.fromkeys(hours, 100.0))
        b.put("main", main)
        found = b.between(day(0, 1, 1), day(0, 1, 1, 2026))
    assert found.pue is not None
    assert found.uncertainty is not None
    assert found.uncovered is not None
    months = {one.name: one.coverage for one in found.uncovered.months}
    return found.pue, found.uncertainty, found.coverage, found.notes, months


def test_a_silent_summer_is_told(tmp_path: Path) -> None:
    """The utility meter is silent for 36 days about the peak: the notes and the months say so.

    Days 182 to 217 of the year are gone, counted from 0. July is days 181 to 211, August 212 to
    242: one day of July is covered, and 25 of August. The truth is within what the bias alone makes
    of the uncertainty.
    """
    pue, uncertainty, coverage, notes, months = year_without(
        tmp_path, lambda n: 1.215 + 0.12 * math.cos(2 * math.pi * (n - 200) / 365), range(182, 218)
    )
    assert coverage == pytest.approx(329 / 365)
    assert months["2025-07"] == pytest.approx(1 / 31)
    assert months["2025-08"] == pytest.approx(25 / 31)
    assert months["2025-12"] == 1.0
    assert any("may have moved PUE" in note for note in notes)
    assert any("uneven" in note and "2025-07 3%" in note for note in notes)
    classes = 2 * 2**0.5 * 0.02 / 3**0.5
    assert (uncertainty**2 - classes**2) ** 0.5 * pue > 1.215 - pue


def test_a_long_silence_may_hide_what_nobody_saw(tmp_path: Path) -> None:
    """Of a year at 1.3 throughout 36 days are silent: the overhead may have been 45 for 30 kW.

    Slices are days of UTC. Of the first of them 8 hours are silent, and the rest of it tells them.
    """
    _, uncertainty, _, notes, _ = year_without(tmp_path, lambda _: 1.3, range(182, 218))
    classes, bias = 2 * 2**0.5 * 0.02 / 3**0.5, (36 - 8 / 24) * 15 / 36_500 / 1.3
    assert uncertainty == pytest.approx((classes**2 + (2 * bias) ** 2 / 3) ** 0.5)
    assert any("it may have moved PUE by 1.13%" in note for note in notes)


def test_a_short_silence_in_an_even_year_widens_nothing(tmp_path: Path) -> None:
    """At a PUE of 1.3 throughout, ten silent days leave the uncertainty to the classes."""
    pue, uncertainty, _, notes, _ = year_without(tmp_path, lambda _: 1.3, range(100, 110))
    assert pue == pytest.approx(1.3)
    assert uncertainty == pytest.approx(2 * 2**0.5 * 0.02 / 3**0.5)
    assert not any("moved" in note for note in notes)


@pytest.mark.parametrize(("worst", "length"), [(14, 2), (0, 3)])
def test_silent_at_the_worst_hours_of_each_day(tmp_path: Path, worst: int, length: int) -> None:
    """Both meters are silent for the worst hours of each of twenty days; the limit tells the rest.

    PUE is 1.3 + 0.2 cos over the day, which is 1.3 over whole days of constant IT. Nobody saw those
    hours, so half of an overhead of up to 0.5 comes to the limit.
    """
    start = day(0, 1, 1)
    gone = {(worst - length // 2 + n) % 24 for n in range(length)}
    heard = [start + dt.timedelta(hours=n) for n in range(20 * 24) if n % 24 not in gone]
    peak = worst - length // 2 + (length - 1) / 2
    main = {at: 100.0 * (1.3 + 0.2 * math.cos(2 * math.pi * (at.hour - peak) / 24)) for at in heard}
    with bench(tmp_path, ROWS, now=day(0, 22, 1).timestamp()) as b:
        b.put("it", dict.fromkeys(heard, 100.0))
        b.put("main", main)
        found = b.between(start, start + dt.timedelta(days=20))
    assert found.pue is not None
    assert found.uncovered is not None
    off = (1.3 - found.pue) / found.pue
    unseen = 0.5 * 0.5 * length / 24 / found.pue
    assert off <= found.uncovered.bias <= 1.6 * off + unseen


@pytest.mark.parametrize(("start", "end"), [(35, 175), (5, 50), (65, 115)])
def test_parts_of_hours_are_slices_too(tmp_path: Path, start: int, end: int) -> None:
    """A window from one part of an hour to another has as many cells in its slices as in all."""
    begin = day(0, 1, 1, 2025)
    hours = {begin + dt.timedelta(hours=n): 100.0 for n in range(4)}
    with bench(tmp_path, ROWS, now=begin.timestamp() + 4 * 3600 + 75) as b:
        b.put("it", hours)
        b.put("main", dict.fromkeys(hours, 130.0))
        b.pue.refresh()
        first = round(begin.timestamp() * 1000)
        slices = b.pue._sums.slices(SITE, "it_input", first + start * 60_000, first + end * 60_000)
    assert sum(one.cells for one in slices) == (end - start) // 5
    assert sum(one.counted.it.joules for one in slices) == pytest.approx(
        100 * 3.6e6 * (end - start) / 60
    )


WEEKS = dt.datetime(2025, 6, 2, tzinfo=ZONE)
"""A Monday."""


def eight_weeks(
    tmp_path: Path, is_silent: Callable[[int], bool], *, sunday: float = 1000.0
) -> PueResult:
    """Import eight weeks of 1000 kWh of IT an hour, or less on Sundays, and 250 kWh of overhead."""
    load = {n: sunday if n // 24 % 7 == 6 else 1000.0 for n in range(8 * 168) if not is_silent(n)}
    at = {n: WEEKS + dt.timedelta(hours=n) for n in load}
    with bench(tmp_path, ROWS, now=(WEEKS + dt.timedelta(weeks=8)).timestamp()) as b:
        b.put("it", {at[n]: it for n, it in load.items()})
        b.put("main", {at[n]: it + 250.0 for n, it in load.items()})
        return b.between(WEEKS, WEEKS + dt.timedelta(weeks=8))


@pytest.mark.parametrize("low", [400.0, 2000.0])
def test_silent_on_each_second_sunday(tmp_path: Path, low: float) -> None:
    """No boundary tells the load then, but the other Sundays do; the truth counts all of them."""
    found = eight_weeks(tmp_path, lambda n: n // 24 % 14 == 13, sunday=low)
    stated = (12 * 1250 + low + 250) / (12 * 1000 + low)
    truth = (6 * 1250 + low + 250) / (6 * 1000 + low)
    assert found.pue == pytest.approx(stated)
    assert found.uncovered is not None
    assert found.uncovered.bias == pytest.approx(abs(truth - stated) / stated)
    days = {one.name: one.coverage for one in found.uncovered.weekdays}
    assert days == {**dict.fromkeys("123456", 1.0), "7": 0.5}
    assert (
        "coverage is uneven over the week (1 is Monday): 7 50%, all days together 93%"
        in found.notes
    )


@pytest.mark.parametrize("hours", [(13, 14), (0, 23)])
def test_always_silent_at_the_same_hours_is_told(tmp_path: Path, hours: tuple[int, int]) -> None:
    """Two hours of each day are never covered: the local hours are named, and the limit has them.

    Their overhead may be 375 kWh instead of 250: 2 · 125 of 24 000 kWh of IT, and PUE is 1.25.
    """
    found = eight_weeks(tmp_path, lambda n: n % 24 in hours)
    named = ", ".join(f"{hour:02}:00 0%" for hour in hours)
    assert f"coverage is uneven over the day: {named}, all hours together 92%" in found.notes
    assert found.uncovered is not None
    assert found.uncovered.bias == pytest.approx(2 * 125 / 24_000 / 1.25)


@pytest.mark.parametrize("sunday", [1000.0, 700.0])
def test_sundays_that_nobody_ever_saw(tmp_path: Path, sunday: float) -> None:
    """No Sunday is covered: the truth is in the limit, also if IT takes less then.

    1000 kWh of IT an hour and 250 of overhead: the limit has 125 more of these on one day in seven.
    """
    found = eight_weeks(tmp_path, lambda n: n // 24 % 7 == 6, sunday=sunday)
    truth = (6 * 1250 + sunday + 250) / (6 * 1000 + sunday)
    assert found.pue == pytest.approx(1.25)
    assert found.uncovered is not None
    assert found.uncovered.bias == pytest.approx(125 / 7000 / 1.25)
    assert found.uncovered.bias >= (truth - 1.25) / 1.25
    assert "7 0%" in next(note for note in found.notes if "over the week" in note)


def test_silences_at_all_hours_are_not_uneven(tmp_path: Path) -> None:
    """Each eleventh hour is silent: in 77 days that is each hour of the week alike."""
    found = eight_weeks(tmp_path, lambda n: n % 11 == 5)
    assert found.coverage == pytest.approx(10 / 11, abs=0.001)
    assert not any("uneven" in note for note in found.notes)


def test_few_weeks_say_nothing_of_a_week(tmp_path: Path) -> None:
    """Of three weeks one Sunday is silent; that is no rule of Sundays."""
    with bench(tmp_path, ROWS, now=(WEEKS + dt.timedelta(weeks=3)).timestamp()) as b:
        at = {WEEKS + dt.timedelta(hours=n): 100.0 for n in range(3 * 168) if n // 24 != 6}
        b.put("it", at)
        b.put("main", at)
        found = b.between(WEEKS, WEEKS + dt.timedelta(weeks=3))
    assert found.uncovered is not None
    assert (found.uncovered.hours, found.uncovered.weekdays) == ((), ())

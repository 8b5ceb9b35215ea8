"""What a utility meter lacks in minutes in which it may be dead, by hand: 60 kW, 1 kWh a minute."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

import pytest

from agent.ledger.doubts import Doubt, Lull
from agent.ledger.energy import TimedValue
from agent.ledger.limits import Limits
from agent.ledger.meter_hours import Readings, meter_energy

MINUTE = 60_000
HOUR = 60 * MINUTE
T0 = 1_760_000_400_000
KWH = 3.6e6
KW = 60.001
"""So that a minute is no whole step of a register."""
UTILITY = Limits(flatters=True, is_supply=True)
Kw = Callable[[int], float]


def readings(kw: Kw, *, every: int = 60, minutes: int = 360, step: float = 1.0) -> Readings:
    """Return what a register shows that counts whole steps, in joules; times are in seconds."""
    counted, shown = 50.0 * KWH, []
    for second in range(60 * minutes + 1):
        if second % every == 0:
            time = T0 + 1000 * second
            shown.append(TimedValue(time, counted // step * step, every * 1000))
        counted += kw(second // 60) * 1000.0
    return Readings(energy=shown)


def powers(kw: Kw, *, every: int = 60, minutes: int = 360) -> Readings:
    times = range(0, 60 * minutes + 1, every)
    return Readings(
        power=[TimedValue(T0 + 1000 * at, 1000.0 * kw(at // 60), every * 1000) for at in times]
    )


def dead(first: int, minutes: int, kw: float = KW) -> Kw:
    return lambda minute: 0.0 if first <= minute < first + minutes else kw


def lulls(told: Readings, limits: Limits = UTILITY) -> list[tuple[float, float, float]]:
    """Return begin and end in minutes, and what is lacking in kWh."""
    return [
        ((one.start - T0) / MINUTE, (one.end - T0) / MINUTE, round(one.joules / KWH, 2))
        for one in meter_energy(told, limits).doubts
        if isinstance(one, Lull)
    ]


def total(told: Sequence[tuple[float, float, float]]) -> float:
    return sum(joules for _, _, joules in told)


def test_a_register_that_stands_for_ten_minutes_lacks_ten_kwh() -> None:
    """It shows the same from 100 to 110, and a minute more at 111."""
    assert lulls(readings(dead(100, 10))) == [(100.0, 110.0, 10.0)]


def test_power_that_is_zero_for_ten_minutes_lacks_ten_kwh() -> None:
    """Between 99 and 100, and between 109 and 110, a straight line tells half of the minute."""
    assert lulls(powers(dead(100, 10))) == [(99.0, 110.0, 10.0)]


@pytest.mark.parametrize("told", [readings, powers])
def test_only_a_utility_meter_is_asked(told: Callable[[Kw], Readings]) -> None:
    other = dataclasses.replace(UTILITY, flatters=False)
    assert lulls(told(dead(100, 10)), other) == []


def test_of_a_long_stand_only_its_ends_are_in_doubt() -> None:
    """From 116 to 244: four minutes are lacking up to 120, and four since 240."""
    assert lulls(readings(dead(116, 128))) == [(115.0, 120.0, 4.0), (240.0, 246.0, 4.0)]
    assert lulls(powers(dead(116, 128))) == [(115.0, 120.0, 4.5), (240.0, 244.0, 3.5)]


def test_a_death_between_two_readings_of_five_minutes() -> None:
    """From 102 to 106, three minutes are lacking in one interval, and one in the next.

    The three are in doubt as those of any meter that counts less than ever near by.
    """
    told = readings(dead(102, 4), every=300)
    hidden = [one.hidden for one in meter_energy(told, UTILITY).doubts if isinstance(one, Doubt)]
    assert sum(hidden) == pytest.approx(3 * KWH, rel=1e-3)
    assert lulls(told) == [(105.0, 110.0, 1.0)]


def test_a_plant_that_comes_and_goes_is_no_death() -> None:
    """Each quarter of an hour 60 kW fall to 24 for three minutes."""
    told = readings(lambda minute: 24.0 if minute % 15 < 3 else KW)
    assert lulls(told) == []


@pytest.mark.parametrize("kw", [20.0, 26.0, 37.0])
def test_a_coarse_step_that_comes_late_is_no_death(kw: float) -> None:
    """Steps of 1 kWh each two to three minutes, read each minute or two."""
    for every in (60, 120):
        assert lulls(readings(lambda _: kw, every=every, step=KWH)) == []


def test_a_coarse_register_that_stands_for_twenty_minutes_lacks_them() -> None:
    """At 37 kW these are 12.3 kWh, and a step more or less."""
    assert total(lulls(readings(dead(100, 20, 37.0), step=KWH))) == pytest.approx(12.3, abs=1.5)


def test_four_deaths_in_six_hours_are_four() -> None:
    """Each of them would be usual if the low increases of the others were."""
    times = (60, 130, 200, 270)
    told = readings(lambda m: 0.0 if any(at <= m < at + 7 for at in times) else KW)
    assert total(lulls(told)) == pytest.approx(28.0, abs=0.1)


@pytest.mark.parametrize(("minutes", "lacking"), [(120, 5.05), (480, 23.05)])
def test_a_coarse_register_is_in_doubt_as_long_as_it_stands(minutes: int, lacking: float) -> None:
    """At 3 kW a step of 1 kWh takes 20 minutes. It stands from 100 to 240, dead for 120 of them.

    In an hour no more than three steps are missing, so no cell of the site is left out. These 140
    minutes have 7 kWh, and it shows 1. Of the 6 that it lacks 0.95 are in doubt anyway: the last
    minute shows 1 kWh, where 0.05 are usual. Dead for 480 minutes, it lacks 18 kWh more.
    """
    told = readings(dead(100, minutes, 3.0), minutes=720, step=KWH)
    assert lulls(told) == [(100.0, 119.0 + minutes, lacking)]


def test_a_coarse_register_that_stands_now_may_be_dead() -> None:
    """It moved last at 300, and should have at 320. Up to 350 it lacks 2.5 kWh less a step."""
    assert lulls(readings(dead(300, 60, 3.0), minutes=350, step=KWH)) == [(300.0, 350.0, 1.5)]


def test_what_a_meter_lacks_before_it_is_silent_lies_there() -> None:
    """It is dead from 100 to 108, and silent from 109 to 119. It then shows 12 of 20 kWh."""
    told = readings(dead(100, 8))
    heard = [one for one in told.energy if not 109 <= (one.time - T0) / MINUTE < 120]
    assert lulls(dataclasses.replace(told, energy=heard)) == [(100.0, 108.0, 8.0)]


def test_a_load_that_goes_up_and_down_may_have_been_high() -> None:
    """Five minutes of 40 kW follow five of 60, of which three are dead.

    Four minutes of 60 kW are 4 kWh, and it shows 1. The minute before, at 40 kW, lacks 0.33.
    """

    def kw(minute: int) -> float:
        if 105 <= minute < 108:
            return 0.0
        return KW if minute // 5 % 2 else 40.001

    assert total(lulls(readings(kw))) == pytest.approx(3.33, abs=0.01)


@pytest.mark.parametrize("false", [2.4e6, -1000.0])
def test_false_readings_within_a_death_tell_nothing_of_the_usual(false: float) -> None:
    """Power is dead from 100 to 119, and false from 102 to 108: 1.5 kWh before, 10.5 after."""
    told = powers(dead(100, 20))
    watts = [
        one._replace(value=false) if 102 <= (one.time - T0) / MINUTE <= 108 else one
        for one in told.power
    ]
    expected = [(99.0, 101.0, 1.5), (109.0, 120.0, 10.5)]
    assert lulls(dataclasses.replace(told, power=watts)) == expected

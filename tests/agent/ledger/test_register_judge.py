"""Registers that glitch, stand still, catch up, leap, are reset or exchanged.

The load is 120 kW, so 2 kWh a minute, and the register began at 15 513 kWh, unless a test says
otherwise.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent.ledger.energy import TimedValue
from agent.ledger.limits import Limits
from tests.agent.ledger.register_days import BOTH, DAY, day, shown
from tests.support.registers import KWH, MINUTE, came, read


@BOTH
@pytest.mark.parametrize("kwh", [0.0, 5e12 / KWH, 15_512.0, 20_000.0])
@pytest.mark.parametrize("minutes", [range(600, 601), range(600, 603), range(600, 640)])
def test_a_register_that_comes_back_was_a_glitch(
    limits: Limits, kwh: float, minutes: range
) -> None:
    """It reads a wrong value for some minutes; the day has its 24 · 120 = 2880 kWh, all covered."""
    found = came(day((minutes, kwh)), limits=limits)
    assert (found.kwh, found.minutes) == pytest.approx((2880.0, 1440.0))
    assert found.refused == {"glitch": len(minutes)}


@BOTH
@pytest.mark.parametrize("kwh", [0.0, 5e12 / KWH, 15_512.0, 20_000.0])
def test_a_false_value_that_changes_a_little_is_no_other_meter(limits: Limits, kwh: float) -> None:
    """After 20 minutes it reads a watt-hour more. Another meter would show 40 kWh more."""
    found = came(day((range(600, 620), kwh), (range(620, 640), kwh + 0.001)), limits=limits)
    assert (found.kwh, found.minutes) == pytest.approx((2880.0, 1440.0))
    assert found.refused == {"glitch": 40}


@BOTH
@pytest.mark.parametrize("lost", [0.1, 0.7, 1.9])
def test_a_meter_goes_on_from_what_it_had_saved(limits: Limits, lost: float) -> None:
    """At noon it restarts and shows a little less than at 11:59. That minute of 2 kWh is lost."""
    readings = [
        one._replace(value=one.value - (2 + lost) * KWH) if one.time >= 720 * MINUTE else one
        for one in day()
    ]
    found = came(readings, limits=limits)
    assert (found.kwh, found.minutes) == pytest.approx((2878.0, 1439.0))
    assert (found.refused, found.events) == ({}, {"reset": 1})


def test_hours_of_a_meter_that_went_on_from_what_it_had_saved() -> None:
    """5 kWh an hour, but 0.4 kWh less at six than at five: ten hours of eleven are known."""
    values = [*(15_508.5 + 5 * hour for hour in range(6)), *(15_533.1 + 5 * n for n in range(6))]
    found = came(read(lambda minute: values[minute // 60] * KWH, range(0, 661, 60), 60))
    assert (found.kwh, found.minutes) == pytest.approx((50.0, 600.0))


@BOTH
def test_a_leap_and_a_step_back(limits: Limits) -> None:
    """At 11:59 it shows 2.3 kWh too much: that rise is not usual, so both minutes are unclear."""
    found = came(day((range(719, 720), 15_513 + 2 * 719 + 2.3)), limits=limits)
    assert (found.kwh, found.minutes) == pytest.approx((2876.0, 1438.0))
    assert (found.refused, found.events) == ({"unclear": 1}, {})


@BOTH
def test_a_leap_while_the_load_rests(limits: Limits) -> None:
    """It rises by 3 kWh until 11:59, more than usual, and loses 2: nobody knows what was drawn."""
    readings = [
        one._replace(value=one.value - 3 * KWH) if one.time >= 720 * MINUTE else one
        for one in day((range(719, 720), 15_513 + 2 * 718 + 3))
    ]
    found = came(readings, limits=limits)
    assert (found.kwh, found.minutes) == pytest.approx((2876.0, 1438.0))
    assert found.refused == {"unclear": 1}


def test_what_is_left_of_a_usual_rise_may_be_all_that_was_drawn() -> None:
    """5 kWh an hour; at five it shows 5.4 more, and a minute later 5.0: what was read may be wrong
    at five. So the hour before is rejected: of 25 + 25 kWh, 20 + 25 are known.
    """
    minutes = [*range(0, 301, 60), *range(301, 602, 60)]
    values = [0.0, 5.0, 10.0, 15.0, 20.0, 25.4, 25.0, 30.0, 35.0, 40.0, 45.0, 50.0]
    table = dict(zip(minutes, values, strict=True))
    found = came(read(lambda minute: (15_513 + table[minute]) * KWH, minutes, 60))
    assert (found.kwh, found.minutes) == pytest.approx((45.0, 540.0))
    assert found.refused == {"unclear": 1}


@BOTH
def test_a_load_that_was_resting_before_a_step_back(limits: Limits) -> None:
    """From 11:50 on nothing is drawn, then 2 kWh come and 0.7 go: what came is rejected."""
    still = 15_513 + 2 * 710
    readings = day((range(711, 719), still), (range(719, 720), still + 2))
    readings = [
        one._replace(value=one.value - shown(720) + (still + 1.3) * KWH)
        if one.time >= 720 * MINUTE
        else one
        for one in readings
    ]
    found = came(readings, limits=limits)
    assert found.kwh <= 2 * 710 + 2 * 720 + 2


@BOTH
def test_every_other_reading_is_a_glitch(limits: Limits) -> None:
    """A register of which each second reading is 0 has all its energy."""
    found = came(read(lambda m: shown(m) * (m % 2 == 0), range(241)), limits=limits)
    assert (found.kwh, found.minutes) == pytest.approx((480.0, 240.0))


@BOTH
def test_a_register_that_was_first_read_as_a_glitch(limits: Limits) -> None:
    """Its very first reading is 0: the 15 515 kWh of the first minute are no consumption."""
    found = came(day((range(1), 0.0)), limits=limits)
    assert (found.kwh, found.minutes) == pytest.approx((2878.0, 1439.0))


@BOTH
@pytest.mark.parametrize("last", [0.0, 5e12 / KWH])
def test_the_last_reading_is_not_accepted_yet(limits: Limits, last: float) -> None:
    """Nobody knows yet what a wild reading means, so the minute before it is not covered."""
    found = came(day((range(DAY, DAY + 1), last)), limits=limits)
    assert (found.kwh, found.minutes) == pytest.approx((2878.0, 1439.0))
    assert found.found.register.open_since == (DAY - 1) * MINUTE


@BOTH
@pytest.mark.parametrize("still", [144, 30, 600])
@pytest.mark.parametrize("powered", [True, False])
def test_a_register_that_catches_up_keeps_its_energy(
    limits: Limits, still: int, powered: bool
) -> None:
    """It stands still from 10:00 on, and then shows the sum: 2880 kWh, laid out evenly."""
    energy = day((range(600, 600 + still), 15_513 + 2 * 600))
    watts = read(lambda _: 120_000.0, range(DAY + 1)) if powered else ()
    found = came(energy, watts, limits=limits)
    assert (found.kwh, found.minutes) == pytest.approx((2880.0, 1440.0))
    assert not found.refused
    tenth = found.found.hours(600 * MINUTE, 605 * MINUTE)[600 * MINUTE]
    assert tenth.total == pytest.approx(5 * 2 * KWH)  # five minutes of 120 kW


@pytest.mark.parametrize(("kwh", "rating", "watts"), [(1000, 4e6, 5e5), (50, 4e5, 1e5)])
@pytest.mark.parametrize("shift", [0, 7, 59])
def test_coarse_steps_are_no_leaps(kwh: int, rating: float, watts: float, shift: int) -> None:
    """A meter rated at many times its load that counts in coarse steps loses no step."""
    a_minute = watts / 60_000

    def value(minute: int) -> float:
        return (minute + shift) * a_minute // kwh * kwh * KWH

    energy = read(value, range(DAY + 1))
    found = came(energy, limits=Limits(rating=rating))
    steps = round((energy[-1].value - energy[0].value) / KWH)
    missing = 1440.0 - found.minutes
    assert steps - kwh <= round(found.kwh) <= steps  # the first step may be older than a reading
    assert missing == 0 or found.kwh < steps


@pytest.mark.parametrize(
    ("rating", "step", "leap"), [(250_000.0, 1, 200.0), (250_000.0, 60, 200.0), (4e5, 60, 2e5)]
)
def test_a_leap_beyond_the_rating_is_not_covered(rating: float, step: int, leap: float) -> None:
    """From noon on the register shows more; its energy counts before and after the leap."""
    energy = read(lambda m: shown(m) + leap * KWH * (m > 720), range(0, DAY + 1, step), step)
    found = came(energy, limits=Limits(rating=rating))
    assert DAY - 2 * step <= found.minutes <= DAY - step
    assert found.kwh == pytest.approx(2 * found.minutes)


@pytest.mark.parametrize("leap", [200.0, 77.0, 5000.0])
def test_power_beside_tells_an_exchange_for_a_higher_register(leap: float) -> None:
    """A meter without a rating is exchanged at noon; power, read each minute, fills the minute."""
    watts = read(lambda _: 120_000.0, range(DAY + 1))
    energy = read(lambda m: shown(m) + leap * KWH * (m > 720), range(DAY + 1))
    found = came(energy, watts)
    assert (found.kwh, found.minutes) == pytest.approx((2880.0, 1440.0))


@pytest.mark.parametrize("leap", [200.0, 130.0])
def test_power_beside_tells_it_for_hourly_registers(leap: float) -> None:
    """The register is read by the hour, and in the hour of the exchange it is rejected."""
    watts = read(lambda _: 120_000.0, range(DAY + 1))
    hourly = read(lambda m: shown(m) + leap * KWH * (m > 720), range(0, DAY + 1, 60), 60)
    found = came(hourly, watts)
    assert (found.kwh, found.minutes) == pytest.approx((2880.0, 1440.0))


@BOTH
@pytest.mark.parametrize("level", [0.0, 3.0, 15_000.0, 17_000.0, 90_000.0])
@pytest.mark.parametrize("powered", [True, False])
def test_an_exchange_counts_on_the_new_register(
    limits: Limits, level: float, powered: bool
) -> None:
    """A smaller or larger register counts from its first reading on; its minute is power's."""
    energy = read(lambda m: shown(m) if m <= 720 else (level + 2 * (m - 720)) * KWH, range(DAY + 1))
    found = came(
        energy, read(lambda _: 120_000.0, range(DAY + 1)) if powered else (), limits=limits
    )
    lost = 0 if powered else 1
    assert (found.kwh, found.minutes) == pytest.approx((2880.0 - 2 * lost, 1440.0 - lost))


def test_two_readings_that_differ_make_a_new_level() -> None:
    """A register that was reset counts from the second reading that fits, and not before."""
    values = [9000.0, 9002.0, 0.0, 0.0, 0.0]
    energy = [TimedValue(n * MINUTE, kwh * KWH, MINUTE) for n, kwh in enumerate(values)]
    found = came(energy)
    assert (found.kwh, found.minutes) == pytest.approx((2.0, 1.0))
    found = came([*energy, TimedValue(5 * MINUTE, 1.5 * KWH, MINUTE)])
    assert (found.kwh, found.minutes) == pytest.approx((3.5, 4.0))
    assert found.events == {"reset": 1}


@pytest.mark.parametrize("powered", [True, False])
@pytest.mark.parametrize("step", [1, 15, 60])
def test_a_hall_that_fills_is_accepted(powered: bool, step: int) -> None:
    """The load rises from 2 kW to 100 kW at noon, by a factor of 50: 24 + 1200 kWh."""
    energy = read(
        lambda m: (m / 30 if m <= 720 else 24 + (m - 720) / 0.6) * KWH + 1e9,
        range(0, DAY + 1, step),
        step,
    )
    watts = read(lambda m: 2e3 if m < 720 else 1e5, range(DAY + 1)) if powered else ()
    found = came(energy, watts)
    assert (found.kwh, found.minutes) == pytest.approx((1224.0, 1440.0))


def test_a_step_of_load_is_accepted_after_some_readings() -> None:
    """From 2 kW to 100 kW: the first readings wait for three more that come up to them."""
    energy = read(
        lambda m: (m / 30 if m <= 40 else 40 / 30 + (m - 40) / 0.6) * KWH + 1e9, range(45)
    )
    for known, minutes in ((41, 40), (42, 40), (43, 40), (45, 44)):
        assert came(energy[:known]).minutes == minutes


@pytest.mark.parametrize("at", [1, 30, 700])
@pytest.mark.parametrize("step", [1, 15])
def test_a_reset_from_the_upper_half_is_no_wrap(at: int, step: int) -> None:
    """Without a rating, a wrap that would need far more than the load near by is a reset.

    25 kW; the register ends at 2000 kWh, stands at 1456 kWh and begins again at 0.
    """
    a_minute = 25 / 60
    energy = read(
        lambda m: (1456 - (at - 1 - m) * a_minute if m < at else (m - at) * a_minute) * KWH,
        range(0, DAY + 1, step),
        step,
    )
    found = came(energy, limits=Limits(wrap=2000 * KWH))
    assert (found.kwh, found.minutes) == pytest.approx((25 / 60 * (DAY - step), DAY - step))
    assert found.events == {"reset": 1}


@BOTH
@pytest.mark.parametrize("at", [1, 30, 700])
def test_a_wrap_counts_in_full(limits: Limits, at: int) -> None:
    """120 kW across the end of a register of 16 000 kWh: nothing is lost."""
    energy = read(lambda m: (16_000 + 2 * (m - at) + 0.5) % 16_000 * KWH, range(DAY + 1))
    found = came(energy, limits=replace(limits, wrap=16_000 * KWH))
    assert (found.kwh, found.minutes) == pytest.approx((2880.0, 1440.0))
    assert found.events == {"wrap": 1}


@pytest.mark.parametrize("limits", [Limits(wrap=2000 * KWH), Limits(wrap=2000 * KWH, rating=2.5e6)])
def test_a_reset_that_a_wrap_would_explain_is_not_covered(limits: Limits) -> None:
    """1170 kW each five minutes, 97.5 kWh; at 1794 kWh of 2000 it is reset: 206 kWh are no wrap."""
    energy = read(
        lambda m: (819 + 19.5 * m if m <= 50 else 19.5 * (m - 55)) * KWH, range(0, 151, 5), 5
    )
    found = came(energy, limits=limits)
    assert (found.kwh, found.minutes) == pytest.approx((19.5 * 145, 145))
    assert found.events == {"reset": 1}


@BOTH
def test_a_meter_that_lay_in_a_store_goes_on(limits: Limits) -> None:
    """Heard for an hour, again after 500 days at the same value, and for an hour more: 240 kWh in
    two hours. Nothing is measured between, and no reading is refused.
    """
    first = read(shown, range(61))
    again = [
        one._replace(time=one.time + 500 * DAY * MINUTE, value=one.value + 120 * KWH)
        for one in first
    ]
    found = came([*first, *again], limits=limits)
    assert (found.kwh, found.minutes) == pytest.approx((240.0, 120.0))
    assert (found.refused, found.events) == ({}, {})

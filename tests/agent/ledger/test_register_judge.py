"""Registers that glitch, stand still, catch up, leap, are reset or exchanged.

The load is 120 kW, so 2 kWh a minute, and the register began at 15 513 kWh, unless a test says
otherwise.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent.ledger.energy import TimedValue
from agent.ledger.limits import Limits
from tests.support.registers import KWH, MINUTE, came, read

DAY = 1440
RATED = Limits(rating=250_000.0)
FREE = Limits()
BOTH = pytest.mark.parametrize("limits", [RATED, FREE], ids=["rated", "unrated"])


def shown(minute: float) -> float:
    return (15_513 + 2 * minute) * KWH


def day(*changes: tuple[range, float], step: int = 1) -> list[TimedValue]:
    """Return a day's readings; in some minutes the register shows another number of kWh."""

    def value(minute: int) -> float:
        for minutes, kwh in changes:
            if minute in minutes:
                return kwh * KWH
        return shown(minute)

    return read(value, range(0, DAY + 1, step), step)


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


@BOTH
@pytest.mark.parametrize("share", [0.4, 0.74, 1.0])
def test_a_slow_refresh_is_no_leap(limits: Limits, share: float) -> None:
    """A register refreshed each quarter of an hour, read each minute, near its rating too."""
    a_minute = share * 250 / 60
    found = came(
        read(lambda m: (m // 15 * 15 * a_minute + 9000) * KWH, range(DAY + 1)), limits=limits
    )
    assert (found.kwh, found.minutes) == pytest.approx((DAY * a_minute, 1440.0))


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


@pytest.mark.parametrize("still", [30, 300])
@pytest.mark.parametrize("moves", [True, False])
def test_a_register_that_is_stuck_while_power_is_drawn(still: int, moves: bool) -> None:
    """Neither it nor power counts: they contradict each other."""
    begin = DAY - still if not moves else 600

    def value(minute: int) -> float:
        return shown(minute if minute < begin else max(begin, minute - still))

    watts = read(lambda _: 120_000.0, range(DAY + 1))
    found = came(read(value, range(DAY + 1)), watts, limits=RATED)
    assert found.refused == {"stuck": 1}
    assert DAY - still - 1 <= found.minutes <= DAY - still
    assert found.kwh == pytest.approx(2 * found.minutes)


def test_an_idle_meter_is_not_stuck() -> None:
    """A register that stands still while no power is drawn counts 0, and is covered."""
    energy = read(lambda m: shown(min(m, 600)), range(DAY + 1))
    found = came(energy, read(lambda m: 120_000.0 * (m < 600), range(DAY + 1)), limits=RATED)
    assert (found.minutes, found.refused) == (1440.0, {})


@pytest.mark.parametrize("step", [1, 60])
def test_what_supplies_a_site_never_rests(step: int) -> None:
    """A utility register that stands still for good is not covered from then on."""
    energy = read(lambda m: shown(min(m, 960)), range(0, DAY + 1, step), step)
    supply = came(energy, limits=Limits(rating=250_000.0, never_rests=True))
    assert (supply.kwh, supply.minutes) == pytest.approx((1920.0, 960.0))
    assert supply.refused == {"stuck": 1}
    assert came(energy, limits=RATED).minutes == 1440.0  # a generator or a rack may


def test_a_coarse_supply_is_not_stuck() -> None:
    """A utility register of 100 kWh at 120 kW moves every 50 minutes, the last time at 1400.

    All up to then is covered. What it counts since is known when it moves next.
    """
    energy = read(lambda m: 2 * m // 100 * 100 * KWH, range(DAY + 1))
    found = came(energy, limits=Limits(rating=250_000.0, never_rests=True))
    assert (found.kwh, found.minutes, found.refused) == (pytest.approx(2800.0), 1400.0, {})


@pytest.mark.parametrize(("bad", "reason"), [(-5.0, "negative"), (65_535e3, "above_rating")])
def test_a_refused_power_leaves_a_hole(bad: float, reason: str) -> None:
    """100 kW each five minutes, two of five readings refused: only 100 kW, in two fifths."""
    watts = read(lambda m: bad if m // 5 % 5 in (1, 2) else 1e5, range(0, 1251, 5), 5)
    found = came(power=watts, limits=Limits(rating=4e5))
    assert found.minutes == 1250 * 2 / 5
    assert found.kwh == pytest.approx(100 * found.minutes / 60)
    assert found.refused == {reason: 100}


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


@BOTH
@pytest.mark.parametrize("refresh", [20, 40])
@pytest.mark.parametrize("leap", [0.0, 900.0, 3000.0])
def test_a_slow_refresh_is_laid_out_evenly(limits: Limits, refresh: int, leap: float) -> None:
    """A register refreshed now and then counts evenly, and an exchange in between is a leap."""
    energy = read(lambda m: shown(m // refresh * refresh) + leap * KWH * (m > 718), range(DAY + 1))
    found = came(energy, limits=limits)
    lost = refresh if leap else 0
    assert (found.kwh, found.minutes) == pytest.approx((2 * (DAY - lost), DAY - lost))
    cells = found.found.hours(0, DAY * MINUTE)[3 * 60 * MINUTE]
    assert cells.joules == pytest.approx([10 * KWH] * 12)


@pytest.mark.parametrize("limits", [Limits(wrap=2000 * KWH), Limits(wrap=2000 * KWH, rating=2.5e6)])
def test_a_reset_that_a_wrap_would_explain_is_not_covered(limits: Limits) -> None:
    """1170 kW each five minutes, 97.5 kWh; at 1794 kWh of 2000 it is reset: 206 kWh are no wrap."""
    energy = read(
        lambda m: (819 + 19.5 * m if m <= 50 else 19.5 * (m - 55)) * KWH, range(0, 151, 5), 5
    )
    found = came(energy, limits=limits)
    assert (found.kwh, found.minutes) == pytest.approx((19.5 * 145, 145))
    assert found.events == {"reset": 1}


@pytest.mark.parametrize("watts", [65_535e3, 5e6])
@pytest.mark.parametrize("length", [1, 2])
def test_a_power_far_above_those_beside_it_leaves_a_hole(watts: float, length: int) -> None:
    """100 kW without a rating, and one or two wild readings: the minutes beside them are a hole."""
    found = came(power=read(lambda m: watts if 60 <= m < 60 + length else 1e5, range(121)))
    assert found.minutes == 120 - length - 1
    assert found.kwh == pytest.approx(100 * found.minutes / 60)
    assert found.refused == {"leap": length}


@pytest.mark.parametrize("length", [3, 60])
def test_a_power_that_lasts_is_accepted(length: int) -> None:
    """2 kW and then 100 kW for three minutes or longer: it is a load."""
    found = came(power=read(lambda m: 1e5 if 60 <= m < 60 + length else 2e3, range(181)))
    assert (found.minutes, found.refused) == (180, {})


@pytest.mark.parametrize(
    ("kind", "watts", "accepted"),
    [("pdu", 190e3, True), ("pdu", 210e3, False), ("meter", 4e8, True), ("meter", 6e8, False)],
)
def test_no_power_is_above_what_its_kind_draws(kind: str, watts: float, accepted: bool) -> None:
    """However long it lasts: above 200 kW of a PDU, and 500 MW of a meter, it is a hole."""
    energy = read(lambda m: watts if 60 <= m < 160 else 5e3, range(241))
    found = came(power=energy, limits=Limits.of_kind(kind))
    assert found.minutes == (240 if accepted else 139)
    assert found.refused == ({} if accepted else {"leap": 100})


def test_a_wild_power_is_not_accepted_before_others_follow() -> None:
    """The last reading is far above those before it; the next one tells that it is a load."""
    watts = read(lambda m: 1e5 if m >= 60 else 2e3, range(62))
    assert came(power=watts[:61]).refused == {"leap": 1}
    assert came(power=watts).minutes == 61


@pytest.mark.parametrize("refresh", [15, 20])
@pytest.mark.parametrize("last", [300, 307, 314])
def test_what_a_slow_supply_counts_now_is_known_when_it_moves(refresh: int, last: int) -> None:
    """A utility register that is refreshed now and then is covered up to its last move."""
    energy = read(lambda m: shown(m // refresh * refresh), range(last + 1))
    found = came(energy, limits=Limits(rating=250_000.0, never_rests=True))
    moved = last // refresh * refresh
    assert (found.kwh, found.minutes) == pytest.approx((2.0 * moved, moved))

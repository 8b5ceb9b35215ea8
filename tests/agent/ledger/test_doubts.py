"""What is uncertain of a meter's energy, and where: limits of error in kWh, by hand.

The load is 120 kW, so 2 kWh a minute, unless a test says otherwise.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import pytest

from agent.ledger.doubts import Doubt
from agent.ledger.limits import Limits
from tests.support.registers import KWH, MINUTE, Came, came, read

FREE = Limits()
RATED = Limits(rating=500_000.0)
SUPPLY = Limits(is_supply=True)
BOTH = pytest.mark.parametrize("limits", [RATED, FREE], ids=["rated", "unrated"])


def limit(found: Came, start: int, end: int) -> float:
    """Return the limit of error of a sum between two minutes, in kWh."""
    return sum(one.limit(start * MINUTE, end * MINUTE) for one in found.found.doubts) / KWH


def steady(minute: float) -> float:
    return (15_513 + 2 * minute) * KWH


def wavy(minute: float) -> float:
    """Return what counts 120 kW that goes up and down by a hundredth,
    so that no rises are alike.
    """
    return steady(minute) + math.sin(minute / 17) * 0.3 * KWH


@pytest.mark.parametrize(
    ("start", "end", "joules"),
    [(0, 10, 4.0), (-5, 20, 4.0), (0, 5, 2.0 + 20.0 + 5.0), (8, 20, 0.8 + 20.0 + 2.0), (10, 12, 0)],
)
def test_what_a_window_takes_of_a_doubt(start: int, end: int, joules: float) -> None:
    """Hidden energy counts by time; loose energy and unevenness count where the window cuts it."""
    assert Doubt(0, 10, uneven=10.0, loose=20.0, hidden=4.0).limit(start, end) == joules


@BOTH
def test_a_healthy_register_leaves_nothing_in_doubt(limits: Limits) -> None:
    """A load that is nearly steady, or goes up and down by a fifth each half hour,
    hides nothing.
    """
    half_hours = read(lambda m: steady(m) + min(m % 60, 60 - m % 60) * 0.4 * KWH, range(601))
    assert not came(half_hours, limits=limits).found.doubts
    assert not came(read(wavy, range(601)), limits=limits).found.doubts


@BOTH
@pytest.mark.parametrize("refresh", [12, 20])
def test_a_cut_through_a_refresh_is_in_doubt(limits: Limits, refresh: int) -> None:
    """A window that ends in the middle of a refresh takes its half by time alone.

    All refreshes are alike, so a load is within a fifth: 0.2 of the half. And what the register
    shows first may be a minute old, which is 2 kWh where an edge is in that minute.
    """
    found = came(read(lambda m: wavy(m // refresh * refresh), range(601)), limits=limits)
    edge = 10 * refresh + refresh // 2
    assert limit(found, 0, edge) == pytest.approx(0.2 * refresh, rel=0.2)
    assert limit(found, 0, 10 * refresh) == pytest.approx(2.0, rel=0.05)
    assert found.kwh == pytest.approx(1200.0, rel=0.001)


@BOTH
@pytest.mark.parametrize(("start", "end"), [(100, 220), (220, 300), (205, 235)])
def test_a_load_that_ended_in_a_rest_may_lie_anywhere(limits: Limits, start: int, end: int) -> None:
    """The register stands still for 40 minutes, and the rise is a quarter of what is usual.

    So the load may have been on at its beginning or at its end: all of its 20 kWh are in doubt.
    """

    def value(minute: int) -> float:
        rested = wavy(200) + (0 if minute < 240 else 20 + 2 * (minute - 240)) * KWH
        return wavy(minute) if minute < 200 else rested

    found = came(read(value, range(401)), limits=limits)
    assert limit(found, start, end) >= 20.0
    assert limit(found, 100, 300) == 0.0


@BOTH
@pytest.mark.parametrize(("kw", "kwh"), [(120.0, 4.0), (8.0, 0.7), (30.0, 3.0)])
def test_a_small_leap_is_in_doubt(limits: Limits, kw: float, kwh: float) -> None:
    """An exchange for a register that shows a little more: the excess is a limit of error.

    It is below 1 kWh too, and below four times what a minute comes to.
    """
    limits = replace(limits, rating=limits.rating and 20 * kw * 1000.0)
    found = came(
        read(lambda m: (100 + kw * m / 60 + kwh * (m > 300)) * KWH, range(601)), limits=limits
    )
    if found.minutes == 600:
        assert limit(found, 240, 360) == pytest.approx(kwh, rel=0.02)
    else:
        assert found.kwh == pytest.approx(kw * found.minutes / 60)
    assert limit(found, 0, 240) == 0.0


@pytest.mark.parametrize("kw", [120.0, 900.0])
def test_a_wrap_that_may_be_a_reset_is_in_doubt(kw: float) -> None:
    """A register of 2000 kWh is reset when it lacks 0.4 minutes' energy: that much is too much."""
    ahead = 0.4 * kw / 60
    begin = 2000 - ahead - 5 * kw

    def value(minute: int) -> float:
        return (begin + kw * minute / 60 if minute < 300 else kw * (minute - 300) / 60) * KWH

    limits = Limits(rating=10 * kw * 1000, wrap=2000 * KWH)
    found = came(read(value, range(290, 601)), limits=limits)
    assert found.events == {"wrap": 1}
    assert limit(found, 240, 360) == pytest.approx(ahead)


def test_a_true_wrap_is_hardly_in_doubt() -> None:
    """It counts what the minutes beside it count."""
    energy = read(lambda m: (1400 + 2 * m) % 2000 * KWH, range(601))
    found = came(energy, limits=Limits(rating=500_000.0, wrap=2000 * KWH))
    assert found.events == {"wrap": 1}
    assert limit(found, 0, 600) == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("silent", [60, 40])
def test_a_young_register_that_was_reset_unseen(silent: int) -> None:
    """It shows 20 kWh, is reset in a silence, and then shows more than before: some is missing."""

    def value(minute: int) -> float:
        return 2.0 * (minute - 190 if minute < 200 else minute - 205) * KWH

    minutes = [*range(190, 201), *range(200 + silent, 400)]
    found = came(read(value, minutes), limits=FREE)
    # 2 · (silent - 5) - 20 kWh are told of 2 · silent.
    assert limit(found, 190, 400) == pytest.approx(30.0)


@BOTH
@pytest.mark.parametrize(("refresh", "last"), [(20, 307), (15, 314), (7, 300)])
def test_what_a_slow_register_counts_now_is_not_covered(
    limits: Limits, refresh: int, last: int
) -> None:
    """It shows at the next move. What it showed last may be as old as the reading before."""
    found = came(read(lambda m: wavy(m // refresh * refresh), range(last + 1)), limits=limits)
    moved = last // refresh * refresh
    assert found.minutes == moved - refresh + (refresh - 1 if moved < last else refresh)
    assert found.kwh == pytest.approx(2 * found.minutes, rel=0.005)


@BOTH
def test_a_coarse_register_is_covered_up_to_now(limits: Limits) -> None:
    """6 kW in steps of 1 kWh, one each 10 minutes: the step is part of the uncertainty."""
    assert came(read(lambda m: m // 10 * KWH, range(308)), limits=limits).minutes == 307


@BOTH
def test_a_register_that_came_to_rest(limits: Limits) -> None:
    """After three times its usual rest it rests, or hides as much as before; after six hours not.

    Refreshed each 20 minutes it stands still since minute 300.
    """

    def value(minute: int) -> float:
        return wavy(min(minute, 300) // 20 * 20)

    found = came(read(value, range(372)), limits=limits)
    assert found.minutes == 371
    assert limit(found, 300, 371) == pytest.approx(2 * 71, rel=0.05)
    assert limit(came(read(value, range(670)), limits=limits), 310, 669) == 0.0


@pytest.mark.parametrize(("last", "covered"), [(200, 0), (361, 361)])
def test_a_supply_that_has_not_moved_yet(last: int, covered: int) -> None:
    """Nobody knows for six hours whether it counts at all; a rack's meter may rest."""
    energy = read(lambda _: 5e12, range(last + 1))
    assert came(energy, limits=SUPPLY).minutes == covered
    assert came(energy, limits=FREE).minutes == last


@BOTH
@pytest.mark.parametrize("kw", [6.0, 9.0])
def test_power_tells_what_a_coarse_register_has_not_told_yet(limits: Limits, kw: float) -> None:
    """In steps of 1 kWh it moved last before the end; from then on power counts."""
    energy = read(lambda m: kw * m // 60 * KWH, range(308))
    found = came(energy, read(lambda _: kw * 1000, range(308)), limits=limits)
    assert found.minutes == 307
    assert found.kwh == pytest.approx(kw * 307 / 60, abs=kw / 60)


@pytest.mark.parametrize("kw", [6.0, 9.0])
def test_power_tells_up_to_the_first_step_after_a_reset(kw: float) -> None:
    """A register of 1 kWh that was reset may have counted nearly a step before it is read again."""
    energy = read(
        lambda m: ((9000 + kw * m / 60) // 1 if m < 301 else kw * (m - 299) / 60 // 1) * KWH,
        range(601),
    )
    found = came(energy, read(lambda _: kw * 1000, range(601)))
    assert found.minutes == 600
    assert found.kwh == pytest.approx(10 * kw, abs=2 * kw / 60)


@pytest.mark.parametrize(
    ("usual", "factor", "length", "told"),
    [(5e3, 40.0, 20, True), (2e4, 15.0, 200, True), (5e3, 8.0, 20, False), (5e3, 40.0, 400, False)],
)
def test_power_far_above_what_is_usual(
    usual: float, factor: float, length: int, told: bool
) -> None:
    """Without a rating or a register, ten times what was usual for hours is a limit of error."""

    def value(minute: int) -> float:
        return usual * (factor if 600 <= minute < 600 + length else 1.0)

    found = came(power=read(value, range(1201)))
    expected = usual / 1000 * (factor - 1) * length / 60
    assert limit(found, 0, 1200) == pytest.approx(expected if told else 0.0, rel=0.02)


@pytest.mark.parametrize("make", [lambda m: 1e5 * (m % 240 < 60) + 2e3, lambda m: 5e3 + 40 * m])
def test_loads_that_come_again_are_accepted(make: Callable[[int], float]) -> None:
    """A plant that runs an hour in four, and a load that grows, leave nothing in doubt."""
    assert limit(came(power=read(make, range(1201))), 0, 1200) == 0.0


@pytest.mark.parametrize(("interval", "share"), [(5, 0.5), (2, 2.0)])
def test_a_jump_of_power_at_a_window_s_edge(interval: int, share: float) -> None:
    """From 100 kW it jumps between two readings: half of the jump in that time is in doubt there.

    A window that holds the whole interval has it in its other uncertainty.
    """
    energy = read(lambda m: 1e5 * (1 + share * (m >= 60)), range(0, 121, interval), interval)
    found = came(power=energy)
    expected = 100 * share * interval / 60 / 2
    assert limit(found, 0, 59) == pytest.approx(expected)
    assert limit(found, 0, 120) == 0.0
    assert limit(found, 0, 60 - interval) == limit(found, 60, 120) == 0.0


@pytest.mark.parametrize(("at", "kwh"), [(300, 20.0), (200, 5.0)])
def test_a_small_leap_is_in_doubt_whole_where_the_load_is_higher_later(at: int, kwh: float) -> None:
    """The load is 120 kW, and 150 kW from minute 330 on; what leapt is told by what is beside
    it.
    """

    def value(minute: int) -> float:
        return (100 + 2 * minute + 0.5 * max(0, minute - 330) + kwh * (minute > at)) * KWH

    found = came(read(value, range(601)), limits=Limits(rating=5e6))
    assert limit(found, at - 60, at + 60) == pytest.approx(kwh)


@BOTH
@pytest.mark.parametrize("factor", [40.0, 3.0, 0.6])
def test_power_that_misreads_does_not_move_a_register_s_cells(
    limits: Limits, factor: float
) -> None:
    """All rises of a steady register are alike, as if each was a step; power shares out nothing."""
    power = read(lambda m: 1.2e5 * (factor if 156 <= m < 256 else 1.0), range(361))
    found = came(read(steady, range(361)), power, limits=replace(limits, rating=None)).found
    for hour in found.hours(0, 360 * MINUTE).values():
        assert [cell / KWH for cell in hour.joules] == pytest.approx([10.0] * 12)


@pytest.mark.parametrize("kw", [6.0, 9.0])
def test_power_shares_out_what_a_coarse_register_counts(kw: float) -> None:
    """In steps of 1 kWh, a constant load is the same in all cells of an hour of so many kWh."""
    energy = read(lambda m: (kw * m / 60 + 0.001) // 1 * KWH, range(361))
    found = came(energy, read(lambda _: kw * 1000, range(361))).found
    hour = found.hours(0, 360 * MINUTE)[120 * MINUTE]
    assert [cell / KWH for cell in hour.joules] == pytest.approx([kw / 12] * 12)


def lost(minute: int) -> float:
    """Return a register that is told up to minute 300, and again from 400 on, from 0."""
    return steady(minute) if minute < 400 else 2 * (minute - 400) * KWH


@pytest.mark.parametrize(
    ("before", "during", "minutes", "told"),
    [
        (1.0, 1.0, 600, 0.0),  # 120 kW, as the register says: healthy
        (1.25, 1.25, 600, 50.0),  # a quarter too high beside: 250 kWh are told for 200
        (0.8, 0.8, 600, 40.0),  # a fifth too low: 160 kWh are told for 200
        (1.0, 40.0, 500, 0.0),  # no load: the 100 minutes are not covered
        (40.0, 1.0, 500, 0.0),  # off against its own register before
        (1.0, 2.0, 600, 100.0),  # twice the load: 400 kWh, of which 1.5 times 200 are usual
        (1.0, 0.5, 600, 200 / 1.5 - 100),
    ],
)
def test_power_that_stands_in_for_a_register(
    before: float, during: float, minutes: int, told: float
) -> None:
    """It is measured by what it and the register told within an hour before and after."""

    def watts(minute: int) -> float:
        return 1.2e5 * (during if 300 < minute < 400 else before)

    energy = read(lost, [*range(301), *range(400, 601)])
    found = came(energy, read(watts, range(601)))
    assert found.minutes == pytest.approx(minutes, abs=2)
    assert limit(found, 0, 600) == pytest.approx(told, abs=2.5)  # half a minute at either end


@pytest.mark.parametrize("factor", [0.8, 1.3])
def test_power_contradicts_a_register_that_caught_up(factor: float) -> None:
    """A silent hour in which power told another energy: 120 kWh, or 0.8 or 1.3 times as much."""
    power = read(lambda m: 1.2e5 * (factor if 300 <= m < 360 else 1.0), range(601))
    energy = read(wavy, [*range(301), *range(360, 601)])
    found = came(energy, power, limits=FREE)
    assert limit(found, 0, 600) == pytest.approx(120 * abs(factor - 1), rel=0.05)

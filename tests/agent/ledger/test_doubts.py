"""What is uncertain of a register's energy, and where: limits of error in kWh, by hand.

The load is 120 kW, so 2 kWh a minute, unless a test says otherwise.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent.ledger.doubts import Doubt
from agent.ledger.limits import Limits
from tests.agent.ledger.doubted import BOTH, FREE, limit, steady, wavy
from tests.support.registers import KWH, MINUTE, came, read

SUPPLY = Limits(is_supply=True)


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
@pytest.mark.parametrize("since", [0, 42])
def test_equal_rises_of_a_slow_refresh_are_no_steps(limits: Limits, since: int) -> None:
    """60 kW, refreshed each 7 minutes, read each 5: each move is 7 kWh, in steps of 1 Wh.

    At minute 20 it shows 14 kWh, and at minute 315 all. So 301 kWh are told of 295.
    """
    energy = read(lambda m: (100 + m // 7 * 7) * KWH, range(since, 341, 5), 5)
    found = came(energy, limits=limits, step=3600)
    assert found.found.register.segments[-1].end >= 315 * MINUTE
    if since < 20:
        assert limit(found, 20, 315) >= 6.0
    assert limit(found, 100, 200) >= 2.0  # 98 and 196 kWh are shown: 98 are told of 100


def test_steps_that_are_known_leave_no_other_doubt() -> None:
    """Steps of 7 kWh are in the uncertainty by themselves."""
    found = came(read(lambda m: (105 + m // 7 * 7) * KWH, range(341)), step=round(7 * KWH))
    assert limit(found, 20, 300) == 0.0

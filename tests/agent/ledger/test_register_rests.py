"""A register that is stuck, rests, or is refreshed slowly."""

from __future__ import annotations

import pytest

from agent.ledger.limits import Limits
from tests.agent.ledger.register_days import BOTH, DAY, RATED, shown
from tests.support.registers import KWH, MINUTE, came, read


@BOTH
@pytest.mark.parametrize("share", [0.4, 0.74, 1.0])
def test_a_slow_refresh_is_no_leap(limits: Limits, share: float) -> None:
    """A register refreshed each quarter of an hour, read each minute, near its rating too."""
    a_minute = share * 250 / 60
    found = came(
        read(lambda m: (m // 15 * 15 * a_minute + 9000) * KWH, range(DAY + 1)), limits=limits
    )
    assert (found.kwh, found.minutes) == pytest.approx((DAY * a_minute, 1440.0))


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


@pytest.mark.parametrize("refresh", [15, 20])
@pytest.mark.parametrize("last", [300, 307, 314])
def test_what_a_slow_supply_counts_now_is_known_when_it_moves(refresh: int, last: int) -> None:
    """A utility register that is refreshed now and then is covered up to its last move."""
    energy = read(lambda m: shown(m // refresh * refresh), range(last + 1))
    found = came(energy, limits=Limits(rating=250_000.0, never_rests=True))
    moved = last // refresh * refresh
    assert (found.kwh, found.minutes) == pytest.approx((2.0 * moved, moved))

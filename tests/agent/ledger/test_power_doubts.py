"""What is uncertain of power, and of a register that power is beside: limits of error in kWh, by
hand.

The load is 120 kW, so 2 kWh a minute, unless a test says otherwise.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from agent.ledger.limits import Limits
from tests.agent.ledger.doubted import BOTH, FREE, limit, steady, wavy
from tests.support.registers import KWH, MINUTE, came, read


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

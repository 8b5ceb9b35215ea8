"""What the edges of short windows leave open: limits of error in kWh, by hand."""

from __future__ import annotations

import pytest

from agent.pue.edges import cut_of_power, cut_of_register, together
from tests.support.registers import KWH, MINUTE, read


@pytest.mark.parametrize(
    ("edge", "kwh"),
    [
        (180, 0.5),  # from 60 to 120 kW: half of 60 kW in a minute, which ends just there
        (179, 0.5),  # and begins just there
        (178, 0.0),  # the readings on both sides are alike
    ],
)
def test_power_that_jumps_at_an_edge(edge: int, kwh: float) -> None:
    """A jump between two readings may have been at either end of that time."""
    power = read(lambda m: 6e4 if m < 180 else 1.2e5, range(edge - 2, edge + 3))
    assert cut_of_power(power, edge * MINUTE) / KWH == pytest.approx(kwh)


@pytest.mark.parametrize(
    ("edge", "kwh"),
    [
        # Read at 175, 180, 185 and 190: 5, 10 and 10 kWh, so 60 and 120 kW.
        (180, 0.0),  # a reading is just there
        (182, 2 * 3 / 5),  # 2 of 5 minutes, 60 kW more or less: 1 kWh/min · 2 · 3 / 5
        (177, 2 * 3 / 5),
        (187, 0.0),  # the load did not change before or after
    ],
)
def test_a_register_that_is_read_across_an_edge(edge: int, kwh: float) -> None:
    """The energy between two readings is exact, and how much of it is before the edge is not."""
    values = {minute: (minute if minute <= 180 else 2 * minute - 180) for minute in range(160, 220)}
    first = edge - edge % 5
    register = read(lambda m: values[m] * KWH, range(first - 5, first + 15, 5), 5)
    assert cut_of_register(register, edge * MINUTE) / KWH == pytest.approx(kwh)


def test_a_reset_at_an_edge_is_judged_elsewhere() -> None:
    """What a register that fell counted is no matter of the edge."""
    register = read(lambda m: (m if m < 180 else 0) * KWH, range(170, 191, 5), 5)
    assert cut_of_register(register, 178 * MINUTE) == 0.0


@pytest.mark.parametrize(
    ("cuts", "limit"), [([3.0, 4.0], 7.0), ([3.0, -4.0], 5.0), ([-2.0], 2.0), ([], 0.0)]
)
def test_what_changes_at_once_adds_up(cuts: list[float], limit: float) -> None:
    """3 and 4 kWh in one direction are 7; each for itself they are 5, by squares."""
    assert together(cuts) == pytest.approx(limit)

"""What a register of coarse steps hides within a step: limits of error in kWh, by hand.

The register counts in steps of 10 kWh. The load is 50 kW, so it moves each 12 minutes, and the
meter is exchanged once.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from agent.ledger.limits import Limits
from tests.support.registers import KWH, MINUTE, Came, came, read

FREE = Limits()
RATED = Limits(rating=500_000.0)
SUPPLY = Limits(is_supply=True, never_rests=True)
LIMITS = pytest.mark.parametrize("limits", [RATED, FREE, SUPPLY], ids=["rated", "free", "supply"])


def shown(count: Callable[[int], float]) -> Came:
    """Read each minute for ten hours what a register shows in whole steps of 10 kWh."""
    return came(read(lambda minute: count(minute) // 10 * 10 * KWH, range(601)), limits=FREE)


def told(limits: Limits, kwh: float, at: int) -> Came:
    """Read a register that is exchanged at a minute for one that shows some kWh more."""

    def count(minute: int) -> float:
        return (600 + 5 * minute + 6 * kwh * (minute >= at)) // 60 * 10 * KWH

    return came(read(count, range(601)), limits=limits)


def hidden(found: Came) -> float:
    """Return the limit of error of the ten hours, in kWh."""
    return sum(one.limit(0, 600 * MINUTE) for one in found.found.doubts) / KWH


@LIMITS
@pytest.mark.parametrize(("kwh", "at"), [(10, 306), (10, 303), (20, 306), (5, 306), (30, 309)])
def test_a_step_that_comes_too_early(limits: Limits, kwh: float, at: int) -> None:
    """Of 5 kWh more the register moves at 306 and 318: 20 kWh in 18 minutes, which have 15.

    Of 10 more it moves at 306 and 312: 20 kWh in 12 minutes, which have 10.
    """
    found = told(limits, kwh, at)
    assert found.kwh == pytest.approx(500 + kwh, abs=5)
    assert hidden(found) == pytest.approx(kwh, rel=0.01)


@LIMITS
@pytest.mark.parametrize(("kwh", "at", "late"), [(-10, 300, 10), (-5, 300, 5)])
def test_a_step_that_comes_too_late(limits: Limits, kwh: float, at: int, late: float) -> None:
    """At 300 the register should move, and it is exchanged for one that shows 10 kWh less.

    So it stands from 288 to 312: 24 minutes have 20 kWh, and it shows 10.
    """
    found = told(limits, kwh, at)
    assert hidden(found) == pytest.approx(late, rel=0.01)


@LIMITS
def test_no_exchange_no_limit(limits: Limits) -> None:
    """It moves each 12 minutes by one step."""
    assert hidden(told(limits, 0, 300)) == pytest.approx(0.0, abs=0.01)


@pytest.mark.parametrize("minutes", [45, 90])
def test_a_load_that_was_off_is_no_exchange(minutes: int) -> None:
    """It stands still for 57 minutes or more, where 12 are usual."""
    found = shown(lambda m: 100 + (m - min(max(0, m - 200), minutes)) * 5 / 6)
    assert hidden(found) == pytest.approx(0.0, abs=0.01)


def test_a_load_that_goes_up_and_down_is_no_exchange() -> None:
    """40 kW and 60 kW by turns of half an hour: a step each 15 or 10 minutes."""
    found = shown(lambda m: 100 + m // 60 * 50 + m % 60 * 2 / 3 + max(0, m % 60 - 30) / 3)
    assert hidden(found) == pytest.approx(0.0, abs=0.01)

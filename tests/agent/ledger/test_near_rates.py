from __future__ import annotations

from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.ledger.near_rates import NearRates

MINUTE = 60_000


def test_the_third_of_the_others_tells() -> None:
    """What is steep or flat near a reading is the third of the other rises, from either end."""
    near = NearRates(range(0, 7 * MINUTE, MINUTE), [0.0, 50.0, 10.0, 40.0, 20.0, 30.0, 0.0])
    assert [near.steep(n) for n in range(7)] == [30.0, 20.0, 30.0, 20.0, 30.0, 20.0, 30.0]
    assert [near.flat(n) for n in range(7)] == [30.0, 30.0, 40.0, 30.0, 40.0, 40.0, 30.0]


@pytest.mark.parametrize(("rates", "expected"), [([5.0] * 3, None), ([5.0] * 4, 5.0)])
def test_two_others_are_too_few(rates: list[float], expected: float | None) -> None:
    """Fewer than three other rises say nothing."""
    near = NearRates(range(len(rates)), rates)
    assert near.steep(1) == near.flat(1) == expected


def test_six_hours_are_near_and_so_are_thirty_readings() -> None:
    """A reading is near within six hours or thirty places, whichever reaches farther."""
    hours = [hour * 60 * MINUTE for hour in range(100)]
    hourly = NearRates(hours, [float(n) for n in range(100)])
    assert (hourly.flat(50), hourly.steep(50)) == (22.0, 78.0)
    often = NearRates([time // 60 for time in hours], [float(n) for n in range(100)])
    assert (often.flat(40), often.steep(40)) == (3.0, 97.0)


@given(
    st.lists(st.tuples(st.integers(1, 4 * 60 * MINUTE), st.integers(-1, 6)), min_size=1),
    st.lists(st.integers(0, 10_000), min_size=1),
)
def test_any_order_gives_what_a_look_at_all_gives(
    steps: list[tuple[int, int]], asked: list[int]
) -> None:
    """Whatever was asked before, the answer is that of sorting all that is near."""
    times = list(accumulate(elapsed for elapsed, _ in steps))
    rates = [float(rate) for _, rate in steps]
    near = NearRates(times, rates)
    for n in (number % len(times) for number in asked):
        others = sorted(
            rates[m]
            for m in range(len(times))
            if m != n
            and rates[m] > 0
            and (abs(m - n) <= 30 or abs(times[m] - times[n]) <= 6 * 60 * MINUTE)
        )
        assert near.steep(n) == (others[-3] if len(others) > 2 else None)
        assert near.flat(n) == (others[2] if len(others) > 2 else None)

from __future__ import annotations

from math import fsum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.ledger.energy import (
    CELL_MS,
    FULL_MASK,
    HOUR_MS,
    HourCells,
    TimedValue,
)
from agent.ledger.segments import merge, power_segments, spread
from tests.support.registers import meter_hours, register_segments

MINUTE = 60_000


def test_register_difference_is_exact_across_a_gap() -> None:
    """A register's difference over many hours is all counted, the same in each hour."""
    hours, events = meter_hours(
        [], [TimedValue(0, 0.0, MINUTE), TimedValue(10 * HOUR_MS, 36e6, MINUTE)], 0, 10 * HOUR_MS
    )
    assert [cells.total for cells in hours.values()] == [pytest.approx(3.6e6)] * 10
    assert [cells.mask for cells in hours.values()] == [FULL_MASK] * 10
    assert events == []


def test_power_is_integrated_by_trapezoids() -> None:
    """Power that rises in a straight line has the energy of its mean."""
    hours, _ = meter_hours(
        [TimedValue(0, 0.0, MINUTE), TimedValue(MINUTE, 120.0, MINUTE)], [], 0, HOUR_MS
    )
    assert hours[0].total == pytest.approx(60.0 * 60.0)
    assert hours[0].covered_ms == MINUTE


def test_no_trapezoid_across_more_than_three_intervals() -> None:
    """A gap of three intervals is covered, a longer one is not."""
    at = [
        TimedValue(0, 100.0, MINUTE),
        TimedValue(3 * MINUTE, 100.0, MINUTE),
        TimedValue(6 * MINUTE + 1, 100.0, MINUTE),
    ]
    assert [(s.start, s.end) for s in power_segments(at)] == [(0, 3 * MINUTE)]


def test_wrap_by_width() -> None:
    """A register that falls near its width has wrapped, and nothing is lost."""
    segments, events = register_segments(
        [TimedValue(0, 990.0, MINUTE), TimedValue(MINUTE, 20.0, MINUTE)], wrap=1000.0
    )
    assert [e.kind for e in events] == ["wrap"]
    assert segments[0].joules(0, MINUTE) == pytest.approx(30.0)


@pytest.mark.parametrize(
    ("before", "after", "wrap"),
    [(500.0, 20.0, None), (500.0, 400.0, 1000.0), (1500.0, 20.0, 1000.0)],
)
def test_a_fall_that_cannot_be_a_wrap_is_a_reset(
    before: float, after: float, wrap: float | None
) -> None:
    """A register that falls without a width, by little, or from beyond its width, was reset."""
    segments, events = register_segments(
        [TimedValue(0, before, MINUTE), TimedValue(MINUTE, after, MINUTE)], wrap=wrap
    )
    assert segments == []
    assert [e.kind for e in events] == ["reset"]


def test_the_rating_tells_a_wrap_from_a_reset() -> None:
    """A wrap that would need more than the meter's rating is a reset."""
    fell = [TimedValue(0, 990.0e6, MINUTE), TimedValue(MINUTE, 400.0e6, MINUTE)]
    assert register_segments(fell, wrap=1e9, rating=1000.0)[1][0].kind == "reset"
    assert register_segments(fell, wrap=1e9, rating=1e7)[1][0].kind == "wrap"  # 410 MJ in a minute


def test_a_jump_beyond_the_rating_is_not_covered() -> None:
    """A register that leaps further than the rating allows covers nothing."""
    segments, events = register_segments(
        [TimedValue(0, 0.0, MINUTE), TimedValue(HOUR_MS, 1e12, MINUTE)], rating=1000.0
    )
    assert (segments, events) == ([], [])


def test_power_fills_the_interval_of_a_reset() -> None:
    """Where a register was reset, the power readings of that interval are used."""
    steps = range(0, 11 * MINUTE, MINUTE)
    watts = [TimedValue(t, 100.0, MINUTE) for t in steps]
    register = [
        TimedValue(
            t, 5000.0 + t / 1000 * 200.0 if t <= 5 * MINUTE else t / 1000 * 200.0 - 60_000.0, MINUTE
        )
        for t in steps
    ]
    hours, events = meter_hours(watts, register, 0, HOUR_MS)
    assert [e.kind for e in events] == ["reset"]
    assert hours[0].total == pytest.approx(9 * 60 * 200.0 + 60 * 100.0)
    assert hours[0].covered_ms == 10 * MINUTE


def test_power_never_counts_twice_beside_the_register() -> None:
    """Power is cut to the parts of its segment that the register leaves."""
    register, _ = register_segments(
        [TimedValue(2 * MINUTE, 0.0, MINUTE), TimedValue(4 * MINUTE, 240.0, MINUTE)]
    )
    both = merge(
        register,
        power_segments([TimedValue(0, 1.0, 5 * MINUTE), TimedValue(10 * MINUTE, 11.0, 5 * MINUTE)]),
    )
    assert [(s.start, s.end) for s in both] == [
        (0, 2 * MINUTE),
        (2 * MINUTE, 4 * MINUTE),
        (4 * MINUTE, 10 * MINUTE),
    ]
    assert both[2].first == pytest.approx(5.0)


def test_a_cell_counts_only_when_covered_from_end_to_end() -> None:
    """A cell that begins before the meter does is not in the mask, but its energy counts."""
    cells = spread(
        register_segments([TimedValue(1000, 0.0, MINUTE), TimedValue(2 * CELL_MS, 599.0, MINUTE)])[
            0
        ],
        0,
        HOUR_MS,
    )[0]
    assert cells.mask == 0b10
    assert cells.total == pytest.approx(599.0)


def test_uniform_hour() -> None:
    """An hour of which only the total is known is covered, and even."""
    cells = HourCells.uniform(1200.0)
    assert (cells.mask, cells.total, cells.joules[3]) == (FULL_MASK, pytest.approx(1200.0), 100.0)


readings = st.lists(
    st.tuples(
        st.integers(0, 5 * HOUR_MS), st.floats(0, 1e6), st.sampled_from([15_000, 60_000, 900_000])
    ),
    unique_by=lambda row: row[0],
    max_size=40,
).map(lambda rows: [TimedValue(*row) for row in sorted(rows)])


@given(
    readings,
    readings,
    st.one_of(st.none(), st.floats(1, 1e6)),
    st.one_of(st.none(), st.floats(1, 1e7)),
)
def test_coverage_is_never_more_than_time(
    power: list[TimedValue], register: list[TimedValue], rating: float | None, wrap: float | None
) -> None:
    """Whatever is read, no cell is covered for longer than it lasts, and no energy is negative."""
    hours, _ = meter_hours(power, register, 0, 6 * HOUR_MS, rating=rating, wrap=wrap)
    for cells in hours.values():
        assert all(0 <= covered <= CELL_MS for covered in cells.covered)
        assert all(joules >= 0 for joules in cells.joules)


@given(st.lists(st.tuples(st.integers(1, 3 * HOUR_MS), st.floats(0, 1e9)), min_size=1, max_size=30))
def test_a_register_s_energy_is_conserved(steps: list[tuple[int, float]]) -> None:
    """The hours of a register add up to its last value less its first, over whatever gaps.

    Its rating allows the steepest of these rises, 1 GJ in a millisecond. At last it moves: what it
    counts since its last move is known when it moves next.
    """
    at, value, rows = 12_345, 0.0, [TimedValue(12_345, 0.0, 1000)]
    for elapsed, joules in [*steps, (60_000, 1.0)]:
        at, value = at + elapsed, value + joules
        rows.append(TimedValue(at, value, 1000))
    hours, events = meter_hours([], rows, 0, at + HOUR_MS, rating=1e12)
    assert events == []
    assert fsum(cells.total for cells in hours.values()) == pytest.approx(value, rel=1e-9, abs=1e-3)
    assert sum(cells.covered_ms for cells in hours.values()) == at - 12_345


@given(st.lists(st.tuples(st.integers(1, HOUR_MS), st.integers(0, 400)), min_size=1, max_size=40))
def test_energy_is_conserved_across_wraps(steps: list[tuple[int, int]]) -> None:
    """A register of known width loses nothing, however often it wraps; at last it moves."""
    at, value, total, rows = 0, 0, 0, [TimedValue(0, 0.0, 1000)]
    for elapsed, joules in [*steps, (60_000, 1)]:
        at, value, total = at + elapsed, (value + joules) % 1000, total + joules
        rows.append(TimedValue(at, float(value), 1000))
    hours, _ = meter_hours([], rows, 0, at + HOUR_MS, wrap=1000.0)
    assert fsum(cells.total for cells in hours.values()) == pytest.approx(total)

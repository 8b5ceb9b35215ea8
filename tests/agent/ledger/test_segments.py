"""Which pairs of readings make energy: gaps, and differences over very long times."""

from __future__ import annotations

import pytest

from agent.ledger.energy import TimedValue
from agent.ledger.segments import longest_gap, power_segments
from tests.support.registers import register_segments

MINUTE = 60_000
DAY = 24 * 60 * MINUTE


@pytest.mark.parametrize(("first", "second"), [(5, 1), (1, 5)])
def test_the_longer_of_two_intervals_decides_how_long_a_gap_may_be(first: int, second: int) -> None:
    """Between readings of five minutes and of one, a gap may last 3 · 5 = 15 minutes."""
    for gap, joined in ((4, True), (15, True), (15 + 1 / MINUTE, False)):
        readings = [
            TimedValue(0, 100.0, first * MINUTE),
            TimedValue(round(gap * MINUTE), 100.0, second * MINUTE),
        ]
        assert bool(power_segments(readings)) == joined
    assert longest_gap(first * MINUTE, second * MINUTE) == 15 * MINUTE


def test_a_hole_is_joined_on_neither_side() -> None:
    """Of readings at 0, 1, 2, 3 and 4 min, that at 2 min was refused:
    0 to 1 and 3 to 4 are known.
    """
    readings = [TimedValue(n * MINUTE, -1.0 if n == 2 else 60.0, MINUTE) for n in range(5)]
    found = [(one.start // MINUTE, one.end // MINUTE) for one in power_segments(readings)]
    assert found == [(0, 1), (3, 4)]


def test_a_difference_over_more_than_400_days_is_no_energy() -> None:
    """Over 400 days a register's difference counts, one millisecond later it measures nothing."""
    for days, counts in ((400 * DAY, True), (400 * DAY + 1, False)):
        readings = [TimedValue(0, 0.0, MINUTE), TimedValue(days, 3.6e9, MINUTE)]
        segments, events = register_segments(readings)
        assert [round(one.joules(0, days)) for one in segments] == [3_600_000_000] * counts
        assert events == []

"""Stretches of which only the total energy is known."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.ledger.energy import HOUR_MS
from agent.ledger.store.database import Store
from agent.ledger.stretches import Stretch

TEN = Stretch(0, 10 * HOUR_MS, 100.0)
MONTH = Stretch(0, 720 * HOUR_MS, 7200.0)


@pytest.mark.parametrize(
    ("start", "end", "joules"),
    [
        (0, 4, 40.0),  # 4 of 10 hours are inside: in so short a time a load may be nothing
        (0, 7, 30.0),  # 7 are inside, 3 outside
        (3, 8, 40.0),  # 5 are inside, of which 4 may be nothing
        (-5, 1, 10.0),
        (0, 10, 0.0),  # held whole
        (-1, 11, 0.0),
        (10, 12, 0.0),  # it ends where the window begins
        (12, 14, 0.0),
        (-4, -2, 0.0),
    ],
)
def test_the_energy_that_a_window_cuts(start: int, end: int, joules: float) -> None:
    """The smaller of what is inside and what is outside of a window is uncertain."""
    assert TEN.limit(start * HOUR_MS, end * HOUR_MS) == pytest.approx(joules)


@pytest.mark.parametrize(("hours", "joules"), [(1, 10.0), (24, 48.0), (240, 480.0), (700, 40.0)])
def test_over_a_day_a_load_is_near_its_mean(hours: int, joules: float) -> None:
    """10 J an hour: one hour may be nothing or double; 24 hours are known to a fifth of 240 J."""
    assert MONTH.limit(0, hours * HOUR_MS) == pytest.approx(joules)


def test_a_known_part_splits_a_stretch(tmp_path: Path) -> None:
    """What is known better replaces the middle; the rest keeps its share on both sides."""
    store = Store(tmp_path / "ledger.db")
    middle = Stretch(3 * HOUR_MS, 5 * HOUR_MS, 7.0)
    with store.transaction() as tables:
        tables.stretches.replace(1, 0, 10 * HOUR_MS, [TEN])
        before = tables.changes.number("stretch")
        tables.stretches.replace(1, middle.start, middle.end, [middle])
        tables.stretches.replace(1, middle.start, middle.end, [middle])
        assert tables.changes.number("stretch") == before + 1
        assert tables.stretches.all() == {
            1: [
                Stretch(0, 3 * HOUR_MS, pytest.approx(30.0)),
                middle,
                Stretch(5 * HOUR_MS, 10 * HOUR_MS, pytest.approx(50.0)),
            ]
        }
    store.close()

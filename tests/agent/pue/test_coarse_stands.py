"""A branch of IT whose register counts in kWh stands still between two moves: it is not dead."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from agent.pue.model import PueResult
from tests.agent.pue.test_at_rest import stock
from tests.support.ledger import SITE, T0, batch, bench, energy

KWH = 3.6e6
LAST = 240
DIES = 150
METERS = [
    "{meter: main, point: utility}",
    "{meter: it-a, point: it_input}",
    "{meter: it-b, point: it_input}",
]


def slows(minute: int) -> int:
    """Return the whole kWh of a branch of 7.2 kW in an hour and a half, and of 4.8 from then on."""
    return (72 * min(minute, 90) + 48 * max(0, minute - 90)) // 600


def told(folder: Path, branch: Callable[[int], int]) -> PueResult:
    """Read 20 kW of supply and 8 kW of a branch each minute, and the other branch each five."""
    with bench(folder, stock(*METERS)) as b:
        for minute in range(LAST + 1):
            at = b.clock.now = T0 + 60 * minute
            b.book.accept(batch(at, energy("main", (100 + minute / 3) * KWH, "utility")))
            b.book.accept(batch(at, energy("it-a", (100 + minute * 8 / 60) * KWH, "it_input")))
            if minute % 5 == 0:
                shown = energy("it-b", (100 + branch(minute)) * KWH, "it_input")
                b.book.accept(batch(at, shown, interval=300.0))
            if minute % 10 == 0:
                b.book.flush()
                b.pue.refresh()
        b.clock.now += 90
        b.book.flush()
        while not b.pue.refresh():
            pass
        return b.pue.between(SITE, T0, T0 + 60 * LAST)


def test_a_step_that_takes_longer_than_those_before(tmp_path: Path) -> None:
    """7.2 kW move it each 8.3 minutes, 4.8 each 12.5, so each 5 to 10, and then each 10 or 15.

    It stands at 0 in two cells of five minutes, which lack 2 · 7.2 / 12 = 1.2 kWh at most, and that
    is not more than 1.2 steps. It shows 22 of its 10.8 + 12 kWh at last, and 8 kW are 32 kWh.
    """
    found = told(tmp_path, slows)
    assert (found.pue, found.coverage) == (pytest.approx(80 / 54), 1.0)


def test_a_branch_that_dies_is_told(tmp_path: Path) -> None:
    """It stands still after minute 150, so 18 of 48 cells are left out, or the one before too."""
    found = told(tmp_path, lambda minute: slows(min(minute, DIES)))
    assert 29 / 48 <= found.coverage <= 30 / 48

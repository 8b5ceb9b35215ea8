"""The step of a meter that was exchanged, by hand: 60 kW of IT, a kilowatt-hour a minute."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.ledger.ledger import Ledger
from agent.pue.pue import Pue
from tests.support.ledger import HEAD, SITE, T0, Clock, batch, energy, inventory, ledger

KWH = 3.6e6
EXCHANGED = 120
STOCK = HEAD + (
    "meters: [{meter: main, point: utility, accuracy_class: 0.2},"
    " {meter: it, point: it_input, accuracy_class: 0.2}]"
)


def fine(minute: int, begin: float = 1000.0) -> float:
    """Count in watt-hours; it goes up and down by a sixth, so that its rises differ."""
    return begin + minute + (minute % 2) / 6


def coarse(minute: int, begin: float = 500.0) -> float:
    """Count in steps of 10 kWh: single ones, one in ten minutes."""
    return begin + minute // 10 * 10


def step_kwh(book: Ledger) -> float:
    with book.reader.read() as tables:
        return max(
            tables.registers.step(row.id) / KWH for row in tables.meters.all() if row.name == "it"
        )


def told(book: Ledger, clock: Clock, minute: int, kwh: float) -> None:
    clock.now = T0 + 60 * minute
    book.accept(
        batch(
            clock.now,
            energy("main", fine(minute) * 1.3 * KWH),
            energy("it", round(kwh * 1000) * KWH / 1000, "it_input"),
        )
    )
    book.flush()


def test_a_meter_that_was_exchanged_for_a_coarse_one_is_known_to_its_step(tmp_path: Path) -> None:
    """All rises of the new one are alike, 10 kWh: nothing but the exchange tells its step.

    An hour has 60 kWh, cut by a step at both ends: 2 · 10 / √6 / 60 = 13.6 %.
    """
    clock, stock = Clock(), inventory(STOCK)
    book = ledger(tmp_path, clock, stock)
    pue = Pue(book, stock, clock=clock)
    for minute in range(EXCHANGED):
        told(book, clock, minute, fine(minute))
    assert step_kwh(book) == pytest.approx(0.001)
    for minute in range(EXCHANGED, 301):
        told(book, clock, minute, coarse(minute))
    assert step_kwh(book) == pytest.approx(10.0)
    pue.sum_up()
    hour = pue.between(SITE, T0 + 3 * 3600 + 300, T0 + 4 * 3600 + 300)
    assert hour.uncertainty == pytest.approx(2 * 10 / 6**0.5 / 60, abs=0.01)
    book.close()


def test_a_coarse_meter_that_was_exchanged_for_a_fine_one(tmp_path: Path) -> None:
    """A window over the exchange begins with a coarse reading, so 10 kWh count for 60 rises."""
    clock = Clock()
    book = ledger(tmp_path, clock, inventory(STOCK))
    for minute in range(EXCHANGED):
        told(book, clock, minute, coarse(minute, 1000.0))
    known = []
    for minute in range(EXCHANGED, 240):
        told(book, clock, minute, fine(minute, 200.0))
        known.append(step_kwh(book))
    assert known[:50] == [pytest.approx(10.0)] * 50
    assert known[-1] == pytest.approx(0.001)
    book.close()


def test_a_glitch_is_no_exchange(tmp_path: Path) -> None:
    """The register shows 3 kWh once and comes back: its step of a watt-hour stays known."""
    clock = Clock()
    book = ledger(tmp_path, clock, inventory(STOCK))
    for minute in range(EXCHANGED):
        told(book, clock, minute, 3.0 if minute == 60 else fine(minute))
    assert step_kwh(book) == pytest.approx(0.001)
    book.close()

"""What registers make uncertain: their steps, and the stretches that a window cuts."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.ledger.energy import HOUR_MS
from agent.ledger.stretches import Stretch
from tests.support.ledger import HEAD, HOUR, SITE, T0, batch, bench, energy

START = round(T0 * 1000)
METERS = HEAD + (
    "meters:\n- {meter: main, point: utility}\n"
    "- {meter: it-2, replaces: it, point: it_input, share: 0.5}\n"
)


def test_the_coarser_register_of_a_place_decides(tmp_path: Path) -> None:
    """Steps of 360 and 3600 J at a place of which half counts: (0.5 · 3600)² square joules."""
    with bench(tmp_path, METERS) as b:
        for n, (meter, step) in enumerate((("it", 3600.0), ("it-2", 360.0))):
            for minute in range(3):
                at = T0 + n * HOUR + 60 * minute
                b.book.accept(batch(at, energy(meter, step * minute, "it_input")))
        b.clock.now = T0 + 2 * HOUR
        b.book.flush()
        b.pue.refresh()
        doubt = b.pue.hours.doubt(SITE, ("it_input",), START, START + 2 * HOUR_MS)
        assert (doubt.steps, doubt.cut) == (pytest.approx(1800.0**2), 0.0)
        assert b.pue.hours.doubt(SITE, ("utility",), START, START + HOUR_MS).steps == 0.0


def test_a_window_that_cuts_a_bill(tmp_path: Path) -> None:
    """Four of ten hours of a bill of 100 kWh, half of which counts: 0.2 · 0.5 · 40 kWh."""
    hours = {START + n * HOUR_MS: 10 * 3.6e6 for n in range(10)}
    bill = Stretch(START, START + 10 * HOUR_MS, 100 * 3.6e6)
    with bench(tmp_path, METERS, now=T0 + 10 * HOUR) as b:
        b.book.import_meters(SITE, {"it": hours}, stretches={"it": [bill]})
        b.pue.refresh()
        points = ("it_input",)
        cut = b.pue.hours.doubt(SITE, points, START, START + 4 * HOUR_MS).cut
        assert cut == pytest.approx(0.2 * 0.5 * 40 * 3.6e6)
        assert b.pue.hours.doubt(SITE, points, START, START + 10 * HOUR_MS).cut == 0.0

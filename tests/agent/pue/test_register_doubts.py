"""What registers make uncertain: their steps, and the stretches that a window cuts."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.ledger.energy import HOUR_MS
from agent.ledger.register_steps import ImportedRegister
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
        doubt = b.pue.hours.doubt(SITE, ("it_input",), START, START + 2 * HOUR_MS, None)
        assert (doubt.steps, doubt.cut) == (pytest.approx(1800.0**2), 0.0)
        assert b.pue.hours.doubt(SITE, ("utility",), START, START + HOUR_MS, None).steps == 0.0


def test_a_window_that_cuts_a_bill(tmp_path: Path) -> None:
    """Four of ten hours of a bill of 100 kWh, half of which counts: 0.5 · 40 kWh."""
    hours = {START + n * HOUR_MS: 10 * 3.6e6 for n in range(10)}
    bill = Stretch(START, START + 10 * HOUR_MS, 100 * 3.6e6)
    with bench(tmp_path, METERS, now=T0 + 10 * HOUR) as b:
        b.book.import_meters(SITE, {"it": hours}, stretches={"it": [bill]})
        b.pue.refresh()
        points = ("it_input",)
        cut = b.pue.hours.doubt(SITE, points, START, START + 4 * HOUR_MS, None).cut
        assert cut == pytest.approx(0.5 * 40 * 3.6e6)
        assert b.pue.hours.doubt(SITE, points, START, START + 10 * HOUR_MS, None).cut == 0.0


def test_a_silence_of_others_cuts_a_bill_too(tmp_path: Path) -> None:
    """Of ten hours of 100 kWh three do not count, though the window holds all: 0.5 · 30 kWh."""
    hours = {START + n * HOUR_MS: 10 * 3.6e6 for n in range(10)}
    bill = Stretch(START, START + 10 * HOUR_MS, 100 * 3.6e6)

    def counted(start: int, end: int) -> int:
        return (end - start) * 7 // 10

    with bench(tmp_path, METERS, now=T0 + 10 * HOUR) as b:
        b.book.import_meters(SITE, {"it": hours}, stretches={"it": [bill]})
        b.pue.refresh()
        window = (SITE, ("it_input",), START, START + 10 * HOUR_MS)
        assert b.pue.hours.doubt(*window, counted).cut == pytest.approx(0.5 * 30 * 3.6e6)


def test_an_imported_register_tells_its_steps(tmp_path: Path) -> None:
    """A file's register counts in 100 kWh; what the meter itself shows later is finer."""
    with bench(tmp_path, METERS, now=T0 + 10 * HOUR) as b:
        hours = {START + n * HOUR_MS: 100 * 3.6e6 for n in range(2)}
        register = ImportedRegister(round(100 * 3.6e6), START + 2 * HOUR_MS)
        b.book.import_meters(SITE, {"it": hours}, registers={"it": register})
        for minute in range(3):
            b.book.accept(
                batch(T0 + 9 * HOUR + 60 * minute, energy("it", 5e9 + minute, "it_input"))
            )
        b.book.flush()
        b.pue.refresh()
        points, end = ("it_input",), START + 10 * HOUR_MS
        doubt = b.pue.hours.doubt(SITE, points, START, end, None)
        assert doubt.steps == pytest.approx((0.5 * 100 * 3.6e6) ** 2)
        late = b.pue.hours.doubt(SITE, points, START + 9 * HOUR_MS, end, None)
        assert late.steps == pytest.approx((0.5 * 1.0) ** 2)

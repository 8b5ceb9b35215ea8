"""What widens a PUE's uncertainty and what does not, each worked out by hand."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from agent.ledger.energy import CELL_MS, CELLS, HOUR_MS, HourCells
from agent.ledger.register_steps import ImportedRegister
from agent.pue.model import PueResult
from tests.support.ledger import HEAD, HOUR, SITE, T0, batch, bench, energy, import_hours, power

START = round(T0 * 1000)
KWH = 3.6e6
DAY = 24 * HOUR
METERS = HEAD + (
    "meters: [{meter: u, point: utility, accuracy_class: 0.5},"
    " {meter: i, point: it_input, accuracy_class: 1}]"
)
CLASSES = 2 * math.sqrt((0.005**2 + 0.01**2) / 3)
"""Class 0.5 and class 1: 1.29 %."""


def a_day(path: Path, start: float, silent: float, load: float) -> PueResult:
    """A day at a PUE of 1.2; IT's register is read at both ends of it, the utility each 5 min.

    The utility is silent for some hours from `start` on, when the load is so many times the usual.
    """
    counted = 0.0
    with bench(path, METERS) as b:
        b.book.accept(batch(T0, energy("i", 0.0, "it_input"), interval=300.0))
        for n in range(289):
            hour = n / 12
            away = start < hour < start + silent
            if not away:
                b.book.accept(batch(T0 + 300 * n, power("u", 120_000.0), interval=300.0))
            counted += 300.0 * 1e5 * (load if start <= hour < start + silent else 1.0) * (n < 288)
        for after, joules in ((0.0, counted), (300.0, counted + 3e7 + 1)):  # in steps of 1 J
            b.book.accept(batch(T0 + DAY + after, energy("i", joules, "it_input"), interval=300.0))
        b.clock.now = T0 + DAY + 900
        b.book.flush()
        while not b.pue.refresh():
            pass
        return b.pue.between(SITE, T0, T0 + DAY)


@pytest.mark.parametrize(
    ("silent", "load", "pue"),
    [
        (2 + 1 / 3, 2.0, 1.2 / (1 + (2 + 1 / 3) / 24)),
        (5.0, 1.0, 1.2),
        (13.0, 0.5, 1.2 / (1 - 0.5 * 13 / 24)),
    ],
)
def test_a_silence_of_the_utility_cuts_the_bridge_of_it(
    tmp_path: Path, silent: float, load: float, pue: float
) -> None:
    """The smaller part of the day may be a fifth off its mean, as a limit of error of what counts.

    Of 24 hours with 2 h 20 silent that is 0.2 · 2.33 / 21.67 / √3, so 2.5 % at k = 2.
    """
    result = a_day(tmp_path, 8.0, silent, load)
    assert result.pue == pytest.approx(pue)
    assert result.coverage == pytest.approx(1 - silent / 24)
    cut = 0.2 * min(silent, 24 - silent) / (24 - silent)
    assert result.uncertainty is not None
    assert result.uncertainty >= 0.999 * math.hypot(CLASSES, 2 * cut / math.sqrt(3))


def test_a_bridge_that_counts_whole_is_exact(tmp_path: Path) -> None:
    """Nothing is silent at the utility, so the day is as certain as the classes."""
    result = a_day(tmp_path, 30.0, 0.0, 1.0)
    assert result.pue == pytest.approx(1.2)
    assert result.uncertainty == pytest.approx(CLASSES)


def test_energies_of_five_minutes_are_counted_and_not_integrated(tmp_path: Path) -> None:
    """Energies from elsewhere that differ from cell to cell are as certain as the classes."""
    with bench(tmp_path, METERS, now=T0 + HOUR) as b:
        for meter, factor in (("u", 1.3), ("i", 1.0)):
            joules = [factor * KWH * (1 + n * n % 7) for n in range(CELLS)]
            cells = HourCells(joules, [CELL_MS] * CELLS)
            import_hours(b.book, SITE, meter, {START: cells})
        b.pue.refresh()
        result = b.pue.between(SITE, T0, T0 + HOUR)
    assert result.pue == pytest.approx(1.3)
    assert result.uncertainty == pytest.approx(CLASSES)


@pytest.mark.parametrize(("shown", "step"), [(200.0, 100.0), (130.0, 10.0), (130.0, 0.001)])
def test_registers_of_files_say_how_coarse_they_are(
    tmp_path: Path, shown: float, step: float
) -> None:
    """An hour of 200 kWh and 100 kWh in steps of 100 kWh: each is uncertain by 100 / √6 kWh."""
    with bench(tmp_path, METERS, now=T0 + HOUR) as b:
        register = ImportedRegister(round(step * KWH), START + HOUR_MS)
        b.book.import_meters(
            SITE,
            {"u": {START: shown * KWH}, "i": {START: 100.0 * KWH}},
            registers={"u": register, "i": register},
        )
        b.pue.refresh()
        result = b.pue.between(SITE, T0, T0 + HOUR)
    assert result.pue == pytest.approx(shown / 100)
    steps = step**2 / 6 * (1 / shown**2 + 1 / 100**2)
    assert result.uncertainty == pytest.approx(math.hypot(CLASSES, 2 * math.sqrt(steps)))


@pytest.mark.parametrize(("minutes", "reads_power"), [(20, False), (12, False), (20, True)])
def test_the_first_minutes_count_the_steps(tmp_path: Path, minutes: int, reads_power: bool) -> None:
    """Registers of 1 kWh, read each minute from the start of an hour on, at 429 and 330 kW.

    In 20 minutes they show 143 and 110 kWh, each uncertain by 1 / √6 kWh. Where power is read too,
    it tells these minutes, and steps do not matter.
    """
    with bench(tmp_path, METERS) as b:
        for minute in range(minutes + 1):
            at = T0 + 60 * minute
            shown = [math.floor(each * minute + 1e-6) * KWH for each in (7.15, 5.5)]
            readings = [energy("u", shown[0]), energy("i", shown[1], "it_input")]
            if reads_power:
                readings += [power("u", 429_000.0), power("i", 330_000.0, "it_input")]
            b.book.accept(batch(at, *readings))
        b.clock.now = T0 + 60 * minutes
        b.book.flush()
        b.pue.refresh()
        result = b.pue.result(SITE, "1h")
    kwh = [math.floor(each * minutes + 1e-6) for each in (7.15, 5.5)]
    assert result.pue == pytest.approx(1.3 if reads_power else kwh[0] / kwh[1])
    steps = 0.0 if reads_power else sum(1 / 6 / each**2 for each in kwh)
    assert result.uncertainty == pytest.approx(math.hypot(CLASSES, 2 * math.sqrt(steps)))


@pytest.mark.parametrize("stated", [True, False])
def test_pdus_share_a_third_of_a_class_that_is_stated(tmp_path: Path, stated: bool) -> None:
    """Four PDUs of 1 kWh and class 1: 1 % · √(1/9 + 8/9 · 4/16) / √3, with class 0.2 above.

    Where the site states none, class 2 is assumed, a note says so, and nothing averages out.
    """
    pdus = [f"P{n}" for n in range(4)]
    racks = ", ".join(f"{{rack: R{p}, site: {SITE}, feeds: {{A: {{pdu: {p}}}}}}}" for p in pdus)
    more = ", pdu_accuracy_class: 1" if stated else ""
    text = (
        f"sites: [{{site: {SITE}, timezone: Asia/Shanghai{more}}}]\nracks: [{racks}]\n"
        "meters: [{meter: u, point: utility, accuracy_class: 0.2}]"
    )
    with bench(tmp_path, text, now=T0 + HOUR) as b:
        for meter, kwh in (("u", 5.0), *((pdu, 1.0) for pdu in pdus)):
            import_hours(b.book, SITE, meter, {START: HourCells.uniform(kwh * KWH)})
        b.pue.refresh()
        result = b.pue.between(SITE, T0, T0 + HOUR)
    it = 0.01 * math.sqrt(1 / 9 + 8 / 9 / 4) if stated else 0.02
    assert result.pue == pytest.approx(1.25)
    assert result.uncertainty == pytest.approx(2 * math.hypot(0.002, it) / math.sqrt(3))
    assert any("class 2 assumed" in note for note in result.notes) != stated

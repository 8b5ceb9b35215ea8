"""REF of windows in which renewable energy is stored and sold at another hour, and ERF above 1."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from agent.pue.pue import Pue
from tests.support.ledger import (
    HEAD,
    HOUR,
    SITE,
    T0,
    Bench,
    batch,
    bench,
    day,
    energy,
    exported,
    inventory,
    power,
)

STOCK = HEAD + (
    "meters: [{meter: main, point: utility}, {meter: sun, point: renewable},"
    " {meter: it, point: it_input}]"
)


def hours_of(b: Bench, rows: list[tuple[float, float, float, float]]) -> float | None:
    """Let registers count hours of so many kWh: bought, sold, of the sun, and IT.

    That of the sun is read from the first hour on in which there is any.
    """
    counted = [0.0] * 4
    for number, row in enumerate([*rows, (0.0,) * 4]):
        bought, sold, sun, it = (each * 3.6e6 for each in counted)
        readings = [
            energy("main", bought),
            exported("main", sold),
            energy("it", it, "it_input"),
        ]
        if sun or row[2]:
            readings.append(energy("sun", sun, "renewable"))
        b.clock.now = T0 + number * HOUR
        b.book.accept(batch(b.clock.now, *readings, interval=3600))
        counted = [one + other for one, other in zip(counted, row, strict=True)]
    b.book.flush()
    b.pue.refresh()
    return b.pue.between(SITE, T0, T0 + len(rows) * HOUR).renewable_ratio


@pytest.mark.parametrize(
    ("by_day", "by_night", "ratio"),
    [
        # Facility 200 kW by day and 80 - 40 kW by night: (2400 - 480) / (2400 + 480).
        ((0.0, 0.0, 200.0, 100.0), (80.0, 40.0, 0.0, 30.0), (2400 - 480) / 2880),
        # Facility 300 - 60 by day, 90 by night: (3600 - 720) / (2880 + 1080).
        ((0.0, 60.0, 300.0, 100.0), (90.0, 0.0, 0.0, 70.0), (3600 - 720) / 3960),
        # More is sold than the sun gives: 0, and not below.
        ((50.0, 0.0, 10.0, 30.0), (80.0, 40.0, 0.0, 30.0), 0.0),
    ],
)
def test_a_battery_that_sells_at_night(
    tmp_path: Path,
    by_day: tuple[float, float, float, float],
    by_night: tuple[float, float, float, float],
    ratio: float,
) -> None:
    """What leaves the site is subtracted over the window, not hour by hour."""
    with bench(tmp_path, STOCK) as b:
        assert hours_of(b, [by_day] * 12 + [by_night] * 12) == pytest.approx(ratio)


@pytest.mark.parametrize(
    ("sold", "sun", "ratio"),
    [
        # Facility 2 h of 150 - 20, then 2 h of 60 + 90 - 0: (180 - 40) / (260 + 300).
        (20.0, 90.0, (180 - 40) / 560),
        # 2 h of 150 - 50, then 2 h of 60 + 60: (120 - 100) / (200 + 240).
        (50.0, 60.0, 20 / 440),
        # More left than the sun gives later: 0.
        (50.0, 40.0, 0.0),
        (0.0, 90.0, 180 / 600),
    ],
)
def test_a_site_that_sells_before_its_sun_is_metered(
    tmp_path: Path, sold: float, sun: float, ratio: float
) -> None:
    """What a generator or a battery sells in hours before the sun's meter counts in REF."""
    start = dt.datetime.fromtimestamp(T0 + 2 * HOUR, dt.UTC).isoformat()
    text = STOCK.replace("point: renewable}", f"point: renewable, since: '{start}'}}")
    before = (150.0, sold, 0.0, 90.0)
    with bench(tmp_path, text) as b:
        assert hours_of(b, [before] * 2 + [(60.0, 0.0, sun, 90.0)] * 2) == pytest.approx(ratio)


@pytest.mark.parametrize(("heat", "ratio"), [(130.0, 1.0), (65.0, 0.5), (131.0, None)])
def test_more_heat_than_energy(tmp_path: Path, heat: float, ratio: float | None) -> None:
    """More reused energy than the facility takes is no ERF, and a note says so."""
    text = HEAD + (
        "meters: [{meter: main, point: utility}, {meter: it, point: it_input},"
        " {meter: heat, point: reused}]"
    )
    with bench(tmp_path, text, now=day(24).timestamp()) as b:
        for meter, kwh in (("main", 130.0), ("it", 100.0), ("heat", heat)):
            b.put(meter, {day(h): kwh for h in range(24)})
        result = b.between(day(), day(24))
    erf = result.factor("erf")
    assert erf is not None
    assert (erf.value, erf.per_kwh) == (pytest.approx(ratio), pytest.approx(ratio))
    assert any("there is no ERF" in note for note in result.notes) == (ratio is None)
    assert result.pue == pytest.approx(1.3)


@pytest.mark.parametrize(("minute", "ratio"), [(30, 15 / 130), (45, 7.5 / 130), (5, 27.5 / 130)])
def test_the_sun_counts_in_the_hour_in_which_it_begins(
    tmp_path: Path, minute: int, ratio: float
) -> None:
    """Cells of 30 kW from within an hour on: half an hour of them makes 15 of 130 kWh."""
    before = STOCK.replace(" {meter: sun, point: renewable},", "")
    with bench(tmp_path, before) as b:
        for at in range(71):
            if at == minute:
                b.book.inventory = inventory(STOCK)
                b.pue = Pue(b.book, b.book.inventory, clock=b.clock)
                b.pue.refresh()
            readings = [power("main", 130e3 if at < minute else 100e3)]
            readings.append(power("it", 100e3, "it_input"))
            readings += [power("sun", 30e3, "renewable")] if at >= minute else []
            b.book.accept(batch(b.clock.now, *readings))
            b.clock.now += 60.0
        b.book.flush()
        b.pue.refresh()
        result = b.pue.between(SITE, T0, T0 + HOUR)
    assert result.coverage == 1.0
    assert result.renewable_ratio == pytest.approx(ratio, rel=0.01)

"""From when until when a meter counts: what is added or removed leaves the other time alone."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from agent.ledger.energy import HourCells
from agent.pue.places import Place
from collectors.base import Reading
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
    import_hours,
    pdu_energy,
    power,
)

DAY = 24 * HOUR
T0_MS = round(T0 * 1000)
MAIN = "{meter: main, point: utility}"
IT = "{meter: it, point: it_input}"


def stock(*meters: str) -> str:
    return f"{HEAD}meters: [{', '.join(meters)}]"


def racks(*names: str) -> str:
    listed = "".join(
        f"- {{rack: {name}, site: {SITE}, feeds: {{A: {{pdu: {name}-A}}}}}}\n" for name in names
    )
    return f"{HEAD}racks:\n{listed}meters: [{MAIN}]"


def count(b: Bench, seconds: float, *powers: Reading) -> None:
    """Let registers count at constant powers (watts, given as readings) since T0."""
    end = b.clock.now + seconds
    while b.clock.now <= end:
        readings = [(series, watts * (b.clock.now - T0)) for series, watts in powers]
        b.book.accept(batch(b.clock.now, *readings, interval=300))
        b.clock.now += 300
    b.clock.now = end
    b.book.flush()
    b.pue.refresh()


def over(b: Bench, start: float, end: float) -> tuple[float | None, float]:
    found = b.pue.between(SITE, T0 + start, T0 + end)
    return found.pue, found.coverage


def rack_energies(*names: str) -> list[Reading]:
    return [pdu_energy(f"{name}-A", 1000.0, name) for name in names]


def test_a_rack_a_day(tmp_path: Path) -> None:
    """A rack of 1 kW is added each day for five days: 1.30 throughout, and every cell is covered.

    A new rack's register begins at 0 on its day, and main counts 1.3 times the racks' energy.
    """
    names: list[str] = []
    counted = 0.0
    for number in range(5):
        names.append(f"R{number}")
        with bench(tmp_path, racks(*names), now=T0 + number * DAY) as b:
            for step in range(289):
                at = step * 300.0
                b.clock.now = T0 + number * DAY + at
                main = energy("main", counted + 1300.0 * len(names) * at)
                pdus = [
                    pdu_energy(f"{name}-A", 1000.0 * (at + (number - began) * DAY), name)
                    for began, name in enumerate(names)
                ]
                b.book.accept(batch(b.clock.now, main, *pdus, interval=300))
            counted += 1300.0 * len(names) * DAY
            b.book.flush()
            b.pue.refresh()
            assert over(b, 0, (number + 1) * DAY) == (pytest.approx(1.3), 1.0)


def test_a_rack_that_is_listed_and_silent(tmp_path: Path) -> None:
    """The ten hours before a rack is listed stay covered; from then on it is missing."""
    with bench(tmp_path, racks("A", "B")) as b:
        count(b, 10 * HOUR, energy("main", 2600.0), *rack_energies("A", "B"))
        assert over(b, 0, 10 * HOUR) == (pytest.approx(1.3), 1.0)
        now = b.clock.now
    with bench(tmp_path, racks("A", "B", "C"), now=now) as b:
        b.pue.refresh()
        assert over(b, 0, 10 * HOUR) == (pytest.approx(1.3), 1.0)
        count(b, 2 * HOUR, energy("main", 2600.0), *rack_energies("A", "B"))
        assert over(b, 0, 10 * HOUR) == (pytest.approx(1.3), 1.0)
        assert over(b, 10 * HOUR, 12 * HOUR) == (None, 0.0)


@pytest.mark.parametrize("silent", [0.0, 3.0])
def test_a_second_utility_meter(tmp_path: Path, silent: float) -> None:
    """Silent for three hours after it is listed, it uncovers those; heard at once, none.

    Main takes 1300 W, and 700 W once the second meter takes 600 W.
    """
    began = 20 * HOUR
    with bench(tmp_path, stock(MAIN, IT)) as b:
        b.run(began, power("main", 1300.0), power("it", 1000.0, "it_input"), interval=300)
        now = b.clock.now
    with bench(tmp_path, stock(MAIN, "{meter: main-2, point: utility}", IT), now=now) as b:
        readings = power("main", 700.0), power("it", 1000.0, "it_input")
        b.run(silent * HOUR, *readings, interval=300)
        b.pue.refresh()
        b.run(5 * HOUR, *readings, power("main-2", 600.0), interval=300)
        assert over(b, 0, began - 300) == (pytest.approx(1.3), 1.0)
        pue, coverage = over(b, began, began + (silent + 4) * HOUR)
    assert pue == pytest.approx(1.3)
    assert coverage == pytest.approx(4 / (4 + silent))


def test_listed_from_the_beginning_and_heard_late(tmp_path: Path) -> None:
    """A meter that was listed when the ledger began is missing until it is first heard."""
    with bench(tmp_path, stock(MAIN, "{meter: main-2, point: utility}", IT)) as b:
        readings = power("main", 700.0), power("it", 1000.0, "it_input")
        b.run(4 * HOUR, *readings)
        b.run(4 * HOUR, *readings, power("main-2", 600.0))
        pue, coverage = over(b, 0, 7 * HOUR)
    assert (pue, coverage) == (pytest.approx(1.3), pytest.approx(3 / 7))


def a_year(b: Bench, sun: int | None = None) -> None:
    """Import 130 and 100 kWh an hour of 2025, and 5 kWh of the sun from an hour of it on."""
    hours = [day(0, 1, 1) + dt.timedelta(hours=n) for n in range(365 * 24)]
    b.put("main", dict.fromkeys(hours, 130.0))
    b.put("it", dict.fromkeys(hours, 100.0))
    if sun is not None:
        b.put("sun", dict.fromkeys(hours[sun:], 5.0))


DECEMBER = 334 * 24
SUN = "{meter: sun, point: renewable}"


@pytest.mark.parametrize("sun", [SUN, SUN.replace("}", ", since: 2025-12-01}")])
def test_solar_cells_from_december_on(tmp_path: Path, sun: str) -> None:
    """November needs no meter that came in December: (334 · 130 + 31 · 135) / (365 · 100)."""
    with bench(tmp_path, stock(MAIN, IT, sun), now=day(0, 1, 1, 2026).timestamp()) as b:
        a_year(b, sun=DECEMBER)
        year = b.between(day(0, 1, 1), day(0, 1, 1, 2026))
        november = b.between(day(0, 1, 11), day(0, 1, 12))
    assert (year.pue, year.coverage, year.interim) == (
        pytest.approx((334 * 130 + 31 * 135) / 36500),
        1.0,
        False,
    )
    assert (november.pue, november.renewable_ratio) == (pytest.approx(1.3), 0.0)


def test_solar_cells_that_are_listed_later(tmp_path: Path) -> None:
    """After a year without them, an inventory that lists them takes nothing of that year."""
    with bench(tmp_path, stock(MAIN, IT), now=day(0, 1, 1, 2026).timestamp()) as b:
        a_year(b)
        b.between(day(0, 1, 1), day(0, 1, 1, 2026))
    with bench(tmp_path, stock(MAIN, IT, SUN), now=day(1, 1, 1, 2026).timestamp()) as b:
        year = b.between(day(0, 1, 1), day(0, 1, 1, 2026))
    assert (year.pue, year.coverage) == (pytest.approx(1.3), 1.0)


def test_stated_and_silent(tmp_path: Path) -> None:
    """Solar cells in service since 1 December and never heard leave December uncovered."""
    sun = SUN.replace("}", ", since: 2025-12-01}")
    with bench(tmp_path, stock(MAIN, IT, sun), now=day(0, 1, 1, 2026).timestamp()) as b:
        a_year(b)
        year = b.between(day(0, 1, 1), day(0, 1, 1, 2026))
    assert (year.pue, year.coverage) == (pytest.approx(1.3), pytest.approx(334 / 365))


def test_listed_and_never_heard(tmp_path: Path) -> None:
    """A supply that is listed from the beginning and never heard leaves the year no value."""
    with bench(tmp_path, stock(MAIN, IT, SUN), now=day(0, 1, 1, 2026).timestamp()) as b:
        a_year(b)
        assert b.between(day(0, 1, 1), day(0, 1, 1, 2026)).state == "no_data"


def test_without_its_main_supply_there_is_no_facility(tmp_path: Path) -> None:
    """A utility meter that came in December leaves the sun's months uncovered; they are no PUE."""
    with bench(tmp_path, stock(MAIN, IT, SUN), now=day(0, 1, 1, 2026).timestamp()) as b:
        hours = [day(0, 1, 1) + dt.timedelta(hours=n) for n in range(365 * 24)]
        b.put("sun", dict.fromkeys(hours, 110.0))
        b.put("it", dict.fromkeys(hours, 100.0))
        b.put("main", dict.fromkeys(hours[DECEMBER:], 30.0))
        year = b.between(day(0, 1, 1), day(0, 1, 1, 2026))
    assert (year.pue, year.coverage) == (pytest.approx(1.4), pytest.approx(31 / 365))


def test_a_correction_of_the_past(tmp_path: Path) -> None:
    """A stated beginning that is corrected holds for the past as soon as it is summed again."""
    wrong = SUN.replace("}", ", since: 2025-11-01}")
    now = day(0, 1, 1, 2026).timestamp()
    with bench(tmp_path, stock(MAIN, IT, wrong), now=now) as b:
        a_year(b, sun=DECEMBER)
        before = b.between(day(0, 1, 1), day(0, 1, 1, 2026))
    assert before.coverage == pytest.approx(335 / 365)
    right = wrong.replace("11-01", "12-01")
    with bench(tmp_path, stock(MAIN, IT, right), now=now + HOUR) as b:
        after = b.between(day(0, 1, 1), day(0, 1, 1, 2026))
    assert (after.coverage, after.pue) == (1.0, pytest.approx((334 * 130 + 31 * 135) / 36500))


@pytest.mark.parametrize(
    ("since", "until", "mask"),
    [
        (None, None, 0xFFF),
        (0, 3_600_000, 0xFFF),
        (600_000, None, 0xFFC),
        (750_000, None, 0xFFC),
        (None, 600_000, 0b11),
        (None, 750_000, 0b111),
        (600_000, 900_000, 0b100),
        (3_600_000, None, 0),
        (None, 0, 0),
    ],
)
def test_the_cells_in_which_a_place_counts(since: int | None, until: int | None, mask: int) -> None:
    """A place counts from the cell of its beginning to the cell of its end, both included."""
    assert Place(names=("m",), since=since, until=until).cells_in(0) == mask


def test_what_changed_in_a_window_is_told(tmp_path: Path) -> None:
    """A note names the meters that began within a window; one without `since` widens it.

    5 kW may have run 334 days before: 2 · 5 · 334 · 24 / sqrt 3 beside the classes, of the year's
    facility energy.
    """
    now = day(0, 1, 1, 2026).timestamp()
    with bench(tmp_path / "unstated", stock(MAIN, IT, SUN), now=now) as b:
        a_year(b, sun=DECEMBER)
        unstated = b.between(day(0, 1, 1), day(0, 1, 1, 2026))
    stated_stock = stock(MAIN, IT, SUN.replace("}", ", since: 2025-12-01}"))
    with bench(tmp_path / "stated", stated_stock, now=now) as b:
        a_year(b, sun=DECEMBER)
        stated = b.between(day(0, 1, 1), day(0, 1, 1, 2026))
    for result in (stated, unstated):
        assert any("sun (since 2025-12-01)" in note for note in result.notes)
    assert any("first reading" in note for note in unstated.notes)
    assert not any("first reading" in note for note in stated.notes)
    facility = (334 * 130 + 31 * 135) * 24
    assert stated.uncertainty is not None
    assert unstated.uncertainty is not None
    assert (unstated.uncertainty**2 - stated.uncertainty**2) ** 0.5 == pytest.approx(
        2 * 5 * 334 * 24 / facility / 3**0.5
    )


def test_an_import_that_begins_within_a_cell(tmp_path: Path) -> None:
    """A meter first read 29 s after the others is missing in that cell: eleven of twelve count."""
    with bench(tmp_path, stock(MAIN, "{meter: main-2, point: utility}", IT), now=T0 + DAY) as b:
        for meter, kwh, first in (("main", 70.0, 300), ("main-2", 60.0, 271), ("it", 100.0, 300)):
            cells = HourCells.uniform(kwh * 3.6e6)
            cells.joules[0] *= first / 300
            cells.covered[0] = first * 1000
            import_hours(b.book, SITE, meter, {T0_MS: cells})
        b.pue.refresh()
        assert over(b, 0, HOUR) == (pytest.approx(1.3), pytest.approx(11 / 12))

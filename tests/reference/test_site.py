"""The reference's figures of a site, against cases worked out by hand."""

from __future__ import annotations

from fractions import Fraction

import pytest

from tests.reference.beside import beside
from tests.reference.model import (
    CELL,
    KWH,
    Cells,
    Meter,
    Metered,
    Site,
)
from tests.reference.site import Counted, SiteFigures, inconsistent

MAIN = Meter(meter="main", point="utility")


# Sites: a cell in which each meter counts what its kilowatts say


def site(it_point: str = "it_input", **kilowatts: tuple[Meter, float]) -> SiteFigures:
    meters = tuple(meter for meter, _ in kilowatts.values())
    return SiteFigures(
        Site(meters=meters, it_point=it_point),
        Counted(
            incoming={
                meter.meter: {0: Metered(joules=Fraction(str(kw)) * 300_000)}
                for meter, kw in kilowatts.values()
            }
        ),
    )


def meter(name: str, point: str, **stated: object) -> Meter:
    return Meter(meter=name, point=point, **stated)


IT = meter("it", "it_input")


@pytest.mark.parametrize(
    ("figures", "value"),
    [
        (site(u=(MAIN, 1440), i=(IT, 1200)), Fraction(6, 5)),
        (site(i=(IT, 1200), c=(meter("c", "cooling"), 240)), Fraction(6, 5)),
        (
            site(
                u=(MAIN, 1100),
                d=(meter("d", "cooling", factor=Fraction(2, 5)), 500),
                i=(IT, 1000),
            ),
            Fraction(13, 10),
        ),
        (
            site(
                u=(MAIN, 1300),
                o=(meter("o", "utility", subtract=True, behind="main"), 100),
                i=(IT, 1000),
            ),
            Fraction(6, 5),
        ),
        (
            site(
                "ups_output",
                u=(MAIN, 1300),
                s=(meter("s", "ups_output"), 1050),
                f=(meter("f", "cooling", behind="s"), 50),
            ),
            Fraction(13, 10),
        ),
        (
            site(
                "pdu_output",
                u=(MAIN, 1250),
                s=(meter("s", "ups_output"), 1050),
                p=(meter("p", "pdu_output"), 1000),
            ),
            Fraction(5, 4),
        ),
    ],
)
def test_pue_of_a_cell(figures: SiteFigures, value: Fraction) -> None:
    """The worked cases of the manual come out as they were worked out by hand."""
    assert figures.pue(0, CELL).value == value


def test_silent_meter_is_missing() -> None:
    """Two of three IT meters are no IT energy."""
    known = Metered(joules=Fraction(300_000))
    figures = SiteFigures(
        Site(meters=(MAIN, IT, meter("it2", "it_input")), it_point="it_input"),
        Counted(incoming={"main": {0: known}, "it": {0: known}, "it2": {}}),
    )
    assert figures.pue(0, CELL).coverage == 0


def test_meter_counts_from_its_first_reading() -> None:
    """Photovoltaics that come in the second cell take nothing from the first."""
    cells = {0: Metered(joules=Fraction(130)), CELL: Metered(joules=Fraction(130))}
    figures = SiteFigures(
        Site(meters=(MAIN, meter("pv", "renewable"), IT), it_point="it_input"),
        Counted(
            incoming={
                "main": cells,
                "it": {cell: Metered(joules=Fraction(100)) for cell in cells},
                "pv": {CELL: Metered(joules=Fraction(5))},
            },
            begins={"pv": CELL},
        ),
    )
    found = figures.pue(0, 2 * CELL)
    assert (found.value, found.coverage) == (Fraction(265, 200), 1)


def battery() -> SiteFigures:
    """Day: 200 kW of sun, of which 80 kW charge; night: 80 kW bought, of which 40 kW are sold."""
    day, night = 0, CELL

    def cells(first: int, second: int) -> Cells:
        return {day: Metered(joules=Fraction(first)), night: Metered(joules=Fraction(second))}

    return SiteFigures(
        Site(meters=(MAIN, meter("pv", "renewable"), IT), it_point="it_input"),
        Counted(
            incoming={"main": cells(0, 80), "pv": cells(200, 0), "it": cells(80, 80)},
            outgoing={"main": cells(0, 40)},
            two_ways={"main": 0},
        ),
    )


def test_ref_is_summed_before_it_is_divided() -> None:
    """(200 - 40) / (200 + 80 - 40) = 2/3, though the night alone is below 0."""
    assert beside(battery(), "ref", 0, 2 * CELL).value == Fraction(2, 3)
    assert battery().pue(0, 2 * CELL).value == Fraction(240, 160)


def test_erf_cue_and_wue() -> None:
    """350 of 1400 kW are reused; 3714.3 kW of fuel at 0.267 kg; 1 800 litres for 1 000 kWh."""
    heat = site(u=(MAIN, 1400), i=(IT, 1000), h=(meter("h", "reused"), 350))
    assert beside(heat, "erf", 0, CELL).value == Fraction(1, 4)
    fuel = meter(
        "g",
        "generator",
        factor=Fraction(35, 100),
        kilograms_per_kilowatt_hour=Fraction(267, 1000),
    )
    burnt = site(g=(fuel, 3714.3), i=(IT, 1000))
    assert beside(burnt, "cue", 0, CELL).value == Fraction("3714.3") * Fraction(267, 1000) / 1000
    wet = SiteFigures(
        Site(meters=(MAIN, IT, meter("w", "water")), it_point="it_input"),
        Counted(
            incoming={
                "main": {0: Metered(joules=Fraction(1300 * KWH))},
                "it": {0: Metered(joules=Fraction(1000 * KWH))},
                "w": {0: Metered(joules=Fraction(1800))},
            }
        ),
    )
    assert beside(wet, "wue", 0, CELL).value == Fraction(9, 5)


def test_export_register_that_falls_silent_uncovers() -> None:
    """From its first reading on, what comes in alone is not enough."""
    cells = {0: Metered(joules=Fraction(130)), CELL: Metered(joules=Fraction(130))}
    figures = SiteFigures(
        Site(meters=(MAIN, IT), it_point="it_input"),
        Counted(
            incoming={"main": cells, "it": cells},
            outgoing={"main": {0: Metered(joules=Fraction(0))}},
            two_ways={"main": 0},
        ),
    )
    assert list(figures.counts(0, 2 * CELL)) == [0]
    assert not inconsistent(figures.pue(0, 2 * CELL))


def test_contradicting_meters_are_inconsistent() -> None:
    """Less facility than IT energy is no PUE."""
    assert inconsistent(site(u=(MAIN, 90), i=(IT, 100)).pue(0, CELL))

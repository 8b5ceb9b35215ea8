"""An explained PUE adds up: hours to points, meters to points, points to both energies."""

from __future__ import annotations

import re
from math import fsum, prod
from pathlib import Path

import pytest

from agent.pue.explain import Explanation, explain
from tests.support.ledger import HEAD, HOUR, SITE, T0, bench, day, energy, exported, power

METERS = HEAD + (
    "meters:\n"
    "- {meter: main-2, point: utility, replaces: main-1, accuracy_class: 0.5}\n"
    "- {meter: office, point: utility, behind: main-2, subtract: true}\n"
    "- {meter: sun, point: renewable, share: 0.5}\n"
    "- {meter: ups, point: ups_output}\n"
    "- {meter: fans, point: cooling, behind: ups}\n"
)


def worth(sums: str) -> float:
    """Work out a sum of products, such as `1100.0 - 80.0 + 300.0 * 0.5`, or one quotient."""
    above, _, below = sums.partition(" / ")
    if below:
        return worth(above) / worth(below)
    terms = re.findall(r"(?:^|([+-]) )(-?[\d.]+(?: \* -?[\d.]+)*)", sums)
    said = " ".join(f"{sign} {product}".strip() for sign, product in terms)
    assert said == re.sub(r" +", " ", sums).strip()
    return fsum(
        (-1.0 if sign == "-" else 1.0) * prod(float(factor) for factor in product.split(" * "))
        for sign, product in terms
    )


def adds_up(found: Explanation) -> None:
    """Do the sums again, from the hours and from the meters."""
    result = found.result
    assert fsum(hour.facility_joules for hour in found.hours) == pytest.approx(
        result.facility_joules
    )
    assert fsum(hour.it_joules for hour in found.hours) == pytest.approx(result.it_joules)
    assert fsum(hour.cells for hour in found.hours) * 300 / (
        result.end - result.start
    ) == pytest.approx(result.coverage)
    for point in found.points:
        assert point.joules == pytest.approx(
            fsum(hour.points.get(point.point, 0.0) for hour in found.hours)
        )
        if all(meter.kept for meter in point.meters):
            assert point.joules == pytest.approx(
                fsum(meter.energy * meter.factor for meter in point.meters)
            )
            assert point.unexplained == pytest.approx(0.0, abs=1e-3)
    assert fsum(point.facility_sign * point.joules for point in found.points) == pytest.approx(
        result.facility_joules
    )
    assert fsum(point.joules for point in found.points if point.is_it) == pytest.approx(
        result.it_joules
    )


def test_bills(tmp_path: Path) -> None:
    """Replaced meters, a subtracted office, half a solar plant and fans: every sum adds up."""
    with bench(tmp_path, METERS, now=day(24).timestamp()) as b:
        b.put("main-1", {day(h): 1000.0 for h in range(10)})
        b.put("main-2", {day(h): 1100.0 for h in range(10, 24)})
        for meter, kwh in (("office", 80.0), ("sun", 300.0), ("ups", 900.0), ("fans", 50.0)):
            b.put(meter, {day(h): kwh for h in range(22)})
        b.pue.refresh()
        found = explain(b.pue, SITE, day().timestamp(), day(24).timestamp())
    adds_up(found)
    assert found.result.coverage == pytest.approx(22 / 24)
    utility = next(point for point in found.points if point.point == "utility")
    assert [(m.meter, m.replaced, m.factor, m.energy / 3.6e6) for m in utility.meters] == [
        ("main-2", ("main-1",), 1.0, pytest.approx(10 * 1000 + 12 * 1100)),
        ("office", (), -1.0, pytest.approx(22 * 80)),
    ]
    assert (
        found.formulas[0] == "utility = 23200.000 (main-2) + 1760.000 x -1 (office) = 21440.000 kWh"
    )
    assert found.formulas[-2:] == (
        "facility = 21440.000 (utility) + 3300.000 (renewable) = 24740.000 kWh",
        "PUE = facility / IT = 24740.000 / 18700.000 = 1.3230",
    )


def test_each_formula_is_true(tmp_path: Path) -> None:
    """Both sides of the last equals sign of each formula are equal."""
    with bench(tmp_path, METERS, now=day(24).timestamp()) as b:
        for meter, kwh in (
            ("main-2", 1100.0),
            ("office", 80.0),
            ("sun", 300.0),
            ("ups", 900.0),
            ("fans", 50.0),
        ):
            b.put(meter, {day(h): kwh for h in range(24)})
        b.pue.refresh()
        formulas = explain(b.pue, SITE, day().timestamp(), day(24).timestamp()).formulas
    for line in formulas:
        left, right = line.rsplit(" = ", 1)
        sums = re.sub(r"\([^)]*\)", "", left.rsplit(" = ", 1)[-1]).replace(" x ", " * ")
        assert worth(sums) == pytest.approx(float(right.removesuffix(" kWh")), rel=1e-4)


def test_live_readings_and_parts_of_hours(tmp_path: Path) -> None:
    """Sums of readings add up with exported energy and a window that cuts hours."""
    text = HEAD + (
        "meters: [{meter: main, point: utility}, {meter: it, point: it_input},"
        " {meter: lamp, point: lighting}]"
    )
    with bench(tmp_path, text) as b:
        for minute in range(190):
            at = 60.0 * minute
            b.clock.now = T0 + at
            b.run(
                60,
                energy("main", 1500 * at),
                exported("main", 200 * at),
                power("it", 1000.0, "it_input"),
                power("lamp", 10.0, "lighting"),
            )
        found = explain(b.pue, SITE, T0 + 1500, T0 + 2.5 * HOUR)
    adds_up(found)
    assert (found.result.pue, found.result.coverage) == (pytest.approx(1.3), 1.0)
    assert [hour.cells for hour in found.hours] == [7, 12, 6]
    assert {point.point: point.facility_sign for point in found.points} == {
        "utility": 1,
        "it_input": 0,
        "lighting": 0,
        "export": -1,
    }


def test_nothing_to_explain(tmp_path: Path) -> None:
    """Without any covered time there are no hours and no division by zero."""
    with bench(tmp_path, METERS, now=day(24).timestamp()) as b:
        b.put("main-2", {day(): 1.0})
        b.pue.refresh()
        found = explain(b.pue, SITE, day().timestamp(), day(24).timestamp())
    assert (found.hours, found.result.pue) == ((), None)
    assert not any(line.startswith("PUE") for line in found.formulas)

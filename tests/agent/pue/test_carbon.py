"""Carbon follows every change of the energy that it is made of."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.ledger import HEAD, SITE, bench, day

GRID = "emissions: [{kilograms_per_kilowatt_hour: 0.4, source: a notice}]"
METERS = (
    HEAD.replace("timezone:", f"{GRID}, timezone:")
    + "meters:\n- {meter: main, point: utility}\n- {meter: it, point: it_input}\n"
    "- {meter: district, point: cooling, factor: 0.4,"
    " emissions: [{kilograms_per_kilowatt_hour: 0.2, source: a contract}]}\n"
)


def test_a_correction_of_bought_cooling_changes_the_carbon(tmp_path: Path) -> None:
    """With 500 kWh of cooling an hour CUE is (1100·0.4 + 500·0.2) / 1000, with 1000 kWh 0.64."""
    with bench(tmp_path, METERS, now=day(24).timestamp()) as b:
        b.put("main", {day(h): 1100.0 for h in range(24)})
        b.put("it", {day(h): 1000.0 for h in range(24)})
        found = []
        for kwh in (500.0, 1000.0):
            b.put("district", {day(h): kwh for h in range(24)})
            result = b.between(day(), day(24))
            factor = result.factor("cue")
            found.append((result.pue, factor and factor.per_kwh))
    assert found == [
        (pytest.approx(1.3), pytest.approx(0.54)),
        (pytest.approx(1.5), pytest.approx(0.64)),
    ]


def test_a_correction_of_the_utility_changes_the_carbon(tmp_path: Path) -> None:
    """Carbon of a corrected day is that of the new energy: 1300 · 0.4 / 1000 and no cooling."""
    text = METERS.replace("point: cooling, factor: 0.4", "point: cooling")
    with bench(tmp_path, text, now=day(24).timestamp()) as b:
        b.put("it", {day(h): 1000.0 for h in range(24)})
        for kwh in (1100.0, 1300.0):
            b.put("main", {day(h): kwh for h in range(24)})
            result = b.between(day(), day(24))
        factor = result.factor("cue")
    assert factor is not None
    assert factor.per_kwh == pytest.approx(0.52)
    assert result.site == SITE

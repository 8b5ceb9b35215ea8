"""At which point IT energy is taken."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.ledger import HEAD, SITE, bench, day

METERS = HEAD + (
    "meters: [{meter: main, point: utility}, {meter: ups, point: ups_output},"
    " {meter: pdus, point: pdu_output, behind: ups}]"
)


@pytest.mark.parametrize(
    ("heard", "point", "pue", "coverage"),
    [
        (10, "pdu_output", 1250 / 1000, 1.0),
        (9, "pdu_output", 1250 / 1000, 0.9),  # exactly 0.9 of the best covered point
        (8, "ups_output", 1250 / 1050, 1.0),
        (0, "ups_output", 1250 / 1050, 1.0),
    ],
)
def test_the_deepest_point_that_is_covered_nearly_as_long_as_any(
    tmp_path: Path, heard: int, point: str, pue: float, coverage: float
) -> None:
    """Of ten hours the PDUs must be heard in nine for IT energy to be taken there."""
    with bench(tmp_path, METERS, now=day(10).timestamp()) as b:
        b.put("main", {day(h): 1250.0 for h in range(10)})
        b.put("ups", {day(h): 1050.0 for h in range(10)})
        b.put("pdus", {day(h): 1000.0 for h in range(heard)})
        result = b.between(day(), day(10))
    assert (result.it_point, result.state) == (point, "valid")
    assert (result.pue, result.coverage) == (pytest.approx(pue), pytest.approx(coverage))


def test_the_it_counter_takes_the_deepest_point(tmp_path: Path) -> None:
    """Hours in which PDU output is covered count 1000 kWh, the others the UPS's 1050 kWh."""
    with bench(tmp_path, METERS, now=day(10).timestamp()) as b:
        b.put("main", {day(h): 1250.0 for h in range(10)})
        b.put("ups", {day(h): 1050.0 for h in range(10)})
        b.put("pdus", {day(h): 1000.0 for h in range(4)})
        b.between(day(), day(10))
        totals = b.pue.totals(SITE)
    assert totals["it"] == pytest.approx((4 * 1000 + 6 * 1050) * 3.6e6)
    assert totals["facility"] == pytest.approx(10 * 1250 * 3.6e6)

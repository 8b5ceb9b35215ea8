"""What the meters of one point make of an hour."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.ledger.energy import CELL_MS, CELLS, HOUR_MS, HourCells
from agent.pue.places import Place
from agent.pue.point_sums import PlaceHour, joined, sum_places
from tests.support.ledger import HEAD, HOUR, SITE, T0, batch, bench, day, energy, power

RACK = HEAD + (
    f"racks: [{{rack: A07, site: {SITE}, feeds: {{A: {{pdu: A07-A}}}}}}]\n"
    "meters: [{meter: main, point: utility}]"
)


def cells(*known: tuple[float, int]) -> HourCells:
    """Return an hour whose first cells have these joules and covered milliseconds."""
    padded = [*known, *[(0.0, 0)] * (CELLS - len(known))]
    return HourCells([joules for joules, _ in padded], [covered for _, covered in padded])


def test_the_hour_in_which_a_meter_was_replaced() -> None:
    """A covered cell is the new meter's, or else the old one's; two parts of a cell add up."""
    newer = cells((100.0, CELL_MS), (20.0, 60_000), (30.0, 60_000), (40.0, 200_000))
    older = cells((500.0, CELL_MS), (60.0, 200_000), (70.0, CELL_MS), (80.0, 200_000))
    found = joined([2, 1], {1: older, 2: newer})
    assert found is not None
    assert found.joules[:5] == [100.0, 80.0, 70.0, 120.0, 0.0]
    assert found.covered[:5] == [CELL_MS, 260_000, CELL_MS, CELL_MS, 0]
    assert joined([3], {1: older}) is None


def test_a_subtracted_meter_and_a_silent_one() -> None:
    """1300 J less 100 J are 1200 J; their classes weigh 1300 · 0.5 + 100 · 2 of it."""
    main = PlaceHour(Place(names=("main",), accuracy=0.5), cells((1300.0, CELL_MS)))
    office = PlaceHour(Place(names=("office",), accuracy=2.0, factor=-1.0), cells((100.0, CELL_MS)))
    silent = PlaceHour(Place(names=("other",)), None)
    both = sum_places([main, office])
    assert both is not None
    assert (both.joules[0], both.mask, both.meters, both.silent) == (1200.0, 1, 2, 0)
    assert both.accuracy == pytest.approx((1300 * 0.5 + 100 * 2.0) / 1200)
    with_silent = sum_places([main, silent])
    assert with_silent is not None
    assert (with_silent.mask, with_silent.meters, with_silent.silent) == (0, 2, 1)
    assert sum_places([silent]) is None


def test_the_first_hour_of_a_register_is_not_integrated(tmp_path: Path) -> None:
    """A register is not integrated in the hour of its first reading; power alone is."""
    text = HEAD + "meters: [{meter: main, point: utility}, {meter: it, point: it_input}]"
    joules = 0.0
    with bench(tmp_path, text) as b:
        for minute in range(121):
            watts = 1000.0 + 50 * (minute // 5 % 3)
            it = power("it", watts, "it_input")
            b.book.accept(batch(T0 + 60 * minute, energy("main", joules), it))
            joules += 60 * watts
        b.clock.now = T0 + 2 * HOUR
        b.book.flush()
        b.pue.refresh()
        points = b.pue.hours.hour(SITE, round(T0 * 1000))
    assert points["utility"].thinned == ()
    assert any(points["it_input"].thinned)


def test_sums_outlive_the_hours_of_their_pdus(tmp_path: Path) -> None:
    """Hours of PDUs older than 35 days are deleted; summing again does not delete their sum."""
    with bench(tmp_path, RACK, now=day(24 * 60).timestamp()) as b:
        b.put("main", {day(h): 3.0 for h in range(24)})
        b.put("A07-A", {day(h): 2.0 for h in range(24)})
        assert b.between(day(), day(24)).pue == pytest.approx(1.5)
        b.book.flush()
        assert b.book.energy("A07-A", day().timestamp(), day(24).timestamp()) == (0.0, 0.0)
        start = round(day().timestamp() * 1000)
        b.pue.hours.sum_again(SITE, start, start + 24 * HOUR_MS)
        result = b.between(day(), day(24))
    assert (result.pue, result.coverage, result.category) == (pytest.approx(1.5), 1.0, 2)

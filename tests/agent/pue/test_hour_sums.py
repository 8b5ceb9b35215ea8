"""The sum of one hour, worked out by hand from rows of round numbers."""

from __future__ import annotations

import pytest

from agent.ledger.energy import CELLS, FULL_MASK
from agent.ledger.store.site_hours import SiteHour
from agent.pue.boundary import Boundary
from agent.pue.hour_sums import counted_cells, hour_sum
from agent.pue.places import Place
from agent.pue.sums import NOTHING, SideSum

POINTS = ("utility", "renewable", "export", "ups_input", "ups_output", "it_input", "reused")
BOUNDARY = Boundary(
    site="s",
    places={point: (Place(names=(point,)),) for point in POINTS},
    it_candidates=("it_input", "ups_output"),
    method="incoming",
)


def row(
    joules: float,
    *,
    accuracy: float = 0.0,
    own: float = 0.0,
    variance: float = 0.0,
    mask: int = FULL_MASK,
    thinned: tuple[float, ...] = (),
) -> SiteHour:
    """Return an hour with the same joules in each cell."""
    return SiteHour(mask, (joules,) * CELLS, accuracy, 1, 0, variance, own, thinned)


ROWS = {
    "utility": row(100.0, accuracy=0.5, variance=3.0),
    "renewable": row(20.0, accuracy=1.0),
    "export": row(10.0, accuracy=2.0, variance=1.0),
    "green": row(30.0),
    "ups_input": row(95.0),
    "ups_output": row(90.0),
    "it_input": row(80.0, accuracy=1.5, variance=2.0),
    "reused": row(11.0),
}


def test_a_whole_hour() -> None:
    """Facility energy is 100 + 20 - 10 a cell, and every error adds up."""
    total = hour_sum(0, ROWS, BOUNDARY, "it_input")
    assert (total.cells, total.runs, total.starts_covered, total.ends_covered) == (
        12,
        1,
        True,
        True,
    )
    assert total.facility.joules == pytest.approx(12 * 110.0)
    assert total.facility.common == pytest.approx(12 * (100 * 0.5 + 20 * 1.0 + 10 * 2.0))
    assert total.it.joules == pytest.approx(12 * 80.0)
    assert total.it.common == pytest.approx(12 * 80.0 * 1.5)
    # 3 of the utility, 1 of what was sold, and 2 of IT times the square of PUE, 110 / 80.
    assert total.integrated.variance == pytest.approx(12 * (3.0 + 1.0 + 2.0 * (110 / 80) ** 2))
    assert total.renewable == pytest.approx(12 * (30.0 - 10.0))


def test_errors_of_their_own_add_up_by_squares() -> None:
    """3 % of 100 J and 4 % of 100 J come to 5 J; IT's stay apart."""
    rows = {
        "utility": row(100.0, own=3.0),
        "renewable": row(100.0, own=4.0),
        "it_input": row(80.0, own=1.0),
    }
    total = hour_sum(0, rows, BOUNDARY, "it_input")
    assert total.facility.own == pytest.approx(12 * 500.0)
    assert total.it.own == pytest.approx(12 * 80.0)


def test_a_burst_at_both_boundaries_leaves_pue_as_it_is() -> None:
    """Leaving readings out moves facility by 2.5 J and IT by 2 J: at a PUE of 1.25, by nothing.

    Cells of 3 J at the facility alone have a variance of 9 each; of two cells, 18.
    """
    boundary = Boundary(
        site="s",
        places={point: (Place(names=(point,)),) for point in ("utility", "it_input")},
        it_candidates=("it_input",),
        method="incoming",
    )
    both = {
        "utility": row(100.0, thinned=(2.5, -5.0, *[0.0] * 10)),
        "it_input": row(80.0, thinned=(2.0, -4.0, *[0.0] * 10)),
    }
    assert hour_sum(0, both, boundary, "it_input").integrated.variance == pytest.approx(0.0)
    alone = both | {"utility": row(100.0, thinned=(3.0, -3.0, *[0.0] * 10)), "it_input": row(80.0)}
    assert hour_sum(0, alone, boundary, "it_input").integrated.variance == pytest.approx(18.0)
    assert hour_sum(0, alone, boundary, "it_input", 0b1).integrated.variance == pytest.approx(9.0)


def test_facility_of_parts_shares_the_errors_of_it() -> None:
    """IT of 80 J with 1 % and cooling of 20 J with 2 %: only cooling's are the facility's own."""
    parts = Boundary(
        site="s",
        places={point: (Place(names=(point,)),) for point in ("it_input", "cooling")},
        it_candidates=("it_input",),
        method="parts",
    )
    rows = {"it_input": row(80.0, accuracy=1.0), "cooling": row(20.0, accuracy=2.0)}
    total = hour_sum(0, rows, parts, "it_input")
    assert total.facility.joules == pytest.approx(12 * 100.0)
    assert total.facility.common == pytest.approx(12 * 20.0 * 2.0)
    assert total.it.common == pytest.approx(12 * 80.0 * 1.0)


def test_the_amounts_beside_pue() -> None:
    """A stage's loss is what goes in less what comes out; ERF compares with facility energy."""
    sides = hour_sum(0, ROWS, BOUNDARY, "it_input").sides
    assert sides["ups"] == SideSum(amount=12 * (95.0 - 90.0), base=12 * 80.0, cells=12)
    assert sides["distribution"] == SideSum(amount=12 * (90.0 - 80.0), base=12 * 80.0, cells=12)
    assert sides["reused"] == SideSum(amount=12 * 11.0, base=12 * 110.0, cells=12)
    assert list(hour_sum(0, ROWS, BOUNDARY, "ups_output").sides) == ["reused", "carbon", "ups"]


def test_only_cells_that_all_meters_cover_are_counted() -> None:
    """Utility covers cells 0 to 5, IT cells 2 to 9: cells 2 to 5 count, which are one run."""
    rows = ROWS | {
        "utility": row(100.0, mask=0b000000111111),
        "it_input": row(80.0, mask=0b001111111100),
    }
    total = hour_sum(0, rows, BOUNDARY, "it_input")
    assert counted_cells(0, rows, BOUNDARY, "it_input") == 0b000000111100
    assert (total.cells, total.runs, total.starts_covered, total.ends_covered) == (
        4,
        1,
        False,
        False,
    )
    assert (total.facility.joules, total.it.joules) == pytest.approx((4 * 110.0, 4 * 80.0))
    asked = hour_sum(0, rows, BOUNDARY, "it_input", 0b000000011100)
    assert (asked.cells, asked.starts_covered, asked.ends_covered) == (3, True, True)


def test_two_runs_of_covered_cells() -> None:
    """Cells 0, 1 and 4 are two runs, the first of which begins with the hour."""
    total = hour_sum(0, ROWS | {"it_input": row(80.0, mask=0b10011)}, BOUNDARY, "it_input")
    assert (total.cells, total.runs, total.starts_covered, total.ends_covered) == (
        3,
        2,
        True,
        False,
    )


@pytest.mark.parametrize("point", ["utility", "renewable", "it_input"])
def test_a_point_that_was_not_heard(point: str) -> None:
    """Without one of the points that must be heard, no cell counts."""
    rows = {each: found for each, found in ROWS.items() if each != point}
    assert hour_sum(0, rows, BOUNDARY, "it_input") == NOTHING


def test_before_the_export_was_metered() -> None:
    """Without a row of exported energy nothing is subtracted."""
    rows = {each: found for each, found in ROWS.items() if each != "export"}
    total = hour_sum(0, rows, BOUNDARY, "it_input")
    assert (total.facility.joules, total.renewable) == pytest.approx((12 * 120.0, 12 * 30.0))


def test_more_is_sold_than_is_renewable() -> None:
    """An hour that sells more than it makes takes the rest from other hours: 12 · (30 - 50)."""
    total = hour_sum(0, ROWS | {"export": row(50.0)}, BOUNDARY, "it_input")
    assert total.renewable == pytest.approx(-240.0)


@pytest.mark.parametrize(("sold", "left"), [(10.0, -120.0), (50.0, -600.0), (0.0, 0.0)])
def test_what_is_sold_before_renewables_are_metered(sold: float, left: float) -> None:
    """An hour without own renewables that sells takes 12 cells of it from the window's sum."""
    rows = {each: found for each, found in ROWS.items() if each not in ("green", "renewable")}
    beginning = Boundary(
        site="s",
        places=BOUNDARY.places | {"renewable": (Place(names=("renewable",), since=3_600_000),)},
        it_candidates=("it_input", "ups_output"),
        method="incoming",
    )
    total = hour_sum(0, rows | {"export": row(sold)}, beginning, "it_input")
    assert total.renewable == pytest.approx(left)


def test_a_side_that_is_covered_in_part() -> None:
    """Reused energy is of its own cells, and so is what it is compared with."""
    rows = ROWS | {"reused": row(11.0, mask=0b111)}
    assert hour_sum(0, rows, BOUNDARY, "it_input").sides["reused"] == SideSum(
        amount=3 * 11.0, base=3 * 110.0, cells=3
    )

"""What the edges of short windows leave open: limits of error in kWh, by hand."""

from __future__ import annotations

import pytest

from agent.pue.edges import cut_of_cells, cut_of_power, cut_of_register, together
from tests.reference.bookkeeping import bookkeeping
from tests.support.ledger import SITE
from tests.support.registers import KWH, MINUTE, read


@pytest.mark.parametrize(
    ("edge", "kwh"),
    [
        (180, 0.5),  # from 60 to 120 kW: half of 60 kW in a minute, which ends just there
        (179, 0.5),  # and begins just there
        (178, 0.0),  # the readings on both sides are alike
    ],
)
def test_power_that_jumps_at_an_edge(edge: int, kwh: float) -> None:
    """A jump between two readings may have been at either end of that time."""
    power = read(lambda m: 6e4 if m < 180 else 1.2e5, range(edge - 2, edge + 3))
    assert cut_of_power(power, edge * MINUTE) / KWH == pytest.approx(kwh)


@pytest.mark.parametrize(
    ("edge", "kwh"),
    [
        # Read at 175, 180, 185 and 190: 5, 10 and 10 kWh, so 60 and 120 kW.
        (180, 0.0),  # a reading is just there
        (182, 2 * 3 / 5),  # 2 of 5 minutes, 60 kW more or less: 1 kWh/min · 2 · 3 / 5
        (177, 2 * 3 / 5),
        (187, 0.0),  # the load did not change before or after
    ],
)
def test_a_register_that_is_read_across_an_edge(edge: int, kwh: float) -> None:
    """The energy between two readings is exact, and how much of it is before the edge is not."""
    values = {minute: (minute if minute <= 180 else 2 * minute - 180) for minute in range(160, 220)}
    first = edge - edge % 5
    register = read(lambda m: values[m] * KWH, range(first - 5, first + 15, 5), 5)
    assert cut_of_register(register, edge * MINUTE) / KWH == pytest.approx(kwh)


def test_a_reset_at_an_edge_is_judged_elsewhere() -> None:
    """What a register that fell counted is no matter of the edge."""
    register = read(lambda m: (m if m < 180 else 0) * KWH, range(170, 191, 5), 5)
    assert cut_of_register(register, 178 * MINUTE) == 0.0


@pytest.mark.parametrize(
    ("cuts", "limit"), [([3.0, 4.0], 7.0), ([3.0, -4.0], 5.0), ([-2.0], 2.0), ([], 0.0)]
)
def test_what_changes_at_once_adds_up(cuts: list[float], limit: float) -> None:
    """3 and 4 kWh in one direction are 7; each for itself they are 5, by squares."""
    assert together(cuts) == pytest.approx(limit)


EARLIER, LATER = [10.0] * 12, [20.0] * 12
"""An hour before and one after: 10 and 20 J in each cell."""


@pytest.mark.parametrize(
    ("hour", "edge", "joules"),
    [
        ([15.0] * 12, 6, 10 * 6 * 6 / 12),  # one row; from 10 to 20 J, cut in its middle
        ([15.0] * 12, 1, 10 * 1 * 11 / 12),
        ([10.0] * 4 + [15.0] * 4 + [20.0] * 4, 6, 10 * 2 * 2 / 4),  # rows of 20 minutes
        ([10.0] * 4 + [15.0] * 4 + [20.0] * 4, 8, 0.0),  # a row ends just there
        ([float(n) for n in range(12)], 5, 0.0),  # rows of five minutes
        ([25.0] * 6 + [5.0] * 6, 3, -20 * 3 * 3 / 6),  # it fell: 10, 25, 5
    ],
)
def test_a_row_of_a_file_that_an_edge_cuts(hour: list[float], edge: int, joules: float) -> None:
    """Of a row only the total is known: the limit is its neighbours' difference * a * b / row."""
    assert cut_of_cells([*EARLIER, *hour, *LATER], 12 + edge) == pytest.approx(joules)


@pytest.mark.parametrize(
    ("minutes", "start", "end", "truth"),
    [(60, 570, 630, 1.5), (20, 570, 630, 1.5), (20, 615, 630, 1.5), (60, 630, 645, 1.25)],
)
def test_a_window_that_cuts_imported_rows_has_the_truth_in_its_interval(
    minutes: int, start: int, end: int, truth: float
) -> None:
    """IT rises from 100 to 200 kW at minute 630 of a day, and the overhead is 50 kW.

    Before it, PUE is 150 / 100; after it, 250 / 200. An hour that begins on a row's edge is exact.
    """
    midnight = 1_735_689_600_000

    def kwh(at: int, until: int) -> float:
        return ((until - at) * 100 + 100 * (max(until, 630) - max(at, 630))) / 60

    told = [
        f"2025-01-01T{at // 60:02d}:{at % 60:02d},{name},{kwh(at, at + minutes) + more}"
        for at in range(0, 1440, minutes)
        for name, more in (("m", 50 * minutes / 60), ("i", 0))
    ]
    stock = (
        f"sites: [{{site: {SITE}, timezone: UTC}}]\nmeters: [{{meter: m, point: utility, "
        "accuracy_class: 0.5}, {meter: i, point: it_input, accuracy_class: 0.5}]"
    )
    with bookkeeping(stock) as book:
        book.take("time,meter,energy_kwh", told, "--interval-values")
        product = book.product()
        cut = product.between(midnight + start * MINUTE, midnight + end * MINUTE)
        whole = product.between(midnight + 600 * MINUTE, midnight + 660 * MINUTE)
    assert cut.pue is not None
    assert cut.uncertainty is not None
    assert abs(cut.pue - truth) <= cut.uncertainty * cut.pue
    assert whole.pue == pytest.approx(200 / 150)  # 100 / 2 + 200 / 2 of IT
    assert whole.uncertainty == pytest.approx(2 * 0.005 * 2**0.5 / 3**0.5, rel=0.01)

"""What the edges of short windows leave open: limits of error in kWh, by hand."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

import pytest

from agent.pue.edges import (
    cut_of_cells,
    cut_of_old_cells,
    cut_of_power,
    cut_of_register,
    together,
)
from tests.reference.bookkeeping import bookkeeping
from tests.support.ledger import HEAD, HOUR, SITE, T0, batch, bench, energy
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


STEP = [100.0] * 6 + [200.0] * 6
"""Kilowatts of twelve cells: the load doubles after half an hour."""


@pytest.mark.parametrize(
    ("edge", "minutes", "counts", "kwh"),
    [
        # The time between two readings, a quarter of it times 100 kW; of power half of it.
        (6, 15, True, 100 * 15 / 60 / 4),
        (6, 5, True, 100 * 5 / 60 / 4),
        (5, 5, True, 100 * 5 / 60 / 4),  # ten minutes on either side
        (4, 5, True, 0.0),
        (6, 1, False, 100 * 1 / 60 / 2),
        (6, 5, False, 200 * 36 / 3600),  # more than 36 s of energy is stored as a doubt
    ],
)
def test_an_edge_whose_readings_are_deleted(
    edge: int, minutes: int, counts: bool, kwh: float
) -> None:
    """The cells tell how much the load changed; nobody knows where between two readings."""
    cells = [kw * KWH / 12 for kw in [*[100.0] * 12, *STEP, *[200.0] * 12]]
    found = cut_of_old_cells(cells, 12 + edge, minutes * MINUTE, counts=counts)
    assert found / KWH == pytest.approx(kwh)
    assert cut_of_old_cells(cells[::-1], 24 - edge, minutes * MINUTE, counts=counts) == -found


def test_cells_that_nobody_kept_tell_nothing() -> None:
    """Of hours that are not covered there is no limit."""
    assert cut_of_old_cells([None] * 36, 18, 15 * MINUTE, counts=True) == 0.0


def test_an_hour_whose_readings_are_deleted_has_the_truth_in_its_interval(tmp_path: Path) -> None:
    """IT rises from 100 to 200 kW at 10:00, beside 50 kW; registers are read each 15 minutes.

    From 9:52 to 10:07 IT counts (8 · 100 + 7 · 200) / 60 = 36.7 kWh, of which 8 / 15 come to the
    hour before 10:00: 6.2 kWh too much. So 156.2 / 106.2 is stated for 1.5. The limit of both
    energies is 100 kW · 15 min / 4 = 6.25 kWh, which is 6.25 / (1 - 6.25 / 106.2) of the divisor.
    """
    stock = HEAD + (
        "meters: [{meter: main, point: utility, accuracy_class: 0.2},"
        " {meter: it, point: it_input, accuracy_class: 0.2}]"
    )
    stated, limits = [], []
    with bench(tmp_path, stock) as b:
        for minute in range(7, 4 * 24 * 60, 15):
            joule = minute % 4  # so that the registers' steps are fine
            it = 100 * minute + 100 * max(0, minute - 600)
            main = it + 50 * minute
            told = energy("it", it * 6e4 + joule, "it_input"), energy("main", main * 6e4 + joule)
            b.clock.now = T0 + 60 * minute
            b.book.accept(batch(b.clock.now, *told, interval=900))
            if minute % 60 == 7:
                b.book.flush()
            if minute in {16 * 60 + 7, 4 * 24 * 60 - 8}:
                b.pue.sum_up()
                found = b.pue.between(SITE, T0 + 9 * HOUR, T0 + 10 * HOUR)
                stated.append(found.pue)
                limits.append(found.uncertainty)
    with contextlib.closing(sqlite3.connect(b.book.path)) as db:
        assert db.execute("SELECT min(time) FROM reading").fetchone()[0] > (T0 + 24 * HOUR) * 1000
    assert stated == [pytest.approx((150 + 56 / 9) / (100 + 56 / 9))] * 2
    share = 6.25 / (100 + 56 / 9)
    whole = 6.25 / (150 + 56 / 9)
    old = 2 / 3**0.5 * (2 * 0.002**2 + whole**2 + (share / (1 - share)) ** 2) ** 0.5
    assert limits[1] == pytest.approx(old)
    assert limits[1] >= limits[0] >= (1.5 - stated[0]) / stated[0]

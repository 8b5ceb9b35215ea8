"""How long imported rows last, where columns or loggers keep a pace of their own."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest

from tests.support.imports import Bills


def wide(bench: Bills, hours: int, every: int) -> list[str]:
    """Return the rows of a wide file: u each hour, i in every so manyth row."""
    first = bench.time("2025-03-01T00:00")
    return [
        f"{(first + dt.timedelta(hours=n)).isoformat()},130,{100 * every if n % every == 0 else ''}"
        for n in range(hours)
    ]


def test_a_wide_file_of_two_cadences(make: Callable[[str], Bills]) -> None:
    """A column that is filled every six hours has rows of six hours."""
    bench = make("Asia/Shanghai")
    assert bench.load("w.csv", "time,u,i", wide(bench, 24, 6)) == 0
    assert bench.pue("2025-03-01", "2025-03-02") == (pytest.approx(1.3), pytest.approx(1.0))


def test_a_wide_column_with_two_cells_says_nothing(make: Callable[[str], Bills]) -> None:
    """Two cells six hours apart may be two hours or twelve."""
    bench = make("Asia/Shanghai")
    assert bench.load("w.csv", "time,u,i", wide(bench, 12, 6)) == 2
    assert "w.csv:8: i: two rows 6 h apart do not say" in bench.capsys.readouterr().err


def test_an_empty_cell_of_a_wide_file_is_missing(make: Callable[[str], Bills]) -> None:
    """A column that is filled in most rows has rows as long as the file's, and holes."""
    bench = make("Asia/Shanghai")
    rows = wide(bench, 24, 1)
    for n in (5, 6, 11, 13, 15, 17):
        rows[n] = rows[n].rpartition(",")[0] + ","
    assert bench.load("w.csv", "time,u,i", rows) == 0
    assert bench.pue("2025-03-01", "2025-03-02") == (pytest.approx(1.3), pytest.approx(18 / 24))


def test_a_wide_file_with_ends(make: Callable[[str], Bills]) -> None:
    """A column of ends holds for every meter of the row."""
    bench = make("Asia/Shanghai")
    rows = [
        "2025-03-01T00:00,2025-03-08T00:00,21840,16800",
        "2025-03-08T00:00,2025-03-09T12:00,4680,",
    ]
    args = ("--time-column", "from", "--end-column", "to")
    assert bench.load("w.csv", "from,to,u,i", rows, *args) == 0
    out = bench.capsys.readouterr().out
    assert "u: 2 rows, 26520.000 kWh in 204 hours" in out
    assert "i: 1 rows, 16800.000 kWh in 168 hours" in out


@pytest.mark.parametrize("step", [5, 15, 60])
def test_a_logger_that_jitters(make: Callable[[str], Bills], step: int) -> None:
    """Rows that come some seconds early or late have a usual length all the same."""
    bench = make("Asia/Shanghai")
    first = bench.time("2025-03-01T00:00")
    rows = [
        (
            f"{(first + dt.timedelta(minutes=step * n, seconds=n % 3)).isoformat()},"
            f"{m},{kw * step / 60}"
        )
        for n in range(24 * 60 // step)
        for m, kw in (("u", 130), ("i", 100))
    ]
    assert bench.load("j.csv", "time,meter,energy_kwh", rows, "--interval-values") == 0
    pue, coverage = bench.pue("2025-03-01", "2025-03-02")
    assert (pue, coverage) == (pytest.approx(1.3, rel=1e-3), pytest.approx(1.0, abs=0.02))


def test_hours_that_become_two_hours(make: Callable[[str], Bills]) -> None:
    """A logger that was set to another pace does not make the old pace true of the new rows."""
    bench = make("Asia/Shanghai")
    first = bench.time("2025-03-01T00:00")
    hours = [*range(12), *range(12, 24, 2)]
    rows = [
        f"{(first + dt.timedelta(hours=n)).isoformat()},i,{100 if n < 12 else 200}" for n in hours
    ]
    assert bench.load("j.csv", "time,meter,energy_kwh", rows, "--interval-values") == 2
    assert "rows become farther apart" in bench.capsys.readouterr().err

"""How long an imported row lasts: a site of 130 kW of which IT takes 100 kW has a PUE of 1.300.

The utility meter is known hour by hour, and IT by bills. So a bill that is laid over a wrong time
gives another PUE.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.support.imports import Bill, Bills, days, months


@pytest.fixture
def make(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[[str], Bills]:
    """Return a function that makes a bench in a time zone."""
    return lambda zone: Bills(tmp_path, ZoneInfo(zone), capsys)


ZONES = ["Asia/Shanghai", "Europe/Berlin"]
REGULAR = {
    "monthly": months("2025-01-01", 12),
    "monthly on the 15th": months("2024-11-15", 12),
    "monthly on the 28th": months("2025-01-28", 12),
    "every two months": months("2025-01-01", 6, 2),
    "quarters": months("2025-01-01", 4, 3),
    "years, one of them a leap year": months("2021-01-01", 4, 12),
    "weeks": days("2025-01-06", 52, 7),
    "four weeks": days("2025-01-06", 13, 28),
    "days over both changes of the clocks": days("2025-03-01", 250, 1),
    "a supply that began on 10 January": [
        ("2025-01-10", "2025-02-01"),
        *months("2025-02-01", 11),
    ],
}


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("name", REGULAR)
def test_regular_bills_last_as_the_calendar_says(
    make: Callable[[str], Bills], name: str, zone: str
) -> None:
    """Every bill lasts to the next one, and the last as long on the calendar as the others."""
    bench, bills = make(zone), REGULAR[name]
    start, end = bills[0][0], bills[-1][1]
    bench.hourly("u", 130, start, end)
    assert bench.bills("i", 100, bills) == 0
    assert "guessed by the rows' spacing" in bench.capsys.readouterr().out
    assert bench.pue(start, end) == (pytest.approx(1.3, rel=1e-6), pytest.approx(1.0))


def test_the_utility_may_be_the_one_with_bills(make: Callable[[str], Bills]) -> None:
    """A utility's bills of two months give the same PUE."""
    bench = make("Asia/Shanghai")
    bench.hourly("i", 100, "2025-01-01", "2026-01-01")
    assert bench.bills("u", 130, months("2025-01-01", 6, 2)) == 0
    assert bench.pue("2025-01-01", "2026-01-01") == (pytest.approx(1.3), pytest.approx(1.0))


@pytest.mark.parametrize("day", ["01", "15", "31"])
def test_bills_with_holes_of_one_period(make: Callable[[str], Bills], day: str) -> None:
    """Two bills of two years are missing: their months are not covered, and no other is wrong."""
    bench = make("Asia/Shanghai")
    first = dt.date(2024, 1, int(day))
    dates = []
    for n in range(25):
        month = dt.date(2024 + n // 12, n % 12 + 1, 1)
        last = (month.replace(day=28) + dt.timedelta(days=4)).replace(day=1) - month
        dates.append(month.replace(day=min(first.day, last.days)).isoformat())
    bills = [bill for n, bill in enumerate(itertools.pairwise(dates)) if n not in (5, 14)]
    bench.hourly("u", 130, dates[0], dates[-1])
    assert bench.bills("i", 100, bills) == 0
    pue, coverage = bench.pue(dates[0], dates[-1])
    missing = bench.hours(dates[5], dates[6]) + bench.hours(dates[14], dates[15])
    assert pue == pytest.approx(1.3, rel=1e-6)
    assert coverage == pytest.approx(1 - missing / bench.hours(dates[0], dates[-1]), abs=1e-3)


@pytest.mark.parametrize("order", ["descending", "shuffled"])
def test_the_order_of_rows_does_not_matter(make: Callable[[str], Bills], order: str) -> None:
    """Bills in any order give the same PUE."""
    bench, bills = make("Asia/Shanghai"), months("2025-01-01", 12)
    mixed = bills[::-1] if order == "descending" else bills[7:] + bills[3:7] + bills[:3]
    bench.hourly("u", 130, "2025-01-01", "2026-01-01")
    assert bench.bills("i", 100, mixed) == 0
    assert bench.pue("2025-01-01", "2026-01-01") == (pytest.approx(1.3), pytest.approx(1.0))


def test_bills_stamped_at_their_end(make: Callable[[str], Bills]) -> None:
    """With the end as their time, the first bill begins where the calendar says."""
    bench, bills = make("Europe/Berlin"), months("2025-01-15", 12)
    bench.hourly("u", 130, "2025-01-15", "2026-01-15")
    rows = [f"{end},i,{100 * bench.hours(start, end)}" for start, end in bills]
    assert bench.load("b.csv", "time,meter,energy_kwh", rows, "--stamped-at-end") == 0
    assert bench.pue("2025-01-15", "2026-01-15") == (pytest.approx(1.3), pytest.approx(1.0))


MERGED = months("2025-01-01", 12)
REFUSED = {
    "a single bill": (months("2025-01-01", 1, 12), "a single row does not say how long it lasts"),
    "two quarters": (months("2025-01-01", 2, 3), "two rows 3 months apart do not say"),
    "a part of a month and a month": (
        [("2025-01-20", "2025-02-01"), ("2025-02-01", "2025-03-01")],
        "two rows 12 days apart do not say",
    ),
    "meters read on any day": (
        [
            ("2025-01-03", "2025-02-05"),
            ("2025-02-05", "2025-03-04"),
            ("2025-03-04", "2025-04-07"),
            ("2025-04-07", "2025-05-02"),
        ],
        "rows disagree on how long they last",
    ),
    "quarters of 4, 4 and 5 weeks": (
        [
            ("2025-01-06", "2025-02-03"),
            ("2025-02-03", "2025-03-03"),
            ("2025-03-03", "2025-04-07"),
            ("2025-04-07", "2025-05-05"),
            ("2025-05-05", "2025-06-02"),
            ("2025-06-02", "2025-07-07"),
        ],
        "this row lasts longer than 28 days",
    ),
    "two months on one bill": (
        [*MERGED[:6], ("2025-07-01", "2025-09-01"), *MERGED[8:]],
        "over 1 month this row has 2.00 times the mean power of those beside it",
    ),
    "the last two months on one bill": (
        [*MERGED[:10], ("2025-11-01", "2026-01-01")],
        "over 1 month this row has 2.03 times",
    ),
    "monthly, then every two months": (
        [*MERGED[:6], *months("2025-07-01", 3, 2)],
        "over 1 month this row has",
    ),
    "a supply that ended within a month": (
        [*MERGED[:11], ("2025-12-01", "2025-12-10")],
        "over 1 month this row has 0.29 times",
    ),
    "a meter that was exchanged within the last month": (
        [*MERGED[:11], ("2025-12-01", "2025-12-12"), ("2025-12-12", "2026-01-01")],
        "begins within a period of 1 month",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_bills_that_do_not_say_how_long_they_last(make: Callable[[str], Bills], name: str) -> None:
    """Where rows disagree, or are too few, one line asks how long they last; nothing is written."""
    bench = make("Asia/Shanghai")
    bills, words = REFUSED[name]
    assert bench.bills("i", 100, bills) == 2
    said = bench.capsys.readouterr().err
    assert words in said
    assert "--interval or --end-column" in said
    assert len(said.splitlines()) == 1
    assert not (bench.path / "state").exists()
    assert bench.bills("i", 100, bills, "--dry-run") == 2


@pytest.mark.parametrize("name", REFUSED)
def test_an_end_column_says_it(make: Callable[[str], Bills], name: str) -> None:
    """With a column of ends every one of these files gives 1.300 where it has bills."""
    bench = make("Asia/Shanghai")
    bills, _ = REFUSED[name]
    start, end = bills[0][0], bills[-1][1]
    bench.hourly("u", 130, start, end)
    rows = [f"{a}T00:00,{b}T00:00,i,{100 * bench.hours(a, b)}" for a, b in bills]
    assert bench.load("b.csv", "from,to,meter,kwh", rows, *ENDS) == 0
    assert bench.pue(start, end) == (pytest.approx(1.3), pytest.approx(1.0))


ENDS = ("--time-column", "from", "--end-column", "to", "--value-column", "kwh", "--unit", "kWh")


@pytest.mark.parametrize(
    ("interval", "bills"),
    [
        ("1y", months("2025-01-01", 1, 12)),
        ("3mo", months("2025-01-01", 2, 3)),
        ("2w", days("2025-03-24", 1, 14)),
        ("1mo", months("2025-02-10", 1)),
        ("1d", days("2025-03-30", 1, 1)),
        ("31d", [("2025-03-10", "2025-04-10")]),
    ],
)
def test_a_stated_interval_is_on_the_calendar(
    make: Callable[[str], Bills], interval: str, bills: list[Bill]
) -> None:
    """A stated month, week or day is a local one, also where the clocks change."""
    bench, start, end = make("Europe/Berlin"), bills[0][0], bills[-1][1]
    bench.hourly("u", 130, start, end)
    assert bench.bills("i", 100, bills, "--interval", interval) == 0
    assert "guessed" not in bench.capsys.readouterr().out
    assert bench.pue(start, end) == (pytest.approx(1.3), pytest.approx(1.0))


def test_ends_that_are_the_last_days(make: Callable[[str], Bills]) -> None:
    """An end that is a date is the last day of its row where the next row begins on the day after."""
    bench = make("Asia/Shanghai")
    bench.hourly("u", 130, "2025-01-01", "2025-04-01")
    ends = [
        ("2025-01-01", "2025-01-31"),
        ("2025-02-01", "2025-02-28"),
        ("2025-03-01", "2025-03-31"),
    ]
    rows = [f"{a},{b},i,{2400 * hours}" for (a, b), hours in zip(ends, (31, 28, 31), strict=True)]
    assert bench.load("b.csv", "from,to,meter,kwh", rows, *ENDS) == 0
    assert bench.pue("2025-01-01", "2025-04-01") == (pytest.approx(1.3), pytest.approx(1.0))
    assert bench.load("b.csv", "from,to,meter,kwh", rows[:1], *ENDS) == 2
    assert "end: are these days part of their rows?" in bench.capsys.readouterr().err


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (
            ["2025-01-01T00:00,2025-02-02T00:00,i,5", "2025-02-01T00:00,2025-03-01T00:00,i,5"],
            "b.csv:3: end: the row in line 2 lasts into this one",
        ),
        (
            ["2025-01-01T00:00,2025-01-01T00:00,i,5"],
            "b.csv:2: end: the row ends before it begins",
        ),
    ],
)
def test_ends_that_cannot_be(make: Callable[[str], Bills], rows: list[str], words: str) -> None:
    """Bills that overlap, or end before they begin, are refused with their line."""
    bench = make("Asia/Shanghai")
    assert bench.load("b.csv", "from,to,meter,kwh", rows, *ENDS) == 2
    assert words in bench.capsys.readouterr().err


def test_a_guess_is_told(make: Callable[[str], Bills]) -> None:
    """A dry run and a real one both tell which rows were taken to last as long as the others."""
    bench = make("Asia/Shanghai")
    for args in (("--dry-run",), ()):
        assert bench.bills("i", 100, months("2025-01-15", 3), *args) == 0
        assert (
            "  guessed by the rows' spacing, 1 month:"
            " 2025-03-15T00:00:00+08:00 to 2025-04-15T00:00:00+08:00"
        ) in bench.capsys.readouterr().out.splitlines()


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


@pytest.mark.parametrize("step", [5, 15, 60])
def test_a_logger_that_jitters(make: Callable[[str], Bills], step: int) -> None:
    """Rows that come some seconds early or late have a usual length all the same."""
    bench = make("Asia/Shanghai")
    first = bench.time("2025-03-01T00:00")
    rows = [
        f"{(first + dt.timedelta(minutes=step * n, seconds=n % 3)).isoformat()},{m},{kw * step / 60}"
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

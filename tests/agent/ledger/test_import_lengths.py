"""How long an imported row lasts: a site of 130 kW of which IT takes 100 kW has a PUE of 1.300.

The utility meter is known hour by hour, and IT by bills. So a bill that is laid over a wrong time
gives another PUE.
"""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from agent.ledger.imports.csv_files import read_csv
from agent.ledger.imports.forms import Form, Meters
from agent.ledger.imports.periods import parse_period
from agent.ledger.imports.rows import Timing
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


def assert_even(
    zone: str, bills: list[Bill], timing: Timing | None = None, *, ends: bool = False
) -> None:
    """Assert that bills of 100 kW are laid out as 100 kWh in each of their hours, and no other."""
    timing = timing or Timing()
    hours = {(a, b): (local(b, zone) - local(a, zone)) // 3_600_000 for a, b in bills}
    rows = [
        f"{b if timing.stamped_at_end else a}T00:00,{b}T00:00,m,{100 * hours[a, b]}"
        for a, b in bills
    ]
    form = Form(end="to" if ends else "", value="energy_kwh")
    sheet = read_csv(
        ["time,to,meter,energy_kwh", *rows], "f.csv", ZoneInfo(zone), Meters(frozenset("m")), form
    )
    found = {
        hour: (one if isinstance(one, float) else one.total) / 3.6e6
        for hour, one in sheet.lay_out("m", timing).hours.items()
    }
    expected = {local(a, zone) + n * 3_600_000 for a, b in bills for n in range(hours[a, b])}
    assert found == pytest.approx(dict.fromkeys(expected, 100.0))


def local(date: str, zone: str) -> int:
    moment = dt.datetime.fromisoformat(date).replace(tzinfo=ZoneInfo(zone))
    return round(moment.timestamp() * 1000)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("name", REGULAR)
def test_regular_bills_last_as_the_calendar_says(name: str, zone: str) -> None:
    """Every bill lasts to the next one, and the last as long on the calendar as the others."""
    assert_even(zone, REGULAR[name])


@pytest.mark.parametrize("step", [1, 2])
def test_the_pue_of_regular_bills(make: Callable[[str], Bills], step: int) -> None:
    """Bills of IT, or of the utility, beside an hourly meter give 1.300 over their whole time."""
    bench, bills = make("Asia/Shanghai"), months("2025-01-15", 3, step)
    start, end = bills[0][0], bills[-1][1]
    hourly, billed = (("u", 130), ("i", 100)) if step == 1 else (("i", 100), ("u", 130))
    bench.hourly(*hourly, start, end)
    assert bench.bills(*billed, bills) == 0
    assert "guessed by the rows' spacing" in bench.capsys.readouterr().out
    assert bench.pue(start, end) == (pytest.approx(1.3, rel=1e-6), pytest.approx(1.0))


@pytest.mark.parametrize("day", [1, 15, 31])
def test_bills_with_holes_of_one_period(day: int) -> None:
    """Two bills of two years are missing: their months stay empty, and no other is wrong."""
    dates = []
    for n in range(25):
        year, month = 2024 + n // 12, n % 12 + 1
        last = calendar.monthrange(year, month)[1]
        dates.append(dt.date(year, month, min(day, last)).isoformat())
    bills = list(pairwise(dates))
    assert_even("Asia/Shanghai", [*bills[:5], *bills[6:14], *bills[15:]])


def test_the_pue_of_bills_with_holes(make: Callable[[str], Bills]) -> None:
    """Where a bill is missing nothing is covered, and the PUE is that of the other months."""
    bench, bills = make("Asia/Shanghai"), months("2025-01-15", 4)
    bench.hourly("u", 130, "2025-01-15", "2025-02-26")
    assert bench.bills("i", 100, [*bills[:2], *bills[3:]]) == 2  # two rows say too little
    bills = days("2025-01-15", 6, 7)
    assert bench.bills("i", 100, [*bills[:3], *bills[4:]]) == 0
    assert bench.pue("2025-01-15", "2025-02-26") == (
        pytest.approx(1.3, rel=1e-6),
        pytest.approx(5 / 6, abs=1e-6),
    )


@pytest.mark.parametrize("order", ["descending", "shuffled"])
def test_the_order_of_rows_does_not_matter(order: str) -> None:
    """Bills in any order are laid out alike."""
    bills = months("2025-01-01", 12)
    mixed = bills[::-1] if order == "descending" else bills[7:] + bills[3:7] + bills[:3]
    assert_even("Asia/Shanghai", mixed)


def test_bills_stamped_at_their_end() -> None:
    """With the end as their time, the first bill begins where the calendar says."""
    assert_even("Europe/Berlin", months("2025-01-15", 12), Timing(stamped_at_end=True))


MERGED = months("2025-01-01", 12)
REFUSED = {
    "a single bill": (months("2025-01-01", 1, 12), "a single row does not say how long it lasts"),
    "two quarters": (months("2025-01-01", 2, 3), "two rows 3 months apart do not say"),
    "two bills from 19 February, four weeks or a month": (
        days("2025-02-19", 2, 28),
        "two rows 1 month apart do not say",
    ),
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
def test_an_end_column_says_it(name: str) -> None:
    """With a column of ends every one of these files has 100 kW where it has bills."""
    bills, _ = REFUSED[name]
    assert_even("Asia/Shanghai", bills, ends=True)


def test_the_pue_of_bills_with_ends(make: Callable[[str], Bills]) -> None:
    """Bills of any lengths, whose ends are stated, give 1.300."""
    bench, (bills, _) = make("Asia/Shanghai"), REFUSED["meters read on any day"]
    start, end = bills[0][0], bills[-1][1]
    bench.hourly("u", 130, start, end)
    rows = [f"{a}T00:00,{b}T00:00,i,{100 * bench.hours(a, b)}" for a, b in bills]
    assert bench.load("b.csv", "from,to,meter,kwh", rows, *ENDS) == 0
    assert bench.pue(start, end) == (pytest.approx(1.3), pytest.approx(1.0))


ENDS = ("--time-column", "from", "--end-column", "to", "--value-column", "kwh", "--unit", "kWh")


@pytest.mark.parametrize(
    ("interval", "bills"),
    [
        ("1y", months("2024-01-01", 1, 12)),
        ("3mo", months("2025-01-01", 2, 3)),
        ("2w", days("2025-03-24", 1, 14)),
        ("1mo", months("2025-02-10", 1)),
        ("1d", days("2025-03-30", 1, 1)),
        ("31d", [("2025-03-10", "2025-04-10")]),
    ],
)
def test_a_stated_interval_is_on_the_calendar(interval: str, bills: list[Bill]) -> None:
    """A stated month, week or day is a local one, also where the clocks change."""
    assert_even("Europe/Berlin", bills, Timing(interval=parse_period(interval)))


def test_a_stated_interval_must_fit_the_rows(make: Callable[[str], Bills]) -> None:
    """An interval that is longer than most rows would lay the last of them over others' time."""
    bench = make("Europe/Berlin")
    assert bench.bills("i", 100, days("2025-01-01", 5, 1), "--interval", "1mo") == 2
    said = bench.capsys.readouterr().err
    assert "most rows last less than the 1 month that --interval states" in said


def test_a_stated_interval_is_no_guess(make: Callable[[str], Bills]) -> None:
    """What the user states is not told as a guess."""
    bench = make("Europe/Berlin")
    assert bench.bills("i", 100, days("2025-01-01", 2, 5), "--interval", "5d") == 0
    assert "guessed" not in bench.capsys.readouterr().out


def test_ends_that_are_the_last_days(make: Callable[[str], Bills]) -> None:
    """An end that is a date is the last day of its row where the next row begins on the day
    after.
    """
    bench = make("Asia/Shanghai")
    ends = [
        ("2025-01-01", "2025-01-31"),
        ("2025-02-01", "2025-02-28"),
        ("2025-03-01", "2025-03-31"),
    ]
    rows = [f"{a},{b},i,{2400 * hours}" for (a, b), hours in zip(ends, (31, 28, 31), strict=True)]
    assert bench.load("b.csv", "from,to,meter,kwh", rows, *ENDS) == 0
    assert "i: 3 rows, 216000.000 kWh in 2160 hours" in bench.capsys.readouterr().out
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

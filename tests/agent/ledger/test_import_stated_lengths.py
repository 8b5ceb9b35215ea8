"""How long an imported bill lasts, where a column or an option states it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from agent.ledger.imports.periods import parse_period
from agent.ledger.imports.rows import Timing
from tests.agent.ledger.bill_lengths import ENDS, REFUSED, assert_even
from tests.support.imports import Bill, Bills, days, months


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

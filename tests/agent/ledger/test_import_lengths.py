"""How long an imported bill lasts, by the spacing of the rows."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Callable
from itertools import pairwise

import pytest

from agent.ledger.imports.rows import Timing
from tests.agent.ledger.bill_lengths import REFUSED, assert_even
from tests.support.imports import Bills, days, months

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


def test_a_guess_is_told(make: Callable[[str], Bills]) -> None:
    """A dry run and a real one both tell which rows were taken to last as long as the others."""
    bench = make("Asia/Shanghai")
    for args in (("--dry-run",), ()):
        assert bench.bills("i", 100, months("2025-01-15", 3), *args) == 0
        assert (
            "  guessed by the rows' spacing, 1 month:"
            " 2025-03-15T00:00:00+08:00 to 2025-04-15T00:00:00+08:00"
        ) in bench.capsys.readouterr().out.splitlines()

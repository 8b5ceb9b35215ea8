"""The reference's bills: how long each lasts, against calendars read by hand."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest

from tests.reference.bills import Bill, NobodyKnowsError, bill_pieces, in_order, lasting, moment
from tests.reference.files import Billing, judge_file
from tests.reference.model import (
    HOUR,
    cells_of,
)

MINUTE = 60_000
BERLIN = ZoneInfo("Europe/Berlin")


# Bills


def bill(*dates: str) -> list[Bill]:
    return [Bill(datetime.fromisoformat(date), Fraction(1)) for date in dates]


def ends(*dates: str, zone: ZoneInfo = BERLIN) -> list[str]:
    rows = lasting(bill(*dates), zone)
    return [
        datetime.fromtimestamp(row.end / 1000, zone).replace(tzinfo=None).isoformat(" ")[:10]
        for row in rows
    ]


def test_bills_of_two_months() -> None:
    """The bill of 1 November lasts until 1 January."""
    dates = [f"2025-{month:02}-01" for month in (1, 3, 5, 7, 9, 11)]
    assert ends(*dates) == [*dates[1:], "2026-01-01"]


def test_bills_on_the_15th_with_a_hole() -> None:
    """A bill before a missing one lasts a month, not two."""
    found = ends("2025-01-15", "2025-02-15", "2025-04-15", "2025-05-15", zone=BERLIN)
    assert found == ["2025-02-15", "2025-03-15", "2025-05-15", "2025-06-15"]


def test_first_bill_of_a_part_of_a_month() -> None:
    """Supply began on 10 January: that bill lasts until 1 February, December's a month."""
    dates = ["2025-01-10", *(f"2025-{month:02}-01" for month in range(2, 13))]
    assert ends(*dates) == [*dates[1:], "2026-01-01"]


def test_weekly_quarterly_and_annual_bills() -> None:
    """The last row lasts as long as the others."""
    assert ends("2025-01-06", "2025-01-13", "2025-01-20")[-1] == "2025-01-27"
    assert ends("2025-01-01", "2025-04-01", "2025-07-01", "2025-10-01")[-1] == "2026-01-01"
    assert ends("2022-01-01", "2023-01-01", "2024-01-01", "2025-01-01")[-1] == "2026-01-01"


def test_uneven_rows_are_for_the_file_to_explain() -> None:
    """Rows that are spaced by no rule do not tell how long the last one lasts."""
    with pytest.raises(NobodyKnowsError):
        lasting(bill("2025-01-01", "2025-01-04", "2025-01-20", "2025-01-21"), BERLIN)
    with pytest.raises(NobodyKnowsError):
        lasting(bill("2025-01-01"), BERLIN)
    known = lasting(bill("2025-01-01"), BERLIN, timedelta(days=31))
    assert known[0].end - known[0].start == 31 * 24 * HOUR


def test_bill_is_spread_evenly() -> None:
    """A bill of an hour is a twelfth of itself in each cell, and only its sum is known."""
    found = cells_of(bill_pieces(lasting(bill("2025-01-01", "2025-01-01T01:00"), BERLIN)))
    assert len(found) == 24
    assert {one.joules for one in found.values()} == {Fraction(1, 12)}
    assert all(one.spans for one in found.values())


def test_hour_that_comes_twice_is_a_sequence() -> None:
    """2:50 and then 2:10 on the night clocks go back: the second is in the second hour."""
    day = "2025-10-26T"
    texts = ["01:30", "02:10", "02:50", "02:10", "02:50", "03:30"]
    found = in_order([datetime.fromisoformat(day + text) for text in texts], BERLIN)
    assert [(b - a) // MINUTE for a, b in itertools.pairwise(found)] == [
        40,
        40,
        20,
        40,
        40,
    ]


def test_time_that_clocks_skip_is_none() -> None:
    """2:30 on the night clocks go forward does not exist."""
    with pytest.raises(NobodyKnowsError):
        moment(datetime.fromisoformat("2025-03-30T02:30"), BERLIN)


def test_bills_where_clocks_change_by_half_an_hour() -> None:
    """The hourly rows beside them end half an hour before the last bill does."""
    assert not list(judge_file(Billing(zone="Australia/Lord_Howe", day=15, rows=3)))

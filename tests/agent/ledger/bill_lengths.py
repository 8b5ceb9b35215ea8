"""Bills of a hundred kilowatts: how their hours must be laid out, and files that say too little."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from agent.ledger.imports.csv_files import read_csv
from agent.ledger.imports.forms import Form, Meters
from agent.ledger.imports.rows import Timing
from tests.support.imports import Bill, days, months


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


ENDS = ("--time-column", "from", "--end-column", "to", "--value-column", "kwh", "--unit", "kWh")

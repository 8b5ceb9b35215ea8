"""Rows of a file become hours: bills, registers, and local times."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from agent.ledger.imports.csv_files import read_csv
from agent.ledger.imports.forms import Form, Meters
from agent.ledger.imports.periods import HOUR
from agent.ledger.imports.rows import Timing
from collectors.strict import Problems
from tests.agent.commands.ledger_site import ZONE


def sheet_hours(*rows: str, cumulative: bool = False) -> dict[int, float]:
    sheet = read_csv(["time,meter,energy_kwh", *rows], "f.csv", ZONE, Meters(frozenset(["m"])))
    return {
        hour: (cells if isinstance(cells, float) else cells.total) / 3.6e6
        for hour, cells in sheet.lay_out("m", Timing(cumulative=cumulative)).hours.items()
    }


def test_a_bill_of_a_month_is_spread_over_it() -> None:
    """A month's energy is even over its month; a missing month stays missing."""
    hours = sheet_hours(
        "2025-01-01,m,744", "2025-02-01,m,1344", "2025-03-01,m,744", "2025-05-01,m,744"
    )
    per_hour = sorted({round(kwh, 6) for kwh in hours.values()})
    assert per_hour == [1.0, 2.0]
    assert len(hours) == (31 + 28 + 31 + 31) * 24


def test_the_last_row_lasts_as_long_as_most() -> None:
    """The last of quarter-hour rows lasts a quarter of an hour; a single row says nothing."""
    quarters = sheet_hours(*(f"2025-01-01T00:{minute:02},m,1" for minute in (0, 15, 30, 45)))
    assert list(quarters.values()) == [pytest.approx(4.0)]
    with pytest.raises(Problems, match=r"f\.csv:2: m: a single row does not say how long it lasts"):
        sheet_hours("2025-01-01T00:00,m,7")


def test_readings_of_a_register() -> None:
    """With `cumulative` each hour has the difference to the register's next row."""
    hours = sheet_hours(
        "2025-01-01T00:00,m,100",
        "2025-01-01T01:00,m,103",
        "2025-01-01T03:00,m,113",
        cumulative=True,
    )
    assert list(hours.values()) == pytest.approx([3.0, 5.0, 5.0])


def zoned(zone: str, *rows: str, at_end: bool = False) -> dict[str, float]:
    """Import rows in a zone; return kilowatt-hours by hour in UTC."""
    timing = Timing(interval_values=True, stamped_at_end=at_end)
    sheet = read_csv(
        ["time,meter,energy_kwh", *rows], "f.csv", ZoneInfo(zone), Meters(frozenset(["m"]))
    )
    return {
        dt.datetime.fromtimestamp(hour / 1000, dt.UTC).isoformat()[:16]: (
            one if isinstance(one, float) else one.total
        )
        / 3.6e6
        for hour, one in sheet.lay_out("m", timing).hours.items()
    }


def test_rows_that_are_stamped_at_the_end_of_their_hour() -> None:
    """The row of one o'clock is the hour from midnight on."""
    rows = ("2025-01-01T01:00,m,1", "2025-01-01T02:00,m,2", "2025-01-01T03:00,m,4")
    assert zoned("UTC", *rows, at_end=True) == pytest.approx(
        {"2025-01-01T00:00": 1.0, "2025-01-01T01:00": 2.0, "2025-01-01T02:00": 4.0}
    )


def test_a_day_in_shanghai_and_the_turn_of_its_year() -> None:
    """A day and a year of Asia/Shanghai begin at 16:00 UTC, and the leap day is a day."""
    assert list(zoned("Asia/Shanghai", "2024-12-31T23:00,m,1", "2025-01-01T00:00,m,2")) == [
        "2024-12-31T15:00",
        "2024-12-31T16:00",
    ]
    days = zoned("Asia/Shanghai", "2024-02-28,m,24", "2024-02-29,m,48", "2024-03-01,m,24")
    assert (len(days), sum(days.values())) == (72, pytest.approx(96))
    assert days["2024-02-28T16:00"] == pytest.approx(2.0)


def test_the_hour_that_comes_twice_and_the_one_that_never_was() -> None:
    """The second of two equal times is an hour later; a time that clocks skip is refused."""
    hours = zoned(
        "Europe/Berlin", *(f"2025-10-26T0{at}:00,m,{n}" for n, at in enumerate((0, 1, 2, 2, 3), 1))
    )
    assert list(hours.items()) == [
        (f"2025-10-2{day}T{hour}:00", n)
        for day, hour, n in (
            (5, "22", 1.0),
            (5, "23", 2.0),
            (6, "00", 3.0),
            (6, "01", 4.0),
            (6, "02", 5.0),
        )
    ]
    months = zoned("Europe/Berlin", "2025-03-01,m,743", "2025-04-01,m,720", "2025-05-01,m,744")
    assert {round(kwh, 9) for kwh in months.values()} == {1.0}
    with pytest.raises(
        Problems, match=r"2025-03-30T02:00 never was in Europe/Berlin: clocks went forward over it"
    ):
        zoned("Europe/Berlin", "2025-03-30T01:00,m,1", "2025-03-30T02:00,m,1")


def test_times_of_other_systems() -> None:
    """Epoch seconds and milliseconds are times as well."""
    for form, time in (("epoch", "1740787200"), ("epoch_ms", "1740787200000")):
        sheet = read_csv(
            ["time,main", f"{time},5"],
            "f.csv",
            ZONE,
            Meters(frozenset(["main"])),
            Form(time_format=form),
        )
        laid = sheet.lay_out("main", Timing(interval=HOUR))
        assert laid.hours == {1_740_787_200_000: 5 * 3.6e6}

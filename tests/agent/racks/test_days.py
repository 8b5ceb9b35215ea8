"""Days of racks and rows in the ledger, in the zones of their sites: values worked out by hand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from agent.inventory.model import Inventory
from agent.ledger.energy import CELL_MS, HourCells
from agent.ledger.ledger import Ledger
from agent.racks.days import Days
from tests.support.ledger import SITE, Clock, import_hours, inventory, ledger

KEY = (SITE, "A07")
ROW = (SITE, "A")
FIRST = dt.date(2026, 3, 2)


def stock(zone: str, used: int = 10) -> Inventory:
    return inventory(
        f"sites: [{{site: {SITE}, timezone: {zone}}}]\nracks:\n"
        f"- {{rack: A07, site: {SITE}, row: A, used_units: {used}, feeds: {{A: {{pdu: p}}}}}}\n"
    )


def midnight(zone: str, day: int) -> float:
    """Return when a local day begins, counted from FIRST."""
    at = dt.datetime.combine(FIRST + dt.timedelta(days=day), dt.time(), ZoneInfo(zone))
    return at.timestamp()


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Ledger]:
    with closing(ledger(tmp_path, Clock(midnight("UTC", 40)), stock("UTC"))) as found:
        yield found


def fill(book: Ledger, start: float, hours: int, watts: float) -> None:
    """Write so many hours of the PDU from a time on."""
    first = round(start / 3600) * 3600
    cells = {(first + 3600 * hour) * 1000: HourCells.uniform(watts * 3600) for hour in range(hours)}
    import_hours(book, SITE, "p", cells)


def refreshed(book: Ledger, zone: str, now: float) -> Days:
    days = Days(book, stock(zone))
    days.refresh(now)
    return days


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "Europe/Berlin", "America/New_York"])
def test_a_day_is_that_of_the_sites_zone(zone: str, book: Ledger) -> None:
    """A day of 500 W between days of 100 W has 500 W, from local midnight to local midnight."""
    for day, watts in ((0, 100.0), (1, 500.0), (2, 100.0)):
        fill(book, midnight(zone, day), 24, watts)
    days = refreshed(book, zone, midnight(zone, 3) + 3 * 3600)
    assert [(day, rows[ROW].watts) for day, rows in days.rows()] == [
        (FIRST, 100.0),
        (FIRST + dt.timedelta(days=1), 500.0),
        (FIRST + dt.timedelta(days=2), 100.0),
    ]


@pytest.mark.parametrize(("minutes", "counts"), [(50, False), (55, True)])
def test_an_hour_must_be_metered_for_nine_tenths(
    minutes: int,
    counts: bool,
    book: Ledger,
) -> None:
    """Of 60 minutes, 55 are enough and 50 are not: with 11 whole hours, the twelfth decides."""
    fill(book, midnight("UTC", 0), 11, 100.0)
    cells = minutes // 5
    part = HourCells(
        [30_000.0] * cells + [0.0] * (12 - cells), [CELL_MS] * cells + [0] * (12 - cells)
    )
    import_hours(book, SITE, "p", {round(midnight("UTC", 0) + 11 * 3600) * 1000: part})
    days = refreshed(book, "UTC", midnight("UTC", 1) + 3 * 3600)
    assert [rows[ROW].watts for _, rows in days.rows()] == ([100.0] if counts else [])


def test_units_are_known_of_the_last_day_only(book: Ledger) -> None:
    """The inventory says what is in use now, not what was in use on the days before."""
    fill(book, midnight("UTC", 0), 3 * 24, 100.0)
    days = refreshed(book, "UTC", midnight("UTC", 3) + 3 * 3600)
    assert [rows[ROW].units for _, rows in days.rows()] == [None, None, 10]


def test_a_peak_of_more_than_four_weeks_ago_is_forgotten(book: Ledger) -> None:
    """900 W on day 1 count up to day 29, and no longer on day 31."""
    fill(book, midnight("UTC", 0), 32 * 24, 100.0)
    fill(book, midnight("UTC", 1) + 12 * 3600, 1, 900.0)
    days = refreshed(book, "UTC", midnight("UTC", 29) + 3 * 3600)
    assert days.highest(midnight("UTC", 29) + 3 * 3600) == {KEY: 900.0}
    assert days.highest(midnight("UTC", 31) + 3 * 3600) == {KEY: 100.0}


@pytest.mark.parametrize(("known", "found"), [(13, {}), (14, {KEY: 100.0})])
def test_half_of_four_weeks_must_be_known(
    known: int, found: dict[tuple[str, str], float], book: Ledger
) -> None:
    """A rack known on 14 of 28 days has a highest hour; one known on 13 has none."""
    fill(book, midnight("UTC", 0), known * 24, 100.0)
    now = midnight("UTC", 28) + 3 * 3600
    assert refreshed(book, "UTC", now).highest(now) == found

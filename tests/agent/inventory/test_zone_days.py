"""Days, years and trends begin by the clock of the site's zone, which its hub states."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from agent import config as config_module
from agent.cli import main
from agent.ledger.ledger import Ledger
from agent.loading import inventory_of
from agent.pue.pue import Pue
from tests.agent.inventory.zones import BERLIN, FORMS, KATHMANDU, NEW_YORK, written


@dataclass(frozen=True, slots=True)
class Day:
    """A local day by the calendar: its first moment, that of the next day, and its clock hours."""

    zone: str
    date: str
    start: str
    end: str
    clock: tuple[int, ...]

    @property
    def hours(self) -> int:
        return len(self.clock)


DAYS = (
    Day(
        BERLIN,
        "2025-03-30",
        "2025-03-30T00:00:00+01:00",
        "2025-03-31T00:00:00+02:00",
        (0, 1, *range(3, 24)),
    ),
    Day(
        BERLIN,
        "2025-10-26",
        "2025-10-26T00:00:00+02:00",
        "2025-10-27T00:00:00+01:00",
        (0, 1, 2, 2, *range(3, 24)),
    ),
    Day(
        NEW_YORK,
        "2025-03-09",
        "2025-03-09T00:00:00-05:00",
        "2025-03-10T00:00:00-04:00",
        (0, 1, *range(3, 24)),
    ),
    Day(
        NEW_YORK,
        "2025-11-02",
        "2025-11-02T00:00:00-04:00",
        "2025-11-03T00:00:00-05:00",
        (0, 1, 1, *range(2, 24)),
    ),
    Day(
        KATHMANDU,
        "2025-03-01",
        "2025-03-01T00:00:00+05:45",
        "2025-03-02T00:00:00+05:45",
        tuple(range(24)),
    ),
)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("day", DAYS, ids=lambda day: f"{day.zone}-{day.date}")
def test_a_local_day_of_bills(
    day: Day, form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Rows without an offset are local hours, and 23, 24 or 25 of them cover a day."""
    path = written(tmp_path, day.zone, form)
    meters = {"A01-A": 1.0} if form == "csv" else {"main": 2.0, "it": 1.0}
    bills = tmp_path / "bills.csv"
    bills.write_text(
        "time,meter,energy_kwh\n"
        + "".join(
            f"{day.date}T{hour:02}:00,{meter},{kwh}\n"
            for meter, kwh in meters.items()
            for hour in day.clock
        )
    )
    common = ("--config", str(path), "--site", "one")
    assert main(["ledger", "import", *common, str(bills)]) == 0
    capsys.readouterr()
    after = dt.date.fromisoformat(day.date) + dt.timedelta(days=1)
    period = ("--from", day.date, "--to", after.isoformat())
    assert main(["ledger", "show", *common, *period, "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["from"], shown["to"]) == (day.start, day.end)
    if form != "csv":  # a rack list has no meter of what comes in
        assert (shown["pue"], shown["coverage"]) == (2.0, 1.0)
        assert (shown["facility_kwh"], shown["it_kwh"]) == pytest.approx(
            (2.0 * day.hours, 1.0 * day.hours)
        )
    # Exported rows are whole hours of UTC, so the first of a day in Kathmandu begins before it.
    before = dt.date.fromisoformat(day.date) - dt.timedelta(days=1)
    wider = ("--from", before.isoformat(), "--to", after.isoformat())
    assert main(["ledger", "export", *common, *wider]) == 0
    rows = capsys.readouterr().out.splitlines()[1:]
    energy = sum(float(row.split(",")[2]) for row in rows if next(iter(meters)) in row)
    assert energy == pytest.approx(day.hours * next(iter(meters.values())))


@pytest.mark.parametrize(
    ("zone", "now", "year"),
    [
        # A quarter of an hour into the local year 2026, then the last minutes of 2025.
        (BERLIN, "2025-12-31T23:15+00:00", "2025-12-31T23:00+00:00"),
        (BERLIN, "2025-12-31T22:45+00:00", "2024-12-31T23:00+00:00"),
        (NEW_YORK, "2026-01-01T05:15+00:00", "2026-01-01T05:00+00:00"),
        (NEW_YORK, "2026-01-01T04:45+00:00", "2025-01-01T05:00+00:00"),
        (KATHMANDU, "2025-12-31T18:30+00:00", "2025-12-31T18:15+00:00"),
        (KATHMANDU, "2025-12-31T18:00+00:00", "2024-12-31T18:15+00:00"),
    ],
)
@pytest.mark.parametrize("form", FORMS)
def test_the_year_begins_at_local_midnight(
    zone: str, now: str, year: str, form: str, tmp_path: Path
) -> None:
    """The window *year to date* begins with the year of the site's own clock."""
    found = inventory_of(config_module.load(written(tmp_path, zone, form)))
    assert found is not None
    at = dt.datetime.fromisoformat(now).timestamp()
    ledger = Ledger(tmp_path / "ledger.db", inventory=found, clock=lambda: at)
    try:
        pue = Pue(ledger, found, clock=lambda: at)
        pue.refresh()
        start = pue.result("one", "ytd").start
    finally:
        ledger.close()
    assert dt.datetime.fromtimestamp(start, dt.UTC) == dt.datetime.fromisoformat(year)


@pytest.mark.parametrize(
    ("zone", "hours"), [(BERLIN, (23, 24)), (NEW_YORK, (24, 24)), (KATHMANDU, (24, 24))]
)
def test_days_of_a_trend_are_local(zone: str, hours: tuple[int, int], tmp_path: Path) -> None:
    """A point of a long trend is a local day; in Berlin, 30 March has 23 hours."""
    found = inventory_of(config_module.load(written(tmp_path, zone, "yaml")))
    assert found is not None
    at = dt.datetime(2025, 4, 2, tzinfo=ZoneInfo(zone)).timestamp()
    ledger = Ledger(tmp_path / "ledger.db", inventory=found, clock=lambda: at)
    try:
        pue = Pue(ledger, found, clock=lambda: at)
        pue.refresh()
        times = [point.time for point in pue.pue_trend("one", 10)]
    finally:
        ledger.close()
    days = {
        f"{dt.datetime.fromtimestamp(time, ZoneInfo(zone)):%m-%d %H:%M}": time for time in times
    }
    first, second, third = (days[f"{day} 00:00"] for day in ("03-30", "03-31", "04-01"))
    assert ((second - first) / 3600, (third - second) / 3600) == hours

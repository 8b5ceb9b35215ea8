"""What no file may put into the ledger, and what a ledger does that has it all the same."""

from __future__ import annotations

import io
import sqlite3
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from agent.ledger.energy import FULL_MASK, HOUR_MS, HourCells
from agent.ledger.imports.csv_export import write_csv
from agent.ledger.imports.csv_files import read_csv
from agent.ledger.imports.forms import Meters
from agent.ledger.queries import HourOfMeter
from agent.ledger.store.database import Store
from agent.ledger.store.hour import NewHour
from collectors.base import Metric
from collectors.catalogue.bounds import bounds_of
from collectors.catalogue.facility import METER_ENERGY, METER_VOLUME
from tests.support.imports import Bills

HEAD = "time,meter,energy_kwh"
DAY = ("2026-01-01", "2026-01-02")


@pytest.fixture
def site(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Bills:
    """A site with a day of 1150 kW at its supply and 1000 kW at IT: PUE 1.15."""
    bills = Bills(tmp_path, ZoneInfo("Asia/Shanghai"), capsys)
    bills.hourly("u", 1150.0, *DAY)
    bills.hourly("i", 1000.0, *DAY)
    return bills


def rows(*values: object, meter: str = "u") -> list[str]:
    return [f"2026-01-01T{n:02d}:00,{meter},{value}" for n, value in enumerate(values)]


# 500 MW for an hour are 500 000 kWh. The rated meter may show 250 kWh.
@pytest.mark.parametrize(
    ("meter", "kwh"),
    [("u", "1e308"), ("u", "1e300"), ("u", "500001"), ("i", "1e12"), ("rated", "250.1")],
)
def test_more_than_a_meter_can_count_is_refused_with_its_line(
    site: Bills, meter: str, kwh: str
) -> None:
    """The file is refused, the PUE of the day stays what it was."""
    assert site.load("huge.csv", HEAD, rows(1, kwh, 1, meter=meter), "--interval-values") == 2
    assert ":3: rating: " in site.capsys.readouterr().err
    pue, coverage = site.pue(*DAY)
    assert pue == pytest.approx(1.15)
    assert coverage == 1.0


@pytest.mark.parametrize(("meter", "kwh"), [("u", "499999"), ("rated", "249.9")])
def test_what_the_largest_meter_counts_is_taken(site: Bills, meter: str, kwh: str) -> None:
    """The bound is above every meter there is."""
    assert site.load("big.csv", HEAD, rows(kwh, kwh, meter=meter), "--interval", "1h") == 0


@pytest.mark.parametrize("column", ["power_w", "energy_kwh"])
def test_a_reading_of_a_file_that_cannot_be_is_refused(site: Bills, column: str) -> None:
    """Of power and of a register alike: 1e308 leaves the PUE as it is."""
    values = ("1000", "1e308", "1001", "1002")
    options = ["--cumulative"] if column == "energy_kwh" else []
    assert site.load("read.csv", f"time,meter,{column}", rows(*values), *options) == 2
    assert ":3: ceiling: " in site.capsys.readouterr().err
    assert site.pue(*DAY)[0] == pytest.approx(1.15)


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("9999-12-31T23:00", ""),
        ("9999-12-31T23:30-23:59", ""),
        ("0001-01-01T00:00+23:59", ""),
        ("2100-01-01T00:00", ""),
        ("1989-12-31T23:00", ""),
        ("1e30", "epoch"),
        ("1e300", "epoch_ms"),
        ("1767225600000", "epoch"),
        ("1767225600", "epoch_ms"),
        ("0", "epoch"),
        ("inf", "epoch"),
    ],
)
def test_a_time_outside_of_a_century_is_one_line(site: Bills, text: str, form: str) -> None:
    """Whatever its form, it is refused with its line; no traceback."""
    options = ["--time-format", form] if form else []
    assert site.load("times.csv", HEAD, [f"{text},u,1"], "--interval", "1h", *options) == 2
    error = site.capsys.readouterr().err
    assert ":2: time: " in error
    assert "Traceback" not in error


@pytest.mark.parametrize(
    "zone", ["../../../etc/passwd", "/etc/passwd", "Asia", "", ".", "a\x01b", "Asia/Nowhere"]
)
def test_a_time_zone_that_is_none_is_one_line(site: Bills, zone: str) -> None:
    """Paths, folders and nothing at all are no time zones."""
    assert site.load("zone.csv", HEAD, rows(1, 1), "--time-zone", zone) == 2
    (line,) = site.capsys.readouterr().err.splitlines()
    assert line.startswith("--time-zone: expected a time zone such as Asia/Shanghai")


@pytest.mark.parametrize("option", [("--skip-lines", "-1"), ("--encoding", "rot13")])
def test_an_odd_option_is_one_line(site: Bills, option: tuple[str, str]) -> None:
    """It is named, and nothing is imported."""
    assert site.load("odd.csv", HEAD, rows(1, 1), *option) == 2
    (line,) = site.capsys.readouterr().err.splitlines()
    assert line.startswith(option[0])


def test_a_line_without_end_is_not_read_to_its_end(site: Bills) -> None:
    """A line of more than a million characters is refused with its number."""
    assert site.load("long.csv", HEAD, ["2026-01-01T00:00,u," + "1" * 3_000_000]) == 2
    assert "long.csv:2: the line is longer than 1000000 characters" in (
        site.capsys.readouterr().err
    )


FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "'=1", "''-1"]


@pytest.mark.parametrize("name", FORMULAS)
def test_an_export_has_no_formulas_and_is_read_again(name: str) -> None:
    """A name that a spreadsheet would compute is written as text, and read as it was."""
    out = io.StringIO()
    write_csv(out, [HourOfMeter(1767225600.0, name, 3.6e6, 3600.0)], ZoneInfo("UTC"))
    cell = out.getvalue().splitlines()[1].split(",")[1].strip('"')
    assert cell.startswith("'")
    sheet = read_csv(
        out.getvalue().splitlines(), "f", ZoneInfo("UTC"), Meters(frozenset({name.strip()}))
    )
    assert [*sheet.rows] == [name.strip()]


@pytest.mark.parametrize("name", ["main-1", "a=b", "'quoted'", "变压器"])
def test_an_export_writes_other_names_as_they_are(name: str) -> None:
    """Only what begins like a formula is marked."""
    out = io.StringIO()
    write_csv(out, [HourOfMeter(1767225600.0, name, 3.6e6, 3600.0)], ZoneInfo("UTC"))
    assert out.getvalue().splitlines()[1].split(",")[1] == name


@pytest.mark.parametrize("joules", [1e308, float("inf"), -5.0, 1e20])
def test_an_hour_that_cannot_be_is_set_aside_and_named(
    site: Bills, joules: float, caplog: pytest.LogCaptureFixture
) -> None:
    """A ledger that has it costs that hour of that meter; it says which, and so does `show`."""
    path = site.path / "state" / "ledger.db"
    hour = round(site.time("2026-01-01T05:00").timestamp() * 1000)
    store = Store(path)
    with store.transaction() as tables:
        (number,) = [row.id for row in tables.meters.all() if row.name == "u"]
        cells = HourCells([joules / 12] * 12, [300_000] * 12)
        tables.hours.save(number, [NewHour(hour, cells, FULL_MASK)], even_before=2**60)
        tables.site_hours.mark_unsummed("huawei-guian-1", "utility", [hour])
    store.close()
    with sqlite3.connect(path) as db:  # as if the bad hour had come first
        db.execute("DELETE FROM site_hour WHERE hour = ? AND point = 'utility'", (hour,))
    pue, coverage = site.pue(*DAY)
    assert pue == pytest.approx(1.15)
    assert coverage == pytest.approx(23 / 24)
    assert "J of u at huawei-guian-1 in the hour from 2025-12-31T21:00:00+00:00 cannot be" in (
        caplog.text
    )
    with sqlite3.connect(path) as db:
        kept = db.execute("SELECT start, stop, reason, count FROM refusal").fetchall()
    assert kept == [(hour, hour + HOUR_MS, "leap", 1)]
    assert site.load("again.csv", HEAD, ["2026-01-01T05:00,u,1150"], "--interval", "1h") == 0
    assert site.pue(*DAY) == (pytest.approx(1.15), 1.0)


# 500 MW for a hundred years of 365.25 days: 5e8 * 3 155 760 000 s.
@pytest.mark.parametrize(
    ("metric", "most"), [(METER_ENERGY, 1.57788e18), (METER_VOLUME, 3.15576e12)]
)
def test_no_register_stands_at_more_than_a_century(metric: Metric, most: float) -> None:
    """A reading beyond it cannot be, whatever device says it."""
    assert bounds_of(metric).hold(most)
    assert not bounds_of(metric).hold(most * 1.001)
    assert not bounds_of(metric).hold(1e308)

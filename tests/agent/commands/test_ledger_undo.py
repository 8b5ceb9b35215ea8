"""Imports that are listed, taken back, and asked about; and copies of a ledger in use."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from agent.cli import main
from agent.ledger.energy import HOUR_MS, HourCells
from agent.ledger.store.database import Store
from agent.ledger.store.hour import NewHour
from tests.support.imports import Bills
from tests.support.ledger import SITE

HEAD = "time,meter,energy_kwh"
DAY = ("2026-01-01", "2026-01-02")


@pytest.fixture
def site(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Bills:
    """A site with an import of each meter: 1150 kW at its supply, 1000 kW at IT, for a day."""
    bills = Bills(tmp_path, ZoneInfo("Asia/Shanghai"), capsys)
    bills.hourly("u", 1150.0, *DAY)
    bills.hourly("i", 1000.0, *DAY)
    return bills


def contents(site: Bills) -> dict[str, object]:
    """Return what the ledger has of its meters: their hours with cells, and their other tables."""
    path = site.path / "state" / "ledger.db"
    start = round(site.time("2025-12-30").timestamp() * 1000)
    found: dict[str, object] = {}
    store = Store(path)
    with store.read() as tables:
        for row in tables.meters.all():
            stored = tables.hours.load(row.id, range(start, start + 120 * HOUR_MS, HOUR_MS))
            found[row.name] = {
                hour: (one.covered, one.cells().joules, one.cells().covered)
                for hour, one in stored.items()
            }
    store.close()
    with sqlite3.connect(path) as db:
        for table in ("stretch", "doubt", "refusal", "heard", "imported_register"):
            found[table] = sorted(db.execute(f"SELECT * FROM {table}").fetchall())
    return {name: content for name, content in found.items() if content}


def hours(*values: float, meter: str = "u") -> list[str]:
    return [f"2026-01-01T{n:02d}:00,{meter},{value}" for n, value in enumerate(values)]


def out(site: Bills, action: str, *args: str) -> str:
    site.capsys.readouterr()
    status = site.run(action, *args)
    shown = site.capsys.readouterr()
    assert status == 0, shown.err
    return shown.out


REPLACING = {
    "whole hours": (HEAD, hours(2000, 2100, 1900), ()),
    "half hours": (HEAD, ["2026-01-01T00:00,u,999", "2026-01-01T00:30,u,1"], ("--interval", "30m")),
    "a day as one row": (HEAD, ["2026-01-01,u,48000"], ("--interval", "1d", "--replace")),
    "powers": ("time,meter,power_w", [f"2026-01-01T05:{n:02d},u,{n}000" for n in range(50)], ()),
    "before all others": (HEAD, ["2025-12-31T20:00,u,7", "2025-12-31T21:00,u,6"], ()),
    "a meter never heard of": (HEAD, hours(7, 6, 5, meter="rated"), ()),
    "a register": (HEAD, hours(100, 700, 1600), ("--cumulative",)),
}


@pytest.mark.parametrize("name", REPLACING)
def test_an_undo_leaves_the_ledger_as_it_was(site: Bills, name: str) -> None:
    """Every cell, stretch, doubt and first reading is what it was before the import."""
    header, rows, options = REPLACING[name]
    before, pue = contents(site), site.pue(*DAY)
    assert site.load("wrong.csv", header, rows, *options) == 0, site.capsys.readouterr().err
    assert contents(site) != before
    assert "import 3 (wrong.csv) taken back" in out(site, "undo", "3")
    assert contents(site) == before
    assert site.pue(*DAY) == pue


def test_imports_are_listed_with_number_time_user_and_digest(site: Bills) -> None:
    """One that was taken back stays in the list, and cannot be taken back again."""
    assert site.load("more.csv", HEAD, hours(1, 2, 1)) == 0
    out(site, "undo", "3")
    lines = out(site, "imports").splitlines()
    form = r"\d  \d{4}-\d\d-\d\d \d\d:\d\d  \S+  \S+\.csv  1 meters, \d+ hours changed, .*  sha256 "
    assert all(re.match(form + "[0-9a-f]{64}", line) for line in lines)
    assert [line[0] for line in lines] == ["1", "2", "3"]
    assert ["taken back" in line for line in lines] == [False, False, True]
    assert site.run("undo", "3") == 1
    assert "import 3 was taken back already" in site.capsys.readouterr().err
    assert site.run("undo", "9") == 1
    assert "no import 9" in site.capsys.readouterr().err


def test_a_later_import_of_the_same_hours_is_undone_first(site: Bills) -> None:
    """Else it would be undone as well, in part; of other hours the order does not matter."""
    before = contents(site)
    assert site.load("a.csv", HEAD, hours(2000, 2100, 1900)) == 0
    assert site.load("b.csv", HEAD, hours(3000, 3100, 2900)) == 0
    assert site.load("c.csv", HEAD, hours(8, 9, 7, meter="rated")) == 0
    assert site.run("undo", "3") == 1
    assert "import 4 (b.csv) wrote into the same hours later: undo 4 first" in (
        site.capsys.readouterr().err
    )
    out(site, "undo", "4")
    out(site, "undo", "3")
    out(site, "undo", "5")
    assert contents(site) == before


def measure(site: Bills, hour: str, joules: float) -> None:
    """Store an hour of the supply as the agent does that has read it."""
    store = Store(site.path / "state" / "ledger.db")
    with store.transaction() as tables:
        (number,) = [row.id for row in tables.meters.all() if row.name == "u"]
        start = round(site.time(hour).timestamp() * 1000)
        cells = HourCells([joules / 12] * 12, [300_000] * 12)
        tables.hours.save(number, [NewHour(start, cells, 0)])
    store.close()


def test_what_was_measured_is_replaced_only_by_force(site: Bills) -> None:
    """Without it the command says how much would become what, and writes nothing."""
    measure(site, "2026-01-02T03:00", 3.6e9)
    before = contents(site)
    rows = ["2026-01-02T03:00,u,1200", "2026-01-02T04:00,u,1100"]
    assert site.load("live.csv", HEAD, rows) == 2
    assert (
        "u: the file would replace 1 hours that were measured, from 2026-01-02T03:00:00+08:00 to"
        " 2026-01-02T03:00:00+08:00: 1000.000 kWh becomes 1200.000; --force does it"
    ) in site.capsys.readouterr().err
    assert contents(site) == before
    assert site.load("live.csv", HEAD, rows, "--dry-run") == 0
    assert contents(site) == before
    assert site.load("live.csv", HEAD, rows, "--force") == 0
    assert site.load("live.csv", HEAD, ["2026-01-02T03:00,u,1201"], "--interval", "1h") == 0
    out(site, "undo", "4")
    out(site, "undo", "3")
    assert contents(site) == before


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (["2026-01-01T00:00,rated,300", "2026-01-01T01:00,rated,200"], "rating: "),
        (["2098-01-01T00:00,u,300", "2098-01-01T01:00,u,200"], "end: the row lasts into the"),
    ],
)
def test_the_future_and_more_than_a_rating_are_taken_only_by_force(
    site: Bills, rows: list[str], words: str
) -> None:
    """The line of the row says so, and that --force takes it."""
    assert site.load("odd.csv", HEAD, rows) == 2
    error = site.capsys.readouterr().err
    assert words in error
    assert "--force takes it" in error
    assert site.load("odd.csv", HEAD, rows, "--force") == 0


def test_no_force_takes_what_no_meter_counts(site: Bills) -> None:
    """The ceiling of all meters stays: 500 MW."""
    assert site.load("odd.csv", HEAD, hours(1e9, 1, meter="rated"), "--force") == 2
    assert "more than the 500000.000 kWh that any meter shows" in site.capsys.readouterr().err


def test_a_backup_is_made_and_restored_while_the_ledger_is_in_use(site: Bills) -> None:
    """Another connection holds it open, as the agent does, and sees the restored hours."""
    pue = site.pue(*DAY)
    agent = Store(site.path / "state" / "ledger.db")
    copy = str(site.path / "copy.db")
    config = str(site.path / "hubgauge.yaml")
    assert run("backup", config, copy) == 0
    before = contents(site)
    assert site.load("wrong.csv", HEAD, hours(2000, 2100, 1900)) == 0
    assert site.pue(*DAY) != pue
    assert run("restore", config, copy) == 0
    assert "ledger.db.before-restore" in site.capsys.readouterr().out
    assert contents(site) == before
    with agent.read() as tables:
        assert [one.file for one in tables.import_batches.of_site(SITE)] == ["u.csv", "i.csv"]
    agent.close()
    assert site.pue(*DAY) == pue


@pytest.mark.parametrize("content", [b"", b"no database at all" * 100, None])
def test_what_is_no_ledger_is_not_restored(site: Bills, content: bytes | None) -> None:
    """It is one line, and the ledger stays as it is."""
    copy, before = site.path / "copy.db", contents(site)
    if content is not None:
        copy.write_bytes(content)
    site.capsys.readouterr()
    assert run("restore", str(site.path / "hubgauge.yaml"), str(copy)) == 1
    (line,) = site.capsys.readouterr().err.splitlines()
    assert str(copy) in line
    assert contents(site) == before


def run(action: str, config: str, file: str) -> int:
    return main(["ledger", action, "--config", config, file])

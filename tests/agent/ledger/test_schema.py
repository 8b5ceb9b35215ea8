"""A ledger of an earlier version says the same after it is opened, and also when it is only read.

`version_3.sql` is the dump of a file that version 3 wrote, of a site called `dc:1`. It has bills of
one day: 150 kWh come in each hour, and IT takes 100 of them. Sixty days later it has three hours of
readings: 150 kW come in, 30 kW leave again, IT takes 100 kW. The last hour was not summed yet.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import sqlite3
from pathlib import Path

import pytest

from agent.ledger.ledger import Ledger
from agent.ledger.queries import Energy
from agent.ledger.readonly import open_readonly as open_ledger
from agent.ledger.register_steps import Register
from agent.ledger.store.schema import SCHEMA, VERSION
from agent.ledger.stretches import Stretch
from agent.pue.pue import Pue
from agent.pue.readonly import open_readonly
from collectors.base import HubgaugeError
from tests.support.ledger import HOUR, T0, Clock, inventory

SITE = "dc:1"
STOCK = inventory(
    f"sites: [{{site: '{SITE}', timezone: Asia/Shanghai}}]\n"
    f"meters: [{{meter: main, site: '{SITE}', point: utility}},"
    f" {{meter: it, site: '{SITE}', point: it_input}}]"
)
BILLS = T0 - 60 * 24 * HOUR
KWH = 3.6e6
NOW = T0 + 3 * HOUR
DUMP = (Path(__file__).parent / "version_3.sql").read_text("utf-8")


def old_file(folder: Path, version: int = 3) -> Path:
    """Write the file of an earlier version; versions 1 and 2 lacked tables that 3 has."""
    path = folder / "ledger.db"
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.executescript(DUMP)
        for since, table in ((3, "bridge"), (2, "block")):
            if version < since:
                db.execute(f"DROP TABLE {table}")
        db.execute(f"PRAGMA user_version = {version}")
        db.commit()
    return path


def tables_of(path: Path) -> dict[str, str]:
    with contextlib.closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (VERSION,)
        rows = db.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
        return {name: " ".join(sql.split()).replace('"', "") for name, sql in rows}


def open_new(path: Path) -> Ledger:
    return Ledger(path, inventory=STOCK, clock=Clock(NOW))


def test_an_older_file_has_the_tables_of_a_new_one(tmp_path: Path) -> None:
    """After it is opened, a file of version 3 has the same tables as a new file, and no others."""
    open_new(old_file(tmp_path)).close()
    open_new(tmp_path / "new.db").close()
    old, new = tables_of(tmp_path / "ledger.db"), tables_of(tmp_path / "new.db")
    assert old.keys() == new.keys()
    assert len(new) == len(SCHEMA)
    for changed in ("stretch", "register", "boundary", "site_total", "unsummed", "change"):
        assert old[changed] == new[changed]


def test_an_older_file_says_the_same(tmp_path: Path) -> None:
    """Energies, registers, stretches, counters, history and days are what version 3 had stored."""
    book = open_new(old_file(tmp_path))
    assert book.energy("main", BILLS, BILLS + 24 * HOUR) == Energy(24 * 150 * KWH, 24 * HOUR)
    assert book.energy("main", T0, T0 + 3 * HOUR) == pytest.approx((3 * 150 * KWH, 3 * HOUR))
    start = round(T0 * 1000)
    bills = round(BILLS * 1000)
    day = bills + 24 * 3_600_000
    with book.reader.read() as tables:
        assert tables.registers.all() == {
            1: Register(90_000_000, start),
            2: Register(60_000_000, start),
            3: Register(18_000_000, start),
        }
        assert tables.stretches.all() == {
            1: [Stretch(bills, day, 24 * 150 * KWH)],
            2: [Stretch(bills, day, 24 * 100 * KWH)],
        }
        assert tables.site_hours.unsummed_points(start + 2 * 3_600_000) == [
            (SITE, "export"),
            (SITE, "it_input"),
            (SITE, "utility"),
        ]
        numbers = [
            tables.changes.number(each) for each in ("block", "stretch", "register", "site_hour")
        ]
        assert numbers == [2, 2, 3, 73]
        ordinal = dt.date(2025, 10, 8).toordinal()
        assert (tables.rack_days.days(), tables.rack_days.made("Asia/Shanghai")) == (
            [ordinal],
            {ordinal},
        )
    with book.store.transaction() as tables:
        assert not tables.sites.change_boundary(SITE, "utility", "923a913185dded2b")
        assert tables.sites.change_boundary(SITE, "utility", "another")
    assert book.highest_total(SITE, "facility", 0.0) == (24 * 150 + 2 * 120) * KWH
    # The IT counter of former versions mixed points; it begins anew.
    assert book.highest_total(SITE, "it", 0.0) == 0.0
    assert book.history("pue", "guian", "hub") == [(T0, 1.25)]
    book.close()


def test_an_older_file_is_summed_on(tmp_path: Path) -> None:
    """Only what waited to be summed is summed: (150 - 30) / 100 over all three hours."""
    book = open_new(old_file(tmp_path))
    pue = Pue(book, STOCK, clock=Clock(NOW))
    with book.reader.read() as tables:
        before = tables.site_hours.last_generation()
    assert pue.refresh()
    with book.reader.read() as tables:
        assert {one.hour for one in tables.site_hours.changed_since(before)[1]} == {
            round(T0 * 1000) + 2 * 3_600_000
        }
    result = pue.between(SITE, T0, NOW)
    assert (result.pue, result.coverage) == (pytest.approx(1.2), 1.0)
    assert pue.between(SITE, BILLS, BILLS + 24 * HOUR).pue == pytest.approx(1.5)
    book.close()


@pytest.mark.parametrize("version", [1, 2, 3])
def test_every_older_version_is_brought_up(tmp_path: Path, version: int) -> None:
    """Files of all earlier versions keep the hours that they have in rows."""
    book = open_new(old_file(tmp_path, version))
    assert book.energy("it", T0, NOW) == pytest.approx((3 * 100 * KWH, 3 * HOUR))
    book.close()
    assert tables_of(tmp_path / "ledger.db").keys() >= {"block", "stretch"}


@pytest.mark.parametrize("version", [1, 2, 3])
def test_an_older_file_is_read_and_not_changed(tmp_path: Path, version: int) -> None:
    """Read only, a file of an earlier version gives its PUE, and not one byte of it changes."""
    path = old_file(tmp_path, version)
    before = path.read_bytes()
    ledger, pue = open_readonly(path, STOCK, Clock(NOW))
    result = pue.between(SITE, T0, NOW)
    assert (result.pue, result.coverage) == (pytest.approx(1.2), pytest.approx(2 / 3))
    assert pue.unsummed_hours(T0, NOW) == 1
    assert pue.unsummed_hours(T0, NOW - HOUR) == 0
    assert ledger.history("pue", "guian", "hub") == [(T0, 1.25)]
    ledger.close()
    assert path.read_bytes() == before
    assert sorted(found.name for found in tmp_path.iterdir()) == ["ledger.db"]


def test_a_present_file_is_read_and_not_changed(tmp_path: Path) -> None:
    """The same is true of a file of this version, whose counters can be asked for as well."""
    path = old_file(tmp_path)
    open_new(path).close()
    before = path.read_bytes()
    ledger, pue = open_readonly(path, STOCK, Clock(NOW))
    assert pue.between(SITE, T0, T0 + 2 * HOUR).pue == pytest.approx(1.2)
    assert pue.totals(SITE)["it"] == (24 * 100 + 2 * 100) * KWH
    assert pue.unsummed_hours(T0, NOW) == 1
    ledger.close()
    assert path.read_bytes() == before


def test_a_newer_file_is_refused(tmp_path: Path) -> None:
    """A file that a newer program has written is left as it is, with one line that says so."""
    path = old_file(tmp_path)
    open_new(path).close()
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute(f"PRAGMA user_version = {VERSION + 1}")
    for opened in (lambda: open_new(path), lambda: open_ledger(path, STOCK, Clock(NOW))):
        with pytest.raises(HubgaugeError, match="was written by a newer version"):
            opened()


def test_an_empty_file_is_no_ledger_to_read(tmp_path: Path) -> None:
    """A file without tables cannot be read; opened by an agent, it becomes a ledger."""
    path = tmp_path / "ledger.db"
    path.touch()
    with pytest.raises(HubgaugeError, match="no tables in it yet"):
        open_ledger(path, STOCK, Clock(NOW))
    open_new(path).close()
    open_ledger(path, STOCK, Clock(NOW)).close()


def test_the_version_before_is_read_and_not_changed(tmp_path: Path) -> None:
    """A file whose upgrade deletes rows is read only as well, and keeps them."""
    path = old_file(tmp_path)
    open_new(path).close()
    with sqlite3.connect(path) as db:
        db.execute("DROP TABLE old_cell")
        db.execute("INSERT OR REPLACE INTO site_total VALUES (?, 'it', 1.0)", (SITE,))
        db.execute("PRAGMA user_version = 8")
    db.close()
    before = path.read_bytes()
    ledger, pue = open_readonly(path, STOCK, Clock(NOW))
    assert pue.between(SITE, T0, T0 + 2 * HOUR).pue == pytest.approx(1.2)
    ledger.close()
    assert path.read_bytes() == before

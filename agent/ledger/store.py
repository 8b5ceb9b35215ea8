"""The ledger's database: SQLite, one file, readable and writable by several processes at once (WAL).

Tables: `reading` holds the recent past as it was read and is the truth of everything younger than the retention; `hour` the
joules and covered milliseconds of every meter and hour, and `block` the same of hours long past, packed; `bridge` stretches of
which only the sum is known; `cell` the same by five minutes, for the recent past and for hours
that are not wholly covered; `site_hour` the sums of a site's meters at one point; `dirty` what of `site_hour` is out of date.
Times are milliseconds since the epoch, UTC; an hour is named by its first.
"""

from __future__ import annotations

import logging
import sqlite3
import struct
import threading
import time
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from agent.ledger.blocks import BLOCK_MS, HOURS, Block, drop, load_block, save_blocks
from agent.ledger.energy import CELLS, FULL_MASK, HOUR_MS, HourCells, Raw

log = logging.getLogger(__name__)

VERSION: Final = 3
_CELLS: Final = struct.Struct(f"<{CELLS}d{CELLS}I")
_BLOCK: Final = (
    # With a rowid: rows of some two kilobytes would each take an overflow page without.
    "CREATE TABLE block (meter INTEGER, number INTEGER, data BLOB NOT NULL, PRIMARY KEY (meter, number))"
)
_BRIDGE: Final = "CREATE TABLE bridge (meter INTEGER, start INTEGER, stop INTEGER, joules REAL, PRIMARY KEY (meter, start)) WITHOUT ROWID"
_SINCE: Final[Mapping[int, str]] = {2: _BLOCK, 3: _BRIDGE}
"""What each version of the database has more than the one before."""

_SCHEMA: Final = f"""
CREATE TABLE meter (
    id INTEGER PRIMARY KEY, site TEXT NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL, point TEXT NOT NULL,
    UNIQUE (site, name, kind)
);
CREATE TABLE reading (
    meter INTEGER, quantity INTEGER, slot INTEGER, time INTEGER NOT NULL, value REAL NOT NULL, interval INTEGER NOT NULL,
    PRIMARY KEY (meter, quantity, slot)
) WITHOUT ROWID;
CREATE TABLE hour (
    hour INTEGER, meter INTEGER, joules REAL NOT NULL, covered INTEGER NOT NULL, PRIMARY KEY (hour, meter)
) WITHOUT ROWID;
{_BLOCK};
{_BRIDGE};
CREATE TABLE cell (
    hour INTEGER, meter INTEGER, imported INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (hour, meter)
) WITHOUT ROWID;
CREATE TABLE dirty (site TEXT, point TEXT, hour INTEGER, PRIMARY KEY (hour, site, point)) WITHOUT ROWID;
CREATE TABLE site_hour (
    site TEXT, point TEXT, hour INTEGER, mask INTEGER NOT NULL, joules REAL NOT NULL, accuracy REAL NOT NULL,
    meters INTEGER NOT NULL, silent INTEGER NOT NULL, data BLOB NOT NULL, generation INTEGER NOT NULL,
    PRIMARY KEY (site, point, hour)
) WITHOUT ROWID;
CREATE INDEX site_hour_generation ON site_hour (generation);
CREATE INDEX site_hour_joules ON site_hour (site, point, joules);
CREATE TABLE history (
    kpi TEXT, hub TEXT, scope TEXT, slot INTEGER, time REAL NOT NULL, value REAL NOT NULL,
    PRIMARY KEY (kpi, hub, scope, slot)
) WITHOUT ROWID;
CREATE TABLE state (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""


class MeterRow(NamedTuple):
    """A meter the ledger has heard of. `kind` is meter, pdu or export (what a meter counts in the other direction)."""

    id: int
    site: str
    name: str
    kind: str
    point: str


def pack(cells: HourCells) -> bytes:
    """Write an hour's cells."""
    return _CELLS.pack(*cells.joules, *cells.covered)


def unpack(data: bytes) -> HourCells:
    """Read an hour's cells."""
    values = _CELLS.unpack(data)
    return HourCells(values[:CELLS], values[CELLS:])


class Store:
    """One connection, used by one thread at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.RLock()
        self._db = self._open(path)

    def _open(self, path: Path) -> sqlite3.Connection:
        try:
            return _connect(path)
        except sqlite3.OperationalError:
            raise  # locked, full, not permitted: the file is not to blame
        except sqlite3.DatabaseError as error:
            aside = path.with_name(f"{path.name}.damaged-{int(time.time())}")
            log.error(  # noqa: TRY400
                "%s: %s; it was moved to %s and an empty ledger begun", path, error, aside.name
            )
            for suffix in ("", "-wal", "-shm"):
                part = path.with_name(path.name + suffix)
                if part.exists():
                    part.rename(aside.with_name(aside.name + suffix))
            return _connect(path)

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Write in one transaction: all of it, or nothing."""
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """Read on the connection while no other thread uses it."""
        with self._lock:
            yield self._db

    def meters(self) -> list[MeterRow]:
        """Return every meter the ledger has heard of."""
        with self.read() as db:
            return [
                MeterRow(*row)
                for row in db.execute("SELECT id, site, name, kind, point FROM meter")
            ]

    def get_state(self, key: str) -> str | None:
        """Return a remembered value."""
        with self.read() as db:
            row = db.execute("SELECT value FROM state WHERE key = ?", (key,)).fetchone()
        return row[0] if row else None


def _connect(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True)
    db = sqlite3.connect(path, timeout=10.0, isolation_level=None, check_same_thread=False)
    try:
        db.execute("PRAGMA journal_mode = WAL")
        # A power cut may cost the last transactions, never the file; registers bridge what is lost.
        db.execute("PRAGMA synchronous = NORMAL")
        db.execute("PRAGMA journal_size_limit = 67108864")
        db.execute("BEGIN IMMEDIATE")
        found = db.execute("PRAGMA user_version").fetchone()[0]
        if found == 0:
            for statement in _SCHEMA.split(";"):
                db.execute(statement)
            db.execute(f"PRAGMA user_version = {VERSION}")
        elif found < VERSION:
            for version in range(found + 1, VERSION + 1):
                db.execute(_SINCE[version])
            db.execute(f"PRAGMA user_version = {VERSION}")
        db.execute("COMMIT")
        _check_version(path, found)
    except BaseException:
        db.close()
        raise
    return db


def _check_version(path: Path, found: int) -> None:
    if found > VERSION:
        message = f"{path} was written by a newer version"
        raise sqlite3.OperationalError(message)


def add_meter(db: sqlite3.Connection, site: str, name: str, kind: str, point: str) -> int:
    """Return the number of a meter, making it known; its point is what was said last."""
    row = db.execute(
        "INSERT INTO meter (site, name, kind, point) VALUES (?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET point = excluded.point RETURNING id",
        (site, name, kind, point),
    ).fetchone()
    return int(row[0])


def add_readings(
    db: sqlite3.Connection, rows: Iterable[tuple[int, int, int, int, float, int]]
) -> int:
    """Keep readings (meter, quantity, slot, time, value, interval); returns how many were news.

    Of two in one slot the earlier stays, and of two at one time the smaller: so order and repetition change nothing.
    """
    cursor = db.executemany(
        "INSERT INTO reading VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
        " time = excluded.time, value = excluded.value, interval = excluded.interval"
        " WHERE (excluded.time, excluded.value, excluded.interval) < (time, value, interval)",
        rows,
    )
    return cursor.rowcount


def first_export(db: sqlite3.Connection, meter: int) -> int | None:
    """Return when an export register was first read, in milliseconds."""
    row = db.execute("SELECT value FROM state WHERE key = ?", (f"export:{meter}",)).fetchone()
    return int(row[0]) if row else None


def note_export(db: sqlite3.Connection, meter: int, first: int, last: int) -> range:
    """Remember when an export register was first read; returns the milliseconds from when on it is now metered and was not.

    Readings may come late and in any order, so it is the earliest there is.
    """
    known = first_export(db, meter)
    if known is not None and known <= first:
        return range(0)
    db.execute("INSERT OR REPLACE INTO state VALUES (?, ?)", (f"export:{meter}", str(first)))
    return range(first, last + 1 if known is None else known)


def neighbours(
    db: sqlite3.Connection, meter: int, quantity: int, first: int, last: int
) -> tuple[Raw | None, Raw | None]:
    """Return the readings right before `first` and right after `last` (times of readings that are kept)."""
    before = db.execute(
        "SELECT time, value, interval FROM reading WHERE meter = ? AND quantity = ? AND slot <= ? AND time < ?"
        " ORDER BY slot DESC LIMIT 1",
        (meter, quantity, first, first),
    ).fetchone()
    after = db.execute(
        "SELECT time, value, interval FROM reading WHERE meter = ? AND quantity = ? AND slot > ? ORDER BY slot LIMIT 1",
        (meter, quantity, last),
    ).fetchone()
    return (Raw(*before) if before else None, Raw(*after) if after else None)


def load_readings(
    db: sqlite3.Connection, meter: int, quantity: int, start: int, end: int
) -> list[Raw]:
    """Return the readings between two hours' bounds, and one beyond on either side."""
    key = (meter, quantity)
    rows = db.execute(
        "SELECT time, value, interval FROM reading WHERE meter = ? AND quantity = ?"
        " AND slot >= coalesce((SELECT max(slot) FROM reading WHERE meter = ? AND quantity = ? AND slot < ?), ?)"
        " AND slot <= coalesce((SELECT min(slot) FROM reading WHERE meter = ? AND quantity = ? AND slot >= ?), ?)"
        " ORDER BY slot",
        (*key, *key, start, start, *key, end, end),
    )
    return [Raw(*row) for row in rows]


def load_hours(
    db: sqlite3.Connection, meter: int, hours: Sequence[int]
) -> dict[int, tuple[float, int, int, bytes | None]]:
    """Return what is kept of a meter's hours: joules, covered milliseconds, the imported cells' mask and the cells."""
    found: dict[int, tuple[float, int, int, bytes | None]] = {}
    blocks: dict[int, Block | None] = {}
    for hour in hours:
        number, n = divmod(hour // HOUR_MS, HOURS)
        if number not in blocks:
            blocks[number] = load_block(db, meter, number)
        block = blocks[number]
        if block is not None and block.covered[n]:
            found[hour] = block.joules[n], block.covered[n], 0, None
    for part, marks in _portions(hours):
        query = f"SELECT hour, joules, covered FROM hour WHERE meter = ? AND hour IN ({marks})"  # noqa: S608 - question marks
        for hour, joules, covered in db.execute(query, (meter, *part)):
            found[hour] = joules, covered, 0, None
    for part, marks in _portions([hour for hour in hours if hour in found]):
        query = f"SELECT hour, imported, data FROM cell WHERE meter = ? AND hour IN ({marks})"  # noqa: S608 - question marks
        for hour, imported, data in db.execute(query, (meter, *part)):
            found[hour] = (*found[hour][:2], imported, data)
    return found


def hours_between(
    db: sqlite3.Connection, meters: set[int], start: int, end: int
) -> list[tuple[int, int, float, int]]:
    """Return the hours of some meters that begin between two times: hour, meter, joules, covered milliseconds."""
    found: dict[tuple[int, int], tuple[float, int]] = {}
    numbers = (start // BLOCK_MS, (end - 1) // BLOCK_MS)
    for meter in meters:
        query = "SELECT number, data FROM block WHERE meter = ? AND number BETWEEN ? AND ?"
        for number, data in db.execute(query, (meter, *numbers)):
            block = Block.unpack(data)
            for n, (joules, covered) in enumerate(zip(block.joules, block.covered, strict=True)):
                if covered:
                    found[number * BLOCK_MS + n * HOUR_MS, meter] = joules, covered
    for hour, meter, joules, covered in db.execute(
        "SELECT * FROM hour WHERE hour >= ? AND hour < ?", (start, end)
    ):
        if meter in meters:
            found[hour, meter] = joules, covered
    return [(*key, *value) for key, value in found.items() if start <= key[0] < end]


def heard_between(db: sqlite3.Connection, start: int, end: int) -> set[int]:
    """Return the meters that have hours beginning between two times."""
    found = {
        row[0]
        for hour in range(start, end, HOUR_MS)
        for row in db.execute("SELECT meter FROM hour WHERE hour = ?", (hour,))
    }
    query = "SELECT meter, number, data FROM block WHERE number BETWEEN ? AND ?"
    for meter, number, data in db.execute(query, (start // BLOCK_MS, (end - 1) // BLOCK_MS)):
        if meter not in found:
            first = max(0, (start - number * BLOCK_MS) // HOUR_MS)
            last = max(0, -((number * BLOCK_MS - end) // HOUR_MS))
            if any(Block.unpack(data).covered[first:last]):
                found.add(meter)
    return found


def _portions(hours: Sequence[int]) -> Iterator[tuple[Sequence[int], str]]:
    for n in range(0, len(hours), 500):
        part = hours[n : n + 500]
        yield part, ",".join("?" * len(part))


def save_hour(
    db: sqlite3.Connection, meter: int, hour: int, cells: HourCells, imported: int
) -> None:
    """Write one hour of one meter, with its cells."""
    save_hours(db, meter, [(hour, cells, imported)])


def save_hours(
    db: sqlite3.Connection,
    meter: int,
    hours: Iterable[tuple[int, HourCells, int]],
    *,
    bare_before: int = 0,
) -> None:
    """Write hours of one meter (hour, cells, the imported cells' mask).

    Before `bare_before` an hour that is covered and even is kept as its sum, which says all there is.
    """
    sums, cells, bare = [], [], []
    for hour, found, imported in hours:
        sums.append((hour, meter, found.total, found.covered_ms))
        if (
            hour < bare_before
            and found.mask == FULL_MASK
            and min(found.joules) == max(found.joules)
        ):
            bare.append((hour, meter))
        else:
            cells.append((hour, meter, imported, pack(found)))
    db.executemany("INSERT OR REPLACE INTO hour VALUES (?, ?, ?, ?)", sums)
    db.executemany("INSERT OR REPLACE INTO cell VALUES (?, ?, ?, ?)", cells)
    db.executemany("DELETE FROM cell WHERE hour = ? AND meter = ?", bare)


def save_even(
    db: sqlite3.Connection,
    meter: int,
    hours: Mapping[int, float],
    *,
    packed_before: int,
    known: Container[int],
) -> None:
    """Write hours of one meter that are covered and even, by their joules; those before `packed_before` into their blocks.

    `known` are the hours of which something is kept.
    """
    blocks: dict[int, Block] = {}
    rows, replaced = [], []
    for hour, joules in hours.items():
        if hour >= packed_before:
            rows.append((hour, meter, joules, HOUR_MS))
            continue
        number, n = divmod(hour // HOUR_MS, HOURS)
        block = blocks.get(number)
        if block is None:
            block = blocks[number] = load_block(db, meter, number) or Block()
        block.joules[n], block.covered[n] = joules, HOUR_MS
        if hour in known:
            replaced.append((hour, meter))
    save_blocks(db, {(meter, number): block for number, block in blocks.items()})
    db.executemany("DELETE FROM hour WHERE hour = ? AND meter = ?", replaced)
    db.executemany("INSERT OR REPLACE INTO hour VALUES (?, ?, ?, ?)", rows)


def kept_cells(joules: float, covered: int, data: bytes | None) -> HourCells:
    """Return an hour's cells as they are kept; of one that is whole and old, its mean."""
    return (
        unpack(data)
        if data is not None
        else HourCells.uniform(joules)
        if covered >= HOUR_MS
        else HourCells()
    )


def drop_hour(db: sqlite3.Connection, meter: int, hour: int) -> None:
    """Forget one hour of one meter: its readings turned out to cover nothing."""
    db.execute("DELETE FROM hour WHERE hour = ? AND meter = ?", (hour, meter))
    drop(db, meter, hour)
    db.execute("DELETE FROM cell WHERE hour = ? AND meter = ?", (hour, meter))

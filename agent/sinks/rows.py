"""The spool's tables in SQLite: how they are opened, what a row is, and what may go wrong.

Errors are of two kinds::

    StoreError
    ├── Unavailable   the disk fails, is read-only, or descriptors ran out: memory serves, try again
    │   └── Full      the disk is full
    └── Damaged       the file does not hold what was written: what is readable is carried over
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from agent.sinks.chunk import Chunk
from collectors.base import HubgaugeError

PAGE: Final = 4096
WAL_SHARE: Final = 4 * 2**20
"""The write-ahead log is folded into the file at half of this; it counts towards the quota."""

BUSY: Final = 5.0
"""Seconds to wait for another process that has the file locked."""

# Primary result codes (https://www.sqlite.org/rescode.html) that speak of the surroundings, not of
# the file's content.
_SURROUNDINGS: Final = frozenset(
    {3, 5, 6, 7, 8, 10, 13, 14, 15, 22, 23}
)  # PERM BUSY LOCKED NOMEM READONLY IOERR FULL CANTOPEN …
_SCHEMA: Final = (
    (
        "CREATE TABLE batch (id INTEGER PRIMARY KEY, time REAL NOT NULL, samples INTEGER NOT NULL,"
        " raw INTEGER NOT NULL, crc INTEGER NOT NULL, payload BLOB NOT NULL)"
    ),
    (
        "CREATE TABLE dead_letter ("
        "id INTEGER PRIMARY KEY, time REAL NOT NULL, reason TEXT NOT NULL,"
        " line BLOB NOT NULL UNIQUE)"
    ),
)
SELECT: Final = "SELECT id, time, samples, raw, crc, payload FROM batch"
INSERT: Final = "INSERT INTO batch (id, time, samples, raw, crc, payload) VALUES (?, ?, ?, ?, ?, ?)"


class StoreError(HubgaugeError):
    """The store could not do what it was asked."""


class Unavailable(StoreError):
    """The disk cannot be used at present."""


class Full(Unavailable):
    """The disk is full; what is on it can still be read."""


class Damaged(StoreError):
    """The file does not hold what was written."""


def create_tables(connection: sqlite3.Connection) -> None:
    """Make the tables of a new store in one transaction."""
    connection.execute("BEGIN IMMEDIATE")
    for statement in _SCHEMA:
        connection.execute(statement)
    connection.execute("COMMIT")


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A part that the database will never take, and what the database said of it."""

    time: float
    reason: str
    content: bytes


def chunk_of(row: tuple[object, ...]) -> Chunk | None:
    """Make a chunk of a row of the table; None if it is not what was written."""
    identity, time, samples, raw, crc, payload = row
    if not (isinstance(time, float) and isinstance(payload, bytes)):
        return None
    if not (isinstance(identity, int) and isinstance(samples, int) and isinstance(raw, int)):
        return None
    chunk = Chunk(id=identity, time=time, samples=samples, raw=raw, payload=payload)
    return chunk if chunk.crc == crc and samples > 0 else None


def row_of(chunk: Chunk) -> tuple[int, float, int, int, int, bytes]:
    """Make a row of the table of a chunk."""
    return chunk.id, chunk.time, chunk.samples, chunk.raw, chunk.crc, chunk.payload


def oldest_rows(connection: sqlite3.Connection, after: int, max_raw: int) -> list[Chunk]:
    """Read the rows after an id, up to `max_raw` bytes before packing but at least one.

    Raises Damaged where a row is not what was written, where one is missing, or where none is left.
    """
    chunks: list[Chunk] = []
    raw, previous = 0, after
    cursor = connection.execute(f"{SELECT} WHERE id > ? ORDER BY id", (after,))
    try:
        for row in cursor:
            chunk = chunk_of(row)
            if chunk is None:
                raise Damaged("a row does not match its checksum")
            if chunk.id - chunk.samples != previous:
                raise Damaged("a row is missing")
            if chunks and raw + chunk.raw > max_raw:
                break
            chunks.append(chunk)
            raw, previous = raw + chunk.raw, chunk.id
    finally:
        cursor.close()
    if not chunks:
        raise Damaged("rows are missing")
    return chunks


def oldest_time(connection: sqlite3.Connection, after: int) -> float | None:
    """Return the time of the first row after an id; None where it cannot be read."""
    with suppress(sqlite3.Error):
        row = connection.execute(
            "SELECT time FROM batch WHERE id > ? ORDER BY id LIMIT 1", (after,)
        ).fetchone()
        return row[0] if row and isinstance(row[0], float) else None
    return None


def primary_code(error: sqlite3.Error) -> int:
    """Return the primary result code of an error; 0 where the module itself raised it."""
    try:
        return error.sqlite_errorcode & 0xFF
    except AttributeError:
        return 0


@contextmanager
def translated() -> Iterator[None]:
    """Turn what SQLite and the kernel raise into Unavailable or Damaged."""
    try:
        yield
    except sqlite3.Error as error:
        code = primary_code(error)
        if code == sqlite3.SQLITE_FULL:
            raise Full(str(error)) from error
        kind = Unavailable if code in _SURROUNDINGS else Damaged
        raise kind(str(error)) from error
    except (OverflowError, UnicodeError) as error:  # a number or text no row of ours can hold
        raise Damaged(str(error)) from error
    except OSError as error:
        raise Unavailable(error.strerror or str(error)) from error


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Write within one synced transaction, or not at all; raises Unavailable or Damaged."""
    with translated():
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            connection.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
            raise


def connect(path: Path) -> sqlite3.Connection:
    """Open a store's file, which need not have its tables yet."""
    connection = sqlite3.connect(path, timeout=BUSY, isolation_level=None, check_same_thread=False)
    try:
        # Exclusive: no shared-memory file to be made on a full disk. Set before the first read of
        # the file.
        connection.execute("PRAGMA locking_mode=EXCLUSIVE").fetchall()
        if not path.exists() or not path.stat().st_size:
            connection.execute(f"PRAGMA page_size={PAGE}")
            connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
        connection.execute("PRAGMA journal_mode=WAL").fetchall()
        for pragma in (
            "synchronous=FULL",
            "secure_delete=OFF",
            "cache_size=-2048",
            "temp_store=MEMORY",
            "cell_size_check=ON",
        ):
            connection.execute(f"PRAGMA {pragma}").fetchall()
        connection.execute("PRAGMA journal_size_limit=" + str(WAL_SHARE)).fetchall()
    except BaseException:
        connection.close()
        raise
    return connection

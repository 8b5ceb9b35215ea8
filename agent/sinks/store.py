"""The spool's file: a queue of chunks in SQLite, each append one synced commit.

Beside it lies `NAME.lock`, held by flock(2). It names the holder, and the last sample sent and the
last one spooled. So what a damaged file has lost can be counted exactly, and rows that were sent
but not yet deleted are not sent again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final, Literal

from agent.sinks.chunk import Chunk
from agent.sinks.files import kept_log, settle
from agent.sinks.letters import insert_letters, read_letters
from agent.sinks.lock import Lock, Mark
from agent.sinks.measure import Expected, measure
from agent.sinks.pages import Pages
from agent.sinks.rows import (
    INSERT,
    Damaged,
    DeadLetter,
    StoreError,
    Unavailable,
    connect,
    create_tables,
    oldest_rows,
    oldest_time,
    row_of,
    transaction,
    translated,
)
from agent.sinks.salvage import salvage


class Store:
    """The file of a spool. `base` and `tail` are ids: their difference is how many samples wait."""

    def __init__(
        self, path: Path, *, max_bytes: int, when_full: Literal["drop_oldest", "drop_newest"]
    ) -> None:
        self.path: Final = path
        self.lock: Final = Lock(path.with_suffix(".lock"))
        self.base = 0
        self.tail = 0
        self.oldest_time: float | None = None
        self._drop_oldest: Final = when_full == "drop_oldest"
        self.pages: Final = Pages(path, max_bytes)
        self._connection: sqlite3.Connection | None = None
        self._deleted_to = 0
        self._marked = False
        self._opened_before = False

    @property
    def waiting(self) -> int:
        """How many samples wait in the file."""
        return self.tail - self.base

    @property
    def is_open(self) -> bool:
        """Whether the file is open."""
        return self._connection is not None

    @property
    def connection(self) -> sqlite3.Connection:
        """The open connection; raises Unavailable if there is none."""
        if self._connection is None:
            raise Unavailable("the spool is not open")
        return self._connection

    # Opening and closing

    def take_lock(self) -> None:
        """Make the folder and lock it.

        Raises SpoolLocked, or Unavailable where it is not writable.
        """
        with translated():
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            mark = self.lock.take()
        if mark is not None:
            self._marked = True
            self.base, self.tail = max(self.base, mark.base), max(self.tail, mark.tail)

    def open(self) -> int:
        """Open the file, locking it first; returns how many spooled samples are missing in it.

        Raises SpoolLocked, Unavailable or Damaged.
        """
        self.take_lock()
        with translated():
            kept = settle(self.path)
            connection = connect(self.path)
            try:
                missing = self._prepare(connection, kept=kept)
            except BaseException:
                connection.close()
                raise
            self._connection = connection
            kept_log(self.path).unlink(missing_ok=True)
            return missing

    def _prepare(self, connection: sqlite3.Connection, *, kept: bool) -> int:
        """Make the tables of a new file, or see what an old one holds.

        Returns the samples missing.
        """
        connection.execute(f"PRAGMA wal_autocheckpoint={self.pages.checkpoint}").fetchall()
        if not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            if self.tail > self.base and kept:
                raise Damaged("the tables are missing")
            create_tables(connection)
        connection.execute("SELECT count(*) FROM dead_letter WHERE id < 0").fetchone()
        if self._opened_before:
            # A commit that failed may be in the log all the same; its chunks are still in memory.
            connection.execute("DELETE FROM batch WHERE id > ?", (self.tail,))
        found = measure(
            connection,
            Expected(base=self.base, tail=self.tail, marked=self._marked, kept_log=kept),
        )
        self._opened_before = True
        self._deleted_to = 0
        self.base, self.tail, self.oldest_time = found.base, found.tail, found.oldest_time
        self.pages.count(connection)
        return found.missing

    def set_aside(self) -> int:
        """Set a damaged file aside, carry its readable rows to a new one and open that.

        Returns how many samples were lost. Raises StoreError.
        """
        waiting = self.waiting
        self.shut()
        with translated():
            saved = salvage(self.path, self.base, waiting)
        self.tail = self.base + saved
        self.lock.write(Mark(base=self.base, tail=self.tail))
        return max(0, waiting - saved) + self.open()

    def shut(self) -> None:
        """Close the file but keep the lock."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(sqlite3.Error):
                connection.close()

    def close(self) -> None:
        """Delete what was sent, close the file, give up the lock."""
        if self._connection is not None and self._deleted_to < self.base:
            with suppress(StoreError), transaction(self._connection):
                self._delete_sent(self._connection)
        self.shut()
        self.lock.release()

    # Writing

    def append(self, chunks: Sequence[Chunk]) -> tuple[int, list[Chunk]]:
        """Write chunks in one synced transaction, within the quota.

        Returns the id up to which old rows were deleted to make room, 0 if none were, and the
        chunks that did not fit. Sets the id of those that did. Raises StoreError.
        """
        connection = self.connection
        tail, dropped_to, refused = self.tail, 0, []
        entered: list[Chunk] = []
        try:
            with transaction(connection):
                self._delete_sent(connection)
                for chunk in chunks:
                    if self._drop_oldest:
                        dropped_to = self.pages.make_room(connection, chunk) or dropped_to
                    if not self.pages.has_room(chunk):
                        refused.append(chunk)
                        continue
                    tail += chunk.samples
                    chunk.id = tail
                    connection.execute(INSERT, row_of(chunk))
                    entered.append(chunk)
                    self.pages.count(connection)
        except StoreError:
            for chunk in entered:
                chunk.id = 0
            raise
        self.tail, self._deleted_to = tail, max(self.base, dropped_to)
        if self.oldest_time is None and entered:
            self.oldest_time = entered[0].time
        self.advance(max(self.base, dropped_to))
        self.pages.shrink(connection)
        return dropped_to, refused

    def _delete_sent(self, connection: sqlite3.Connection) -> None:
        if self._deleted_to < self.base:
            connection.execute("DELETE FROM batch WHERE id <= ?", (self.base,))
        self.pages.count(connection)

    def keep_dead_letters(self, letters: Sequence[DeadLetter]) -> None:
        """Keep what the database will never take, the newest within a sixteenth of the quota."""
        connection = self.connection
        with transaction(connection):
            insert_letters(connection, letters, self.pages.limit // 16)
            self.pages.count(connection)

    # Reading

    def oldest(self, max_raw: int) -> list[Chunk]:
        """Read the oldest rows not yet sent, up to `max_raw` bytes before packing but at least one.

        Raises Damaged.
        """
        if self.base == self.tail:
            return []
        with translated():
            chunks = oldest_rows(self.connection, self.base, max_raw)
        self.oldest_time = chunks[0].time
        return chunks

    def advance(self, upto: int) -> None:
        """Count every row up to an id as gone.

        It is deleted with the next write, so a full disk does not stop the sending.
        """
        if upto > self.base:
            self.base = min(upto, self.tail)
            self.oldest_time = None
            if self.base < self.tail and self._connection is not None:
                self.oldest_time = oldest_time(self._connection, self.base)
        self.lock.write(Mark(base=self.base, tail=self.tail))

    def dead_letters(self) -> list[DeadLetter]:
        """Return what the database would not take, oldest first."""
        with translated():
            return read_letters(self.connection)

"""The spool's file: chunks in SQLite, every commit synced, bounded by a quota, held by one process.

Not thread-safe: the spool calls it under one lock.

Beside `NAME.db` lies `NAME.lock`, held by flock(2). It names the holder, and the last sample sent and the last one spooled, so
that what a damaged file has lost can be counted exactly, and rows sent but not yet deleted are not sent again.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from agent.sinks.lock import Lock, Mark
from agent.sinks.rows import (
    PAGE,
    SELECT,
    WAL_SHARE,
    Damaged,
    DeadLetter,
    StoreError,
    Unavailable,
    chunk_of,
    connect,
    create_tables,
    kept_log,
    translated,
)

if TYPE_CHECKING:
    from agent.sinks.chunk import Chunk

ROW_OVERHEAD: Final = 64
SHRINK_PAGES: Final = 2048
MAX_REASON: Final = 500
MAX_LINE: Final = 64 * 1024


class Store:
    """The file of a spool. `base` and `tail` are ids: their difference is how many samples wait in it."""

    def __init__(
        self, path: Path, *, max_bytes: int, when_full: Literal["drop_oldest", "drop_newest"]
    ) -> None:
        self.path: Final = path
        self.when_full: Final = when_full
        self.lock: Final = Lock(path.with_suffix(".lock"))
        wal_share = min(WAL_SHARE, max_bytes // 4)
        self._limit: Final = max_bytes - wal_share
        self._checkpoint_pages: Final = max(8, wal_share // 2 // PAGE)
        self._connection: sqlite3.Connection | None = None
        self._trimmed = 0
        self._marked = False
        self._opened_before = False
        self.base = 0
        self.tail = 0
        self.used = 0
        self._free = 0
        self._log_size = 0
        self.oldest_time: float | None = None

    @property
    def is_open(self) -> bool:
        """Whether the file is open."""
        return self._connection is not None

    @property
    def disk_bytes(self) -> int:
        """What the spool took of its quota when it was last written: pages in use and the write-ahead log."""
        return self.used + self._log_size

    def take_lock(self) -> None:
        """Make the directory and lock it; raises SpoolLocked, or Unavailable where even that cannot be written."""
        with translated():
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            mark = self.lock.take()
        if mark is not None:
            self._marked = True
            self.base, self.tail = max(self.base, mark.base), max(self.tail, mark.tail)

    def open(self) -> int:
        """Open the file, locking it first; returns how many samples that were spooled are missing at its end."""
        self.take_lock()
        with translated():
            renewed = self.path.with_suffix(".new")
            if renewed.exists():  # ended in the middle of setting a damaged file aside
                renewed.unlink() if self.path.exists() else renewed.replace(self.path)
            new = not (self.path.exists() and self.path.stat().st_size)
            kept = self._keep_log()
            if new and kept:
                raise Damaged("the file is empty, its log is not")  # SQLite would delete the log
            if new:
                os.close(os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600))
            connection = connect(self.path)
            try:
                missing = self._measure(connection, kept=kept)
            except BaseException:
                connection.close()
                raise
            self._connection = connection
            kept_log(self.path).unlink(missing_ok=True)
            return missing

    def _measure(self, connection: sqlite3.Connection, *, kept: bool) -> int:
        """Find what waits from the first and last rows alone, however large the file; returns the samples missing."""
        connection.execute(f"PRAGMA wal_autocheckpoint={self._checkpoint_pages}").fetchall()
        if not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            if self.tail > self.base and kept:
                raise Damaged("the tables are missing")
            create_tables(connection)
        connection.execute("SELECT count(*) FROM dead_letter WHERE id < 0").fetchone()
        if (
            self._opened_before
        ):  # a commit that failed may be in the log all the same; its chunks are still in memory
            connection.execute("DELETE FROM batch WHERE id > ?", (self.tail,))
        rows = connection.execute(
            f"{SELECT} WHERE id > ? ORDER BY id LIMIT 1", (self.base,)
        ).fetchall()
        rows += connection.execute(f"{SELECT} ORDER BY id DESC LIMIT 1").fetchall()
        chunks = [chunk_of(row) for row in rows]
        first, last = (chunks[0], chunks[-1]) if chunks else (None, None)
        if None in chunks:
            raise Damaged("a row does not match its checksum")
        if first is None or last is None or last.id <= self.base:
            missing = self.tail - self.base
            base = tail = max(self.tail, last.id if last else 0)
        else:
            missing = max(0, self.tail - last.id)
            base, tail = max(self.base, first.id - first.samples), last.id
            if self._marked:  # else the lock file was lost, which is no damage
                missing += base - self.base
        if missing and kept:
            raise Damaged("rows are missing")
        self._opened_before = True
        self._trimmed = 0
        self.base, self.tail = base, tail
        self.oldest_time = first.time if first and base < tail else None
        self._count_pages(connection)
        return missing

    def _keep_log(self) -> bool:
        """Put a copy of the log beside the file before SQLite sees it: what SQLite finds damaged, it overwrites or deletes."""
        log, kept = self.path.with_name(self.path.name + "-wal"), kept_log(self.path)
        if log.exists() and log.stat().st_size:
            shutil.copyfile(log, kept)
        return kept.exists()

    def _count_pages(self, connection: sqlite3.Connection) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        free = connection.execute("PRAGMA freelist_count").fetchone()[0]
        self.used, self._free = (pages - free) * PAGE, free
        with suppress(OSError):
            self._log_size = self.path.with_name(self.path.name + "-wal").stat().st_size

    @property
    def connection(self) -> sqlite3.Connection:
        """The open connection; raises Unavailable if there is none."""
        if self._connection is None:
            raise Unavailable("the spool is not open")
        return self._connection

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with translated():
            connection = self.connection
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    if connection.in_transaction:
                        connection.execute("ROLLBACK")
                raise

    def append(self, chunks: Sequence[Chunk]) -> tuple[int, list[Chunk]]:
        """Write chunks in one synced transaction, within the quota.

        Returns the id up to which old rows had to go for it (0 if none), and the chunks that did not enter. Sets the id of
        those that did.
        """
        tail, dropped_to, refused = self.tail, 0, []
        entered: list[Chunk] = []
        try:
            with self._transaction() as connection:
                self._trim(connection)
                for chunk in chunks:
                    if self.when_full == "drop_oldest":
                        dropped_to = self._make_room(connection, _cost(chunk)) or dropped_to
                    if self.used + _cost(chunk) > self._limit:
                        refused.append(chunk)
                        continue
                    tail += chunk.samples
                    chunk.id = tail
                    row = (chunk.id, chunk.time, chunk.samples, chunk.raw, chunk.crc, chunk.payload)
                    connection.execute(
                        "INSERT INTO batch (id, time, samples, raw, crc, payload) VALUES (?, ?, ?, ?, ?, ?)",
                        row,
                    )
                    entered.append(chunk)
                    self._count_pages(connection)
        except StoreError:
            for chunk in entered:
                chunk.id = 0
            raise
        self.tail, self._trimmed = tail, max(self.base, dropped_to)
        if self.oldest_time is None and entered:
            self.oldest_time = entered[0].time
        self.advance(max(self.base, dropped_to))
        self._shrink()
        return dropped_to, refused

    def _trim(self, connection: sqlite3.Connection) -> None:
        """Delete the rows that were sent."""
        if self._trimmed < self.base:
            connection.execute("DELETE FROM batch WHERE id <= ?", (self.base,))
        self._count_pages(connection)

    def _shrink(self) -> None:
        """Give some of a large file that is nearly empty back to the disk."""
        if self._free > WAL_SHARE // PAGE and self._free * PAGE > 3 * self.used:
            with translated():  # a script, since execute() would take one step of it: a single page
                self.connection.executescript(f"PRAGMA incremental_vacuum({SHRINK_PAGES})")
                self._count_pages(self.connection)

    def _make_room(self, connection: sqlite3.Connection, need: int) -> int:
        """Delete the oldest rows until `need` bytes fit; returns the last id deleted, 0 if none was."""
        dropped_to = 0
        while self.used + need > self._limit:
            rows = connection.execute(
                "SELECT id, length(payload) FROM batch ORDER BY id LIMIT 64"
            ).fetchall()
            if not rows:
                break
            freed = 0
            for identity, size in rows:
                dropped_to = identity
                freed += size
                if freed >= self.used + need - self._limit:
                    break
            connection.execute("DELETE FROM batch WHERE id <= ?", (dropped_to,))
            self._count_pages(connection)
        return dropped_to

    def oldest(self, max_raw: int) -> list[Chunk]:
        """Read the oldest rows not yet sent, up to `max_raw` bytes of lines but at least one row; raises Damaged."""
        chunks: list[Chunk] = []
        if self.base == self.tail:
            return chunks
        with translated():
            raw, previous = 0, self.base
            cursor = self.connection.execute(f"{SELECT} WHERE id > ? ORDER BY id", (self.base,))
            try:
                for row in cursor:
                    chunk = chunk_of(row)
                    if chunk is None or chunk.id - chunk.samples != previous:
                        raise Damaged(
                            "a row does not match its checksum"
                            if chunk is None
                            else "a row is missing"
                        )
                    if chunks and raw + chunk.raw > max_raw:
                        break
                    chunks.append(chunk)
                    raw, previous = raw + chunk.raw, chunk.id
            finally:
                cursor.close()
        if not chunks:
            raise Damaged("rows are missing")
        self.oldest_time = chunks[0].time
        return chunks

    def advance(self, upto: int) -> None:
        """Take every row up to an id as gone; it is deleted with the next write, so a full disk does not stop the sending."""
        if upto > self.base:
            self.base = min(upto, self.tail)
            self.oldest_time = None
            if self.base < self.tail and self._connection is not None:
                with suppress(sqlite3.Error):
                    row = self._connection.execute(
                        "SELECT time FROM batch WHERE id > ? ORDER BY id LIMIT 1", (self.base,)
                    ).fetchone()
                    self.oldest_time = row[0] if row and isinstance(row[0], float) else None
        self.lock.write(Mark(base=self.base, tail=self.tail))

    def bury(self, letters: Sequence[DeadLetter]) -> None:
        """Keep lines the database will never take, the newest of them within a sixteenth of the quota."""
        with self._transaction() as connection:
            for letter in letters:
                connection.execute(
                    "INSERT OR IGNORE INTO dead_letter (time, reason, line) VALUES (?, ?, ?)",
                    (letter.time, letter.reason[:MAX_REASON], letter.line[:MAX_LINE]),
                )
            size = "SELECT coalesce(sum(length(line) + length(reason)), 0), min(id), max(id) FROM dead_letter"
            total, low, high = connection.execute(size).fetchone()
            while total > self._limit // 16 and low < high:
                connection.execute("DELETE FROM dead_letter WHERE id <= ?", ((low + high) // 2,))
                total, low, high = connection.execute(size).fetchone()
            self._count_pages(connection)

    def dead_letters(self) -> list[DeadLetter]:
        """Return the lines the database would not take, oldest first."""
        with translated():
            rows = self.connection.execute(
                "SELECT time, reason, line FROM dead_letter ORDER BY id"
            ).fetchall()
        return [DeadLetter(time=time, reason=reason, line=line) for time, reason, line in rows]

    def quarantine(self) -> int:
        """Set a damaged file aside, carry what is readable over to a new one, and open that; returns the samples lost."""
        from agent.sinks.salvage import salvage  # noqa: PLC0415 - hardly ever needed

        waiting = self.tail - self.base
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
        if self._connection is not None and self._trimmed < self.base:
            with suppress(StoreError), self._transaction() as connection:
                self._trim(connection)
        self.shut()
        self.lock.release()


def _cost(chunk: Chunk) -> int:
    """Estimate what a chunk takes on disk, from above: a row that does not fit a page fills whole further pages."""
    size = len(chunk.payload) + ROW_OVERHEAD
    return size if size < PAGE // 8 else (size // (PAGE - 4) + 2) * PAGE

"""How much of its quota a spool's file takes, and how room is made in it."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Final

from agent.sinks.chunk import Chunk
from agent.sinks.files import log_of
from agent.sinks.rows import PAGE, WAL_SHARE, translated

_ROW_OVERHEAD: Final = 64
"""Bytes of a row beside its payload, estimated from above."""
_SHRINK_PAGES: Final = 2048
"""Pages that are given back at a time."""


class Pages:
    """The pages of a spool's file that are in use, and its write-ahead log, in bytes."""

    def __init__(self, path: Path, max_bytes: int) -> None:
        self._log: Final = log_of(path)
        log_share = min(WAL_SHARE, max_bytes // 4)
        self.limit: Final = max_bytes - log_share
        """What the file itself may take; the rest of the quota is the log's."""
        self.checkpoint: Final = max(8, log_share // 2 // PAGE)
        """Pages of the log after which it is folded into the file."""
        self.portion: Final = log_share // 4
        """Bytes of payloads that one commit may write: the log holds them, with what it held
        before it is folded and with the pages of rows that are deleted for room."""
        self.used = 0
        self._free = 0
        self._log_size = 0

    @property
    def disk_bytes(self) -> int:
        """What the spool took of its quota when it was last written."""
        return self.used + self._log_size

    def count(self, connection: sqlite3.Connection) -> None:
        """Look how much is in use now."""
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        free = connection.execute("PRAGMA freelist_count").fetchone()[0]
        self.used, self._free = (pages - free) * PAGE, free
        with suppress(OSError):
            self._log_size = self._log.stat().st_size

    def has_room(self, chunk: Chunk) -> bool:
        """Return whether a chunk fits into the quota."""
        return self.used + _cost(chunk) <= self.limit

    def make_room(self, connection: sqlite3.Connection, chunk: Chunk) -> int:
        """Delete the oldest rows until a chunk fits; returns the last id deleted, 0 if none was."""
        dropped_to = 0
        while not self.has_room(chunk):
            rows = connection.execute(
                "SELECT id, length(payload) FROM batch ORDER BY id LIMIT 64"
            ).fetchall()
            if not rows:
                break
            freed, wanted = 0, self.used + _cost(chunk) - self.limit
            for identity, size in rows:
                dropped_to = identity
                freed += size
                if freed >= wanted:
                    break
            connection.execute("DELETE FROM batch WHERE id <= ?", (dropped_to,))
            self.count(connection)
        return dropped_to

    def shrink(self, connection: sqlite3.Connection) -> None:
        """Give some of a large file that is nearly empty back to the disk."""
        if self._free > WAL_SHARE // PAGE and self._free * PAGE > 3 * self.used:
            with translated():  # a script, for execute() would free a single page
                connection.executescript(f"PRAGMA incremental_vacuum({_SHRINK_PAGES})")
                self.count(connection)


def _cost(chunk: Chunk) -> int:
    """Estimate what a chunk takes on disk, from above: a large row fills whole pages of its own."""
    size = len(chunk.payload) + _ROW_OVERHEAD
    return size if size < PAGE // 8 else (size // (PAGE - 4) + 2) * PAGE

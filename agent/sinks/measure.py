"""What a spool's file holds, seen from its first and last row alone, however large it is."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from agent.sinks.chunk import Chunk
from agent.sinks.rows import SELECT, Damaged, chunk_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What the file should hold by the lock file's mark, or by what this process knows."""

    base: int
    tail: int
    marked: bool
    """Whether the lock file had a mark. Without one a missing beginning is no damage."""
    kept_log: bool
    """Whether a copy of the log is there, from which lost rows may be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What the file holds, and how many samples are missing in it.

    `base` is the id just before its first sample that waits, `tail` that of its last sample.
    """

    base: int
    tail: int
    missing: int
    oldest_time: float | None


def measure(connection: sqlite3.Connection, expected: Expected) -> Found:
    """Compare the file with what is expected; raises Damaged where rows may be found elsewhere."""
    first = _one(connection, "WHERE id > ? ORDER BY id", (expected.base,))
    last = _one(connection, "ORDER BY id DESC", ())
    if first is None or last is None:
        missing = expected.tail - expected.base
        base = tail = max(expected.tail, last.id if last is not None else 0)
    else:
        missing = max(0, expected.tail - last.id)
        base, tail = max(expected.base, first.id - first.samples), last.id
        if expected.marked:
            missing += base - expected.base
    if missing and expected.kept_log:
        raise Damaged("rows are missing")
    oldest_time = first.time if first is not None and base < tail else None
    return Found(base=base, tail=tail, missing=missing, oldest_time=oldest_time)


def _one(connection: sqlite3.Connection, which: str, values: tuple[int, ...]) -> Chunk | None:
    row = connection.execute(f"{SELECT} {which} LIMIT 1", values).fetchone()
    if row is None:
        return None
    chunk = chunk_of(row)
    if chunk is None:
        raise Damaged("a row does not match its checksum")
    return chunk

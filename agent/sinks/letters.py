"""Dead letters: lines the database refuses for good, kept for a person to look at."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Final

from agent.sinks.rows import DeadLetter

MAX_REASON: Final = 500
"""Characters of a reason that are kept."""
MAX_CONTENT: Final = 64 * 1024
"""Bytes of a letter that are kept."""
_SIZE: Final = (
    "SELECT coalesce(sum(length(line) + length(reason)), 0), min(id), max(id) FROM dead_letter"
)


def insert_letters(
    connection: sqlite3.Connection, letters: Sequence[DeadLetter], most: int
) -> None:
    """Add letters, and delete the oldest until all take no more than `most` bytes.

    What is there already is not added again.
    """
    for letter in letters:
        connection.execute(
            "INSERT OR IGNORE INTO dead_letter (time, reason, line) VALUES (?, ?, ?)",
            (letter.time, letter.reason[:MAX_REASON], letter.content[:MAX_CONTENT]),
        )
    total, low, high = connection.execute(_SIZE).fetchone()
    while total > most and low < high:
        connection.execute("DELETE FROM dead_letter WHERE id <= ?", ((low + high) // 2,))
        total, low, high = connection.execute(_SIZE).fetchone()


def read_letters(connection: sqlite3.Connection) -> list[DeadLetter]:
    """Return all letters, oldest first."""
    rows = connection.execute("SELECT time, reason, line FROM dead_letter ORDER BY id").fetchall()
    return [DeadLetter(time=time, reason=reason, content=content) for time, reason, content in rows]

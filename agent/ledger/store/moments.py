"""When the sums of hours were written, so that they can be read as they were at an earlier time.

Every change of a sum has a number, its generation. Of each five minutes in which sums changed, the
first generation is kept with its time.
"""

from __future__ import annotations

import sqlite3
from typing import Final

_APART_MS: Final = 300_000


class MomentTable:
    """The table `moment`; times are in milliseconds."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def note(self, generation: int, time: int) -> None:
        """Store when a generation is written, unless another was a short time before."""
        row = self._db.execute("SELECT max(time) FROM moment").fetchone()
        if row[0] is None or not 0 <= time - row[0] < _APART_MS:
            self.mark(generation, time - 1)

    def mark(self, generation: int, time: int) -> None:
        """Store that a generation was not written up to a time; the latest such time is kept."""
        self._db.execute(
            "INSERT INTO moment VALUES (?, ?)"
            " ON CONFLICT (generation) DO UPDATE SET time = max(time, excluded.time)",
            (generation, time + 1),
        )

    def first(self) -> int | None:
        """Return since when the ledger remembers what its sums were; None where it does not."""
        row = self._db.execute("SELECT min(time) FROM moment").fetchone()
        return None if row[0] is None else int(row[0])

    def generation_at(self, time: int) -> int | None:
        """Return the last generation that was there at a time; None if it is still the last.

        Changes of the five minutes after it may be among them.
        """
        row = self._db.execute(
            "SELECT min(generation) FROM moment WHERE time > ?", (time,)
        ).fetchone()
        return None if row[0] is None else int(row[0]) - 1

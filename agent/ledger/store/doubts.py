"""The stored limits of error of meters' energies."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from agent.ledger.doubts import Doubt
from agent.ledger.store.changes import ChangeTable


class DoubtTable:
    """The table `doubt`."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._changes = ChangeTable(db)

    def replace(self, meter: int, first: int, last: int, found: Iterable[Doubt]) -> None:
        """Store what is in doubt between two times in place of what was known there.

        What a known doubt has outside of these times stays.
        """
        old = self.between(meter, first, last)
        outside = [
            part
            for one in old
            for part in (one.part(one.start, first), one.part(last, one.end))
            if part is not None
        ]
        new = sorted({*outside, *found})
        if new == old:
            return
        self._db.execute(
            "DELETE FROM doubt WHERE meter = ? AND start < ? AND stop > ?", (meter, last, first)
        )
        self._db.executemany(
            "INSERT OR IGNORE INTO doubt VALUES (?, ?, ?, ?, ?, ?)", [(meter, *one) for one in new]
        )
        self._changes.count("doubt")

    def between(self, meter: int, first: int, last: int) -> list[Doubt]:
        """Return a meter's doubts that lie between two times, also in part, in order of time."""
        rows = self._db.execute(
            "SELECT start, stop, uneven, loose, hidden FROM doubt WHERE meter = ? AND start < ?"
            " AND stop > ? ORDER BY start, stop, uneven, loose, hidden",
            (meter, last, first),
        )
        return [Doubt(*row) for row in rows]

    def all(self) -> dict[int, list[Doubt]]:
        """Return all doubts, by the meter's number, in order of time."""
        found: dict[int, list[Doubt]] = {}
        for meter, *rest in self._db.execute(
            "SELECT meter, start, stop, uneven, loose, hidden FROM doubt ORDER BY start"
        ):
            found.setdefault(meter, []).append(Doubt(*rest))
        return found

    def delete_pdus(self, before: int) -> None:
        """Delete the doubts of single PDUs that end before a time."""
        self._db.execute(
            "DELETE FROM doubt WHERE stop < ?"
            " AND meter IN (SELECT id FROM meter WHERE kind = 'pdu')",
            (before,),
        )

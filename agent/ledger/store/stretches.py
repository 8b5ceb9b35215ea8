"""The stored stretches of which only the total energy is known."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from agent.ledger.store.changes import ChangeTable
from agent.ledger.stretches import Stretch


class StretchTable:
    """The table `stretch`."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._changes = ChangeTable(db)

    def replace(self, meter: int, first: int, last: int, found: Iterable[Stretch]) -> None:
        """Store a meter's stretches between two times in place of those that were known there.

        What a known stretch has outside of these times stays.
        """
        old = self.between(meter, first, last)
        outside = [
            part
            for one in old
            for part in (one.part(one.start, first), one.part(last, one.end))
            if part is not None
        ]
        new = sorted([*outside, *found])
        if new == old:
            return
        self._db.executemany(
            "DELETE FROM stretch WHERE meter = ? AND start = ?", [(meter, one.start) for one in old]
        )
        self._db.executemany(
            "INSERT OR REPLACE INTO stretch VALUES (?, ?, ?, ?)", [(meter, *one) for one in new]
        )
        self._changes.count("stretch")

    def between(self, meter: int, first: int, last: int) -> list[Stretch]:
        """Return a meter's stretches that lie between two times, also in part, in order of time."""
        rows = self._db.execute(
            "SELECT start, stop, joules FROM stretch WHERE meter = ? AND start < ? AND stop > ?"
            " ORDER BY start",
            (meter, last, first),
        )
        return [Stretch(*row) for row in rows]

    def all(self) -> dict[int, list[Stretch]]:
        """Return all stretches, by the meter's number, in order of time."""
        found: dict[int, list[Stretch]] = {}
        for meter, *rest in self._db.execute(
            "SELECT meter, start, stop, joules FROM stretch ORDER BY start"
        ):
            found.setdefault(meter, []).append(Stretch(*rest))
        return found

    def delete_pdus(self, before: int) -> None:
        """Delete the stretches of single PDUs that end before a time."""
        self._db.execute(
            "DELETE FROM stretch WHERE stop < ?"
            " AND meter IN (SELECT id FROM meter WHERE kind = 'pdu')",
            (before,),
        )

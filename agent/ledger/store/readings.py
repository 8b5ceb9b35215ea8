"""The recent readings as they came: the source of every hour younger than the retention."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import NamedTuple

from agent.ledger.energy import ENERGY, POWER, TimedValue, floor_hour


class ReadingRow(NamedTuple):
    """One reading of one quantity of a meter; of each slot one reading is kept."""

    meter: int
    quantity: int
    slot: int
    time: int
    value: float
    interval: int


class ReadingTable:
    """The table `reading`."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def add(self, rows: Iterable[ReadingRow]) -> int:
        """Store readings; return how many were new.

        Of two readings in one slot the earlier stays, and of two at one time the smaller. So order
        and repetition change nothing.
        """
        cursor = self._db.executemany(
            "INSERT INTO reading VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
            " time = excluded.time, value = excluded.value, interval = excluded.interval"
            " WHERE (excluded.time, excluded.value, excluded.interval) < (time, value, interval)",
            rows,
        )
        return cursor.rowcount

    def before(self, meter: int, quantity: int, time: int) -> TimedValue | None:
        """Return the last reading before a time at which there is a reading."""
        row = self._db.execute(
            "SELECT time, value, interval FROM reading WHERE meter = ? AND quantity = ?"
            " AND slot <= ? AND time < ? ORDER BY slot DESC LIMIT 1",
            (meter, quantity, time, time),
        ).fetchone()
        return TimedValue(*row) if row else None

    def after(self, meter: int, quantity: int, time: int) -> TimedValue | None:
        """Return the first reading after a time at which there is a reading."""
        row = self._db.execute(
            "SELECT time, value, interval FROM reading WHERE meter = ? AND quantity = ?"
            " AND slot > ? ORDER BY slot LIMIT 1",
            (meter, quantity, time),
        ).fetchone()
        return TimedValue(*row) if row else None

    def between(self, meter: int, quantity: int, start: int, end: int) -> list[TimedValue]:
        """Return the readings between two times, and one beyond on either side."""
        key = (meter, quantity)
        rows = self._db.execute(
            "SELECT time, value, interval FROM reading WHERE meter = ? AND quantity = ?"
            " AND slot >= coalesce((SELECT max(slot) FROM reading"
            " WHERE meter = ? AND quantity = ? AND slot < ?), ?)"
            " AND slot <= coalesce((SELECT min(slot) FROM reading"
            " WHERE meter = ? AND quantity = ? AND slot >= ?), ?)"
            " ORDER BY slot",
            (*key, *key, start, start, *key, end, end),
        )
        return [TimedValue(*row) for row in rows]

    def delete_after(self, time: int) -> int:
        """Delete the readings later than a time; return how many."""
        return self._db.execute("DELETE FROM reading WHERE time > ?", (time,)).rowcount

    def delete_old(self, meters: Iterable[int], before: int) -> None:
        """Delete the readings of some meters older than a time that no hour needs any more.

        What stays are all readings of the last hour before that time in which the meter was heard,
        and the one before them. So this hour can still be computed whole, and a later reading has
        a partner, however long the meter was silent.
        """
        for meter in meters:
            for quantity in (POWER, ENERGY):
                last = self._last_slot(meter, quantity, before)
                if last is None:
                    continue
                first_needed = self._last_slot(meter, quantity, floor_hour(last))
                if first_needed is not None:
                    self._db.execute(
                        "DELETE FROM reading WHERE meter = ? AND quantity = ? AND slot < ?",
                        (meter, quantity, first_needed),
                    )

    def _last_slot(self, meter: int, quantity: int, before: int) -> int | None:
        row = self._db.execute(
            "SELECT max(slot) FROM reading WHERE meter = ? AND quantity = ? AND slot < ?",
            (meter, quantity, before),
        ).fetchone()
        return None if row[0] is None else int(row[0])

"""The recent readings as they came: the source of every hour younger than the retention."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import NamedTuple

from agent.ledger.energy import ENERGY, POWER, Span, TimedValue, floor_hour


class ReadingRow(NamedTuple):
    """One reading of one quantity of a meter; of each slot one reading is kept."""

    meter: int
    quantity: int
    slot: int
    time: int
    value: float
    interval: int


class Move(NamedTuple):
    """When a register began to show a value, and when it was last seen with another one before.

    `since` is the reading's slot. `before` is None where no reading is known before it.
    """

    since: int
    before: int | None


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

    def between(
        self, meter: int, quantity: int, start: int, end: int, *, beyond: int = 1
    ) -> list[TimedValue]:
        """Return the readings between two times, and so many beyond on either side."""
        key = (meter, quantity)
        rows = self._db.execute(
            "SELECT time, value, interval FROM reading WHERE meter = ? AND quantity = ?"
            " AND slot >= coalesce((SELECT min(slot) FROM (SELECT slot FROM reading"
            " WHERE meter = ? AND quantity = ? AND slot < ? ORDER BY slot DESC LIMIT ?)), ?)"
            " AND slot <= coalesce((SELECT max(slot) FROM (SELECT slot FROM reading"
            " WHERE meter = ? AND quantity = ? AND slot >= ? ORDER BY slot LIMIT ?)), ?)"
            " ORDER BY slot",
            (*key, *key, start, beyond, start, *key, end, beyond, end),
        )
        return [TimedValue(*row) for row in rows]

    def near(self, meter: int, start: int, end: int, *, count: int, time: int) -> Span:
        """Return the bounds of a register's readings that are near a stretch of time.

        They reach so much time beyond either end, and at least so many readings.
        """
        key = (meter, ENERGY)
        first = self._db.execute(
            "SELECT min(slot) FROM (SELECT slot FROM reading WHERE meter = ? AND quantity = ?"
            " AND slot < ? ORDER BY slot DESC LIMIT ?)",
            (*key, start, count),
        ).fetchone()[0]
        last = self._db.execute(
            "SELECT max(slot) FROM (SELECT slot FROM reading WHERE meter = ? AND quantity = ?"
            " AND slot > ? ORDER BY slot LIMIT ?)",
            (*key, end, count),
        ).fetchone()[0]
        return Span(
            start - time if first is None else min(first, start - time),
            end + time if last is None else max(last, end + time),
        )

    def last_move(self, meter: int, time: int) -> Move | None:
        """Return when a register began to show what it shows at a reading's time.

        None where there is no reading at or after that time.
        """
        row = self._db.execute(
            "SELECT slot, value FROM reading WHERE meter = ? AND quantity = ? AND slot >= ?"
            " ORDER BY slot LIMIT 1",
            (meter, ENERGY, time),
        ).fetchone()
        if row is None:
            return None
        slot, value = row
        lower = self._db.execute(
            "SELECT slot, time FROM reading WHERE meter = ? AND quantity = ? AND slot < ?"
            " AND value >= 0 AND value <> ? ORDER BY slot DESC LIMIT 1",
            (meter, ENERGY, slot, value),
        ).fetchone()
        since = self._db.execute(
            "SELECT min(slot) FROM reading WHERE meter = ? AND quantity = ? AND slot > ?",
            (meter, ENERGY, lower[0] if lower else -1),
        ).fetchone()[0]
        return Move(int(since), int(lower[1]) if lower else None)

    def delete_after(self, time: int) -> int:
        """Delete the readings later than a time; return how many."""
        return self._db.execute("DELETE FROM reading WHERE time > ?", (time,)).rowcount

    def delete_old(self, meters: Iterable[int], before: int) -> None:
        """Delete the readings of some meters older than a time that no hour needs any more.

        What stays are all readings of the last hour before that time in which the meter was heard,
        and the one before them. So this hour can still be computed whole, and a later reading has
        a partner, however long the meter was silent. If a register stood still all that time, the
        same stays of the hour in which it moved last, for it may catch up.
        """
        for meter in meters:
            for quantity in (POWER, ENERGY):
                last = self._last_slot(meter, quantity, before)
                if last is None:
                    continue
                first_needed = self._last_slot(meter, quantity, floor_hour(last))
                if first_needed is not None:
                    moved = self._moving_hour(meter, first_needed) if quantity == ENERGY else None
                    self._db.execute(
                        "DELETE FROM reading WHERE meter = ? AND quantity = ? AND slot < ?"
                        " AND slot NOT BETWEEN ? AND ?",
                        (meter, quantity, first_needed, *(moved or (0, -1))),
                    )

    def _moving_hour(self, meter: int, slot: int) -> Span | None:
        """Return the first and last slot of the hour in which a register moved before a slot."""
        move = self.last_move(meter, slot)
        if move is None or move.since == slot:
            return None
        first = self._last_slot(meter, ENERGY, floor_hour(move.since))
        return Span(move.since if first is None else first, move.since)

    def _last_slot(self, meter: int, quantity: int, before: int) -> int | None:
        row = self._db.execute(
            "SELECT max(slot) FROM reading WHERE meter = ? AND quantity = ? AND slot < ?",
            (meter, quantity, before),
        ).fetchone()
        return None if row[0] is None else int(row[0])

"""What each day came to for the racks and rows of a time zone, as the racks' room packs it."""

from __future__ import annotations

import sqlite3
from typing import Final, Literal, NamedTuple

Subject = Literal["racks", "rows"]


class PackedDay(NamedTuple):
    """One day (an ordinal of `datetime.date`) with the packed figures of one time zone."""

    day: int
    data: bytes


_SELECT: Final = {
    "racks": "SELECT day, racks FROM rack_day WHERE racks IS NOT NULL AND day = ?",
    "rows": "SELECT day, rows FROM rack_day WHERE rows IS NOT NULL AND day = ?",
}


class RackDayTable:
    """The table `rack_day`."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def made(self, zone: str) -> set[int]:
        """Return the days that are stored for a zone."""
        rows = self._db.execute("SELECT day FROM rack_day WHERE zone = ?", (zone,))
        return {day for (day,) in rows}

    def save(self, zone: str, day: int, *, racks: bytes, rows: bytes) -> None:
        """Store a day of a zone."""
        self._db.execute(
            "INSERT OR REPLACE INTO rack_day VALUES (?, ?, ?, ?)", (zone, day, racks, rows)
        )

    def delete_old(self, *, racks_before: int, rows_before: int) -> None:
        """Delete the racks' figures of days before one day, and everything before another."""
        self._db.execute("UPDATE rack_day SET racks = NULL WHERE day < ?", (racks_before,))
        self._db.execute("DELETE FROM rack_day WHERE day < ?", (rows_before,))

    def days(self) -> list[int]:
        """Return all days that are stored, the oldest first."""
        return [
            day for (day,) in self._db.execute("SELECT DISTINCT day FROM rack_day ORDER BY day")
        ]

    def of_day(self, subject: Subject, day: int) -> list[PackedDay]:
        """Return the figures of a day, one of each zone that has any."""
        return [PackedDay(*row) for row in self._db.execute(_SELECT[subject], (day,))]

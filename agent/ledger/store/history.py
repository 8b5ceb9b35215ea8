"""Earlier values of KPIs: one for each hour, and after some weeks one for each day."""

from __future__ import annotations

import sqlite3
from typing import Final

HOURLY_DAYS: Final = 35
_HOUR: Final = 3600
_DAY: Final = 86400


class HistoryTable:
    """The table `history`. Times are seconds since the epoch."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def add(self, kpi: str, hub: str, scope: str, time: float, value: float) -> None:
        """Store a value in place of an earlier one of the same hour."""
        self._db.execute(
            "INSERT INTO history VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
            " time = excluded.time, value = excluded.value WHERE excluded.time >= time",
            (kpi, hub, scope, int(time // _HOUR) * _HOUR, time, value),
        )

    def between(
        self, kpi: str, hub: str, scope: str, start: float, end: float
    ) -> list[tuple[float, float]]:
        """Return (time, value) in order of time; the end is not part of it."""
        rows = self._db.execute(
            "SELECT time, value FROM history WHERE kpi = ? AND hub = ? AND scope = ?"
            " AND time >= ? AND time < ? ORDER BY slot",
            (kpi, hub, scope, start, end),
        )
        return [(float(time), float(value)) for time, value in rows]

    def thin(self, now: float) -> None:
        """Of days more than five weeks ago, keep only the last value of the day (UTC)."""
        before = int((now - HOURLY_DAYS * _DAY) // _DAY) * _DAY
        self._db.execute(
            "DELETE FROM history WHERE slot < ? AND EXISTS (SELECT 1 FROM history later"
            " WHERE later.kpi = history.kpi AND later.hub = history.hub"
            " AND later.scope = history.scope AND later.slot > history.slot"
            f" AND later.slot < (history.slot / {_DAY} + 1) * {_DAY})",
            (before,),
        )

"""The history of KPI values: one an hour, and after some weeks one a day."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import sqlite3

HOURLY_DAYS: Final = 35
_HOUR: Final = 3600
_DAY: Final = 86400


def add(db: sqlite3.Connection, kpi: str, hub: str, scope: str, time: float, value: float) -> None:
    """Remember a value in place of an earlier one of the same hour."""
    db.execute(
        "INSERT INTO history VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET time = excluded.time, value = excluded.value"
        " WHERE excluded.time >= time",
        (kpi, hub, scope, int(time // _HOUR) * _HOUR, time, value),
    )


def find(
    db: sqlite3.Connection, kpi: str, hub: str, scope: str, start: float, end: float
) -> list[tuple[float, float]]:
    """Return (time, value) in order of time."""
    rows = db.execute(
        "SELECT time, value FROM history WHERE kpi = ? AND hub = ? AND scope = ? AND time >= ? AND time < ? ORDER BY slot",
        (kpi, hub, scope, start, end),
    )
    return [(float(time), float(value)) for time, value in rows]


def thin(db: sqlite3.Connection, now: float) -> None:
    """Of days long past keep the last value of the day (UTC)."""
    before = int((now - HOURLY_DAYS * _DAY) // _DAY) * _DAY
    db.execute(
        "DELETE FROM history WHERE slot < ? AND EXISTS (SELECT 1 FROM history later WHERE later.kpi = history.kpi"
        " AND later.hub = history.hub AND later.scope = history.scope AND later.slot > history.slot"
        " AND later.slot < (history.slot / 86400 + 1) * 86400)",
        (before,),
    )

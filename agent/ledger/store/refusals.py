"""How many readings of each meter were refused, by reason: by the hour, and later by the day.

What the readings of an hour come to may change while they are kept, and so may its refusals.
"""

from __future__ import annotations

import sqlite3
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple

from agent.ledger.energy import HOUR_MS, floor_hour
from agent.ledger.register_judge import Reason, Refusal

AT_REST: Final = "at_rest"
"""The reason of cells in which a meter stands at 0 though what it feeds draws power.

It does not follow from the meter's own readings, so these do not change it.
"""

_DAY_MS: Final = 24 * HOUR_MS
_MOST_MARKS: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedReadings:
    """How many readings of a meter were refused for a reason between two times, in milliseconds.

    `value` is the largest of them, in watts or joules (litres of water). Reasons are those of
    `hubgauge_ledger_rejected_readings_total`.
    """

    meter: int
    start: int
    stop: int
    reason: str
    count: int
    value: float


class RestedHour(NamedTuple):
    """In how many cells of an hour a meter stood at 0 though what it feeds drew power."""

    site: str
    meter: str
    point: str
    hour: int
    cells: int


class RefusalTable:
    """The tables `refusal` and `unsettled`."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def replace(
        self, meter: int, start: int, end: int, refusals: Iterable[Refusal]
    ) -> Counter[str]:
        """Store what was refused between two whole hours; return how many are new, by reason."""
        rows: dict[tuple[int, str], tuple[int, float]] = {}
        for one in refusals:
            if start <= one.time < end:
                key: tuple[int, str] = (floor_hour(one.time), one.reason)
                count, value = rows.get(key, (0, one.value))
                rows[key] = (count + 1, max(value, one.value))
        known = {
            (hour, reason): count
            for hour, reason, count in self._db.execute(
                "SELECT start, reason, count FROM refusal"
                f" WHERE meter = ? AND start >= ? AND start < ? AND reason != '{AT_REST}'",
                (meter, start, end),
            )
        }
        if not rows and not known:
            return Counter()
        self._db.execute(
            "DELETE FROM refusal"
            f" WHERE meter = ? AND start >= ? AND start < ? AND reason != '{AT_REST}'",
            (meter, start, end),
        )
        self._db.executemany(
            "INSERT INTO refusal VALUES (?, ?, ?, ?, ?, ?)",
            [
                (meter, hour, hour + HOUR_MS, reason, count, value)
                for (hour, reason), (count, value) in rows.items()
            ],
        )
        new: Counter[str] = Counter()
        for key, (count, _) in rows.items():
            new[key[1]] += max(0, count - known.get(key, 0))
        return new

    def between(self, meters: Iterable[int], start: int, end: int) -> list[RefusedReadings]:
        """Return what was refused of some meters in the hours and days that a time touches."""
        if not self._db.execute("SELECT 1 FROM refusal LIMIT 1").fetchone():
            return []  # as it mostly is
        wanted = sorted(meters)
        found: list[RefusedReadings] = []
        for n in range(0, len(wanted), _MOST_MARKS):
            part = wanted[n : n + _MOST_MARKS]
            rows = self._db.execute(
                "SELECT meter, start, stop, reason, count, value FROM refusal WHERE meter IN"
                f" ({','.join('?' * len(part))}) AND start < ? AND stop > ? ORDER BY start",
                (*part, end, start),
            )
            found += [
                RefusedReadings(
                    meter=meter, start=begin, stop=stop, reason=reason, count=count, value=value
                )
                for meter, begin, stop, reason, count, value in rows
            ]
        return found

    def thin(self, before: int) -> None:
        """Add up by the day (UTC) what was refused by the hour before a time.

        Hours at rest stay apart: each is asked for when it is summed again.
        """
        day = before - before % _DAY_MS
        old = f"start < ? AND stop - start < {_DAY_MS} AND reason != '{AT_REST}'"
        rows = self._db.execute(
            f"SELECT meter, start - start % {_DAY_MS}, reason, sum(count), max(value) FROM refusal"
            f" WHERE {old} GROUP BY 1, 2, 3",
            (day,),
        ).fetchall()
        if not rows:
            return
        self._db.execute(f"DELETE FROM refusal WHERE {old}", (day,))
        self._db.executemany(
            "INSERT OR REPLACE INTO refusal VALUES (?, ?, ?, ?, ?, ?)",
            [
                (meter, start, start + _DAY_MS, reason, count, value)
                for meter, start, reason, count, value in rows
            ],
        )

    def delete_pdus(self, before: int) -> None:
        """Delete what was refused of single PDUs before a time."""
        self._db.execute(
            "DELETE FROM refusal WHERE stop <= ?"
            " AND meter IN (SELECT id FROM meter WHERE kind = 'pdu')",
            (before,),
        )

    def add(self, meter: int, hour: int, reason: Reason, value: float) -> None:
        """Store that an hour of a meter is rejected: what it said, in joules (or litres)."""
        self._db.execute(
            "INSERT OR REPLACE INTO refusal VALUES (?, ?, ?, ?, ?, ?)",
            (meter, hour, hour + HOUR_MS, reason, 1, min(value, sys.float_info.max)),
        )

    # Hours in which a meter stands at 0 though what it feeds draws power.

    def note_rest(self, meter: int, hour: int, cells: int) -> int:
        """Store in how many cells of an hour a meter stands at 0 and cannot, if in any.

        Return how many more these are than were known.
        """
        key = (meter, hour, AT_REST)
        known = self._db.execute(
            "SELECT count FROM refusal WHERE meter = ? AND start = ? AND reason = ?", key
        ).fetchone()
        if cells:
            self._db.execute(
                "INSERT OR REPLACE INTO refusal VALUES (?, ?, ?, ?, ?, 0)",
                (meter, hour, hour + HOUR_MS, AT_REST, cells),
            )
        elif known:
            self._db.execute(
                "DELETE FROM refusal WHERE meter = ? AND start = ? AND reason = ?", key
            )
        return max(0, cells - (known[0] if known else 0))

    def has_rest(self, meters: Iterable[int], hour: int) -> bool:
        """Tell whether it is stored of any of some meters that it stood at 0 in an hour."""
        return any(
            self._db.execute(
                "SELECT 1 FROM refusal WHERE meter = ? AND start = ? AND reason = ?",
                (meter, hour, AT_REST),
            ).fetchone()
            for meter in meters
        )

    def rests(self, start: int) -> list[RestedHour]:
        """Return the hours since a time in which any meter stood at 0 and could not."""
        rows = self._db.execute(
            "SELECT m.site, m.name, m.point, r.start, r.count FROM refusal r"
            " JOIN meter m ON m.id = r.meter WHERE r.reason = ? AND r.stop > ?",
            (AT_REST, start),
        )
        return [RestedHour(*row) for row in rows]

    # Times of which later readings may say something else.

    def unsettled_since(self, meter: int) -> int | None:
        """Return since when a meter's readings are not settled; None where all are."""
        row = self._db.execute("SELECT since FROM unsettled WHERE meter = ?", (meter,)).fetchone()
        return None if row is None else int(row[0])

    def settle(self, meter: int, since: int | None) -> None:
        """Store since when a meter's readings are not settled."""
        if since is None:
            self._db.execute("DELETE FROM unsettled WHERE meter = ?", (meter,))
        else:
            self._db.execute("INSERT OR REPLACE INTO unsettled VALUES (?, ?)", (meter, since))

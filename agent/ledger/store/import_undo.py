"""What imports have replaced, so that one can be taken back."""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from agent.ledger.store.changes import ChangeTable, Subject

_ROWS: Final = {
    "stretch": "start < :last AND stop > :first",
    "doubt": "start < :last AND stop > :first",
    "unseen": "start < :last AND stop > :first",
    "lull": "start < :last AND stop > :first",
    "refusal": "start < :last AND stop > :first",
    "heard": "true",
    "register": "true",
    "imported_register": "true",
}
"""The tables of which an import replaces a meter's rows, and which of them."""

_COUNTED: Final[tuple[Subject, ...]] = (
    "stretch",
    "doubt",
    "unseen",
    "lull",
    "register",
    "heard",
)
"""What others remember of these tables until a change is counted."""

Row = list[float | int | str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class FormerHour:
    """An hour before an import: the cells it replaced, as bits, and what stood there.

    `data` are the packed cells in hexadecimal; None where nothing was stored.
    """

    hour: int
    mask: int
    imported: int
    data: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterBefore:
    """One meter before an import.

    `rows` are those that the import changed in other tables, between `first` and `last`.
    """

    meter: int
    first: int
    last: int
    hours: Sequence[FormerHour] = ()
    rows: Mapping[str, Sequence[Row]] = field(default_factory=dict)
    also_summed: Sequence[int] = ()
    """Hours whose sums the import changed though the meter's own energy is the same."""


class ImportUndoTable:
    """The tables `import_undo` and `import_undone`."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._changes = ChangeTable(db)

    def rows_of(self, meter: int, first: int, last: int) -> dict[str, Sequence[Row]]:
        """Return the rows of a meter that an import between two times may replace."""
        given = {"meter": meter, "first": first, "last": last}
        return {
            table: [
                list(row)
                for row in self._db.execute(
                    f"SELECT * FROM {table} WHERE meter = :meter AND {where}", given
                )
            ]
            for table, where in _ROWS.items()
        }

    def put_rows(self, before: MeterBefore) -> None:
        """Put a meter's rows back as they were."""
        given = {"meter": before.meter, "first": before.first, "last": before.last}
        for table in before.rows:
            where = _ROWS[table]
            self._db.execute(f"DELETE FROM {table} WHERE meter = :meter AND {where}", given)
            rows = before.rows[table]
            if rows:
                marks = ", ".join("?" * len(rows[0]))
                self._db.executemany(f"INSERT OR REPLACE INTO {table} VALUES ({marks})", rows)
        for subject in _COUNTED:
            self._changes.count(subject)

    def save(self, number: int, meters: Sequence[MeterBefore]) -> None:
        """Keep what an import replaces."""
        told = [
            [
                one.meter,
                one.first,
                one.last,
                [[each.hour, each.mask, each.imported, each.data] for each in one.hours],
                one.rows,
                list(one.also_summed),
            ]
            for one in meters
        ]
        data = zlib.compress(json.dumps(told, separators=(",", ":")).encode())
        self._db.execute("INSERT INTO import_undo VALUES (?, ?)", (number, data))

    def load(self, number: int) -> list[MeterBefore] | None:
        """Return what an import has replaced; None where it is not known."""
        row = self._db.execute(
            "SELECT data FROM import_undo WHERE number = ?", (number,)
        ).fetchone()
        if row is None:
            return None
        return [
            MeterBefore(
                meter=meter,
                first=first,
                last=last,
                hours=[
                    FormerHour(hour=hour, mask=mask, imported=imported, data=data)
                    for hour, mask, imported, data in hours
                ],
                rows=rows,
                also_summed=also,
            )
            for meter, first, last, hours, rows, also in json.loads(zlib.decompress(row[0]))
        ]

    def mark_undone(self, number: int, time: int, user: str) -> None:
        """Note that an import was taken back, and let go of what it had replaced."""
        self._db.execute("INSERT INTO import_undone VALUES (?, ?, ?)", (number, time, user))
        self._db.execute("DELETE FROM import_undo WHERE number = ?", (number,))

    def undone(self) -> dict[int, tuple[int, str]]:
        """Return the imports that were taken back: when, in milliseconds, and by whom."""
        rows = self._db.execute("SELECT number, time, user FROM import_undone")
        return {number: (time, user) for number, time, user in rows}

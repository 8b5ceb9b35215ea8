"""When each meter was first heard, live or in an import."""

from __future__ import annotations

import sqlite3

from agent.ledger.store.changes import ChangeTable


class HeardTable:
    """The table `heard`. Times are milliseconds."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._changes = ChangeTable(db)

    def save(self, meter: int, first: int) -> None:
        """Note that a meter was heard at a time; the earliest one stays."""
        saved = self._db.execute(
            "INSERT INTO heard VALUES (?, ?) ON CONFLICT DO UPDATE SET first = excluded.first"
            " WHERE excluded.first < first",
            (meter, first),
        )
        if saved.rowcount:
            self._changes.count("heard")

    def all(self) -> dict[int, int]:
        """Return when each meter was first heard."""
        return dict(self._db.execute("SELECT meter, first FROM heard").fetchall())

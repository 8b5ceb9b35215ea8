"""The meters that the ledger has heard of."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterRow:
    """A meter that the ledger has heard of.

    `kind` is meter, pdu, outlet, water or export. A kind `export` is the register in which a meter
    counts the energy that leaves the site.
    """

    id: int
    site: str
    name: str
    kind: str
    point: str


class MeterTable:
    """The table `meter`."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def add(self, site: str, name: str, kind: str, point: str) -> int:
        """Return the number of a meter, adding it if it is new; its point is what was said last."""
        row = self._db.execute(
            "INSERT INTO meter (site, name, kind, point) VALUES (?, ?, ?, ?)"
            " ON CONFLICT DO UPDATE SET point = excluded.point RETURNING id",
            (site, name, kind, point),
        ).fetchone()
        return int(row[0])

    def all(self) -> list[MeterRow]:
        """Return every meter."""
        return _rows(self._db.execute("SELECT id, site, name, kind, point FROM meter"))

    def named(self, name: str, site: str = "") -> list[MeterRow]:
        """Return the meters of a name, at one site or, without it, at any."""
        if site:
            rows = self._db.execute(
                "SELECT id, site, name, kind, point FROM meter WHERE site = ? AND name = ?",
                (site, name),
            )
        else:
            rows = self._db.execute(
                "SELECT id, site, name, kind, point FROM meter WHERE name = ?", (name,)
            )
        return _rows(rows)

    def count(self) -> int:
        """Return how many meters there are."""
        return int(self._db.execute("SELECT count(*) FROM meter").fetchone()[0])


def _rows(rows: sqlite3.Cursor) -> list[MeterRow]:
    return [
        MeterRow(id=number, site=site, name=name, kind=kind, point=point)
        for number, site, name, kind, point in rows
    ]

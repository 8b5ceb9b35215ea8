"""What is stored of a site as a whole: what its points were made of, and its counters."""

from __future__ import annotations

import sqlite3
from typing import NamedTuple


class ItChoice(NamedTuple):
    """At which point a site's IT energy is taken since a time (milliseconds)."""

    time: int
    point: str


class SiteTable:
    """The tables `boundary`, `it_choice` and `site_total`."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def change_boundary(self, site: str, point: str, digest: str) -> bool:
        """Store the digest of a point's meters; tell whether it is another than before."""
        row = self._db.execute(
            "SELECT digest FROM boundary WHERE site = ? AND point = ?", (site, point)
        ).fetchone()
        if row is not None and row[0] == digest:
            return False
        self._db.execute("INSERT OR REPLACE INTO boundary VALUES (?, ?, ?)", (site, point, digest))
        return True

    def it_choices(self, site: str) -> list[ItChoice]:
        """Return at which points a site's IT energy was taken, in order of time."""
        rows = self._db.execute(
            "SELECT time, point FROM it_choice WHERE site = ? ORDER BY time", (site,)
        )
        return [ItChoice(*row) for row in rows]

    def choose_it(self, site: str, choice: ItChoice) -> None:
        """Store where IT energy is taken from a time on."""
        self._db.execute("INSERT OR REPLACE INTO it_choice VALUES (?, ?, ?)", (site, *choice))

    def forget_it_choice(self, site: str, time: int) -> None:
        """Delete the choice of a time."""
        self._db.execute("DELETE FROM it_choice WHERE site = ? AND time = ?", (site, time))

    def total(self, site: str, name: str) -> float | None:
        """Return the largest value that a counter has shown."""
        row = self._db.execute(
            "SELECT amount FROM site_total WHERE site = ? AND name = ?", (site, name)
        ).fetchone()
        return None if row is None else float(row[0])

    def save_total(self, site: str, name: str, amount: float) -> None:
        """Store the value of a counter."""
        self._db.execute("INSERT OR REPLACE INTO site_total VALUES (?, ?, ?)", (site, name, amount))

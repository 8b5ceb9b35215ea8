"""What the inventory has listed at each point of a site, from when until when.

A row is closed when the place is no longer listed, or when it is listed with another content. So
the rows that were open at a time are the inventory as it then was, as far as sums depend on it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import NamedTuple


class ListedPlace(NamedTuple):
    """A place as it was listed from `listed` until `gone`, both in milliseconds.

    `gone` is None while it is still listed. `since` is from when on it counts; None for always.
    `content` is everything that its sums depend on, as JSON.
    """

    site: str
    point: str
    name: str
    listed: int
    gone: int | None
    since: int | None
    content: str


class ListedPlaceTable:
    """The table `listed_place`."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def of_site(self, site: str) -> list[ListedPlace]:
        """Return everything that was ever listed at a site, in order of time."""
        rows = self._db.execute(
            "SELECT site, point, name, listed, gone, since, content FROM listed_place"
            " WHERE site = ? ORDER BY listed, point, name",
            (site,),
        )
        return [ListedPlace(*row) for row in rows]

    def save(self, rows: Iterable[ListedPlace]) -> None:
        """Write rows, in place of those of the same place and time."""
        self._db.executemany(
            "INSERT OR REPLACE INTO listed_place VALUES (?, ?, ?, ?, ?, ?, ?)", rows
        )

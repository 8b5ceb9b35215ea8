"""Sums of hours that were replaced later, by an import or when they were summed again.

Only sums of settled hours are kept: those of which all readings had come. What replaced a sum, and
when, follows from the generations (`agent.ledger.store.moments`).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from agent.ledger.store.site_hours import SiteHour, unpack_site_hour

_COLUMNS: Final = "site, point, hour, mask, accuracy, meters, silent, data, generation"


@dataclass(frozen=True, slots=True, kw_only=True)
class AsOf:
    """A time at which the sums are to be read, in milliseconds.

    `generation` is the last one that was there then; None where nothing has changed since. Hours
    from `settled_before` on were not settled; of these the first settled sum is read.
    """

    time: int
    generation: int | None
    settled_before: int


class FormerHourTable:
    """The table `former_site_hour`."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def keep(self, site: str, hour: int, points: Iterable[str]) -> None:
        """Keep the sums of some points of an hour as they are now, before they are replaced.

        Where a sum is deleted, the other points of the hour get a new generation too.
        """
        self._db.executemany(
            f"INSERT OR IGNORE INTO former_site_hour ({_COLUMNS}) SELECT {_COLUMNS} FROM site_hour"
            " WHERE site = ? AND hour = ? AND point = ?",
            [(site, hour, point) for point in points],
        )

    def between(
        self, site: str, points: Iterable[str], start: int, end: int, as_of: AsOf
    ) -> dict[int, dict[str, SiteHour]]:
        """Return the hours of some points that begin between two times, as they once were."""
        found: dict[int, dict[str, SiteHour]] = {}
        for point in points:
            key = (site, point, start, min(end, as_of.time))
            rows = self._db.execute(
                "SELECT hour, generation, mask, accuracy, meters, silent, data FROM site_hour"
                " WHERE site = ? AND point = ? AND hour >= ? AND hour < ? UNION ALL"
                " SELECT hour, generation, mask, accuracy, meters, silent, data"
                " FROM former_site_hour WHERE site = ? AND point = ? AND hour >= ? AND hour < ?"
                " ORDER BY 1, 2",
                (*key, *key),
            )
            for hour, generation, mask, accuracy, meters, silent, data in rows:
                of_hour = found.setdefault(hour, {})
                is_known = as_of.generation is None or generation <= as_of.generation
                if is_known or (hour >= as_of.settled_before and point not in of_hour):
                    of_hour[point] = unpack_site_hour(
                        data, mask=mask, accuracy=accuracy, meters=meters, silent=silent
                    )
        return {hour: points for hour, points in found.items() if points}

"""The stored sums of a site's meters, point by point and hour by hour."""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from agent.ledger.energy import CELLS, FULL_MASK, HOUR_MS
from agent.ledger.store.changes import ChangeTable

_FOREVER: Final = 1 << 62
_JOULES: Final = struct.Struct(f"<{CELLS}d")
_JOULES_AND_VARIANCE: Final = struct.Struct(f"<{CELLS}dd")
_WITH_OWN: Final = struct.Struct(f"<{CELLS}ddf")
_THINNED: Final = struct.Struct(f"<{CELLS}ff")


class SiteHour(NamedTuple):
    """One point of one site in one hour; `joules` are by cell and count only where `mask` has it.

    The point `water` counts litres, and `carbon` kilograms. Of `meters` meters, `silent` were not
    heard. Of the meters' classes, `accuracy` is what they have in common, and `own` what each has
    of its own; both are limits of error in percent of the hour's energy. `thinned` tells how well
    readings of power tell the energy, in joules for each cell (`agent.ledger.thinning`); it is
    empty where everything is counted. `repeats` is how often the readings of one of the meters
    repeat themselves in the hour. `variance` is what earlier versions knew of that instead, in
    square joules for each cell.
    """

    mask: int
    joules: tuple[float, ...]
    accuracy: float
    meters: int
    silent: int
    variance: float = 0.0
    own: float = 0.0
    thinned: tuple[float, ...] = ()
    repeats: float = 1.0

    def over(self, mask: int) -> float:
        """Return the joules of some cells."""
        if mask == FULL_MASK:
            return sum(self.joules)
        return sum(value for n, value in enumerate(self.joules) if mask >> n & 1)


class SiteHourKey(NamedTuple):
    """Which hour of which point of which site."""

    site: str
    point: str
    hour: int


class ChangedHour(NamedTuple):
    """An hour of a site that has changed."""

    site: str
    hour: int


class SiteHourTable:
    """The tables `site_hour` and `unsummed`."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._changes = ChangeTable(db)

    # Hours that must be summed again.

    def mark_unsummed(self, site: str, point: str, hours: Iterable[int]) -> None:
        """Note that a point's hours must be summed again."""
        self._db.executemany(
            "INSERT OR IGNORE INTO unsummed (site, point, hour) VALUES (?, ?, ?)",
            [(site, point, hour) for hour in hours],
        )

    def latest_unsummed(self) -> int | None:
        """Return the latest hour that must be summed again; None where there is none."""
        row = self._db.execute("SELECT max(hour) FROM unsummed").fetchone()
        return None if row[0] is None else int(row[0])

    def unsummed_points(self, hour: int) -> list[tuple[str, str]]:
        """Return the (site, point) of an hour that must be summed again."""
        rows = self._db.execute("SELECT site, point FROM unsummed WHERE hour = ?", (hour,))
        return rows.fetchall()

    def mark_summed(self, hour: int) -> None:
        """Note that everything of an hour is summed."""
        self._db.execute("DELETE FROM unsummed WHERE hour = ?", (hour,))

    def count_unsummed(self, start: int, end: int) -> int:
        """Return how many hours between two times must be summed again."""
        row = self._db.execute(
            "SELECT count(DISTINCT hour) FROM unsummed WHERE hour >= ? AND hour < ?", (start, end)
        ).fetchone()
        return int(row[0])

    def hours_of(self, site: str, point: str, start: int | None, end: int | None) -> list[int]:
        """Return the hours of a point that have a sum and lie between two times, or parts of them.

        None is for any time.
        """
        rows = self._db.execute(
            "SELECT hour FROM site_hour WHERE site = ? AND point = ? AND hour > ? AND hour < ?",
            (
                site,
                point,
                -HOUR_MS if start is None else start - HOUR_MS,
                _FOREVER if end is None else end,
            ),
        )
        return [hour for (hour,) in rows]

    def last_hour(self, site: str, points: Iterable[str]) -> int | None:
        """Return the last hour of which any of some points has a sum; None where there is none."""
        found = [
            self._db.execute(
                "SELECT max(hour) FROM site_hour WHERE site = ? AND point = ?", (site, point)
            ).fetchone()[0]
            for point in points
        ]
        return max((hour for hour in found if hour is not None), default=None)

    def first_hour(self, site: str, points: Iterable[str]) -> int | None:
        """Return the first hour of which any of some points has a sum; None where there is none."""
        found = [
            self._db.execute(
                "SELECT min(hour) FROM site_hour WHERE site = ? AND point = ?", (site, point)
            ).fetchone()[0]
            for point in points
        ]
        return min((hour for hour in found if hour is not None), default=None)

    # The sums.

    def new_generation(self) -> int:
        """Return the number under which the next changes are written."""
        return self._changes.count("site_hour")

    def save(self, key: SiteHourKey, row: SiteHour, generation: int) -> None:
        """Write one sum."""
        self._db.execute(
            "INSERT OR REPLACE INTO site_hour VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *key,
                row.mask,
                row.over(row.mask),
                row.accuracy,
                row.meters,
                row.silent,
                _packed(row),
                generation,
            ),
        )

    def has(self, key: SiteHourKey) -> bool:
        """Tell whether there is a sum."""
        found = self._db.execute(
            "SELECT 1 FROM site_hour WHERE site = ? AND point = ? AND hour = ?", key
        )
        return found.fetchone() is not None

    def delete(self, key: SiteHourKey, points: Iterable[str], generation: int) -> None:
        """Delete one sum, so that nobody has heard anything of the point in that hour.

        Who keeps the hour in memory notices it by its other `points`.
        """
        self._db.execute("DELETE FROM site_hour WHERE site = ? AND point = ? AND hour = ?", key)
        self._db.executemany(
            "UPDATE site_hour SET generation = ? WHERE site = ? AND point = ? AND hour = ?",
            [(generation, key.site, point, key.hour) for point in points],
        )

    def holds(self, key: SiteHourKey, row: SiteHour) -> bool:
        """Tell whether a sum is stored already as it is to be written."""
        found = self._db.execute(
            "SELECT 1 FROM site_hour WHERE site = ? AND point = ? AND hour = ?"
            " AND mask = ? AND accuracy = ? AND meters = ? AND silent = ? AND data = ?",
            (*key, row.mask, row.accuracy, row.meters, row.silent, _packed(row)),
        )
        return found.fetchone() is not None

    def mask(self, key: SiteHourKey) -> int:
        """Return the covered cells of one sum, as bits; 0 where there is none."""
        row = self._db.execute(
            "SELECT mask FROM site_hour WHERE site = ? AND point = ? AND hour = ?", key
        ).fetchone()
        return int(row[0]) if row else 0

    def between(
        self, site: str, points: Iterable[str], start: int, end: int
    ) -> dict[int, dict[str, SiteHour]]:
        """Return the hours of some points that begin between two times, by hour and point."""
        found: dict[int, dict[str, SiteHour]] = {}
        for point in points:  # by name: SQLite would look at every hour to list the points
            rows = self._db.execute(
                "SELECT hour, mask, accuracy, meters, silent, data FROM site_hour"
                " WHERE site = ? AND point = ? AND hour >= ? AND hour < ?",
                (site, point, start, end),
            )
            for hour, mask, accuracy, meters, silent, data in rows:
                found.setdefault(hour, {})[point] = unpack_site_hour(
                    data, mask=mask, accuracy=accuracy, meters=meters, silent=silent
                )
        return found

    def last_generation(self) -> int:
        """Return the generation of the last change."""
        row = self._db.execute("SELECT coalesce(max(generation), 0) FROM site_hour").fetchone()
        return int(row[0])

    def changed_since(self, generation: int) -> tuple[int, set[ChangedHour]]:
        """Return the present generation, and the hours written since another by any process."""
        rows = self._db.execute(
            "SELECT site, hour, generation FROM site_hour WHERE generation > ?", (generation,)
        ).fetchall()
        latest = max((number for _, _, number in rows), default=generation)
        return latest, {ChangedHour(site, hour) for site, hour, _ in rows}

    def totals(self, site: str) -> dict[str, float]:
        """Return the energy of each point since the ledger began, over its covered time."""
        rows = self._db.execute(
            "SELECT point, sum(joules) FROM site_hour WHERE site = ? GROUP BY point", (site,)
        )
        return {point: float(total) for point, total in rows}

    def total(self, site: str, point: str, start: int, end: int) -> float:
        """Return the energy of one point over some hours (milliseconds)."""
        row = self._db.execute(
            "SELECT coalesce(sum(joules), 0.0) FROM site_hour"
            " WHERE site = ? AND point = ? AND hour >= ? AND hour < ?",
            (site, point, start, end),
        ).fetchone()
        return float(row[0])

    def uneven(self, site: str, points: Sequence[str]) -> list[int]:
        """Return the hours in which not all of some points have the same covered cells."""
        marks = ",".join("?" * len(points))
        rows = self._db.execute(
            f"SELECT hour FROM site_hour WHERE site = ? AND point IN ({marks})"
            " GROUP BY hour HAVING count(*) < ? OR min(mask) < max(mask) ORDER BY hour",
            (site, *points, len(points)),
        )
        return [hour for (hour,) in rows]


def _packed(row: SiteHour) -> bytes:
    """Write what is not in a column of its own."""
    data = _WITH_OWN.pack(*row.joules, row.variance, row.own)
    return data + _THINNED.pack(*row.thinned, row.repeats) if row.thinned else data


def unpack_site_hour(
    data: bytes, *, mask: int, accuracy: float, meters: int, silent: int
) -> SiteHour:
    """Read a row; those of earlier versions end after the joules or the variance."""
    joules = _JOULES.unpack_from(data)
    variance = own = 0.0
    thinned: list[float] = []
    repeats = 1.0
    if len(data) == _JOULES_AND_VARIANCE.size:
        *_, variance = _JOULES_AND_VARIANCE.unpack(data)
    elif len(data) > _JOULES.size:
        *_, variance, own = _WITH_OWN.unpack_from(data)
        if len(data) > _WITH_OWN.size:
            *thinned, repeats = _THINNED.unpack_from(data, _WITH_OWN.size)
    return SiteHour(mask, joules, accuracy, meters, silent, variance, own, tuple(thinned), repeats)

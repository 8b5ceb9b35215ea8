"""Every import of a file: when, by whom, and what it wrote."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportBatch:
    """One file that was imported for a site; times are in milliseconds.

    `sha256` is the digest of the file's bytes, in hexadecimal. `hours` of its `meters` are
    different since, between `first` and `last`.
    """

    time: int
    site: str
    file: str
    sha256: str
    user: str
    meters: int
    hours: int
    first: int
    last: int
    number: int = 0
    """Counted over all sites from 1 on; 0 before it is stored."""


class ImportBatchTable:
    """The table `import_batch`."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def add(self, batch: ImportBatch) -> int:
        """Store an import and return its number."""
        added = self._db.execute(
            "INSERT INTO import_batch (time, site, file, sha256, user, meters, hours, first, last)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                batch.time,
                batch.site,
                batch.file,
                batch.sha256,
                batch.user,
                batch.meters,
                batch.hours,
                batch.first,
                batch.last,
            ),
        )
        return added.lastrowid or 0

    def of_site(self, site: str, until: int | None = None) -> list[ImportBatch]:
        """Return a site's imports up to a time (milliseconds), or all, in order of time."""
        return self._read("site = ? AND (? IS NULL OR time <= ?)", site, until, until)

    def since(self, time: int) -> list[ImportBatch]:
        """Return the imports of all sites from a time on (milliseconds), in order of time."""
        return self._read("time >= ?", time)

    def _read(self, where: str, *values: str | int | None) -> list[ImportBatch]:
        rows = self._db.execute(
            "SELECT number, time, site, file, sha256, user, meters, hours, first, last"
            f" FROM import_batch WHERE {where} ORDER BY number",
            values,
        )
        return [
            ImportBatch(
                number=number,
                time=time,
                site=name,
                file=file,
                sha256=sha256,
                user=user,
                meters=meters,
                hours=hours,
                first=first,
                last=last,
            )
            for number, time, name, file, sha256, user, meters, hours, first, last in rows
        ]

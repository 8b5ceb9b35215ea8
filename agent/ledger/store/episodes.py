"""What happened and how long it lasted, kept for a year."""

from __future__ import annotations

import sqlite3
from typing import Final, NamedTuple

EPISODE: Final = """CREATE TABLE episode (
    since INTEGER, kind TEXT, site TEXT, row TEXT NOT NULL, subject TEXT, detail TEXT,
    former TEXT NOT NULL, until INTEGER, PRIMARY KEY (since, kind, site, subject, detail)
) WITHOUT ROWID"""
MOST: Final = 200_000
"""Episodes that are kept at most; the oldest ones are deleted first."""
_COLUMNS: Final = "since, kind, site, row, subject, detail, former, until"


class Episode(NamedTuple):
    """Something that lasted from a time until another, or lasts still; seconds since the epoch.

    `kind` is rack, device, promise or agent. `subject` is what it is about, `detail` what was the
    matter: a rack's need, a device's kind, a promise's state, or why the agent began anew.
    `former` is the state of a promise before.
    """

    since: float
    kind: str
    site: str
    row: str
    subject: str
    detail: str
    former: str = ""
    until: float | None = None


class EpisodeTable:
    """The table `episode`."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def save(self, one: Episode) -> None:
        """Store an episode, or when one that was open has ended."""
        self._db.execute(
            f"INSERT INTO episode ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT DO UPDATE SET until = excluded.until",
            (_ms(one.since), *one[1:7], None if one.until is None else _ms(one.until)),
        )

    def open(self) -> list[Episode]:
        """Return the episodes that last."""
        return self._read("WHERE until IS NULL ORDER BY since")

    def between(self, start: float, end: float, most: int) -> list[Episode]:
        """Return the episodes that lasted at some time between two times, the newest first."""
        return self._read(
            "WHERE since < ? AND (until IS NULL OR until >= ?) ORDER BY since DESC LIMIT ?",
            _ms(end),
            _ms(start),
            most,
        )

    def delete_old(self, before: float) -> None:
        """Delete what ended before a time, and what is too much."""
        self._db.execute("DELETE FROM episode WHERE until < ?", (_ms(before),))
        self._db.execute(
            "DELETE FROM episode WHERE until IS NOT NULL AND since <"
            " (SELECT since FROM episode ORDER BY since DESC LIMIT 1 OFFSET ?)",
            (MOST,),
        )

    def _read(self, where: str, *values: int) -> list[Episode]:
        rows = self._db.execute(f"SELECT {_COLUMNS} FROM episode {where}", values)
        return [
            Episode(
                since / 1000,
                kind,
                site,
                row,
                subject,
                detail,
                former,
                None if until is None else until / 1000,
            )
            for since, kind, site, row, subject, detail, former, until in rows
        ]


def _ms(seconds: float) -> int:
    return round(seconds * 1000)

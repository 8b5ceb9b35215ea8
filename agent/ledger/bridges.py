"""Stretches of which only the sum is known: a register's silence, a month's bill. Laid out evenly, they hold for the whole of them.

A window that holds such a stretch whole has its energy exactly. One that cuts through it takes its share by time alone, which
is uncertain: so the stretches are kept, and a PUE whose window cuts one says so in its uncertainty.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from agent.ledger.energy import HOUR_MS, MAX_GAP_INTERVALS, register_segments

if TYPE_CHECKING:
    import sqlite3

    from agent.ledger.energy import Raw, Segment

VARIATION: Final = 0.2
"""A load is taken to stay within so much of its mean over a stretch of which only the sum is known."""


class Bridge(NamedTuple):
    """A stretch of time, in milliseconds, and the energy of the whole of it, in joules."""

    start: int
    end: int
    joules: float

    def cut(self, start: int, end: int) -> float:
        """Return the joules that a window from `start` to `end` takes by time alone; what is left out is as uncertain."""
        inside = min(self.end, end) - max(self.start, start)
        outside = self.end - self.start - inside
        return self.joules * min(inside, outside) / (self.end - self.start) if inside > 0 else 0.0

    def part(self, start: int, end: int) -> Bridge | None:
        """Return the part between two times within it; None where that is nothing."""
        return (
            Bridge(start, end, self.joules * (end - start) / (self.end - self.start))
            if start < end
            else None
        )


def of_register(
    energy: Sequence[Raw], *, rating: float | None, wrap: float | None
) -> Iterator[Bridge]:
    """Find the silences in a register's readings that its difference bridges."""
    for before, after in pairwise(energy):
        elapsed = after.time - before.time
        if elapsed > MAX_GAP_INTERVALS * max(before.interval, after.interval):
            yield from of_segments(
                register_segments((before, after), rating=rating, wrap=wrap)[0], longer_than=0
            )


def of_segments(segments: Iterable[Segment], *, longer_than: int = HOUR_MS) -> Iterator[Bridge]:
    """Turn even stretches longer than some milliseconds into bridges."""
    for one in segments:
        if one.end - one.start > longer_than:
            yield Bridge(one.start, one.end, one.joules(one.start, one.end))


def note(
    db: sqlite3.Connection, meter: int, first: int, last: int, found: Iterable[Bridge]
) -> None:
    """Keep a meter's bridges between two times; of those that were known there, what lies outside stays."""
    query = "SELECT start, stop, joules FROM bridge WHERE meter = ? AND start < ? AND stop > ? ORDER BY start"
    old = [Bridge(*row) for row in db.execute(query, (meter, last, first))]
    kept = [
        part
        for one in old
        for part in (one.part(one.start, first), one.part(last, one.end))
        if part is not None
    ]
    new = sorted([*kept, *found])
    if new == old:
        return
    db.executemany(
        "DELETE FROM bridge WHERE meter = ? AND start = ?", [(meter, one.start) for one in old]
    )
    db.executemany(
        "INSERT OR REPLACE INTO bridge VALUES (?, ?, ?, ?)", [(meter, *one) for one in new]
    )
    db.execute("INSERT OR REPLACE INTO state VALUES ('bridges', ?)", (str(version(db) + 1),))


def version(db: sqlite3.Connection) -> int:
    """Return a number that is another whenever a bridge is."""
    row = db.execute("SELECT value FROM state WHERE key = 'bridges'").fetchone()
    return int(row[0]) if row else 0


def known(db: sqlite3.Connection) -> dict[int, list[Bridge]]:
    """Return all bridges, by the meter's number."""
    found: dict[int, list[Bridge]] = {}
    for meter, *rest in db.execute("SELECT meter, start, stop, joules FROM bridge ORDER BY start"):
        found.setdefault(meter, []).append(Bridge(*rest))
    return found

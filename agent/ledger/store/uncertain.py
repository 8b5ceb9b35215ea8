"""What is stored of a meter's stretches of time: their total energies, or limits of error."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from typing import Final, Generic, Protocol, Self, TypeVar

from agent.ledger.store.changes import ChangeTable, Subject


class _OfTime(Protocol):
    """Times in milliseconds, and energies in joules."""

    @property
    def start(self) -> int: ...

    @property
    def end(self) -> int: ...

    def part(self, start: int, end: int) -> Self | None: ...

    def __iter__(self) -> Iterator[float]: ...


Uncertain = TypeVar("Uncertain", bound=_OfTime)


class UncertainTable(Generic[Uncertain]):
    """The table `stretch`, `doubt`, `unseen` or `lull`: a meter, start, stop and energies."""

    def __init__(
        self, db: sqlite3.Connection, table: Subject, energies: str, make: Callable[..., Uncertain]
    ) -> None:
        self._db = db
        self._changes = ChangeTable(db)
        self.subject: Final = table
        self._columns = f"start, stop, {energies}"
        self._marks = ", ".join("?" * (2 + self._columns.count(",")))
        self._make = make

    def replace(self, meter: int, first: int, last: int, found: Iterable[Uncertain]) -> None:
        """Store what lies between two times in place of what was known there.

        What is known outside of these times stays.
        """
        old = self.between(meter, first, last)
        outside = [
            part
            for one in old
            for part in (one.part(one.start, first), one.part(last, one.end))
            if part is not None
        ]
        new = sorted({*outside, *found}, key=tuple)
        if new == old:
            return
        self._db.execute(
            f"DELETE FROM {self.subject} WHERE meter = ? AND start < ? AND stop > ?",
            (meter, last, first),
        )
        self._db.executemany(
            f"INSERT OR REPLACE INTO {self.subject} VALUES ({self._marks})",
            [(meter, *one) for one in new],
        )
        self._changes.count(self.subject)

    def between(self, meter: int, first: int, last: int) -> list[Uncertain]:
        """Return what lies between two times of a meter, also in part, in order of time."""
        rows = self._db.execute(
            f"SELECT {self._columns} FROM {self.subject} WHERE meter = ? AND start < ?"
            f" AND stop > ? ORDER BY {self._columns}",
            (meter, last, first),
        )
        return [self._make(*row) for row in rows]

    def all(self) -> dict[int, list[Uncertain]]:
        """Return everything, by the meter's number, in order of time."""
        found: dict[int, list[Uncertain]] = {}
        for meter, *rest in self._db.execute(
            f"SELECT meter, {self._columns} FROM {self.subject} ORDER BY start"
        ):
            found.setdefault(meter, []).append(self._make(*rest))
        return found

    def delete_pdus(self, before: int) -> None:
        """Delete what single PDUs have that ends before a time."""
        self._db.execute(
            f"DELETE FROM {self.subject} WHERE stop < ?"
            " AND meter IN (SELECT id FROM meter WHERE kind = 'pdu')",
            (before,),
        )

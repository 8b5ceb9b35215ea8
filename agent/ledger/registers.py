"""The step an energy register counts in, learned from what it shows, and kept in the ledger for what is uncertain by it.

A register of 0.1 kWh says little about five minutes. Profiles know a scale and not always what the device does with it (a
transformer's ratio, a float's last bit, tenths shown of kilowatt-hours counted), so the step is the greatest common divisor of
all differences seen, to one joule. It comes down to the truth from above: before it is known it is taken as too large.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import gcd
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    import sqlite3

_KEY: Final = "register:"
_KEY_END: Final = "register;"
_VERSION: Final = "registers"
_SURE: Final = 60
"""After so many differences the step seen in this run stands by itself: a meter may have been exchanged meanwhile."""


class Step:
    """The step of one register, as far as it has shown itself; `joules` is 0 while it has not moved."""

    __slots__ = ("_first", "joules", "moves")

    def __init__(self) -> None:
        self._first: int | None = None
        self.joules = 0
        self.moves = 0

    def see(self, value: float) -> None:
        """Learn from a reading, in joules."""
        shown = round(value)
        if self._first is None:
            self._first = shown
        elif shown != self._first:
            self.joules = gcd(self.joules, shown - self._first)
            self.moves += 1


def step_of(values: Iterable[float]) -> int:
    """Return the step in which some readings of one register differ, in joules; 0 where they do not."""
    step = Step()
    for value in values:
        step.see(value)
    return step.joules


class Register(NamedTuple):
    """What is kept of a meter's register: its step in joules, 0 while it has not moved, and when it was first read."""

    step: int
    since: int


def note(db: sqlite3.Connection, meter: int, step: Step, first: int) -> None:
    """Keep the step of a meter's register, and the earliest time at which it was read (milliseconds)."""
    key = f"{_KEY}{meter}"
    row = db.execute("SELECT value FROM state WHERE key = ?", (key,)).fetchone()
    known = _read(row[0]) if row is not None else None
    joules = step.joules if known is None or step.moves >= _SURE else gcd(known.step, step.joules)
    found = Register(joules, first if known is None else min(first, known.since))
    if found != known:
        db.execute(
            "INSERT OR REPLACE INTO state VALUES (?, ?)", (key, f"{found.step} {found.since}")
        )
        db.execute("INSERT OR REPLACE INTO state VALUES (?, ?)", (_VERSION, str(version(db) + 1)))


def _read(text: str) -> Register:
    return Register(*map(int, text.split()))


def version(db: sqlite3.Connection) -> int:
    """Return a number that is another whenever something is."""
    row = db.execute("SELECT value FROM state WHERE key = ?", (_VERSION,)).fetchone()
    return int(row[0]) if row is not None else 0


def known(db: sqlite3.Connection) -> dict[int, Register]:
    """Return the registers there are, by the meter's number."""
    rows = db.execute("SELECT key, value FROM state WHERE key >= ? AND key < ?", (_KEY, _KEY_END))
    return {int(key.removeprefix(_KEY)): _read(value) for key, value in rows}

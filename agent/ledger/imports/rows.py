"""The rows of one meter as a file has them, and what they make."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from agent.ledger.doubts import Uncertain
from agent.ledger.imports.periods import Period
from agent.ledger.imports.put import ImportedHour
from agent.ledger.imports.refusals import Refused
from agent.ledger.register_judge import Refusal
from agent.ledger.register_steps import ImportedRegister
from agent.ledger.stretches import Stretch

NO_POWER: Final = -1.0
"""Stands for a power that was refused, in watts: nothing is known of the time about it."""


class Rows:
    """The rows of one meter: times in milliseconds, values in joules, watts or litres.

    `ends` are when the rows end, in a file that says it; else it is empty. `lines` are the lines of
    the file that they stood in. `repeated` is how many rows were left out as they said what another
    row had said already.
    """

    __slots__ = ("ends", "lines", "repeated", "times", "values")

    def __init__(self) -> None:
        self.times, self.values, self.lines = array("q"), array("d"), array("q")
        self.ends = array("q")
        self.repeated = 0

    def __len__(self) -> int:
        return len(self.times)

    def add(self, time: int, value: float, line: int, end: int | None = None) -> None:
        """Take a row."""
        self.times.append(time)
        self.values.append(value)
        self.lines.append(line)
        if end is not None:
            self.ends.append(end)

    def said(self, row: int) -> tuple[float, int | None]:
        """Return what a row says: its value, and its end where the file has one."""
        return self.values[row], self.ends[row] if self.ends else None

    def keep(self, order: Sequence[int]) -> None:
        """Keep some rows, in an order of their places."""
        self.times = array("q", [self.times[n] for n in order])
        self.values = array("d", [self.values[n] for n in order])
        self.lines = array("q", [self.lines[n] for n in order])
        if self.ends:
            self.ends = array("q", [self.ends[n] for n in order])

    def sort(self) -> list[tuple[int, int]]:
        """Put rows in order of time, and keep one of each time.

        A row that repeats what the kept one of its time says is counted in `repeated`. For each
        that says something else, returns both lines, the later one first.
        """
        if not any(map(int.__ge__, self.times, self.times[1:])):
            return []
        kept: list[int] = []
        differing: list[tuple[int, int]] = []
        for n in sorted(range(len(self)), key=self.times.__getitem__):
            if not kept or self.times[kept[-1]] != self.times[n]:
                kept.append(n)
            elif self.said(kept[-1]) != self.said(n):
                one, other = self.lines[n], self.lines[kept[-1]]
                differing.append((max(one, other), min(one, other)))
            else:
                self.repeated += 1
        self.keep(kept)
        return differing


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """What a user says of a file's rows.

    `cumulative`: the values are a register's; `interval_values`: they are energies, though they
    only ever rise. `interval`: how long a row lasts that does not last to the next one.
    `stamped_at_end`: a row's time is when its interval ended. `now`: no row lasts beyond this time,
    in milliseconds.
    """

    cumulative: bool = False
    interval_values: bool = False
    interval: Period | None = None
    stamped_at_end: bool = False
    now: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """Rows that were taken to last for a period, because the others do: from when to when each."""

    period: Period
    rows: Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class LaidOut:
    """A meter's energy by hour, its stretches of which only the total is known, and other doubts.

    `register` says in which steps a register counts; None where the rows are not a register's.
    `first_read` is the time of the first reading, in milliseconds; None where the rows are
    energies. `refused` are rows that cannot be, each with its line. `rejected` are readings that
    do not fit those near by. `guess` is what was guessed of the rest.
    """

    hours: dict[int, ImportedHour] = field(default_factory=dict)
    stretches: list[Stretch] = field(default_factory=list)
    doubts: Sequence[Uncertain] = ()
    register: ImportedRegister | None = None
    first_read: int | None = None
    refused: Sequence[tuple[int, Refused]] = ()
    rejected: Sequence[Refusal] = ()
    guess: Guess | None = None

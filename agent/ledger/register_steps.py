"""The step in which an energy register counts, learned from its readings.

A register of 0.1 kWh says little about five minutes. A profile knows a scale, but not always what
the device makes of it: a transformer's ratio, a float's last bit, tenths shown of kilowatt-hours
counted. So the step is the greatest common divisor of all differences seen, to one joule. While
few readings are known the step is taken as too large; it comes down to the true one.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import gcd
from typing import Final, NamedTuple

_SURE: Final = 60
"""After this many differences, the step seen in this run replaces the stored one.

The meter may have been exchanged meanwhile. But rises that are all alike say nothing: at a constant
load, each refresh adds the same.
"""


class Step:
    """The step of one register as far as it is known; `joules` is 0 while it has not moved."""

    __slots__ = ("_are_alike", "_first", "_last", "_rise", "is_anew", "joules", "moves")

    def __init__(self) -> None:
        self.is_anew = False
        """Whether the register was reset or exchanged, so that it may be another one's step."""
        self._forget()

    def _forget(self) -> None:
        self._first: int | None = None
        self._last = self._rise = 0
        self._are_alike = True
        self.joules = 0
        self.moves = 0

    @property
    def is_sure(self) -> bool:
        """Tell whether it may replace a finer one that was known before."""
        return self.moves >= _SURE and not self._are_alike

    def begin_anew(self) -> None:
        """Forget what was learned: from here on it may be another meter."""
        self._forget()
        self.is_anew = True

    def learn(self, value: float) -> None:
        """Learn from a reading, in joules."""
        shown = round(value)
        if self._first is None:
            self._first = self._last = shown
        elif shown != self._first:
            self.joules = gcd(self.joules, shown - self._first)
        self.moves += shown != self._last
        rise, self._last = shown - self._last, shown
        if rise > 0:
            self._are_alike = self._are_alike and self._rise in (0, rise)
            self._rise = rise


def step_of(values: Iterable[float]) -> int:
    """Return the step in which readings of one register differ, in joules; 0 if they are equal."""
    step = Step()
    for value in values:
        step.learn(value)
    return step.joules


class ImportedRegister(NamedTuple):
    """What is known of a register whose readings came from files.

    `step` is in joules. `until` is the time of its last reading, in milliseconds. A file may tell a
    register in other steps than the meter itself.
    """

    step: int
    until: int


class Register(NamedTuple):
    """What the ledger knows of a meter's register.

    `step` is in joules, 0 while the register has not moved. `since` is the time of its first
    reading, in milliseconds.
    """

    step: int
    since: int

    @classmethod
    def learned(cls, known: Register | None, step: Step, first: int) -> Register:
        """Combine what was known with the step and the earliest reading of this run."""
        if known is None:
            return cls(step.joules, first)
        if step.is_anew:  # a window over the exchange has readings of both
            joules = step.joules if step.moves >= _SURE else max(known.step, step.joules)
        else:
            joules = step.joules if step.is_sure else gcd(known.step, step.joules)
        return cls(joules, min(first, known.since))

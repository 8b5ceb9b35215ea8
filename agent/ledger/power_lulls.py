"""Times in which the power of a utility meter reads 0, and what it lacks in them.

It rests by turns with other supplies, or it is dead; `agent.ledger.lulls` does the same for
registers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from agent.ledger.doubts import Doubt, Lull
from agent.ledger.energy import CELL_MS, TimedValue
from agent.ledger.lulls import LONG_MS, cell_after, lull_of
from agent.ledger.segments import longest_gap

_LEVEL: Final = 3
"""Readings of power on either side that tell what is usual."""

_NOTHING: Final = 100.0
"""Watts. A meter that reads no more than this stands at 0."""


class Lulls(NamedTuple):
    """What is found of readings of power, and the time from which later ones may change it."""

    found: list[Lull]
    open_since: int | None


def may_lull(readings: Sequence[TimedValue]) -> bool:
    """Tell whether any of some readings of power stands at 0."""
    return any(0 <= one.value <= _NOTHING for one in readings)


def power_lulls(readings: Sequence[TimedValue], wild: Sequence[Doubt]) -> Lulls:
    """Return where power, in order of time, stands at 0, and what it lacks.

    There are no readings where any was refused. What is within a `wild` time may be false, so it
    tells nothing of what is usual.
    """
    if wild:
        readings = [one for one in readings if not any(w.start < one.time < w.end for w in wild)]
    found: list[Lull] = []
    open_since = None
    n = 0
    while n < len(readings):
        end = n
        while end < len(readings) and 0 <= readings[end].value <= _NOTHING:
            end += 1
        if end > n:
            run = _Run(readings, n, end)
            found += run.lulls()
            if run.is_open and not run.is_long:
                open_since = run.start
        n = end + 1
    return Lulls(found, open_since)


class _Run:
    """Readings at 0 from one place to just before another, with the reading on either side."""

    def __init__(self, readings: Sequence[TimedValue], first: int, last: int) -> None:
        self._known = readings[max(0, first - 1) : last + 1]
        self.is_open = last == len(readings)
        self._low = (readings[first].time, readings[last - 1].time)
        self.is_long = self._low[1] - self._low[0] >= LONG_MS
        self._before = _level(readings[max(0, first - _LEVEL) : first][::-1])
        self._after = _level(readings[last : last + _LEVEL])
        self.start = self._known[0].time

    def lulls(self) -> Iterator[Lull]:
        """Return what is lacking in it."""
        start, end = self._known[0].time, self._known[-1].time
        if not self.is_long:
            yield from self._lull(start, end, max(self._before, self._after))
            return
        yield from self._lull(start, cell_after(self._low[0]), self._before)
        yield from self._lull(self._low[1] - self._low[1] % CELL_MS, end, self._after)

    def _lull(self, start: int, end: int, usual: float) -> Iterator[Lull]:
        """Return what is lacking between two times against so many watts, where it is covered.

        A hole parts it: what is lacking lies on its sides.
        """
        since, joules = start, 0.0
        for before, after in pairwise(self._known):
            if after.time - before.time > longest_gap(before.interval, after.interval):
                yield from lull_of(since, min(end, before.time), joules, usual / 1000.0)
                since, joules = max(start, after.time), 0.0
                continue
            first, last = max(start, before.time), min(end, after.time)
            if first < last:
                mean = (before.value + after.value) / 2.0
                joules += (last - first) * max(0.0, usual - mean) / 1000.0
        yield from lull_of(since, end, joules, usual / 1000.0)


def _level(readings: Sequence[TimedValue]) -> float:
    """Return the middle one of a few powers beside a run; 0 if there is none. One may be wild."""
    watts = sorted(one.value for one in readings)
    return watts[(len(watts) - 1) // 2] if watts else 0.0

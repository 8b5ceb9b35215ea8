"""Times in which a utility meter counted next to nothing, and what it lacks in them.

It rests by turns with other supplies, or it is dead. Its own readings do not tell which. Where it
stands at 0 for long, its cells are judged, and those in which that begins and ends are in doubt.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise, takewhile
from statistics import median
from typing import Final, NamedTuple

from agent.ledger.doubts import Lull
from agent.ledger.energy import CELL_MS, HOUR_MS, TimedValue
from agent.ledger.increase import LEAST_EXCESS_MS, Increase
from agent.ledger.segments import longest_gap

LONG_MS: Final = HOUR_MS
"""Milliseconds. Of what stands at 0 for as long, only the cells at either end are in doubt."""

_ALIKE_MS: Final = 6 * HOUR_MS
"""Milliseconds. Over a longer time a load need not be like that before and after."""

_LONGER: Final = 1.5
"""A register stands still for long if it does so for more than this many times as long as usual."""

_BESIDE: Final = 4
"""Increases on either side, of which one may be that in which the meter died, or came back."""

_NEAR: Final = 10
"""Increases on either side that tell how long a register usually takes to move."""

_MANY: Final = 60
"""Increases on either side that tell how a load goes up and down."""

_LOW: Final = 0.7
"""A meter that was dead between two readings counts less than this share of what it did beside."""

_OFTEN: Final = 8
"""A load that is low in so many of them is off now and then."""

_SLACK: Final = 1.2
"""Steps that a register may lack by how it is read."""

_TEN_WH: Final = 36_000
"""Joules. Registers count in whole tens of watt-hours, or finer. A constant load that is read each
few minutes makes other steps of itself."""

_LEVEL: Final = 3
"""Readings of power on either side that tell what is usual."""

_NOTHING: Final = 100.0
"""Watts. A meter that reads no more than this stands at 0."""


class Lulls(NamedTuple):
    """What is found of readings of power, and the time from which later ones may change it."""

    found: list[Lull]
    open_since: int | None


def stands_long(times: Sequence[int]) -> bool:
    """Tell whether a register once took longer to move than it mostly does; in milliseconds."""
    return bool(times) and max(times) > _LONGER * median(times)


def dips(moves: Sequence[float], times: Sequence[int], step: float) -> bool:
    """Tell whether a register once counted far less than just before or after.

    It moved by so many joules, in so many milliseconds each.
    """
    rates = [joules / time for joules, time in zip(moves, times, strict=True)]
    return any(
        rate < _LOW * (usual := max(rates[max(0, n - 1) : n + 2]))
        and (usual - rate) * times[n] > _slack(step)
        for n, rate in enumerate(rates)
    )


# Of a register.


def register_lulls(
    increases: Sequence[Increase], step: float, told: Sequence[float], low: Sequence[float]
) -> Iterator[Lull]:
    """Return where a register stood still for long, or rose by less than usual, and what it lacks.

    `step` is the register's, in joules. `told` is what is in doubt of each increase anyway, in
    joules, and `low` by how much it is below what is usual near by.
    """
    known = _Increases(increases, step)
    done = set[int]()
    for n, one in enumerate(increases):
        if n in done or not ((one.seen > one.since and known.took_long(n)) or known.is_low(n)):
            continue
        before, after = known.touching(n, -1), known.touching(n, 1)
        first, last = n - len(before[:1]), n + len(after[:1])
        done |= {first, n, last}
        if one.laid - one.since >= LONG_MS:
            yield from _ends_of(one, before, after)
        elif one.end - one.since <= _ALIKE_MS:
            usual = _usual(before, after)
            parts = increases[first : last + 1]
            lacks = [max(0.0, usual * (each.end - each.since) - each.joules) for each in parts]
            if sum(lacks) > max(known.slack, usual * LEAST_EXCESS_MS):
                for each, lack, anyway in zip(parts, lacks, told[first : last + 1], strict=True):
                    yield from _lull(each.since, each.end, lack - anyway, 0.0)
    for n, one in enumerate(increases):
        is_brief = one.laid - one.since < LONG_MS and one.end - one.since <= _ALIKE_MS
        lacking = low[n] - told[n]
        if is_brief and n not in done and lacking > known.slack:
            yield Lull(one.since, one.end, lacking)


class _Increases:
    """The increases of a register, and what is usual near each; `step` is in joules."""

    def __init__(self, increases: Sequence[Increase], step: float) -> None:
        self._all = increases
        self.slack = _slack(step)
        """What it may lack as a step comes early or late, in joules."""

    def took_long(self, n: int) -> bool:
        """Tell whether it took longer to move than usual."""
        one, near = self._all[n], self._near(n, _NEAR)
        usual = median(each.end - each.since for each in near) if near else math.inf
        return one.end - one.since > _LONGER * usual

    def is_low(self, n: int) -> bool:
        """Tell whether an increase is far less than those beside it, and few are so.

        The meter died, or came back, between two readings. A load that comes and goes is low often.
        """
        usual = _LOW * _usual(self.touching(n, -1), self.touching(n, 1))
        if self._all[n].rate >= usual:
            return False
        return sum(each.rate < usual for each in self._near(n, _MANY)) < _OFTEN

    def touching(self, n: int, way: int) -> list[Increase]:
        """Return those that follow one without a break, forwards or back, the next first."""
        found: list[Increase] = []
        last = self._all[n]
        for place in range(n + way, n + way * (_BESIDE + 1), way):
            if not 0 <= place < len(self._all):
                break
            each = self._all[place]
            if not (each.since == last.end if way > 0 else each.end == last.since):
                break
            found.append(each)
            last = each
        return found

    def _near(self, n: int, count: int) -> Sequence[Increase]:
        return (*self._all[max(0, n - count) : n], *self._all[n + 1 :][:count])


def _slack(step: float) -> float:
    """Return what a register that counts in steps may lack at any reading, in joules."""
    return 0.0 if step % _TEN_WH else _SLACK * step


def _ends_of(
    one: Increase, before: Sequence[Increase], after: Sequence[Increase]
) -> Iterator[Lull]:
    """Return what is lacking in the cells in which a long rest begins and ends."""
    if before:
        start, end, usual = before[0].since, _cell_after(one.since), _usual(before)
        yield from _lull(start, end, _lacking(before[:1], start, end, usual), usual)
    start, end = one.laid - one.laid % CELL_MS, (after[0] if after else one).end
    usual = _usual(after)
    yield from _lull(start, end, _lacking((one, *after[:1]), start, end, usual), usual)


def _usual(*sides: Sequence[Increase]) -> float:
    """Return how many joules a millisecond a register counted beside, on the higher side.

    In the next increase of a side the meter may have died, or come back.
    """
    beside = [side[1:] or side for side in sides if side]
    return max(
        (
            sum(one.joules for one in side) / sum(one.end - one.since for one in side)
            for side in beside
        ),
        default=0.0,
    )


def _lacking(parts: Sequence[Increase], start: int, end: int, usual: float) -> float:
    """Return what some increases lack between two times against so many joules a millisecond."""
    return usual * (end - start) - sum(one.joules for one in parts)


# Of power.


def may_lull(readings: Sequence[TimedValue]) -> bool:
    """Tell whether any of some readings of power stands at 0."""
    return any(0 <= one.value <= _NOTHING for one in readings)


def power_lulls(readings: Sequence[TimedValue]) -> Lulls:
    """Return where power, in order of time, stands at 0, and what it lacks."""
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
        yield from self._lull(start, _cell_after(self._low[0]), self._before)
        yield from self._lull(self._low[1] - self._low[1] % CELL_MS, end, self._after)

    def _lull(self, start: int, end: int, usual: float) -> Iterator[Lull]:
        """Return what is lacking between two times against so many watts, where it is covered."""
        joules = 0.0
        for before, after in pairwise(self._known):
            if min(before.value, after.value) < 0 or after.time - before.time > longest_gap(
                before.interval, after.interval
            ):
                continue
            first, last = max(start, before.time), min(end, after.time)
            if first < last:
                mean = (before.value + after.value) / 2.0
                joules += (last - first) * max(0.0, usual - mean) / 1000.0
        yield from _lull(start, end, joules, usual / 1000.0)


def _level(readings: Sequence[TimedValue]) -> float:
    """Return the middle one of a few powers beside a run, up to the next hole; 0 if there is none.

    One of them may be wild.
    """
    watts = [one.value for one in takewhile(lambda one: one.value >= 0, readings)]
    return sorted(watts)[(len(watts) - 1) // 2] if watts else 0.0


def _cell_after(time: int) -> int:
    """Return when the cell ends in which a time lies."""
    return time - time % CELL_MS + CELL_MS


def _lull(start: int, end: int, joules: float, usual: float) -> Iterator[Lull]:
    if start < end and joules > usual * LEAST_EXCESS_MS:
        yield Lull(start, end, joules)

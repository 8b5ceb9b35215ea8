"""Times in which the register of a utility meter hardly moved, and what it lacks in them.

It rests by turns with other supplies, or it is dead. Its own readings do not tell which. Where it
stands at 0 for long, its cells are judged, and those in which that begins and ends are in doubt.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from statistics import median
from typing import Final

from agent.ledger.doubts import Lull
from agent.ledger.energy import CELL_MS, HOUR_MS, JOULES_PER_KWH
from agent.ledger.increase import LEAST_EXCESS_MS, Increase

LONG_MS: Final = HOUR_MS
"""Milliseconds. Of what stands at 0 for as long, only the cells at either end are in doubt."""

_ALIKE_MS: Final = 6 * HOUR_MS
"""Milliseconds. Over a longer time a load need not be like that before and after."""

_COARSE_MS: Final = 24 * HOUR_MS
"""Milliseconds. So long a stand of a coarse register is in doubt, as nothing else is made of it."""

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

SLACK_STEPS: Final = 1.2
"""Steps that a register may lack by how it is read."""

SEEN_STEPS: Final = 3
"""A dead meter is seen in the cells of its site if more than 1 kWh and so many of its steps are
missing in an hour."""

_FEW_STEPS: Final = 10
"""An increase of up to this many steps may be early or late by a good part of itself."""

_TEN_WH: Final = 36_000
"""Joules. Registers count in whole tens of watt-hours, or finer. A constant load that is read each
few minutes makes other steps of itself."""


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
        is_coarse = known.is_coarse(_usual(before, after))
        if one.laid - one.since >= LONG_MS and not is_coarse:
            yield from _ends_of(one, before, after)
        elif one.end - one.since <= (_COARSE_MS if is_coarse else _ALIKE_MS):
            yield from known.whole(first, last, max(_usual(before, after), known.steep(n)), told)
    for n, one in enumerate(increases):
        is_brief = one.laid - one.since < LONG_MS and one.end - one.since <= _ALIKE_MS
        lacking = low[n] - told[n]
        if is_brief and n not in done and lacking > known.slack:
            yield Lull(one.since, one.end, lacking)


class _Increases:
    """The increases of a register, and what is usual near each; `step` is in joules."""

    def __init__(self, increases: Sequence[Increase], step: float) -> None:
        self._all, self._step = increases, step
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

    def is_coarse(self, usual: float) -> bool:
        """Tell whether too little is missing in an hour to see in the site's cells that it is dead.

        `usual` is in joules a millisecond. An hour may have a step less than it drew.
        """
        return usual * HOUR_MS <= JOULES_PER_KWH + (SEEN_STEPS + 1) * self._step

    def steep(self, n: int) -> float:
        """Return the third steepest of those near by that are of many steps, or 0."""
        many = (each.rate for each in self._near(n, _NEAR) if each.joules > _FEW_STEPS * self._step)
        return ([0.0, 0.0, 0.0, *sorted(many)])[-3]

    def whole(self, first: int, last: int, usual: float, told: Sequence[float]) -> Iterator[Lull]:
        """Yield what some increases lack against so many joules a millisecond, where they do."""
        parts = self._all[first : last + 1]
        lacks = [max(0.0, usual * (each.end - each.since) - each.joules) for each in parts]
        if sum(lacks) <= max(self.slack, usual * LEAST_EXCESS_MS):
            return
        for each, lack, anyway in zip(parts, lacks, told[first : last + 1], strict=True):
            # What is lacking lies first in the time that has nothing.
            left = max(0.0, lack - anyway)
            still = min(left, usual * (each.laid - each.since))
            yield from lull_of(each.since, each.laid, still, 0.0)
            yield from lull_of(each.laid, each.end, left - still, 0.0)

    def _near(self, n: int, count: int) -> Sequence[Increase]:
        return (*self._all[max(0, n - count) : n], *self._all[n + 1 :][:count])


def _slack(step: float) -> float:
    """Return what a register that counts in steps may lack at any reading, in joules."""
    return 0.0 if step % _TEN_WH else SLACK_STEPS * step


def _ends_of(
    one: Increase, before: Sequence[Increase], after: Sequence[Increase]
) -> Iterator[Lull]:
    """Return what is lacking in the cells in which a long rest begins and ends."""
    if before:
        start, end, usual = before[0].since, cell_after(one.since), _usual(before)
        yield from lull_of(start, end, _lacking(before[:1], start, end, usual), usual)
    start, end = one.laid - one.laid % CELL_MS, (after[0] if after else one).end
    usual = _usual(after)
    yield from lull_of(start, end, _lacking((one, *after[:1]), start, end, usual), usual)


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


def cell_after(time: int) -> int:
    """Return when the cell ends in which a time lies."""
    return time - time % CELL_MS + CELL_MS


def lull_of(start: int, end: int, joules: float, usual: float) -> Iterator[Lull]:
    """Yield what is lacking between two times, if it is not little beside what is usual.

    That is in joules a millisecond.
    """
    if start < end and joules > usual * LEAST_EXCESS_MS:
        yield Lull(start, end, joules)

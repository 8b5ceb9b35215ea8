"""How much energy a register can have counted since it last moved.

The meter's rating says it. Where none is stated, the meter's own readings near by say it, for a
load that lasts shows in several of them, and a leap of the register in one. Power that was read
beside the register says it as well. So no single reading books a lifetime.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import nlargest
from itertools import pairwise
from statistics import median
from typing import Final

from agent.ledger.drawn import Drawn
from agent.ledger.energy import HOUR_MS, TimedValue
from agent.ledger.limits import Limits
from agent.ledger.near_rates import NEAR, NEAR_MS, SUPPORT, NearRates

MAX_DIFFERENCE_MS: Final = 400 * 24 * HOUR_MS
"""Over more than this, a register's difference measures no hour.

A clock was wrong, or the meter lay in a store.
"""

PEAK: Final = 4.0
"""A rise may be steeper than its support by this factor: a load starts, or draws more for a
moment."""

BESIDE: Final = 2.0
"""A register may count more than the power read beside it by this factor, because the load between
two readings is not known.
"""

AT_ONCE: Final = 1.2
"""After a rest, a register rises by no more than this factor times what is usual in that time."""

_WRAP: Final = 1.5
"""A wrap is no steeper than this factor times its support; a steeper one was a reset. A register
that fell does not say whether it wrapped. After a reset it seldom shows just what a wrap would.
"""

_UNLIKE: Final = 1.5
"""If a register usually counts more than power by this factor, power says nothing about the
register."""

_LAG_MS: Final = 600_000
"""A value may be so old when it is read: a device refreshes it now and then, or it counts in steps.

Where a register stands still for longer, that shows.
"""


@dataclass(slots=True)
class Standing:
    """A register's value, and for how long it shows it, in milliseconds.

    It was first read at `since` and last at `seen`. `before` is when it was last seen lower; None
    where that is not known.
    """

    value: float
    since: int
    seen: int
    before: int | None = None


Rise = tuple[float, int]
"""What a register rose by between two readings, in joules, and in how many milliseconds."""


class Bounds:
    """Judges rises of one register. `readings` are all of it that are known, in order of time."""

    def __init__(self, readings: Sequence[TimedValue], limits: Limits, drawn: Drawn) -> None:
        self._limits, self.drawn = limits, drawn
        self._times = [one.time for one in readings]
        self._rates = _rates(readings)
        self._near = NearRates(self._times, self._rates)
        self._floors: dict[int, float] = {}
        self._is_witness = bool(drawn and readings) and _is_witness(readings, self._rates, drawn)

    def is_thin(self, joules: float, n: int) -> bool:
        """Tell whether too little is known near the reading `n` to judge a rise up to it."""
        return (
            self._limits.rating is None
            and joules > self._limits.least
            and self._near.steep(n) is None
        )

    def may_change(self, n: int) -> bool:
        """Tell whether later readings may say something else of a rise up to the reading `n`."""
        return self._limits.rating is None and self.is_young(n)

    def is_young(self, n: int) -> bool:
        """Tell whether later readings may tell another usual power near the reading `n`."""
        last = len(self._times) - 1
        return n + NEAR > last or self._times[n] + NEAR_MS > self._times[last]

    def may_be_laid_anew(self, joules: float, n: int) -> bool:
        """Tell whether later readings may say when a rise up to the reading `n` was drawn."""
        return joules > self._limits.least and self.is_young(n)

    def can_rise(self, joules: float, one: Standing, n: int, time: int) -> bool:
        """Tell whether a register can have counted so much since it began to show a value.

        `n` is the place of the later reading, and `time` is when it was read.
        """
        rating = self._limits.rating
        if rating is not None:
            lag = 0 if one.before is None else min(_LAG_MS, one.since - one.before)
            if joules > rating * (time - one.since + lag) / 1000.0:
                return False
        if joules <= self._limits.least:
            return True
        if rating is None and not self._is_below_ceiling(joules, time - one.since, n):
            return False
        if not self._is_witness:
            return True
        beside = self.drawn.whole(one.since, time)
        return beside is None or joules <= BESIDE * beside + self._limits.least

    def is_first_step(self, joules: float, one: Standing, time: int) -> bool:
        """Tell whether a rise is a register's first, and it may be older than the first reading."""
        rating = self._limits.rating
        return (
            rating is not None
            and one.before is None
            and 0 < joules <= rating * (time - one.since + _LAG_MS) / 1000.0
        )

    def is_unlikely(self, joules: float, other: float) -> bool:
        """Tell whether a register counted `other` rather than so much more."""
        return joules > PEAK * max(other, self._limits.least)

    def rose_at_once(self, joules: float, elapsed: int, n: int) -> bool:
        """Tell whether a rise up to the reading `n` was drawn in the time since the last one.

        Then the register rested before. Else it stood still, and then caught up.
        """
        rating, usual = self._limits.rating, self._near.steep(n)
        if rating is not None and joules > rating * elapsed / 1000.0:
            return False
        if joules <= self._limits.least:
            return True
        return usual is not None and joules <= AT_ONCE * usual * elapsed / 1000.0

    def is_usual(self, joules: float, one: Standing, n: int, time: int) -> bool:
        """Tell whether a register rose by what is usual near the reading `n`, up to a time."""
        flat, steep = self._near.flat(n), self._near.steep(n)
        seconds = (time - one.since) / 1000.0
        return (
            flat is not None
            and steep is not None
            and flat / AT_ONCE * seconds <= joules <= AT_ONCE * steep * seconds
        )

    def is_too_little(self, joules: float, one: Standing, n: int, time: int) -> bool:
        """Tell whether a register rose by less than it does near the reading `n`, up to a time."""
        flat = self._near.flat(n)
        return flat is not None and joules < flat / AT_ONCE * (time - one.since) / 1000.0

    def beside(self, start: int, end: int) -> float | None:
        """Return the joules that power says of all of a time; None where it is no witness."""
        return self.drawn.whole(start, end) if self._is_witness else None

    def usual(self, n: int) -> float | None:
        """Return the watts that other rises near the reading `n` come up to."""
        return self._near.steep(n)

    def usual_least(self, n: int) -> float | None:
        """Return the watts below which few other rises near the reading `n` are."""
        return self._near.flat(n)

    def wrapped(self, joules: float, one: Standing, n: int, time: int) -> float | None:
        """Return what a register counted that fell by `-joules`, if it began again at 0."""
        wrap = self._limits.wrap
        if wrap is None or one.value > wrap:
            return None
        counted = wrap + joules
        # Without a rating to judge by: a register that fell by less than half was reset.
        if self._limits.rating is None and counted >= wrap / 2:
            return None
        support = self._near.steep(n) if counted > self._limits.least else None
        if support is not None and counted > _WRAP * support * (time - one.since) / 1000.0:
            return None
        return counted if self.can_rise(counted, one, n, time) else None

    def _is_below_ceiling(self, joules: float, elapsed: int, n: int) -> bool:
        watts = joules * 1000.0 / elapsed
        part = n // NEAR
        if part not in self._floors:
            near = nlargest(SUPPORT + 1, self._rates[part * NEAR : (part + 1) * NEAR])
            self._floors[part] = near[SUPPORT] if len(near) > SUPPORT else 0.0
        # Most rises are no steeper than others in the same part: there is no need to look around.
        return watts <= min(PEAK * self._floors[part], self._limits.most) or (
            watts <= self._ceiling(n)
        )

    def _ceiling(self, n: int) -> float:
        """Return the most watts that the readings near by speak for."""
        support = self._near.steep(n)
        most = self._limits.most
        return most if support is None else min(most, PEAK * support)


def _rates(readings: Sequence[TimedValue]) -> list[float]:
    """Return the watts at which a register rose up to each reading since it last moved.

    It is 0 where it did not rise, and beside a fall, for what is next to a fall may be a glitch.
    """
    rates = [0.0] * len(readings)
    since = 0
    fell = False
    for n, (before, after) in enumerate(pairwise(readings), 1):
        joules = after.value - before.value
        if joules < 0:
            rates[n - 1] = 0.0
        elif joules > 0 and not fell:
            rates[n] = joules * 1000.0 / (after.time - readings[since].time)
        if joules:
            since, fell = n, joules < 0
    return rates


def _is_witness(readings: Sequence[TimedValue], rates: Sequence[float], drawn: Drawn) -> bool:
    """Tell whether power usually says what the register counts; two rises do not make a rule."""
    ratios: list[float] = []
    since = readings[0].time
    for n, (before, after) in enumerate(pairwise(readings), 1):
        if after.value == before.value:
            continue
        if rates[n] > 0:
            beside = drawn.whole(since, after.time)
            if beside:
                ratios.append(rates[n] * (after.time - since) / 1000.0 / beside)
        since = after.time
    return len(ratios) < SUPPORT or median(ratios) <= _UNLIKE

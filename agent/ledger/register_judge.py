"""Which readings of an energy register are accepted, and between which of them it counted.

A register may rise by what can have been drawn since it last moved (`Bounds`). A reading that does
not fit what came before it is not accepted yet; nor is the time since then covered. What comes next
decides:

- The register comes back to what it was: the readings in between were glitches. The difference
  across them is the energy.
- Two readings that differ fit each other, and not what came before: the register was reset, or it
  is another meter. It counts from the first of them on. If it has counted next to nothing since, it
  may be a false value that changed a little, so later readings decide.
- Both may be: nobody knows the energy since the last accepted reading; it counts again from there.
- It is a little lower, the rise before was as usual, and without that rise far too little was
  counted: the meter went on from a value that it had saved. Nobody knows the energy since then.

This is a pure function of the readings, so it does not matter in which order they came.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

from agent.ledger.energy import Span, TimedValue
from agent.ledger.register_bounds import MAX_DIFFERENCE_MS, Bounds, Standing

_NEXT_TO_NOTHING: Final = 0.05
"""A register that goes on from another value counts at least this share of what it did before."""

_GLITCHES: Final = 2
"""When a register falls back to what it was, at most this many readings before it were a leap."""

Reason = Literal["negative", "above_rating", "leap", "glitch", "unclear", "stuck"]


class RegisterEvent(NamedTuple):
    """What a register did when it fell; `time` is the later reading's."""

    time: int
    kind: Literal["wrap", "reset"]


class Refusal(NamedTuple):
    """A reading that is rejected, and why.

    For it, the energy between `start` and `time` is not the register's, in milliseconds.
    """

    start: int
    time: int
    reason: Reason
    value: float


class Level(NamedTuple):
    """A register goes on from another value since a time, and a later reading has shown it."""

    since: int
    shown: int


class Accepted(NamedTuple):
    """An accepted reading: its place among all, and the register as it stood then.

    `joules` is what was counted since the accepted reading before; None where that is not known.
    """

    n: int
    reading: TimedValue
    joules: float | None
    standing: Standing


@dataclass(slots=True)
class Verdict:
    """What became of a register's readings. `open_since` is when what is not settled began."""

    chain: list[Accepted] = field(default_factory=list)
    events: list[RegisterEvent] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    refused: list[Span] = field(default_factory=list)
    """Times whose energy the register does not tell, though it was read before and after."""
    levels: list[Level] = field(default_factory=list)
    """Where the register goes on from another value: it was reset, or it is another meter."""
    open_since: int | None = None

    def keep_open(self, time: int) -> None:
        """Note that what comes later may change what is made of the time since."""
        self.open_since = time if self.open_since is None else min(self.open_since, time)


class _Judge:
    """Goes through readings in order of time."""

    def __init__(self, readings: Sequence[TimedValue], bounds: Bounds, before: int | None) -> None:
        self._readings, self._bounds, self._before = readings, bounds, before
        self.verdict = Verdict()
        self._doubted: list[Accepted] = []
        """Readings that fit each other, and not the accepted ones."""

    def run(self) -> Verdict:
        """Judge all readings."""
        for n in range(len(self._readings)):
            if not self.verdict.chain:
                self._accept(n, None)
            elif self._doubted:
                self._decide(n)
            else:
                self._go_on(n)
        if self._doubted:
            self._refuse_doubted()
            self.verdict.keep_open(self.verdict.chain[-1].standing.since)
        return self.verdict

    def _go_on(self, n: int) -> None:
        """Take a reading that follows an accepted one."""
        last = self.verdict.chain[-1]
        joules = self._counted(last, n)
        if joules is not None or self._readings[n].time - last.reading.time > MAX_DIFFERENCE_MS:
            self._accept(n, joules)
        elif self._bounds.is_first_step(
            self._readings[n].value - last.reading.value, last.standing, self._readings[n].time
        ):
            self._refuse_since_move(n)  # nobody knows for how long it counted up to this step
            self._accept(n, None)
        elif not self._fell_back(n):
            self._doubted = [self._begin(n)]

    def _decide(self, n: int) -> None:
        """Take a reading that follows doubted ones."""
        last, doubted = self.verdict.chain[-1], self._doubted[-1]
        joules, other = self._counted(last, n), self._counted(doubted, n)
        if joules is not None and (other is None or self._came_back(n, joules, other)):
            self._drop_doubted("glitch")
            self._accept(n, joules)
        elif joules is not None:
            if self._readings[n].value == doubted.reading.value:  # the next move tells
                self._doubted.append(self._next(doubted, n, 0.0))
                return
            self._drop_doubted("unclear")
            self._refuse_since_move(n)
            self._accept(n, None)
        elif other is None:
            self._drop_doubted("leap")
            self._doubted = [self._begin(n)]
        else:
            self._doubted.append(self._next(doubted, n, other))
            if self._goes_on(n):
                self._accept_doubted()

    def _came_back(self, n: int, joules: float, other: float) -> bool:
        """Tell whether a register came back that may as well have counted on from a doubted value.

        It did if it counted much less so, unless that is far too little, and `other` as usual.
        """
        last, doubted = self.verdict.chain[-1].standing, self._doubted[-1].standing
        if not self._bounds.is_unlikely(other, joules):
            return False
        if self._bounds.is_young(n):
            self.verdict.keep_open(last.since)
        time = self._readings[n].time
        too_little = self._bounds.is_too_little(joules, last, n, time)
        return not (too_little and self._bounds.is_usual(other, doubted, n, time))

    def _goes_on(self, n: int) -> bool:
        """Tell whether a register that shows another value has counted from there on."""
        first, now = self._doubted[0].reading, self._readings[n]
        least = (self._bounds.usual_least(n) or 0.0) * (now.time - first.time) / 1000.0
        joules = now.value - first.value
        return joules != 0 and not 0 <= joules < _NEXT_TO_NOTHING * least

    def _counted(self, one: Accepted, n: int) -> float | None:
        """Return what the register counted up to a reading; None where it cannot have."""
        after = self._readings[n]
        joules = after.value - one.reading.value
        if after.time - one.reading.time > MAX_DIFFERENCE_MS:
            return None
        if joules < 0:
            return self._bounds.wrapped(joules, one.standing, n, after.time)
        return joules if self._bounds.can_rise(joules, one.standing, n, after.time) else None

    def _begin(self, n: int) -> Accepted:
        """Return a reading of which nothing is known that came before."""
        reading = self._readings[n]
        before = self._before if n == 0 else None
        standing = Standing(reading.value, reading.time, reading.time, before)
        return Accepted(n, reading, None, standing)

    def _next(self, one: Accepted, n: int, joules: float) -> Accepted:
        reading = self._readings[n]
        standing = one.standing
        if joules:
            standing = Standing(reading.value, reading.time, reading.time, one.reading.time)
        else:
            standing = Standing(standing.value, standing.since, reading.time, standing.before)
        return Accepted(n, reading, joules, standing)

    def _accept(self, n: int, joules: float | None) -> None:
        chain = self.verdict.chain
        if joules is None:
            chain.append(self._begin(n))
            return
        last = chain[-1]
        chain.append(self._next(last, n, joules))
        if self._readings[n].value < last.reading.value:
            self.verdict.events.append(RegisterEvent(self._readings[n].time, "wrap"))
        if self._bounds.is_thin(joules, n) and self._bounds.may_change(n):
            self.verdict.keep_open(last.standing.since)

    def _fell_back(self, n: int) -> bool:
        """Take a reading that is lower than the last, and fits what came just before that.

        The last ones then were a leap up, which was possible, or the register lost what it had
        counted last. So nobody knows the energy of that time. A register at 0 was reset.
        """
        chain = self.verdict.chain
        if self._went_on_from_saved(n):
            return True
        for back in range(1, _GLITCHES + 1):
            if len(chain) <= back or chain[-back].joules is None:
                return False
            before = chain[-back - 1]
            joules = self._readings[n].value - before.reading.value
            if before.reading.value > 0 and joules >= 0 and self._counted(before, n) is not None:
                for one in chain[-back:]:
                    self._refuse(before.standing.since, one, "unclear")
                del chain[-back:]
                self._refuse_since_move(n)
                self._accept(n, None)
                return True
        return False

    def _went_on_from_saved(self, n: int) -> bool:
        """Take a reading of a meter that, after a restart, goes on from what it had saved.

        What it rose by last is then as usual. Were that a leap, much less than usual would have
        been counted since the reading before.
        """
        if not self.verdict.chain[-1].joules:
            return False
        (before, last), now = self.verdict.chain[-2:], self._readings[n]
        if not before.reading.value <= now.value < last.reading.value:
            return False
        if self._bounds.is_young(n):
            self.verdict.keep_open(before.standing.since)
        rise, left = (one.value - before.reading.value for one in (last.reading, now))
        if not self._bounds.is_usual(
            rise, before.standing, n, last.reading.time
        ) or not self._bounds.is_too_little(left, before.standing, n, now.time):
            return False
        self.verdict.events.append(RegisterEvent(now.time, "reset"))
        self._refuse_since_move(n)
        self._accept(n, None)
        return True

    def _accept_doubted(self) -> None:
        """The register was reset or leapt, or it is another meter: count from there on."""
        first = self._doubted[0]
        self._refuse_doubted()
        if self._bounds.may_change(first.n):
            self.verdict.keep_open(self.verdict.chain[-1].standing.since)
        self.verdict.chain += self._doubted
        self.verdict.levels.append(Level(first.reading.time, self._doubted[-1].reading.time))
        self._doubted = []

    def _refuse_doubted(self) -> None:
        """Say what the first doubted reading did, and leave out the time before it."""
        last, first = self.verdict.chain[-1], self._doubted[0]
        if first.reading.value < last.reading.value:
            self.verdict.events.append(RegisterEvent(first.reading.time, "reset"))
        else:
            self._refuse(last.standing.since, first, "leap")
        self._refuse_since_move(first.n)

    def _drop_doubted(self, reason: Reason) -> None:
        for one in self._doubted:
            self._refuse(self.verdict.chain[-1].reading.time, one, reason)
        if reason == "leap" and self._bounds.may_change(self._doubted[0].n):
            self.verdict.keep_open(self.verdict.chain[-1].standing.since)
        self._doubted = []

    def _refuse(self, start: int, one: Accepted, reason: Reason) -> None:
        self.verdict.refusals.append(Refusal(start, one.reading.time, reason, one.reading.value))

    def _refuse_since_move(self, n: int) -> None:
        """Leave out the time since the register last moved for sure."""
        since = self.verdict.chain[-1].standing.since
        self.verdict.refused.append(Span(since, self._readings[n].time))
        if self._bounds.may_change(n):
            self.verdict.keep_open(since)


def judge(readings: Sequence[TimedValue], bounds: Bounds, before: int | None = None) -> Verdict:
    """Judge a register's readings, which are in order of time and not negative.

    `before` is when it was last seen lower than the first of them shows, in milliseconds.
    """
    return _Judge(readings, bounds, before).run()

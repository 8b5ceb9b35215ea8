"""What a register's increases leave in doubt.

An increase is what a register rose by from one value that it showed to the next one. Its energy was
drawn since the register began to show the value before. Where it stood still or was silent in the
meantime, nobody knows when. Where it is more than others near by come up to, it may be no energy at
all: a meter was exchanged for one that shows a little more, or was read wrongly. Where it is less
than all others near by, the other meter may show a little less.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final, Protocol

from agent.ledger.doubts import Doubt, Uncertain, Unseen
from agent.ledger.energy import HOUR_MS
from agent.ledger.increase import LEAST_EXCESS_MS, LEAST_REST_MS, Increase
from agent.ledger.lulls import register_lulls
from agent.ledger.out_of_line import OutOfLine, beside_of
from agent.ledger.stretches import LOAD_VARIATION

NO_LIMITS: Final[Mapping[int, float]] = MappingProxyType({})
"""No increase has a limit of its own."""

NEAR_INCREASES: Final = 10
"""Near an increase after a standstill, values may be old when they are read: this many increases
before it and after it."""

_FEW_STEPS: Final = 10
"""An increase of up to this many steps may be early or late by a good part of itself."""

_UNEVEN: Final = 0.5
"""Where only the increases before are known, a load that differs from them by this share may have
begun late."""

_NEARLY: Final = 0.95
"""If a register was not seen all the time and differs from power by more than this share, it is in
doubt."""

_RESET: Final = 1.5
"""A register that was reset unseen may have counted up to this many times the usual energy since
then."""


class Witness(Protocol):
    """What is known of a register beside its own increase."""

    def usual(self, n: int) -> float | None:
        """Return the watts that other increases near the reading at a place come up to."""

    def usual_least(self, n: int) -> float | None:
        """Return the watts below which few other increases near the reading at a place are."""

    def beside(self, start: int, end: int) -> float | None:
        """Return the joules that power read beside the register says, over all of a time."""


class NoWitness:
    """Nothing is known beside a register's own increase."""

    def usual(self, _n: int) -> float | None:
        """Return nothing."""
        return None

    def usual_least(self, _n: int) -> float | None:
        """Return nothing."""
        return None

    def beside(self, _start: int, _end: int) -> float | None:
        """Return nothing."""
        return None


def doubts_of(
    increases: Sequence[Increase],
    step: float,
    witness: Witness,
    unseen: Mapping[int, float] = NO_LIMITS,
    by_steps: Mapping[int, float] = NO_LIMITS,
    *,
    never_rests: bool = False,
    flatters: bool = False,
) -> Iterator[Uncertain]:
    """Return what is in doubt of the increases of a register, in order of time.

    `step` is that of the register, in joules: it is reckoned with elsewhere. A register that stands
    still and then moves by more than a step is refreshed now and then: what it shows may be as old
    as the reading before. `unseen` says, by their place, how wrong those increases may be that
    nobody saw (`agent.ledger.unseen`), and `by_steps` those that come a step too early or too late
    (`agent.ledger.coarse_steps`). A meter that `flatters` may be dead where it seems to rest.
    """
    lumpy = [n for n, one in enumerate(increases) if one.seen > one.since and one.joules > step]
    beside = [beside_of(increases, n) for n in range(len(increases))]
    rested = [one.may_have_rested or (flatters and one.seen > one.since) for one in increases]
    out = OutOfLine(increases, beside, rested)
    told: list[float] = []
    low: list[float] = []
    for n, (one, near) in enumerate(zip(increases, beside, strict=True)):
        yield from _of_time(one, near, step)
        if lumpy and any(abs(n - other) <= NEAR_INCREASES for other in lumpy):
            yield Doubt(
                one.seen, one.end + 1, loose=max(one.rate, *near, 0.0) * (one.end - one.seen)
            )
        usual = witness.usual(one.place)
        hidden = _wrap(one, near) if one.wrapped else _excess(increases, n, near, step, usual)
        least = witness.usual_least(one.place)
        lowest = (max if never_rests else min)(near, default=0.0)
        lack = _lack(one, near, None if rested[n] else least, lowest)
        hidden = max(hidden, lack, by_steps.get(n, 0.0))
        if not one.wrapped and one.joules > step:
            hidden = max(hidden, out.joules(n))
        lacking = 0.0
        if not one.heard_all or one.seen > one.since:
            missing = _missing(one, witness.beside(one.since, one.end), step)
            lacking = max(missing, _deficit(one, _rates_around(increases, n), step))
            hidden = max(hidden, -missing)
        if unseen.get(n, 0.0) > max(hidden, lacking):
            yield Unseen(one.since, one.end, unseen[n])
        elif lacking > hidden:  # it was drawn while the register stood still
            end = one.laid if one.laid > one.since else one.end
            yield Doubt(one.since, end, hidden=lacking)
        elif hidden > 0:
            yield Doubt(one.laid, one.end, hidden=hidden)
        told.append(max(hidden, lacking))
        low.append(_lack(one, near, least, max(near, default=0.0)))
    if flatters:
        yield from register_lulls(increases, step, told, low)


def _of_time(one: Increase, near: Sequence[float], step: float) -> Iterator[Doubt]:
    """Store the doubt that it is not known when the energy of an increase was drawn."""
    rested = one.end - one.since > LEAST_REST_MS and one.seen > one.since
    if one.joules <= step or (one.heard_all and not rested):
        return
    if one.laid > one.since and one.heard_all:
        yield Doubt(one.since, one.end, loose=one.joules)
        return
    is_long = one.end - one.laid > HOUR_MS  # then a stretch tells what is cut of it
    if not near:
        if not is_long:
            yield Doubt(one.laid, one.end, loose=one.joules)
        return
    rates = (one.rate, *near)
    lowest, highest = (1 - LOAD_VARIATION) * min(rates), (1 + LOAD_VARIATION) * max(rates)
    share = max(highest / one.rate - 1.0, 1.0 - lowest / one.rate)
    if share > (_UNEVEN if len(near) == 1 else 1.0):
        yield Doubt(one.laid, one.end, loose=one.joules)
    elif not is_long:
        yield Doubt(one.laid, one.end, uneven=share * one.joules)


def _excess(
    increases: Sequence[Increase], n: int, near: Sequence[float], step: float, usual: float | None
) -> float:
    """Return by how much an increase is above what is usual near by, and above those beside it.

    A single increase of few steps says little of a load; those around it, together, say more.
    """
    one = increases[n]
    if usual is None or one.joules <= step:
        return 0.0
    length, beside = one.end - one.laid, max(*near, 0.0, 0.0)
    rate = max(usual / 1000.0, beside)
    if one.joules - rate * length <= rate * LEAST_EXCESS_MS:
        return 0.0
    if one.joules <= _FEW_STEPS * step:  # it may be the only one that was not rejected
        beside = max(_rates_around(increases, n), default=0.0)
    return one.joules - (beside or rate) * length


def _lack(one: Increase, near: Sequence[float], least: float | None, lowest: float) -> float:
    """Return by how much an increase is below what is usual near by, and below those beside it.

    Nothing is said of a load that may have been off for a while: that is no exchange, and what
    nobody saw has limits of its own. A utility meter may have stopped twice side by side, so the
    `lowest` of those beside it is then the greater one.
    """
    length = one.end - one.since
    if least is None or not near:
        return 0.0
    rate = min(least / 1000.0, lowest)
    if rate * length - one.joules <= rate * LEAST_EXCESS_MS:
        return 0.0
    return max(near) * length - one.joules


def _rates_around(increases: Sequence[Increase], n: int) -> list[float]:
    """Return the joules a millisecond of some increases before one together, and of those after."""
    sides = (increases[max(0, n - NEAR_INCREASES) : n], increases[n + 1 :][:NEAR_INCREASES])
    return [
        sum(one.joules for one in side) / sum(one.end - one.since for one in side)
        for side in sides
        if side
    ]


def _deficit(one: Increase, around: Sequence[float], step: float) -> float:
    """Return what is missing if a young register was reset while it was not seen to move."""
    if not around:
        return 0.0
    expected = max(around) * (one.end - one.since)
    if one.value > _RESET * expected + step or one.joules >= expected - step:
        return 0.0
    return expected - one.joules


def _missing(one: Increase, drawn: float | None, step: float) -> float:
    """Return what power says beyond an increase, below 0 where it says less.

    Then the value was old, or is another register's.
    """
    if drawn is None or abs(one.joules - drawn) <= (1.0 - _NEARLY) * drawn + step:
        return 0.0
    return drawn - one.joules


def _wrap(one: Increase, near: Sequence[float]) -> float:
    """Return by how much a wrap differs from what is usual: it may have been a reset."""
    if not near:
        return one.joules
    length = one.end - one.since
    return max(abs(one.joules - rate * length) for rate in near)

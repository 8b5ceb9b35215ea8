"""What a register may hide where nobody saw it move.

A register is bridged if it was silent, stood still for longer than usual, or showed other values in
between: its difference is then taken as the energy. But by then it may be another register, which
shows a little more or less. The bound comes from the load of the same meter near by: the least and
the most that it drew in a time of the same length.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Container, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from agent.ledger.energy import HOUR_MS
from agent.ledger.increase import LEAST_REST_MS, Increase
from agent.ledger.increases import NEAR_INCREASES, Witness

_NEAR_MS: Final = 6 * HOUR_MS
"""Milliseconds before and after, within which the load is taken to be alike."""

_USUAL_RESTS: Final = 3
"""If a register stands still this many times as long as it does near by, nobody sees it move."""


_CAUGHT_UP: Final = 0.5
"""A register that stood still has rested if it then shows less than this share of the least
energy."""


class _Knot(NamedTuple):
    """How much a register had counted (joules) up to a time (milliseconds)."""

    time: int
    joules: float


def unseen_limits(
    increases: Sequence[Increase], step: float, witness: Witness
) -> Mapping[int, float]:
    """Return by how many joules those increases may be wrong that nobody saw, by their place.

    `step` is the register's, in joules. An increase of up to three minutes is left out: it is
    compared with those beside it, as every other one is.
    """
    unseen = {n for n in range(len(increases)) if _is_unseen(increases, n, step)}
    rested = sum(one.seen > one.since for one in increases)
    least = step if 2 * rested > len(increases) else 0.0  # else a steady load looks like steps
    return {n: _limit(increases, n, least, unseen, witness) for n in sorted(unseen)}


def _is_unseen(increases: Sequence[Increase], n: int, step: float) -> bool:
    one = increases[n]
    if one.end - one.since <= LEAST_REST_MS:
        return False
    if not one.heard_all:
        return True
    if one.seen == one.since or one.laid > one.since or one.joules <= step:
        return False
    near = (*increases[max(0, n - NEAR_INCREASES) : n], *increases[n + 1 :][:NEAR_INCREASES])
    usual = max((other.end - other.since for other in near if other.seen > other.since), default=0)
    return one.end - one.since > _USUAL_RESTS * usual


def _limit(
    increases: Sequence[Increase], n: int, least: float, unseen: Container[int], witness: Witness
) -> float:
    """Return by how much an increase may be wrong, judged by the load near by.

    Coarse steps hide what another register shows more or less, up to one of them: the `least`.
    """
    one = increases[n]
    length = one.end - one.since
    drawn = witness.beside(one.since, one.end)
    if drawn is not None:
        return max(abs(one.joules - drawn), least)
    means = [
        mean
        for run in _runs(increases, one.since - _NEAR_MS, one.end + _NEAR_MS, unseen)
        for mean in _means(run, length)
    ]
    if not means:
        return 0.0
    if one.heard_all and one.joules < _CAUGHT_UP * min(means) * length:
        return 0.0  # it was seen to rest
    return max(one.joules - min(means) * length, max(means) * length - one.joules, least)


def _runs(
    increases: Sequence[Increase], start: int, end: int, unseen: Container[int]
) -> Iterator[Sequence[_Knot]]:
    """Yield what a register counted near by, each time that it was seen without a break."""
    first = bisect_left(increases, start, key=lambda one: one.end)
    knots: list[_Knot] = []
    for n in range(first, len(increases)):
        one = increases[n]
        if one.since > end:
            break
        is_next = bool(knots) and knots[-1].time == one.since
        if knots and (n in unseen or not is_next):
            yield knots
            knots = []
        if n in unseen:
            continue
        knots = knots or [_Knot(one.since, 0.0)]
        if one.laid > one.since:
            knots.append(_Knot(one.laid, knots[-1].joules))
        knots.append(_Knot(one.end, knots[-1].joules + one.joules))
    if knots:
        yield knots


def _means(knots: Sequence[_Knot], length: int) -> Iterator[float]:
    """Yield the joules a millisecond over stretches of a length, or over all if that is shorter.

    Between two knots energy goes by time. So the least and the most begin or end at a knot.
    """
    first, last = knots[0].time, knots[-1].time
    length = min(length, last - first)
    at = _Readings(knots)
    for time, _ in knots:
        for begin in (time, time - length):
            if first <= begin and begin + length <= last:
                yield (at(begin + length) - at(begin)) / length


class _Readings:
    """What a register had counted at any time between knots."""

    def __init__(self, knots: Sequence[_Knot]) -> None:
        self._knots = knots
        self._times = [one.time for one in knots]

    def __call__(self, time: int) -> float:
        n = bisect_left(self._times, time)
        after = self._knots[n]
        if after.time == time:
            return after.joules
        before = self._knots[n - 1]
        share = (time - before.time) / (after.time - before.time)
        return before.joules + (after.joules - before.joules) * share

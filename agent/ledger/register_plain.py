"""Whether nothing in a register's readings needs to be judged, told at little cost."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from heapq import nlargest, nsmallest
from itertools import pairwise
from typing import NamedTuple

from agent.ledger.coarse_steps import FROM_STEPS, ONE_STEP
from agent.ledger.energy import TimedValue
from agent.ledger.increase import LEAST_EXCESS_MS, LEAST_REST_MS
from agent.ledger.limits import Limits
from agent.ledger.near_rates import NEAR, NEAR_MS, SUPPORT
from agent.ledger.register_bounds import AT_ONCE, MAX_DIFFERENCE_MS, PEAK, Rise


def is_plain(readings: Sequence[TimedValue], rises: Sequence[Rise], limits: Limits) -> bool:
    """Tell, at little cost, whether nothing in a register's readings needs to be judged.

    Then it rises between each two of them, by no more than it can in that time, and as others near
    by do.
    """
    if readings[0].value < 0:
        return False
    most = limits.most if limits.rating is None else limits.rating
    rate = most / 1000.0
    if not all(
        0.0 <= joules <= rate * elapsed and elapsed <= MAX_DIFFERENCE_MS
        for joules, elapsed in rises
    ):
        return False
    moves = _moves(rises)
    aside = [] if limits.is_one_of_many else _out_of_line(moves)
    if readings[-1].time - readings[0].time <= NEAR_MS:
        return _is_steady(moves, limits) and _is_in_line(moves, aside)
    places = [one.place for one in moves]
    parts = [
        slice(bisect_left(places, n), bisect_left(places, n + NEAR))
        for n in (max(0, min(n, len(rises) - NEAR)) for n in range(0, len(rises), NEAR))
    ]
    return all(_is_steady(moves[at], limits) and _is_in_line(moves[at], aside[at]) for at in parts)


def times_of_moves(rises: Sequence[Rise]) -> list[int]:
    """Return how long it took a register to move each time, in milliseconds."""
    times: list[int] = []
    still = 0
    for joules, elapsed in rises:
        still += elapsed
        if joules:
            times.append(still)
            still = 0
    return times


def begins_late(rises: Sequence[Rise]) -> bool:
    """Tell whether a register first stood still, and for longer than it did later.

    It may have stood so since before its first reading here. If it is young, it may have been reset
    and held at 0 meanwhile.
    """
    times = times_of_moves(rises)
    return bool(times) and rises[0][0] == 0.0 and times[0] > max(times[1:], default=0)


class _Moved(NamedTuple):
    """A rise since a register last moved, and since it was last read: joules and milliseconds.

    `place` is that of the rise among all. Nobody knows how long it stood still before the first.
    """

    joules: float
    since_move: int
    since_reading: int
    place: int
    is_first: bool

    @property
    def may_have_rested(self) -> bool:
        """Whether the register stood still before, and for long: its load may have been off."""
        return self.since_reading < self.since_move and self.since_move > LEAST_REST_MS


def _moves(rises: Sequence[Rise]) -> list[_Moved]:
    found: list[_Moved] = []
    still = 0
    for place, (joules, elapsed) in enumerate(rises):
        still += elapsed
        if joules:
            found.append(_Moved(joules, still, elapsed, place, not found))
            still = 0
    return found


def _is_steady(moves: Sequence[_Moved], limits: Limits) -> bool:
    """Tell whether every rise is as steep as others near by."""
    steep = nlargest(
        SUPPORT + 1, (one.joules / one.since_move for one in moves if not one.is_first)
    )
    if len(steep) <= SUPPORT:
        return limits.rating is not None or all(one.joules <= limits.least for one in moves)
    usual = steep[SUPPORT]
    if not limits.is_one_of_many and (any(_lacks(moves)) or _has_odd_steps(moves, usual)):
        return False
    step = ONE_STEP * min(one.joules for one in moves)
    for joules, since_move, since_reading, _, _ in moves:
        if joules <= usual * min(since_move, since_reading):
            continue
        if joules > step and joules > usual * (since_move + LEAST_EXCESS_MS):
            return False
        if joules <= limits.least:
            continue
        is_late = since_reading < since_move
        if is_late and joules > AT_ONCE * usual * since_reading:
            return False
        if limits.rating is None and joules > PEAK * usual * since_reading:
            return False
    return True


def _out_of_line(moves: Sequence[_Moved]) -> list[float]:
    """Return how many joules a millisecond each rise is above both beside it; below 0: below."""
    rates = [one.joules / one.since_move for one in moves]
    found = [0.0] * len(rates)
    for n in range(1, len(rates) - 1):
        before, own, after = rates[n - 1 : n + 2]
        if own > before and own > after:
            found[n] = own - max(before, after)
        elif own < before and own < after and not moves[n].may_have_rested:
            found[n] = own - min(before, after)
    return found


def _is_in_line(moves: Sequence[_Moved], aside: Sequence[float]) -> bool:
    """Tell whether no rise is further above or below both beside it than others near by are."""
    large = [
        (rate, one)
        for rate, one in zip(aside, moves, strict=False)
        if rate and abs(rate) * one.since_move > LEAST_EXCESS_MS * one.joules / one.since_move
    ]
    for sign in (1.0, -1.0):
        if not any(sign * rate > 0 for rate, _ in large):
            continue
        most = nlargest(SUPPORT + 1, (sign * rate for rate in aside if sign * rate > 0))
        usual = most[SUPPORT] if len(most) > SUPPORT else 0.0
        if any(
            (sign * rate - usual) * one.since_move > LEAST_EXCESS_MS * one.joules / one.since_move
            for rate, one in large
        ):
            return False
    return True


def _has_odd_steps(moves: Sequence[_Moved], usual: float) -> bool:
    """Tell whether a coarse register moves a part of a step too early, or too late."""
    step = min(one.joules for one in moves)
    if step <= usual * LEAST_REST_MS:
        return False  # it is a fine one
    part = FROM_STEPS * step
    late = 1.0 / nlargest(SUPPORT + 1, (one.since_move for one in moves))[-1]
    return any(
        one.joules <= ONE_STEP * step and step * late * one.since_move - one.joules >= part
        for one in moves
    ) or any(
        after.joules <= ONE_STEP * step
        and one.joules + after.joules - usual * (one.since_move + after.since_move) >= part
        for one, after in pairwise(moves)
    )


def _lacks(moves: Sequence[_Moved]) -> Iterator[bool]:
    """Tell of each rise whether it is less steep than nearly all others near by.

    Its register did not stand still before, or hardly.
    """
    flat = nsmallest(
        SUPPORT + 1, (one.joules / one.since_move for one in moves if not one.is_first)
    )
    rate = flat[SUPPORT]
    for one in moves:
        if not one.may_have_rested:
            yield one.joules < rate * (one.since_move - LEAST_EXCESS_MS)

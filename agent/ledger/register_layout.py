"""From a register's accepted readings to segments of constant power.

The energy between two readings is laid between them. Where it is more than can have been drawn
since the last reading, the register stood still and then caught up: a gateway held its value back,
or it counts in coarse steps. Then the energy is laid over all the time since it last moved.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import gcd

from agent.ledger.coarse_steps import ONE_STEP, step_limits
from agent.ledger.doubts import Uncertain
from agent.ledger.drawn import Drawn
from agent.ledger.energy import HOUR_MS, Segment, Span, TimedValue
from agent.ledger.increase import Increase
from agent.ledger.increases import NoWitness, doubts_of
from agent.ledger.limits import Limits
from agent.ledger.lulls import dips, stands_long
from agent.ledger.near_rates import NEAR_MS
from agent.ledger.register_bounds import BESIDE, MAX_DIFFERENCE_MS, Bounds, Rise
from agent.ledger.register_judge import Level, Refusal, RegisterEvent, Verdict, judge
from agent.ledger.register_plain import begins_late, is_plain, times_of_moves
from agent.ledger.register_rests import find_rests
from agent.ledger.register_steps import step_of
from agent.ledger.segments import longest_gap, without
from agent.ledger.stretches import Stretch
from agent.ledger.unseen import unseen_limits


@dataclass(slots=True, kw_only=True)
class RegisterEnergy:
    """What a register counted, in order of time.

    `stretches` are long times of which only the total is known, and `doubts` what else is
    uncertain. In `stuck` times it stood still and should not have, so neither it nor power is
    accepted. In `unknown` times it stood still, and power tells what it counts. What it counted in
    `refused` times is not known either. `levels` are where it goes on from another value.
    `open_since` is when the time began of which the next readings may say something else.
    """

    accepted: Sequence[TimedValue] = ()
    segments: list[Segment] = field(default_factory=list)
    stretches: list[Stretch] = field(default_factory=list)
    doubts: list[Uncertain] = field(default_factory=list)
    stuck: list[Span] = field(default_factory=list)
    unknown: list[Span] = field(default_factory=list)
    refused: list[Span] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    events: list[RegisterEvent] = field(default_factory=list)
    levels: list[Level] = field(default_factory=list)
    open_since: int | None = None


def is_simple(
    readings: Sequence[TimedValue],
    limits: Limits,
    power: Sequence[TimedValue] = (),
    known_step: int = 0,
) -> bool:
    """Tell, at little cost, whether each difference of a register's readings is its energy.

    `known_step` is what is known of the register's step beside these readings, in joules; else 0.
    """
    rises = [
        (after.value - before.value, after.time - before.time)
        for before, after in pairwise(readings)
    ]
    if not rises:
        return not readings or readings[0].value >= 0
    if not is_plain(readings, rises, limits):
        return False
    if _may_be_dead(rises, limits, known_step):
        return False
    if not limits.is_one_of_many and (begins_late(rises) or _was_silent(readings)):
        return False
    if rises[-1][0] == 0.0 and not _may_rest(rises, limits, known_step, is_powered=bool(power)):
        return False
    return not power or not _may_contradict(rises, [one.value for one in power], limits)


def _was_silent(readings: Sequence[TimedValue]) -> bool:
    """Tell whether a meter was not heard for longer than it is read."""
    return any(
        after.time - before.time > longest_gap(before.interval, after.interval)
        for before, after in pairwise(readings)
    )


def _may_be_dead(rises: Sequence[Rise], limits: Limits, known_step: int) -> bool:
    """Tell whether a utility meter stood still, or counted far less, so that it may be dead."""
    if limits.never_rests and any(joules == 0.0 for joules, _ in rises):
        return True
    if not limits.flatters:
        return False
    moves = [joules for joules, _ in rises if joules]
    times = times_of_moves(rises)
    return stands_long(times) or dips(moves, times, _step(moves, limits, known_step))


def _may_rest(rises: Sequence[Rise], limits: Limits, known_step: int, *, is_powered: bool) -> bool:
    """Tell whether a register that stands still at last needs no look at what it may hide.

    That is so where it counts in single steps, and stands no longer than usual.
    """
    if is_powered:
        return limits.is_one_of_many
    moves = [joules for joules, _ in rises if joules]
    if not moves:
        return not limits.is_supply or sum(elapsed for _, elapsed in rises) > NEAR_MS
    if max(moves) > ONE_STEP * _step(moves, limits, known_step):
        return False
    longest, still = 0, 0
    for joules, elapsed in rises:
        still += elapsed
        if joules:
            longest, still = max(longest, still), 0
    return still <= longest


def _may_contradict(rises: Sequence[Rise], watts: Sequence[float], limits: Limits) -> bool:
    """Tell whether power may contradict a register: it is stuck, or it leapt."""
    least, lowest, highest = limits.least, min(watts) / 1000.0, max(watts) / 1000.0
    longest = least / highest if highest > 0 else MAX_DIFFERENCE_MS
    still = 0
    for joules, elapsed in rises:
        if joules == 0.0:
            still += elapsed
            if still > longest:
                return True
        else:
            still = 0
            if joules > least and joules > BESIDE * lowest * elapsed + least:
                return True
    return False


def _step(moves: Sequence[float], limits: Limits, known_step: int) -> float:
    """Return the step of a register that rose by `moves`, in joules.

    Equal rises need not be single steps. A register that is refreshed now and then rises by the
    same each time, while the load is. So what is known from other times counts as well. Of one of
    many, rounding would make fine registers of all that count in steps.
    """
    if limits.is_one_of_many:
        return min(moves)
    return gcd(known_step, *(round(one) for one in moves))


def simple_energy(
    readings: Sequence[TimedValue], limits: Limits, known_step: int = 0
) -> RegisterEnergy:
    """Lay out readings of which each difference is the energy."""
    found = RegisterEnergy(accepted=readings)
    increases: list[Increase] = []
    since, heard_all, doubtful, most = 0, True, False, 0.0
    for n, (before, after) in enumerate(pairwise(readings), 1):
        start, end, joules = before.time, after.time, after.value - before.value
        watts = joules * 1000.0 / (end - start)
        found.segments.append(Segment(start, end, watts, watts))
        if end - start > longest_gap(before.interval, after.interval):
            heard_all, doubtful = False, True
            if end - start > HOUR_MS:
                found.stretches.append(Stretch(start, end, joules))
        if joules:
            most = max(most, joules)
            doubtful = doubtful or since + 1 < n
            increases.append(
                Increase(readings[since].time, start, end, joules, after.value, start, n, heard_all)
            )
            since, heard_all = n, True
    if doubtful and increases:
        step = ONE_STEP * _step([one.joules for one in increases], limits, known_step)
        if most > step or found.stretches or not _all_heard(increases):
            found.doubts = list(doubts_of(increases, step, NoWitness()))
    return found


def _all_heard(increases: Sequence[Increase]) -> bool:
    return all(one.heard_all for one in increases)


def register_energy(
    readings: Sequence[TimedValue],
    limits: Limits,
    drawn: Sequence[Segment] = (),
    *,
    before: int | None = None,
    known_step: int = 0,
) -> RegisterEnergy:
    """Judge a register's readings and lay out its energy; `drawn` is what power read beside says.

    `before` is when it was last seen lower than the first reading shows, in milliseconds.
    `known_step` is what is known of its step beside these readings, in joules; else 0.
    """
    good = [one for one in readings if one.value >= 0]
    bounds = Bounds(good, limits, Drawn(drawn))
    verdict = judge(good, bounds, before)
    found = RegisterEnergy(
        accepted=[one.reading for one in verdict.chain],
        refusals=verdict.refusals,
        refused=verdict.refused,
        events=verdict.events,
        levels=verdict.levels,
    )
    found.refusals += [
        Refusal(one.time, one.time, "negative", one.value) for one in readings if not one.value >= 0
    ]
    step = gcd(known_step, step_of(one.value for one in found.accepted))
    negative = [one.time for one in readings if not one.value >= 0]
    increases = _lay_out(found, verdict, bounds, negative)
    rests = find_rests(verdict, bounds, limits, step)
    found.stuck, found.unknown = rests.stuck, rests.unknown
    found.refusals += rests.refusals
    unseen = {} if limits.is_one_of_many else unseen_limits(increases, float(step), bounds)
    for n in unseen:
        if bounds.is_young(increases[n].place):
            verdict.keep_open(increases[n].since)
    by_steps = step_limits(increases, float(step), bounds)
    found.doubts = [
        *doubts_of(
            increases,
            float(step),
            bounds,
            unseen,
            by_steps,
            never_rests=limits.never_rests,
            flatters=limits.flatters,
        ),
        *rests.doubts,
    ]
    found.open_since = verdict.open_since
    found.segments = without(found.segments, [*verdict.refused, *rests.unknown, *rests.stuck])
    return found


def _lay_out(
    found: RegisterEnergy, verdict: Verdict, bounds: Bounds, negative: Sequence[int]
) -> list[Increase]:
    """Lay out what the register counted; return its increases.

    `negative` are the times of readings below 0, which were left out.
    """
    wraps = {one.time for one in verdict.events if one.kind == "wrap"}
    increases: list[Increase] = []
    heard_all = True
    for before, after in pairwise(verdict.chain):
        joules = after.joules
        if joules is None:
            heard_all = True
            continue
        start, end = before.reading.time, after.reading.time
        if end - start > longest_gap(before.reading.interval, after.reading.interval):
            heard_all = False
        if after.n > before.n + 1 or _lies_between(negative, start, end):
            heard_all = False
        laid, since = start, before.standing.since
        if start > since and bounds.may_be_laid_anew(joules, after.n):
            verdict.keep_open(since)
        if joules and start > since and not bounds.rose_at_once(joules, end - start, after.n):
            laid = since
            while found.segments and found.segments[-1].start >= laid:
                found.segments.pop()
        watts = joules * 1000.0 / (end - laid)
        found.segments.append(Segment(laid, end, watts, watts))
        if not joules:
            continue
        if end - laid > HOUR_MS and (laid < start or not heard_all):
            found.stretches.append(Stretch(laid, end, joules))
        increases.append(
            Increase(
                since=since,
                seen=start,
                end=end,
                joules=joules,
                value=after.reading.value,
                laid=laid,
                place=after.n,
                heard_all=heard_all,
                wrapped=end in wraps,
            )
        )
        heard_all = True
    return increases


def _lies_between(times: Sequence[int], start: int, end: int) -> bool:
    return bisect_left(times, start) < bisect_left(times, end)

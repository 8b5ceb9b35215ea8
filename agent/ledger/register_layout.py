"""From a register's believed readings to segments of constant power.

The energy between two readings is laid between them. Where it is more than can have been drawn
since the last reading, the register stood still and then caught up: a gateway held its value back,
or it counts in coarse steps. Then the energy is laid over all the time since it last moved.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import gcd
from statistics import median
from typing import Final

from agent.ledger.drawn import Drawn
from agent.ledger.energy import HOUR_MS, Segment, Span, TimedValue
from agent.ledger.limits import Limits
from agent.ledger.register_bounds import BESIDE, MAX_DIFFERENCE_MS, Bounds, Rise, is_plain
from agent.ledger.register_judge import Believed, Refusal, RegisterEvent, Verdict, judge
from agent.ledger.segments import longest_gap, without
from agent.ledger.stretches import Stretch

_STUCK_STEPS: Final = 3
"""A register that did not move while power came to so many of its steps is stuck."""

_UNMOVED: Final = 100
"""Where its step is not known either, it is stuck after so many times the least that is judged."""

_MOVES: Final = 10
"""By so many of its last moves it is reckoned what a register should have counted."""

_CAUGHT_UP: Final = 0.5
"""A register that moves again has caught up if it counts this share of what power says."""


@dataclass(slots=True, kw_only=True)
class RegisterEnergy:
    """What a register counted, in order of time.

    `stretches` are times of which only the total is known. In `stuck` times it stood still and
    should not have, so neither it nor power is believed. `open_since` is when the time began of
    which the next readings may say something else.
    """

    believed: Sequence[TimedValue] = ()
    segments: list[Segment] = field(default_factory=list)
    stretches: list[Stretch] = field(default_factory=list)
    stuck: list[Span] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    events: list[RegisterEvent] = field(default_factory=list)
    open_since: int | None = None


def is_simple(
    readings: Sequence[TimedValue], limits: Limits, power: Sequence[TimedValue] = ()
) -> bool:
    """Tell, at little cost, whether each difference of a register's readings is its energy."""
    rises = [
        (after.value - before.value, after.time - before.time)
        for before, after in pairwise(readings)
    ]
    if not rises:
        return not readings or readings[0].value >= 0
    if not is_plain(readings, rises, limits):
        return False
    if limits.never_rests and any(joules == 0.0 for joules, _ in rises):
        return False
    return not power or not _may_contradict(rises, [one.value for one in power], limits)


def _may_contradict(rises: Sequence[Rise], watts: Sequence[float], limits: Limits) -> bool:
    """Tell whether power may say something else than a register: that it is stuck, or leapt."""
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


def simple_energy(readings: Sequence[TimedValue]) -> RegisterEnergy:
    """Lay out readings of which each difference is the energy."""
    segments: list[Segment] = []
    stretches: list[Stretch] = []
    for before, after in pairwise(readings):
        start, end = before.time, after.time
        joules = after.value - before.value
        watts = joules * 1000.0 / (end - start)
        segments.append(Segment(start, end, watts, watts))
        if end - start > longest_gap(before.interval, after.interval):
            stretches.append(Stretch(start, end, joules))
    return RegisterEnergy(believed=readings, segments=segments, stretches=stretches)


def register_energy(
    readings: Sequence[TimedValue],
    limits: Limits,
    drawn: Sequence[Segment] = (),
    *,
    before: int | None = None,
) -> RegisterEnergy:
    """Judge a register's readings and lay out its energy; `drawn` is what power read beside says.

    `before` is when it was last seen lower than the first reading shows, in milliseconds.
    """
    good = [one for one in readings if one.value >= 0]
    bounds = Bounds(good, limits, Drawn(drawn))
    verdict = judge(good, bounds, before)
    found = RegisterEnergy(
        believed=[one.reading for one in verdict.chain],
        refusals=verdict.refusals,
        events=verdict.events,
        open_since=verdict.open_since,
    )
    found.refusals += [
        Refusal(one.time, one.time, "negative", one.value) for one in readings if not one.value >= 0
    ]
    _lay_out(found, verdict, bounds)
    if drawn or limits.never_rests:
        _find_stuck(found, verdict, bounds.drawn, limits)
    found.segments = without(found.segments, [*verdict.refused, *found.stuck])
    return found


def _lay_out(found: RegisterEnergy, verdict: Verdict, bounds: Bounds) -> None:
    for before, after in pairwise(verdict.chain):
        joules = after.joules
        if joules is None:
            continue
        start, end = before.reading.time, after.reading.time
        gap = longest_gap(before.reading.interval, after.reading.interval)
        if start > before.standing.since and not bounds.rose_at_once(joules, end - start, after.n):
            start = before.standing.since
            while found.segments and found.segments[-1].start >= start:
                found.segments.pop()
            while found.stretches and found.stretches[-1].start >= start:
                found.stretches.pop()
        found.segments.append(_segment(start, end, joules))
        if end - start > (gap if start == before.reading.time else HOUR_MS):
            found.stretches.append(Stretch(start, end, joules))


def _segment(start: int, end: int, joules: float) -> Segment:
    watts = joules * 1000.0 / (end - start)
    return Segment(start, end, watts, watts)


def _find_stuck(found: RegisterEnergy, verdict: Verdict, drawn: Drawn, limits: Limits) -> None:
    """Find the times in which the register stood still and should not have."""
    step = gcd(*(round(one.joules) for one in verdict.chain if one.joules))
    most = (_STUCK_STEPS * step if step else _UNMOVED * limits.least) + limits.least
    for n, still in enumerate(verdict.chain):
        after = verdict.chain[n + 1] if n + 1 < len(verdict.chain) else None
        joules = None if after is None else after.joules
        standing = still.standing
        if joules == 0 or standing.seen == standing.since:
            continue
        due = drawn.joules(standing.since, standing.seen)
        if limits.never_rests and drawn.whole(standing.since, standing.seen) is None:
            due = max(due, _due(verdict.chain, n))
            if after is None and still.joules is not None and standing.before is not None:
                # What it counts now is known when it moves next.
                verdict.refused.append(Span(standing.since, standing.seen))
                found.open_since = min(standing.since, found.open_since or standing.since)
        if due <= most or (joules is not None and joules >= _CAUGHT_UP * due):
            continue
        end = standing.seen
        if after is not None and joules is not None:
            end = after.reading.time
        elif after is None:
            found.open_since = min(standing.since, found.open_since or standing.since)
        found.stuck.append(Span(standing.since, end))
        found.refusals.append(Refusal(standing.since, standing.since, "stuck", standing.value))


def _due(chain: Sequence[Believed], n: int) -> float:
    """Return what a register that never rests should have counted since its last move before `n`.

    It is reckoned by its last moves. While it stands still no longer than three times as long as
    before one of them, nothing is due.
    """
    standing = chain[n].standing
    moves: list[tuple[int, float]] = []
    while n > 0 and len(moves) < _MOVES:
        later, one = chain[n], chain[n - 1]
        n -= 1
        if later.joules is None:
            break
        if later.joules > 0:
            moves.append((later.reading.time - one.standing.since, later.joules))
    still = standing.seen - standing.since
    if not moves or still <= _STUCK_STEPS * max(elapsed for elapsed, _ in moves):
        return 0.0
    return still * median(joules / elapsed for elapsed, joules in moves)

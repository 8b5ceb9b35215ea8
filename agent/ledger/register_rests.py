"""What a register does not show while it stands still.

It may rest, because nothing is drawn. It may be stuck. Or it is refreshed only now and then, and
shows at its next move what it has counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Final

from agent.ledger.doubts import Doubt, Lull, Uncertain
from agent.ledger.drawn import Drawn
from agent.ledger.energy import Span
from agent.ledger.limits import Limits
from agent.ledger.near_rates import NEAR_MS
from agent.ledger.register_bounds import Bounds
from agent.ledger.register_judge import Accepted, Refusal, Verdict

_STUCK_STEPS: Final = 3
"""A register is stuck if power came to more than this many of its steps while it did not move. A
register that never rests is also stuck if it stands still this many times as long as usual.
"""

_UNMOVED: Final = 100
"""If its step is not known, it is stuck after this many times the least energy that is judged."""

_MOVES: Final = 10
"""What a register should have counted is computed from this many of its last moves."""

_CAUGHT_UP: Final = 0.5
"""A register that moves again has caught up if it counts this share of what power says."""

_FEW_STEPS: Final = 10
"""A rise of up to this many steps says little about the time between two readings. Power says
more."""


@dataclass(slots=True, kw_only=True)
class Rests:
    """Times in which a register stood still: it is `stuck`, or it is `unknown` what it counted."""

    stuck: list[Span] = field(default_factory=list)
    unknown: list[Span] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    doubts: list[Uncertain] = field(default_factory=list)


def find_rests(verdict: Verdict, bounds: Bounds, limits: Limits, step: int) -> Rests:
    """Find the times in which a register, of a step in joules, stood still and tells nothing."""
    found, drawn = Rests(), bounds.drawn
    if drawn or limits.never_rests:
        _find_stuck(found, verdict, drawn, limits, step)
    if drawn:
        _leave_beginnings(found, verdict, drawn, step)
    if verdict.chain:
        _leave_edge(found, verdict, bounds, limits, step)
    return found


def _find_stuck(found: Rests, verdict: Verdict, drawn: Drawn, limits: Limits, step: int) -> None:
    """Find the times in which the register stood still and should not have."""
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
        if due <= most or (joules is not None and joules >= _CAUGHT_UP * due):
            continue
        end = standing.seen
        if after is not None and joules is not None:
            end = after.reading.time
        elif after is None:
            verdict.keep_open(standing.since)
        found.stuck.append(Span(standing.since, end))
        found.refusals.append(Refusal(standing.since, standing.since, "stuck", standing.value))


def _due(chain: Sequence[Accepted], n: int) -> float:
    """Return what a register that never rests should have counted since its last move before `n`.

    It is reckoned by its last moves. While it stands still no longer than three times as long as
    before one of them, nothing is due.
    """
    standing = chain[n].standing
    moves = _last_moves(chain, n)
    still = standing.seen - standing.since
    if not moves or still <= _usual_rest(moves):
        return 0.0
    return still * median(joules / elapsed for elapsed, joules in moves)


def _last_moves(chain: Sequence[Accepted], n: int) -> list[tuple[int, float]]:
    """Return how long a register stood still before each of its last moves, and their joules."""
    moves: list[tuple[int, float]] = []
    while n > 0 and len(moves) < _MOVES:
        later, one = chain[n], chain[n - 1]
        n -= 1
        if later.joules is None:
            break
        if later.joules > 0:
            moves.append((later.reading.time - one.standing.since, later.joules))
    return moves


def _leave_beginnings(found: Rests, verdict: Verdict, drawn: Drawn, step: int) -> None:
    """Where a register counts anew, leave the time up to its first move to power.

    It may have counted nearly a step before, which power has told as well.
    """
    if all(one.joules != 0 for one in verdict.chain):
        return  # it moves from reading to reading
    begin: int | None = None
    for one in verdict.chain[1:]:
        if one.joules is None:
            begin = one.reading.time
        elif one.joules and begin is not None:
            end = one.reading.time
            if one.joules <= _FEW_STEPS * step and drawn.whole(begin, end) is not None:
                found.unknown.append(Span(begin, end))
            begin = None


def _leave_edge(found: Rests, verdict: Verdict, bounds: Bounds, limits: Limits, step: int) -> None:
    """Note what is not known since the last move; the next move shows it."""
    last = verdict.chain[-1]
    since, seen, before = last.standing.since, last.standing.seen, last.standing.before
    if seen == since:
        return
    moves = _last_moves(verdict.chain, len(verdict.chain) - 1)
    start = since
    is_powered = bounds.drawn.whole(since, seen) is not None
    if is_powered:
        unknown = not limits.is_one_of_many
    else:
        unknown = _is_waited_for(last, moves, limits, step)
        # What it showed first may have been old, where it moves by more than a step.
        start = before if before is not None and moves and moves[0][1] > step else since
    if unknown:
        found.unknown.append(Span(start, seen))
        verdict.keep_open(start)
    elif moves and not is_powered and seen - since <= NEAR_MS:
        usual = median(joules / elapsed for elapsed, joules in moves)
        most = max(usual, (bounds.usual(last.n) or 0.0) / 1000.0)
        due = (seen - since) * most  # the load may have risen just then
        if _usual_rest(moves) < seen - since:
            found.doubts.append(Doubt(since, seen, hidden=due))
            verdict.keep_open(since)
        elif limits.flatters and due > step and seen - since > _longest_rest(moves):
            found.doubts.append(Lull(since, seen, due - step))
            verdict.keep_open(since)


def _is_waited_for(
    last: Accepted, moves: Sequence[tuple[int, float]], limits: Limits, step: int
) -> bool:
    """Tell whether a register that stands still will show later what it counts now.

    Of a supply that has not moved yet, nobody knows whether its register counts at all.
    """
    standing = last.standing
    still = standing.seen - standing.since
    if limits.never_rests:
        return last.joules is not None and standing.before is not None
    if not moves:
        return limits.is_supply and still <= NEAR_MS
    return still <= _usual_rest(moves) and median(joules for _, joules in moves) > step


def _usual_rest(moves: Sequence[tuple[int, float]]) -> int:
    """Return for how long a register may stand still as it has before, in milliseconds."""
    return _STUCK_STEPS * _longest_rest(moves)


def _longest_rest(moves: Sequence[tuple[int, float]]) -> int:
    return max(elapsed for elapsed, _ in moves)

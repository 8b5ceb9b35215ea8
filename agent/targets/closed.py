"""Judge a figure after its deadline: by what was known of that time, whatever is known today."""

from __future__ import annotations

from collections.abc import Sequence

from agent.hubs.model import Fact
from agent.targets.basis import Seen, Shown, verdict
from agent.targets.forecast import DAY
from agent.targets.model import Verdict
from collectors.catalogue.limits import CLOSE_SECONDS, FRESH_SECONDS, NEAR_SECONDS


def after_deadline(
    fact: Fact,
    seen: Sequence[Seen],
    now: float,
    due: tuple[float, float],
    shown: Shown | None,
) -> Verdict:
    """Judge a figure whose deadline is past; `due` holds its earliest and latest moment."""
    telling = [s for s in seen if s.conclusive and s.kept is not None]
    if not fact.kpi.stock:  # a limit may be kept on one day of the range and not on another
        within = next((s for s in telling if s.kept and due[0] <= s.point.time <= due[1]), None)
        if within is not None:
            return verdict(fact, now, "met", "kept_then", shown, decided=within.point)
    decisive = _decisive(fact, telling, due[1])
    if decisive is not None and not decisive.kept:
        return verdict(fact, now, "missed", "broken_then", shown, decided=decisive.point)
    if decisive is not None and not fact.kpi.stock:
        return verdict(fact, now, "met", "kept_then", shown, decided=decisive.point)
    if any(s.point.time > due[1] and s.kept is not None for s in seen):
        return verdict(fact, now, "unknown", "only_later", shown)
    if any(s.evidence.kind != "registered" and s.kept is not None for s in seen):
        return verdict(fact, now, "unknown", "ended_before", shown)
    return verdict(fact, now, "expired_unreported", "expired", shown)


def _decisive(fact: Fact, telling: Sequence[Seen], due: float) -> Seen | None:
    """Choose the value that speaks for the day a figure was due.

    For a level it is the value nearest to that day. For what is built up it is the last value just
    before; without one it is the first value after, however late: what is below its goal later was
    below it on that day, too.
    """
    if fact.kpi.stock:
        just_before = (s for s in reversed(telling) if 0 < due - s.point.time <= _speaks_for(s))
        return next(just_before, None) or next((s for s in telling if s.point.time >= due), None)
    reach = NEAR_SECONDS if fact.kpi.annual else FRESH_SECONDS
    near = [s for s in telling if abs(s.point.time - due) <= reach]
    return min(near, key=lambda s: abs(s.point.time - due), default=None)


def _speaks_for(seen: Seen) -> float:
    """Return how long before a deadline a value may lie and still speak for it, in seconds.

    A registered value speaks for its whole day.
    """
    return DAY if seen.evidence.kind == "registered" else CLOSE_SECONDS

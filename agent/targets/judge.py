"""Judge a stated figure by the evidence there is.

These are pure functions: nothing is measured and nothing is remembered here.

The states, and when a figure is in them:

`stated_only`         It is an observation: there is no threshold to judge by.
`met`                 The evidence shows it kept: now, if there is no deadline; else by its
                      deadline.
`on_track`            It is not decided, and what is measured points to the goal: an interim value
                      is within the limit, or the trend gets there before the earliest day that the
                      deadline may mean.
`at_risk`             It is not decided, and what is measured points away from the goal: a limit is
                      exceeded, the trend is too slow, or the earliest day of a range of deadlines
                      is past without the goal.
`missed`              The deadline is past, and evidence of that time shows that it was not reached.
`unknown`             There is no data or too little. Something may have been reported, but not for
                      this moment.
`expired_unreported`  The deadline is past, and nothing that could tell was measured, then or since.

Rules that are not obvious, and why:

- **Without a deadline a figure is never missed.** There is no day on which it could have been
  missed, and what is broken today may be mended tomorrow. A floor or limit that is broken now is
  `at_risk`; a goal that is not reached yet depends on its trend.
- **A registered observation speaks for its own day only.** 80 000 chips in March say nothing of
  December, so they make a goal of December neither met nor missed. If an observation shows the goal
  reached by its deadline, the goal stays met.
- **A count of a part proves one thing only.** An inventory that is not said to be complete, or a
  source that says `over`, gives a lower bound. At or above a floor it shows the floor kept; below
  it nothing follows.
- **PUE and other annual KPIs need a year.** ISO/IEC 30134 defines them for twelve months. With less
  than `MIN_COVERAGE` of the year metered they are interim: on track or at risk, never met or
  missed. 0.9 leaves room for some weeks of failed meters, but not for a whole summer. Less than a
  week is too little to say anything.
- **A range of deadlines is judged at its later end.** Between its ends a goal that is not reached
  is at risk, since by one reading it is overdue. It is missed only when it is by every reading.
- **A level that is kept now but not on the day it is due is at risk**: its whole range by the
  deadline is beyond the limit.
- **After the deadline, later values do not count.** A value above the goal today shows nothing of
  the day it was due: `unknown`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from agent.hubs.model import Fact
from agent.targets.basis import Seen, Shown, all_seen, satisfies, to_show, verdict
from agent.targets.closed import after_deadline
from agent.targets.direction import judge_direction
from agent.targets.forecast import DAY, Point, Trend, When, trend
from agent.targets.model import Evidence, Outlook, State, Verdict
from collectors.catalogue.limits import FRESH_SECONDS, MIN_COVERAGE, MIN_INTERIM

YEAR: Final = 365 * DAY


def evaluate(fact: Fact, evidence: Sequence[Evidence], now: float) -> Verdict:
    """Judge one figure at a moment by all evidence for its KPI and scope.

    What came after the moment is not looked at.
    """
    known = [item for item in evidence if item.points(now)]
    judged = _judge(fact, known, now)
    if fact.kind == "observation" or (fact.due is not None and now >= fact.due[1]):
        return judged
    return replace(judged, outlook=_outlook(fact, known, now))


def _judge(fact: Fact, known: Sequence[Evidence], now: float) -> Verdict:
    shown = to_show(known, now)
    if fact.kind == "observation":
        return verdict(fact, now, "stated_only", "observation", shown)
    if fact.op == "rising":
        return judge_direction(fact, known, now, shown)
    seen = all_seen(fact, known, now)
    due = fact.due
    reached = next(
        (s for s in seen if s.kept and s.conclusive and (due is None or s.point.time <= due[1])),
        None,
    )
    if reached is not None and fact.kpi.stock and fact.kind == "target":
        return verdict(fact, now, "met", "reached", shown, decided=reached.point)
    if due is not None and now >= due[1]:
        return after_deadline(fact, seen, now, due, shown)
    return _open(fact, seen, now, shown)


def _open(fact: Fact, seen: Sequence[Seen], now: float, shown: Shown | None) -> Verdict:
    """Judge while the deadline is ahead, or where there is none."""
    current = next((s for s in reversed(seen) if s.is_current(now) and s.kept is not None), None)
    interim = current is not None and not current.conclusive
    if current is None or (interim and (current.point.coverage or 0.0) < MIN_INTERIM):
        partial = any(s.is_current(now) for s in seen)
        reason = (
            "too_little" if interim else "partial" if partial else "stale" if seen else "nothing"
        )
        return verdict(fact, now, "unknown", reason, shown)
    if current.kept:
        if _will_break(fact, current, now):
            return verdict(fact, now, "at_risk", "trend_out", shown)
        if not interim:
            return verdict(fact, now, "met", "kept", shown)
    if fact.due is not None and now >= fact.due[0]:
        return verdict(fact, now, "at_risk", "range", shown)
    if current.kept:
        return verdict(fact, now, "on_track", "interim_kept", shown)
    return _by_trend(fact, current, now, shown)


def _will_break(fact: Fact, current: Seen, now: float) -> bool:
    """Tell whether a level that is kept now is beyond its limit by the deadline.

    It is where the whole range of what is expected then is beyond it.
    """
    due = fact.due
    if due is None or fact.kpi.stock:
        return False
    heading = _heading(fact, current.evidence.points(now))
    return heading is not None and not any(satisfies(fact, value) for value in heading.at(due[1]))


def _heading(fact: Fact, points: Sequence[Point]) -> Trend | None:
    """Return where values are heading. A mean over twelve months counts if nearly whole."""
    if not fact.kpi.annual:
        return trend(points)
    whole = [p for p in points if p.coverage is None or p.coverage >= MIN_COVERAGE]
    return trend(whole, annual=True)


def _by_trend(fact: Fact, current: Seen, now: float, shown: Shown | None) -> Verdict:
    """Judge a goal that is not reached by where the measured values are heading."""
    due = fact.due
    holding = fact.kind == "both" or (due is None and fact.op == "<=")
    if holding:
        return verdict(fact, now, "at_risk", "broken", shown)
    heading = _heading(fact, current.evidence.points(now))
    if heading is None and fact.kpi.stock:
        return verdict(fact, now, "unknown", "no_trend", shown)
    if heading is None:
        return verdict(fact, now, "at_risk", "over", shown)
    reason = _by_when(_reached(fact, heading), due)
    state: State = "on_track" if reason == "trend_in_time" else "at_risk"
    return verdict(fact, now, state, reason, shown)


def _by_when(when: When | None, due: tuple[float, float] | None) -> str:
    """Say whether a goal is reached in time. On track needs a chance of nine in ten."""
    if when is None or when.expected is None:
        return "trend_away"
    if when.latest is not None and (due is None or when.latest <= due[0]):
        return "trend_in_time"
    return "trend_uncertain" if due is None or when.expected <= due[0] else "trend_late"


def _reached(fact: Fact, heading: Trend) -> When | None:
    return None if fact.value is None else heading.reaches(fact.value)


def _outlook(fact: Fact, known: Sequence[Evidence], now: float) -> Outlook | None:
    """Return where the values are heading, by the first kind of evidence that has a trend.

    Lower bounds have none: they also grow as more of the whole is counted.
    """
    for kind in ("measured", "derived", "registered"):
        found = (
            point
            for item in known
            if item.kind == kind and not item.at_least
            for point in item.points(now)
        )
        points = sorted(found, key=lambda point: point.time)
        heading = _heading(fact, points)
        if heading is None or now - heading.time > (
            FRESH_SECONDS if kind != "registered" else YEAR
        ):
            continue
        due = fact.due
        kept = satisfies(fact, heading.last)
        return Outlook(
            kind=kind,
            pace=heading.slope * DAY,
            reached=None if kept is not False else _reached(fact, heading),
            due=heading.at(due[1]) if due is not None and now < due[1] else None,
        )
    return None

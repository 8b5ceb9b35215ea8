"""Judge a stated figure by the evidence there is: pure functions, nothing measured and nothing remembered here.

The states, and when a figure is in them:

`stated_only`         an observation: there is no threshold to judge.
`met`                 the evidence shows it kept. Without a deadline: kept now. With one: reached by then.
`on_track`            not decided, and what is measured points to the goal: an interim value within the limit, or a trend that
                      gets there before the earliest day the deadline may mean.
`at_risk`             not decided, and what is measured points away: a limit exceeded, a trend too slow, or the earliest day of
                      a deadline range past without the goal.
`missed`              the deadline is past and evidence of that time shows it was not reached.
`unknown`             no or too little data; something may have been reported, but not for this moment.
`expired_unreported`  the deadline is past, and nothing that could tell was measured, then or since.

Rules that are not obvious, and why:

- **No deadline, never missed.** There is no day on which it could have been missed, and what is broken today may be mended
  tomorrow; so a floor or limit broken now is `at_risk`, and a goal not reached yet depends on its trend.
- **A registered observation speaks for its own day only.** 80 000 chips in March say nothing of December, so they make a goal
  of December neither met nor missed. If it shows the goal reached by its deadline, that is evidence for good.
- **A count of a part proves one thing only.** An inventory that is not said to be complete, or a source that says `over`, gives
  a lower bound: at or above a floor it is met, below it nothing follows.
- **PUE and its like need a year.** ISO/IEC 30134 defines them for twelve months. Less than `MIN_COVERAGE` of the year metered
  is interim: on track or at risk, never met or missed. 0.9 leaves room for some weeks of failed meters, but not for a whole
  summer; less than a week is too little to say anything.
- **A range of deadlines is judged at its later end.** Between its ends a goal not reached is at risk, since by one reading
  it is overdue; it is missed only when by every reading it is.
- **Kept today, lost by the day it is due.** A level within its limit whose whole range by the deadline is beyond it is at risk.
- **After the deadline, later values do not count.** Above the goal today shows nothing of the day it was due: `unknown`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from agent.hubs.model import Fact
from agent.targets.forecast import DAY, MIN_SPAN, Point, Trend, When, trend
from agent.targets.model import Evidence, Outlook, State, Verdict
from collectors.catalogue.limits import (
    CLOSE_SECONDS,
    FRESH_SECONDS,
    MIN_COVERAGE,
    MIN_INTERIM,
    NEAR_SECONDS,
)

YEAR: Final = 365 * DAY


@dataclass(frozen=True, slots=True)
class _Seen:
    """A point with what must be known to judge by it."""

    point: Point
    kept: bool | None
    """Whether it keeps the limit; None where it cannot tell (a lower bound below a floor)."""
    conclusive: bool
    evidence: Evidence


def evaluate(fact: Fact, evidence: Sequence[Evidence], now: float) -> Verdict:
    """Judge one figure at a moment by all evidence for its KPI and scope; what came after the moment is not looked at."""
    known = [item for item in evidence if item.points(now)]
    verdict = _judge(fact, known, now)
    if fact.kind == "observation" or (fact.due is not None and now >= fact.due[1]):
        return verdict
    return replace(verdict, outlook=_outlook(fact, known, now))


def _judge(fact: Fact, known: Sequence[Evidence], now: float) -> Verdict:
    best = _best(known, now)
    if fact.kind == "observation":
        return _verdict(fact, now, "stated_only", "observation", best)
    if fact.op == "rising":
        return _rising(fact, known, now, best)
    seen = sorted(
        (_seen(fact, item, point) for item in known for point in item.points(now)),
        key=lambda seen: seen.point.time,
    )
    due = fact.due
    reached = next(
        (s for s in seen if s.kept and s.conclusive and (due is None or s.point.time <= due[1])),
        None,
    )
    if reached is not None and fact.kpi.stock and fact.kind == "target":
        return _verdict(fact, now, "met", "reached", best, decided=reached.point)
    if due is not None and now >= due[1]:
        return _closed(fact, seen, now, due, best)
    return _open(fact, seen, now, due, best)


def _best(known: Sequence[Evidence], now: float) -> tuple[Evidence, Point] | None:
    """Choose the value to show: a measurement that is still fresh before anything registered, else the newest."""

    def order(pair: tuple[Evidence, Point]) -> tuple[bool, float]:
        return pair[0].kind != "registered" and now - pair[1].time <= FRESH_SECONDS, pair[1].time

    return max(((item, item.points(now)[-1]) for item in known), key=order, default=None)


def _seen(fact: Fact, evidence: Evidence, point: Point) -> _Seen:
    kept = satisfies(fact, point.value)
    if evidence.at_least and kept is not (fact.op == ">="):
        kept = None
    conclusive = (
        not fact.kpi.annual
        or evidence.kind == "registered"
        or (point.coverage or 0.0) >= MIN_COVERAGE
    )
    return _Seen(point, kept, conclusive, evidence)


def satisfies(fact: Fact, value: float) -> bool | None:
    """Tell whether a value keeps the limit; None where there is none. A billionth is rounding, not a breach."""
    if fact.value is None:
        return None
    slack = 1e-9 * max(abs(fact.value), abs(value))
    if fact.op == ">=":
        return value >= fact.value - slack
    if fact.op == "<=":
        return value <= fact.value + slack
    return abs(value - fact.value) <= slack


def _is_current(seen: _Seen, now: float) -> bool:
    """Tell whether a value speaks for now: a fresh measurement, or a registered one on its own day."""
    return now - seen.point.time <= (DAY if seen.evidence.kind == "registered" else FRESH_SECONDS)


def _open(
    fact: Fact,
    seen: Sequence[_Seen],
    now: float,
    due: tuple[float, float] | None,
    best: tuple[Evidence, Point] | None,
) -> Verdict:
    """Judge while the deadline is ahead, or where there is none."""
    current = next((s for s in reversed(seen) if _is_current(s, now) and s.kept is not None), None)
    interim = current is not None and not current.conclusive
    if current is None or (interim and (current.point.coverage or 0.0) < MIN_INTERIM):
        partial = any(_is_current(s, now) for s in seen)
        reason = (
            "too_little" if interim else "partial" if partial else "stale" if seen else "nothing"
        )
        return _verdict(fact, now, "unknown", reason, best)
    overdue = due is not None and now >= due[0]
    if current.kept:
        if _will_break(fact, current, now, due):
            return _verdict(fact, now, "at_risk", "trend_out", best)
        if not interim:
            return _verdict(fact, now, "met", "kept", best)
    if overdue:
        return _verdict(fact, now, "at_risk", "range", best)
    return (
        _verdict(fact, now, "on_track", "interim_kept", best)
        if current.kept
        else _by_trend(fact, current, now, due, best)
    )


def _will_break(fact: Fact, current: _Seen, now: float, due: tuple[float, float] | None) -> bool:
    """Tell whether a level that is kept now is beyond its limit by the deadline, wherever in its range it comes to."""
    if due is None or fact.kpi.stock:
        return False
    heading = trend(current.evidence.points(now))
    return heading is not None and not any(satisfies(fact, value) for value in heading.at(due[1]))


def _by_trend(
    fact: Fact,
    current: _Seen,
    now: float,
    due: tuple[float, float] | None,
    best: tuple[Evidence, Point] | None,
) -> Verdict:
    """Judge a goal that is not reached by where the measured values are heading."""
    holding = fact.kind == "both" or (due is None and fact.op == "<=")
    heading = None if holding else trend(current.evidence.points(now))
    if heading is None:
        if holding or not fact.kpi.stock:
            return _verdict(fact, now, "at_risk", "broken" if holding else "over", best)
        return _verdict(fact, now, "unknown", "no_trend", best)
    when = _reached(fact, heading)
    if when is None or when.expected is None:
        return _verdict(fact, now, "at_risk", "trend_away", best)
    in_time = due is None or when.expected <= due[0]
    return _verdict(
        fact,
        now,
        "on_track" if in_time else "at_risk",
        "trend_in_time" if in_time else "trend_late",
        best,
    )


def _reached(fact: Fact, heading: Trend) -> When | None:
    return None if fact.value is None else heading.reaches(fact.value)


def _closed(
    fact: Fact,
    seen: Sequence[_Seen],
    now: float,
    due: tuple[float, float],
    best: tuple[Evidence, Point] | None,
) -> Verdict:
    """Judge after the deadline: by what was known of that time, whatever is known today."""
    telling = [s for s in seen if s.conclusive and s.kept is not None]
    if not fact.kpi.stock:  # a level, which may be kept on one day of the range and not on another
        within = next((s for s in telling if s.kept and due[0] <= s.point.time <= due[1]), None)
        if within is not None:
            return _verdict(fact, now, "met", "kept_then", best, decided=within.point)
    decisive = _decisive(fact, telling, due[1])
    if decisive is not None and not decisive.kept:
        return _verdict(fact, now, "missed", "broken_then", best, decided=decisive.point)
    if decisive is not None and not fact.kpi.stock:
        return _verdict(fact, now, "met", "kept_then", best, decided=decisive.point)
    if any(s.point.time > due[1] and s.kept is not None for s in seen):
        return _verdict(fact, now, "unknown", "only_later", best)
    measured = any(s.evidence.kind != "registered" and s.kept is not None for s in seen)
    return _verdict(
        fact,
        now,
        "unknown" if measured else "expired_unreported",
        "ended_before" if measured else "expired",
        best,
    )


def _decisive(fact: Fact, telling: Sequence[_Seen], due: float) -> _Seen | None:
    """Choose the value that speaks for the day it was due.

    A level: the value nearest to it. Something built up: the last value just before; failing that the first one after, however
    late, since what is below its goal later was below it then, too.
    """
    if fact.kpi.stock:
        just_before = (s for s in reversed(telling) if 0 < due - s.point.time <= _speaks_for(s))
        return next(just_before, None) or next((s for s in telling if s.point.time >= due), None)
    reach = NEAR_SECONDS if fact.kpi.annual else FRESH_SECONDS
    near = [s for s in telling if abs(s.point.time - due) <= reach]
    return min(near, key=lambda s: abs(s.point.time - due), default=None)


def _speaks_for(seen: _Seen) -> float:
    """Return how long before a deadline a value may lie and still be that day's: a registered one is its whole day's."""
    return DAY if seen.evidence.kind == "registered" else CLOSE_SECONDS


def _rising(
    fact: Fact, known: Sequence[Evidence], now: float, best: tuple[Evidence, Point] | None
) -> Verdict:
    """Judge a direction: the newest value against the first, of one kind of evidence and a week or more apart."""
    due = fact.due
    until = min(now, due[1]) if due else now
    closed = due is not None and now >= due[1]
    for item in sorted(known, key=lambda item: item.kind == "registered"):
        points = item.points(until)
        if item.at_least or not points or points[-1].time - points[0].time < MIN_SPAN:
            continue
        if closed and until - points[-1].time > FRESH_SECONDS:
            continue
        up = points[-1].value > points[0].value
        state: State = ("met" if up else "missed") if closed else ("on_track" if up else "at_risk")
        return _verdict(fact, now, state, "rising" if up else "not_rising", best, decided=points[0])
    if closed and not any(item.kind != "registered" for item in known):
        return _verdict(fact, now, "expired_unreported", "expired", best)
    return _verdict(fact, now, "unknown", "no_direction" if known else "nothing", best)


def _outlook(fact: Fact, known: Sequence[Evidence], now: float) -> Outlook | None:
    """Return where the values are heading, by the kind of evidence that is shown; a lower bound's pace is nobody's."""
    for kind in ("measured", "derived", "registered"):
        found = (
            point
            for item in known
            if item.kind == kind and not item.at_least
            for point in item.points(now)
        )
        points = sorted(found, key=lambda point: point.time)
        heading = trend(points)
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


def _verdict(
    fact: Fact,
    now: float,
    state: State,
    reason: str,
    best: tuple[Evidence, Point] | None,
    *,
    decided: Point | None = None,
) -> Verdict:
    """Put a verdict together with what goes beside any state: value, distance, required pace."""
    if best is None:
        return Verdict(state=state, reason=reason)
    evidence, point = best
    distance = pace = None
    if fact.kind != "observation" and fact.value is not None:
        gap = fact.value - point.value
        distance = gap if fact.op == ">=" else -gap if fact.op == "<=" else abs(gap)
        due = fact.due
        if fact.kpi.stock and due is not None and now < due[1] and distance > 0:
            pace = distance / ((due[0] if now < due[0] else due[1]) - now) * DAY
    return Verdict(
        state=state,
        reason=reason,
        value=point.value,
        value_time=point.time,
        value_kind=evidence.kind,
        at_least=evidence.at_least,
        coverage=point.coverage,
        decided=decided,
        distance=distance,
        pace=pace,
        interim=fact.kpi.annual
        and evidence.kind != "registered"
        and (point.coverage or 0.0) < MIN_COVERAGE,
    )

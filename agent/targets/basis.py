"""The basis of every judgement: values compared with the limit, and how they make a verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agent.hubs.model import Fact
from agent.targets.forecast import DAY, Point
from agent.targets.kpis import measure_of
from agent.targets.model import Evidence, State, Verdict
from collectors.catalogue.limits import FRESH_SECONDS, MIN_COVERAGE


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """The value that is shown beside a verdict, and what it comes from."""

    evidence: Evidence
    point: Point


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A value with what must be known to judge by it."""

    point: Point
    kept: bool | None
    """Whether it keeps the limit; None where it cannot tell, as a lower bound below a floor."""
    conclusive: bool
    """Whether it decides; an annual value from less than a year does not."""
    evidence: Evidence

    def is_current(self, now: float) -> bool:
        """Tell whether it speaks for now: a fresh measurement, or a registered value of today."""
        lasts = DAY if self.evidence.kind == "registered" else FRESH_SECONDS
        return now - self.point.time <= lasts


def to_show(known: Sequence[Evidence], now: float) -> Shown | None:
    """Choose the value to show: a fresh measurement before a registered value, else the newest."""
    last = [Shown(evidence=item, point=item.points(now)[-1]) for item in known]

    def order(shown: Shown) -> tuple[bool, float]:
        fresh = now - shown.point.time <= FRESH_SECONDS
        return shown.evidence.kind != "registered" and fresh, shown.point.time

    return max(last, key=order, default=None)


def all_seen(fact: Fact, known: Sequence[Evidence], now: float) -> list[Seen]:
    """Return all values known at a moment, held against the limit, oldest first."""
    found = [_seen(fact, item, point) for item in known for point in item.points(now)]
    return sorted(found, key=lambda seen: seen.point.time)


def _seen(fact: Fact, evidence: Evidence, point: Point) -> Seen:
    kept = satisfies(fact, point.value)
    if evidence.at_least and not _shows(fact, evidence, kept=kept):
        kept = None
    whole_year = (point.coverage or 0.0) >= MIN_COVERAGE
    conclusive = not fact.kpi.annual or evidence.kind == "registered" or whole_year
    return Seen(point=point, kept=kept, conclusive=conclusive, evidence=evidence)


def _shows(fact: Fact, evidence: Evidence, *, kept: bool | None) -> bool:
    """Tell whether a value of a part shows how the whole stands.

    A lower bound shows only that a floor is reached, or that a limit is exceeded. A mean over a
    part of the sites, such as a PUE, never shows a limit kept: the other sites may be worse.
    """
    measure = measure_of(fact.kpi)
    if evidence.kind != "registered" and measure is not None and measure.mean:
        return kept is False
    return kept is (fact.op == ">=")


def satisfies(fact: Fact, value: float) -> bool | None:
    """Tell whether a value keeps the limit; None where there is none.

    A difference of one part in 10^9 is rounding and breaks no limit.
    """
    if fact.value is None:
        return None
    slack = 1e-9 * max(abs(fact.value), abs(value))
    if fact.op == ">=":
        return value >= fact.value - slack
    if fact.op == "<=":
        return value <= fact.value + slack
    return abs(value - fact.value) <= slack


def verdict(
    fact: Fact,
    now: float,
    state: State,
    reason: str,
    shown: Shown | None,
    *,
    decided: Point | None = None,
) -> Verdict:
    """Put a verdict together with what goes beside any state: value, distance, required pace."""
    if shown is None:
        return Verdict(state=state, reason=reason)
    evidence, point = shown.evidence, shown.point
    distance = None if fact.kind == "observation" else _distance(fact, point.value)
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
        pace=_pace(fact, now, distance),
        interim=fact.kpi.annual
        and evidence.kind != "registered"
        and (point.coverage or 0.0) < MIN_COVERAGE,
    )


def _distance(fact: Fact, value: float) -> float | None:
    """Return what is missing to the limit; zero or negative where it is kept."""
    if fact.value is None:
        return None
    gap = fact.value - value
    return gap if fact.op == ">=" else -gap if fact.op == "<=" else abs(gap)


def _pace(fact: Fact, now: float, distance: float | None) -> float | None:
    """Return what each day must add until the deadline, for what is built up.

    Of a range of days the earlier one counts while it is ahead, then the later one.
    """
    due = fact.due
    if not fact.kpi.stock or due is None or distance is None or now >= due[1] or distance <= 0:
        return None
    return distance / ((due[0] if now < due[0] else due[1]) - now) * DAY

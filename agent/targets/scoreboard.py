"""The scoreboard: every hub's stated figures beside what is known of them.

Hubs come national first, then each parent before its children. Facts that were published after the
moment asked for are left out: nobody could know them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from agent.hubs.model import WHOLE_HUB, Fact, Hub, Registry, day_of, end_of
from agent.hubs.text import in_each_language
from agent.hubs.units import UNITS, Language, show
from agent.targets import wording
from agent.targets.forecast import DAY, Point
from agent.targets.judge import evaluate
from agent.targets.model import STATES, Evidence, Key, Verdict
from agent.targets.views import (
    DeadlineView,
    Display,
    ExpectedView,
    ForecastView,
    HubView,
    LocationView,
    NoTargetDisplay,
    NoTargetView,
    SourceView,
    TargetView,
)

HEADLINE: Final = ("pue", "rack_occupancy")
"""KPIs that everyone looks for. Where no source states a target for the whole hub, that is shown.
"""


def registered(facts: Iterable[Fact]) -> dict[Key, list[Evidence]]:
    """Turn published observations into evidence.

    Each speaks for its own day only: the last day of a period, at noon.
    """
    found: dict[Key, list[Evidence]] = {}
    for fact in facts:
        if fact.kind == "target" or fact.value is None:
            continue
        noon = end_of(fact.stated.last, fact.timezone) - DAY / 2
        item = Evidence(value=fact.value, time=noon, kind="registered", at_least=fact.at_least)
        found.setdefault(Key(fact.hub, fact.kpi.key, fact.scope), []).append(item)
    return found


def known_by(facts: Iterable[Fact], now: float) -> list[Fact]:
    """Return the facts that were published by a moment."""
    return [fact for fact in facts if fact.known_since <= day_of(now, fact.timezone)]


def verdicts(
    hub: Hub, measured: Mapping[Key, Sequence[Evidence]], now: float
) -> list[tuple[Fact, Verdict]]:
    """Judge all of one hub's facts and policies that were published by a moment."""
    facts = known_by((*hub.facts, *hub.policy), now)
    published = registered(facts)
    result = []
    for fact in facts:
        key = Key(fact.hub, fact.kpi.key, fact.scope)
        known = [*measured.get(key, ()), *published.get(key, ())]
        result.append((fact, evaluate(fact, known, now)))
    return result


def scoreboard(
    registry: Registry,
    measured: Mapping[Key, Sequence[Evidence]],
    now: float,
    hubs: Sequence[str] = (),
) -> list[HubView]:
    """Judge every hub, or those named, at a moment (seconds since the epoch).

    `measured` is what this agent measures, by hub, KPI and scope: `TargetCollector.evidence`, or
    `agent.targets.measured.measure`. Published observations are added here; an empty mapping judges
    by them alone.
    """
    return [
        _hub(registry, hub, measured, now)
        for hub in registry.hubs.values()
        if not hubs or hub.key in hubs
    ]


def _hub(
    registry: Registry, hub: Hub, measured: Mapping[Key, Sequence[Evidence]], now: float
) -> HubView:
    rows = [_row(hub, fact, verdict, now) for fact, verdict in verdicts(hub, measured, now)]
    own = tuple(row for row in rows if not row.policy)
    return HubView(
        hub=hub.key,
        name=hub.name,
        parent=hub.parent or None,
        location=None
        if hub.latitude is None
        else LocationView(latitude=hub.latitude, longitude=hub.longitude),
        timezone=hub.timezone,
        at=wording.moment_text(now, hub.timezone),
        counts={state: sum(row.state == state for row in own) for state in STATES},
        targets=own,
        policy=tuple(row for row in rows if row.policy),
        no_target=tuple(_no_target(registry, hub, measured, now)),
    )


def _row(hub: Hub, fact: Fact, verdict: Verdict, now: float) -> TargetView:
    judged = fact.kind != "observation"
    outlook, due = verdict.outlook, fact.due
    return TargetView(
        id=fact.id,
        number=fact.number,
        kpi=fact.kpi.key,
        kpi_name=fact.kpi.name,
        scope=fact.scope,
        scope_name=wording.scope_name(fact, hub),
        kind=fact.kind,
        op=fact.op if judged else "",
        limit=fact.value if judged else None,
        stated_value=fact.value,
        at_least=fact.at_least,
        value=verdict.value,
        value_kind=verdict.value_kind,
        value_time=None
        if verdict.value_time is None
        else wording.moment_text(verdict.value_time, hub.timezone),
        value_at_least=verdict.at_least,
        unit=UNITS[fact.unit].base,
        distance=verdict.distance,
        pace=verdict.pace,
        pace_kept=outlook.pace if outlook is not None else None,
        outlook_kind=outlook.kind if outlook is not None else None,
        forecast=_forecast(hub, verdict),
        expected=None
        if outlook is None or outlook.due is None
        else ExpectedView(**outlook.due._asdict()),
        coverage=verdict.coverage,
        interim=verdict.interim,
        state=verdict.state,
        state_name=wording.state_name(fact, verdict),
        symbol=wording.SYMBOLS[verdict.state],
        deadline=None
        if fact.deadline is None
        else DeadlineView(first=f"{fact.deadline.first}", last=f"{fact.deadline.last}"),
        days_left=None if due is None else int((due[1] - now) // DAY),
        display=in_each_language(lambda language: _display(fact, verdict, language)),
        source=SourceView(
            publisher=fact.source.publisher,
            date=fact.source.date.text,
            about=fact.source.about,
        ),
        stated=fact.stated.text,
        text=fact.text,
        open=fact.open,
        measured=fact.measured,
        explanation=wording.explain(fact, verdict),
        confidence=fact.confidence,
        derived=fact.derived,
        milestone_of=fact.milestone_of,
        policy=fact.policy,
    )


def _display(fact: Fact, verdict: Verdict, language: Language) -> Display:
    return Display(
        value=wording.value_text(fact, verdict, language),
        limit=wording.limit_text(fact, language),
        distance=wording.distance_text(fact, verdict, language),
        pace=wording.pace_text(fact, verdict, language),
        pace_kept=wording.kept_pace_text(fact, verdict, language),
        forecast=wording.reached_text(fact, verdict, language).strip(),
        expected=wording.expected_text(fact, verdict, language),
        deadline=wording.deadline_text(fact, language),
        coverage=wording.ratio_text(verdict.coverage, language),
        stated_value=wording.stated_text(fact, language),
    )


def _forecast(hub: Hub, verdict: Verdict) -> ForecastView | None:
    when = verdict.outlook.reached if verdict.outlook is not None else None
    if when is None or when.expected is None:
        return None
    return ForecastView(
        **{
            name: wording.day_text(time, hub.timezone) or None
            for name, time in when._asdict().items()
        }
    )


def _no_target(
    registry: Registry, hub: Hub, measured: Mapping[Key, Sequence[Evidence]], now: float
) -> Iterator[NoTargetView]:
    """Yield the headline KPIs without a target for the whole hub, with what is measured of them."""
    stated = {
        fact.kpi.key
        for fact in known_by(hub.facts, now)
        if fact.scope == WHOLE_HUB and fact.kind != "observation"
    }
    for name in HEADLINE:
        if name in stated:
            continue
        kpi = registry.kpis[name]
        known = measured.get(Key(hub.key, name, WHOLE_HUB), ())
        points = (point for item in known for point in item.points(now))
        newest = max(points, key=lambda point: point.time, default=None)
        yield NoTargetView(
            kpi=name,
            kpi_name=kpi.name,
            scope=WHOLE_HUB,
            value=newest.value if newest else None,
            coverage=newest.coverage if newest else None,
            display=_no_target_display(newest, kpi.unit),
        )


def _no_target_display(newest: Point | None, unit: str) -> Mapping[Language, NoTargetDisplay]:
    return in_each_language(
        lambda language: NoTargetDisplay(
            value=show(newest.value, unit, language, measured=True) if newest else "",
            text=wording.NO_TARGET[language],
        )
    )

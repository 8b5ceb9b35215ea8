"""One hub, from what it stated: each figure with its unit, limit and source."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from agent.hubs.model import WHOLE_HUB, Fact, Hub, Kpi, Registry
from agent.hubs.text import in_each_language
from agent.hubs.units import UNITS
from agent.targets.kpis import measure_of
from agent.targets.wording import limit_text
from collectors.catalogue import site
from dashboards import panels, uids
from dashboards.boards.base import HUB_TAG, Board, Section, site_of
from dashboards.boards.companions import companions
from dashboards.boards.provenance import provenance
from dashboards.language import Language, Text
from dashboards.panels import Cell, Maker
from dashboards.promql import of
from dashboards.signals import kpi, target
from dashboards.signals.base import BLUE, GREEN, ORANGE, Excuse, Signal, State, Step, above, steps

MEASURED: Final = Text("measured")
YES_NO: Final = (
    State(value=0, text=Text("✗ no"), color=ORANGE),
    State(value=1, text=Text("✓ yes"), color=GREEN),
)
STATED: Final = tuple(replace(state, color=BLUE) for state in YES_NO)
"""The same words for a stated figure, without the colours that mean reached and not reached."""


def board(registry: Registry, hub: Hub, language: Language) -> Board:
    """Return the dashboard of one hub."""
    make = Maker(language, hub.key, uid=uids.hub_uid(hub.key), registry=registry)
    sections = [
        _standing(make, registry, hub),
        *_figures(make, registry, hub.facts),
        *companions(make, registry, hub),
    ]
    if hub.policy:
        sections += _figures(make, registry, hub.policy, policy=True)
    return Board(
        uid=uids.hub_uid(hub.key),
        title=Text("{name}", {"name": hub.name}),
        description=Text("What {hub} stated, and how it stands.", {"hub": hub.name}),
        language=language,
        variables=[site_of(kpi.hubs_inside(registry, hub.key))],
        sections=sections,
        tags=[HUB_TAG],
        hub=hub.key,
        time_from="now-24h",
        alerts=kpi.hubs_inside(registry, hub.key),
        excuse=Excuse(
            reason="no agent reports for this hub", unless=of(site.TARGET_INFO, scope="hub")
        ),
    )


def _standing(make: Maker, registry: Registry, hub: Hub) -> Section:
    return Section(
        title=Text("What was stated, and how it stands"),
        cells=[
            panels.timeline(make, target.STATE, width=24, height=4 + len(hub.facts) // 2),
            *(
                [panels.timeline(make, target.POLICY_STATE, height=4 + len(hub.policy) // 2)]
                if hub.policy
                else []
            ),
            panels.text(
                make,
                Text("Where each figure comes from"),
                provenance(make, registry, hub),
                description=Text(
                    "Figures as published, in our own words, with what the sources leave open.",
                ),
                height=5 + 3 * len(hub.facts) // 2,
            ),
        ],
    )


def _figures(
    make: Maker, registry: Registry, facts: Sequence[Fact], *, policy: bool = False
) -> Iterator[Section]:
    """Yield a section of measured figures, a row a KPI and scope, and one of registered ones."""
    measured: dict[tuple[str, str], list[Fact]] = {}
    registered = []
    for fact in facts:
        if measure_of(fact.kpi) is not None:
            measured.setdefault((fact.kpi.key, fact.scope), []).append(fact)
        else:
            registered.append(fact)
    if measured:
        title = (
            Text("National policy, measured")
            if policy
            else Text("Measured, beside what was stated")
        )
        yield Section(
            title=title,
            cells=[
                cell for group in measured.values() for cell in _measured(make, registry, group)
            ],
        )
    if registered:
        title = (
            Text("National policy, registered")
            if policy
            else Text("Registered figures without telemetry")
        )
        yield Section(
            title=title,
            cells=[
                _registered(make, registry, fact) for fact in registered if fact.value is not None
            ],
        )


def _measured(make: Maker, registry: Registry, facts: Sequence[Fact]) -> Iterator[Cell]:
    """Yield a row: the measured value, what was stated, and both over time."""
    first = facts[0]
    value = _states(
        kpi.measured(registry, first.kpi.key, hub=make.hub, scope=first.scope), first.kpi
    )
    value = replace(value, legend=MEASURED.of(make.language))
    title, short = _title(registry, first), Text("{name}", {"name": first.kpi.name})
    limits = (
        _limit(first)
        if any(fact.kind != "observation" and fact.value is not None for fact in facts)
        else None
    )
    observed = _observation(first) if any(fact.kind == "observation" for fact in facts) else None
    stated = [_states(signal, first.kpi, STATED) for signal in (limits, observed) if signal]
    yield panels.stat(make, replace(value, steps=_judged(facts)), width=5, height=6, title=title)
    if stated:
        heading = Text("Stated: {title}", {"title": short})
        yield panels.stat(make, stated[0], width=5, height=6, title=heading)
    yield panels.series(make, value, *stated, width=14 if stated else 19, height=6, title=title)


def _title(registry: Registry, fact: Fact) -> Text:
    """Name a figure, and the part of the hub that it is of."""
    if fact.scope == WHOLE_HUB:
        return Text("{name}", {"name": fact.kpi.name})
    part = registry.hubs[fact.hub].scopes.get(fact.scope, fact.scope)
    return Text("{kpi} [{scope}]", {"kpi": fact.kpi.name, "scope": part})


def _title_with_goal(registry: Registry, fact: Fact) -> Text:
    goal = in_each_language(lambda language: limit_text(fact, language))
    return Text("{title}: stated {goal}", {"title": _title(registry, fact), "goal": goal})


def _judged(facts: Sequence[Fact]) -> tuple[Step, ...]:
    """Colour a value by the strictest limit: orange beyond a limit, green at a goal.

    Within a limit it has no colour of its own: how much of the time was metered is not seen from
    the number. Whether the limit is kept is said by the state, which the agents judge.
    """
    promised = [
        (fact.op, fact.value)
        for fact in facts
        if fact.kind != "observation" and fact.value is not None
    ]
    goals = [value for op, value in promised if op == ">="]
    limits = [value for op, value in promised if op == "<="]
    if limits:
        return steps((above(min(limits)), ORANGE))
    return steps((max(goals), GREEN)) if goals else ()


def _registered(make: Maker, registry: Registry, fact: Fact) -> Cell:
    """Return the panel of one figure that has no telemetry.

    For an observation the panel shows the published value. For a promise it shows the state, with
    the goal in its title: shown as a value, a goal would look like a figure that was reached.
    """
    observed = fact.kind == "observation"
    signal = _states(_observation(fact), fact.kpi, STATED) if observed else target.state_of(fact.id)
    description = Text(
        "{text} ({publisher}, {date})",
        {"text": fact.text, "publisher": fact.source.publisher, "date": fact.source.date.text},
    )
    return panels.stat(
        make,
        replace(signal, description=description),
        width=4,
        title=(_title if observed else _title_with_goal)(registry, fact),
    )


def _limit(fact: Fact) -> Signal:
    unit, decimals = kpi.unit_of(fact.kpi)
    return replace(
        target.LIMIT,
        unit=unit,
        decimals=decimals,
        expr=f"max by (target, op) ({of(site.TARGET_VALUE, *_of(fact), scope='hub')})",
        legend="{{target}}",
    )


def _observation(fact: Fact) -> Signal:
    unit, decimals = kpi.unit_of(fact.kpi)
    expr = f"max by (target, stated) ({of(site.OBSERVATION_VALUE, *_of(fact), scope='hub')})"
    return replace(
        target.OBSERVED, unit=unit, decimals=decimals, expr=expr, legend="{{target}} ({{stated}})"
    )


def _of(fact: Fact) -> tuple[str, str]:
    return f'kpi="{fact.kpi.key}"', f'scope="{fact.scope}"'


def _states(signal: Signal, figure: Kpi, states: tuple[State, ...] = YES_NO) -> Signal:
    """Give a yes-or-no figure its words."""
    return replace(signal, states=states) if UNITS[figure.unit].base == "yes" else signal

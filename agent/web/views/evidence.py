"""One hub with the evidence that its promises rest on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from agent.hubs.model import Fact, Hub, end_of
from agent.hubs.text import Text, in_each_language
from agent.hubs.units import Language
from agent.targets import wording
from agent.targets.forecast import DAY
from agent.targets.model import Evidence, EvidenceKind, Key
from agent.targets.scoreboard import known_by
from agent.targets.views import HubView, TargetView
from agent.web.view import BoardView
from agent.web.views import promises
from agent.web.views.serialise import inline

_MOST_POINTS: Final = 400
"""The newest earlier values of a KPI that are given: with one a day, more than a year."""


class Moment(NamedTuple):
    """A value at a time, in seconds since the epoch."""

    time: float
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredView:
    """A figure as this hub's own meters and inventory give it."""

    kind: EvidenceKind
    value: float
    at_least: bool
    coverage: float | None
    time: str
    time_seconds: float
    display: Mapping[Language, str]
    history: Sequence[Moment]


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredView:
    """A published value of the same KPI and scope."""

    kind: EvidenceKind = "registered"
    value: float
    at_least: bool
    coverage: None = None
    time: str
    """The day or period that the value is for."""
    time_seconds: float
    display: Mapping[Language, str]
    source: Text
    published: str
    same: bool
    """Whether this is the stated figure itself, and not another one of the same KPI."""
    history: Sequence[Moment] = ()


EvidenceView = MeasuredView | RegisteredView


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseView:
    """A stated figure with its evidence: measured, derived and registered values, kept apart."""

    target: TargetView = inline()
    evidence: Sequence[EvidenceView]

    @property
    def shown(self) -> list[EvidenceView]:
        """The evidence to show; an observation is no evidence for itself, so it is left out."""
        observation = self.target.kind == "observation"
        return [
            one
            for one in self.evidence
            if not (observation and isinstance(one, RegisteredView) and one.same)
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class HubDetailView:
    """`/api/hubs/{hub}`: a hub's part of the scoreboard, each figure with its evidence."""

    hub: HubView = inline()
    targets: Sequence[PromiseView]
    policy: Sequence[PromiseView]
    children: Sequence[str]


def read(view: BoardView, key: str, hubs: Sequence[HubView]) -> HubDetailView | None:
    """Return a hub of the scoreboard with its evidence; None for a hub that it does not have."""
    found = next((hub for hub in hubs if hub.hub == key), None)
    known = view.registry.hubs.get(key)
    if found is None or known is None:
        return None
    measured, now = promises.evidence(view), view.now()
    facts = {fact.id: fact for fact in (*known.facts, *known.policy)}
    published = _published(known, now)

    def each(target: TargetView) -> PromiseView:
        fact = facts[target.id]
        return PromiseView(target=target, evidence=_evidence(fact, measured, published, now))

    return HubDetailView(
        hub=found,
        targets=[each(target) for target in found.targets],
        policy=[each(target) for target in found.policy],
        children=[hub.key for hub in view.registry.hubs.values() if hub.parent == key],
    )


def _published(known: Hub, now: float) -> dict[Key, list[Fact]]:
    """Return a hub's registered observations by hub, KPI and scope, the oldest first."""
    found: dict[Key, list[Fact]] = defaultdict(list)
    for fact in sorted(known_by(known.facts, now), key=lambda fact: fact.stated.last):
        if fact.kind != "target" and fact.value is not None:
            found[Key(fact.hub, fact.kpi.key, fact.scope)].append(fact)
    return found


def _evidence(
    fact: Fact,
    measured: Mapping[Key, Sequence[Evidence]],
    published: Mapping[Key, Sequence[Fact]],
    now: float,
) -> list[EvidenceView]:
    key = Key(fact.hub, fact.kpi.key, fact.scope)
    own = [_measured(fact, one, now) for one in measured.get(key, ()) if one.points(now)]
    registered = [
        _registered(fact, one, one.value) for one in published.get(key, ()) if one.value is not None
    ]
    return [*own, *registered]


def _measured(fact: Fact, known: Evidence, now: float) -> MeasuredView:
    points = known.points(now)
    last = points[-1]
    return MeasuredView(
        kind=known.kind,
        value=last.value,
        at_least=known.at_least,
        coverage=last.coverage,
        time=wording.moment_text(last.time, fact.timezone),
        time_seconds=last.time,
        display=in_each_language(
            lambda language: wording.counted_text(
                fact, last.value, language, at_least=known.at_least
            )
        ),
        history=[Moment(point.time, point.value) for point in points[-_MOST_POINTS:]],
    )


def _registered(fact: Fact, one: Fact, value: float) -> RegisteredView:
    return RegisteredView(
        value=value,
        at_least=one.at_least,
        time=one.stated.text,
        time_seconds=end_of(one.stated.last, one.timezone) - DAY / 2,
        display=in_each_language(lambda language: wording.stated_text(one, language)),
        source=one.source.publisher,
        published=one.source.date.text,
        same=one.id == fact.id,
    )

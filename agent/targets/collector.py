"""Emit what was promised and how it stands: `dc_target_*`, `dc_observation_value`, `dc_kpi_*`.

One agent speaks for its own hub and for the hubs above it, since its sites belong to all of them.
It never speaks for a hub beside or below its own: their own agents do. Registered figures are
constants, so `max by (hub, target, …)` makes one of what several agents emit. Measured values of
several agents are combined as the KPI's `combine` says. Only an agent with an inventory runs this
collector; a node knows nothing of its hub.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import ClassVar, Final

from agent.hubs.model import Fact, Registry
from agent.inventory.model import Inventory
from agent.snapshot import LiveValues
from agent.targets.forecast import DAY
from agent.targets.measured import expected_sites, lists_all_sites, measure
from agent.targets.memory import KpiHistory, Memory, Wanted
from agent.targets.model import STATES, Evidence, Key, Verdict
from agent.targets.scoreboard import verdicts
from collectors.base import Metric, Reading, Schedule
from collectors.catalogue import site as catalogue

Beside = Callable[[Mapping[Key, Sequence[Evidence]]], Mapping[Key, Sequence[Evidence]]]

METRICS: Final[tuple[Metric, ...]] = (
    catalogue.KPI_VALUE,
    catalogue.KPI_COVERAGE,
    catalogue.KPI_BOUND,
    catalogue.SITE_EXPECTED,
    catalogue.SITES_LISTED,
    catalogue.TARGET_VALUE,
    catalogue.TARGET_DEADLINE,
    catalogue.TARGET_INFO,
    catalogue.TARGET_STATE,
    catalogue.TARGET_PACE,
    catalogue.TARGET_EXPECTED,
    catalogue.TARGET_FORECAST,
    catalogue.OBSERVATION_VALUE,
)


class TargetCollector:
    """Judges the stated figures of a hub and of those above it, by the snapshot and the history."""

    name: ClassVar[str] = "targets"

    def __init__(  # noqa: PLR0913 - what it reads from, each of its own kind
        self,
        registry: Registry,
        snapshot: LiveValues,
        hub: str,
        clock: Callable[[], float] = time.time,
        history: KpiHistory | None = None,
        *,
        inventory: Inventory | None = None,
        complete: bool | None = None,
        beside: Beside | None = None,
        interval: float = 60.0,
    ) -> None:
        """`beside` adds what a database knows of the hub from its other gateways."""
        self.device = ""
        self.schedule = Schedule(interval=interval)
        self._registry = registry
        self._snapshot = snapshot
        self._hub = hub
        self._clock = clock
        self._inventory = inventory
        self._complete = complete
        self._beside = beside
        self._sites = list(_sites(registry, hub, inventory, complete=complete))
        self._memory = Memory(history, wanted(registry, hub)) if history is not None else None
        self.evidence: Mapping[Key, Sequence[Evidence]] = {}
        """What the last round judged by. A scoreboard of it says what the series say."""

    async def collect(self) -> Sequence[Reading]:
        """Measure, judge, and return all series."""
        now = self._clock()
        measured = measure(
            self._registry,
            self._snapshot,
            self._hub,
            now,
            inventory=self._inventory,
            complete=self._complete,
        )
        self.evidence = measured
        if self._memory is not None:
            await self._memory.refresh(measured, now)
            self.evidence = self._memory.beside(measured)
        if self._beside is not None:
            self.evidence = self._beside(self.evidence)
        return await asyncio.to_thread(self._readings, measured, self.evidence, now)

    def _readings(
        self,
        measured: Mapping[Key, Sequence[Evidence]],
        known: Mapping[Key, Sequence[Evidence]],
        now: float,
    ) -> Sequence[Reading]:
        """Judge; off the event loop, since a forecast takes a tenth of a second once a day."""
        readings = [*self._sites, *_kpis(measured)]
        for hub in self._registry.lineage(self._hub):
            for fact, verdict in verdicts(hub, known, now):
                readings += _target(fact, verdict)
        return readings


def wanted(registry: Registry, hub: str) -> dict[Key, Wanted]:
    """Return which KPIs the targets of a hub and of those above it need, and when they are due."""
    found: dict[Key, Wanted] = {}
    for place in registry.lineage(hub):
        for fact in (*place.facts, *place.policy):
            if fact.kind != "observation":
                key = Key(fact.hub, fact.kpi.key, fact.scope)
                known = found[key].dues if key in found else ()
                found[key] = Wanted(fact.kpi.annual, (*known, *(fact.due or ())))
    return found


def _sites(
    registry: Registry, hub: str, inventory: Inventory | None, *, complete: bool | None
) -> Iterator[Reading]:
    """Yield which sites the hub's values need, and whether these are known to be all.

    The rules remember them, so that a site is missed when its gateway is gone.
    """
    for name in sorted(expected_sites(registry, hub, inventory)):
        yield catalogue.SITE_EXPECTED.series(hub, name), 1.0
    listed = complete or lists_all_sites(registry, hub, inventory)
    yield catalogue.SITES_LISTED.series(hub), float(listed)


def _kpis(measured: Mapping[Key, Sequence[Evidence]]) -> Iterator[Reading]:
    for key, (evidence, *_) in measured.items():
        yield catalogue.KPI_VALUE.series(*key), evidence.value
        yield catalogue.KPI_BOUND.series(*key), float(evidence.at_least)
        if evidence.coverage is not None:
            yield catalogue.KPI_COVERAGE.series(*key), evidence.coverage


def _target(fact: Fact, verdict: Verdict) -> Iterator[Reading]:
    """Yield the series of one fact.

    Its state is a state set: all seven states are there, 1 for the present one and 0 for the
    others. So the alert `dc_target_state{state="missed"} == 1` ends by itself, and a count by state
    loses no target.
    """
    target = (fact.hub, fact.id, fact.kpi.key, fact.scope)
    kind = "policy" if fact.policy else fact.kind
    yield catalogue.TARGET_INFO.series(*target, kind, fact.source.label, fact.stated.text), 1.0
    if fact.kind != "target" and fact.value is not None:
        yield catalogue.OBSERVATION_VALUE.series(*target, fact.stated.text), fact.value
    if fact.kind != "observation" and fact.value is not None:
        yield catalogue.TARGET_VALUE.series(*target, fact.op), fact.value
    if fact.due is not None:
        yield catalogue.TARGET_DEADLINE.series(*target), fact.due[1]
    yield from _outlook(target, verdict)
    for state in STATES:
        yield catalogue.TARGET_STATE.series(*target, state), float(state == verdict.state)


def _outlook(target: tuple[str, str, str, str], verdict: Verdict) -> Iterator[Reading]:
    """Yield where a KPI is heading; what is not known is absent."""
    if verdict.pace is not None:
        yield catalogue.TARGET_PACE.series(*target, "required"), verdict.pace / DAY
    outlook = verdict.outlook
    if outlook is None:
        return
    yield catalogue.TARGET_PACE.series(*target, "kept"), outlook.pace / DAY
    for metric, values in (
        (catalogue.TARGET_EXPECTED, outlook.due),
        (catalogue.TARGET_FORECAST, outlook.reached),
    ):
        for bound, value in values._asdict().items() if values is not None else ():
            if value is not None:
                yield metric.series(*target, bound), value

"""The signals by subject. Panels, recording rules and alerts are made from them."""

from __future__ import annotations

from collections.abc import Iterator

from agent.hubs.model import Registry
from agent.targets.kpis import measured
from dashboards.signals import (
    breaker,
    chip,
    each_chip,
    energy,
    host,
    host_panels,
    inventory,
    kpi,
    link,
    meter,
    onerack,
    own,
    power,
    pue,
    rack,
    rack_limits,
    rack_nodes,
    supply,
    target,
)
from dashboards.signals.base import Excuse, Signal, State, Step

__all__ = ["Excuse", "Signal", "State", "Step", "all_signals"]


def all_signals(registry: Registry) -> Iterator[Signal]:
    """Yield every signal, those of the registry's KPIs included."""
    for subject in (
        target,
        power,
        pue,
        energy,
        meter,
        rack,
        rack_limits,
        onerack,
        rack_nodes,
        supply,
        breaker,
        chip,
        each_chip,
        link,
        host,
        host_panels,
        inventory,
        own,
    ):
        yield from subject.SIGNALS
    for key in measured(registry.kpis.values()):
        yield kpi.measured(registry, key)
    yield target.measured_per_target(registry.kpis)
    yield target.observed_per_target(registry.kpis)
    yield target.share_of_limit(registry.kpis)

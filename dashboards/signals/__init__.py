"""The signals, by subject: what panels, recording rules and alerts are made of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dashboards.signals import (
    breaker,
    chip,
    energy,
    host,
    inventory,
    kpi,
    link,
    meter,
    onerack,
    own,
    power,
    rack,
    supply,
    target,
)
from dashboards.signals.base import Excuse, Signal, State, Step

if TYPE_CHECKING:
    from agent.hubs.model import Registry

__all__ = ["Excuse", "Signal", "State", "Step", "all_signals"]


def all_signals(registry: Registry) -> Iterator[Signal]:
    """Yield every signal, those of the registry's KPIs included."""
    for subject in (
        target,
        power,
        energy,
        meter,
        rack,
        onerack,
        supply,
        breaker,
        chip,
        link,
        host,
        inventory,
        own,
    ):
        yield from subject.SIGNALS
    for key in kpi.RAW:
        yield kpi.measured(registry, key)
    yield target.measured_per_target(registry.kpis)
    yield target.share_of_limit(registry.kpis)

"""What a collector of targets tells, at a time that a test sets."""

from __future__ import annotations

import datetime as dt

from agent.hubs.loader import load_registry
from agent.snapshot import Snapshot
from agent.targets.collector import TargetCollector
from collectors.base import Batch, Collector, Metric, Reading
from collectors.catalogue import rack

REGISTRY = load_registry()


def moment(text: str) -> float:
    """Return a moment in Shanghai."""
    return dt.datetime.fromisoformat(text + "+08:00").timestamp()


class Clock:
    """A clock that a test sets."""

    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def holding(*readings: Reading) -> Snapshot:
    """Return a snapshot that holds these readings."""
    snapshot = Snapshot()
    snapshot.update(Batch(collector="test", device="", time=0.0, lifetime=1e9, readings=readings))
    return snapshot


def racks(count: int) -> list[Reading]:
    """Return racks of Kunming in service."""
    return [
        (rack.RACK_INFO.series("kunming", "a", "A", f"A{n}", "in_service"), 1.0)
        for n in range(count)
    ]


def of(readings: list[Reading], metric: Metric) -> dict[tuple[str, ...], float]:
    """Return one metric's readings by label values."""
    return {series.values: value for series, value in readings if series.metric is metric}


async def collect(hub: str, now: float, *readings: Reading, **options: object) -> list[Reading]:
    """Run one round."""
    collector = TargetCollector(REGISTRY, holding(*readings), hub, Clock(now), **options)
    assert isinstance(collector, Collector)
    return list(await collector.collect())

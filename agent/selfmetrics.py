"""The agent's own metrics, kept by prometheus-client under the names the catalogue declares."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, ClassVar, Final

from prometheus_client.metrics import Counter, Gauge, Histogram
from prometheus_client.metrics_core import GaugeMetricFamily
from prometheus_client.registry import CollectorRegistry

from collectors.base import Metric, Reading, Schedule
from collectors.catalogue import agent as catalogue
from collectors.custom import family_readings

if TYPE_CHECKING:
    from agent.health import Progress
    from agent.snapshot import Snapshot

HTTP_BUCKETS: Final = (0.005, 0.02, 0.1, 0.5, 2.5, 10.0)


def gauge(metric: Metric, registry: CollectorRegistry) -> Gauge:
    """Make the prometheus-client gauge of a catalogue metric."""
    return Gauge(metric.full_name, metric.help, metric.labels, registry=registry)


def counter(metric: Metric, registry: CollectorRegistry) -> Counter:
    """Make the prometheus-client counter of a catalogue metric."""
    return Counter(metric.full_name, metric.help, metric.labels, registry=registry)


class SelfMetrics:
    """The counters and gauges of the runner and the server."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.registry = registry
        self.errors = counter(catalogue.COLLECTOR_ERRORS, registry)
        self.skipped = counter(catalogue.COLLECTOR_SKIPPED, registry)
        self.dropped = counter(catalogue.SAMPLES_DROPPED, registry)
        self.requests = counter(catalogue.SCRAPES, registry)
        self.request_duration = Histogram(
            catalogue.SCRAPE_DURATION.full_name,
            catalogue.SCRAPE_DURATION.help,
            catalogue.SCRAPE_DURATION.labels,
            registry=registry,
            buckets=HTTP_BUCKETS,
        )
        self.refused = counter(catalogue.HTTP_REFUSED, registry)
        self.reload_success = gauge(catalogue.CONFIG_RELOAD_SUCCESS, registry)
        self.reload_time = gauge(catalogue.CONFIG_RELOAD_TIME, registry)
        self.build_info = gauge(catalogue.BUILD_INFO, registry)
        self.simulated = gauge(catalogue.SIMULATED, registry)


class SelfCollector:
    """Reads the agent's own metrics as a collector, so that they are handled as all others."""

    name: ClassVar[str] = "agent"
    immediate: ClassVar[bool] = True
    device = ""

    def __init__(
        self,
        registry: CollectorRegistry,
        snapshot: Snapshot,
        progress: Callable[[], Progress],
        interval: float = 15.0,
    ) -> None:
        self.schedule = Schedule(interval=interval, max_samples=1_000_000)
        self._registry = registry
        self._snapshot = snapshot
        self._progress = progress

    async def collect(self) -> Iterable[Reading]:
        """Read every metric of the registry."""
        series = GaugeMetricFamily(
            catalogue.SERIES.full_name, catalogue.SERIES.help, value=len(self._snapshot)
        )
        return [
            *_readings(self._progress()),
            *(
                reading
                for family in (*self._registry.collect(), series)
                for reading in family_readings(family)
            ),
        ]


def _readings(progress: Progress) -> Iterator[Reading]:
    """Yield whether the agent keeps up with its devices; nothing where it has none."""
    if not progress.devices:
        return
    yield catalogue.LOOP_LAG.series(), progress.lag_seconds
    yield catalogue.INTERVAL_STRETCH.series(), progress.stretch
    for kind, count in progress.late_rounds.items():
        yield catalogue.LATE_ROUNDS.series(kind), float(count)
    for worker in progress.workers:
        number = str(worker.number)
        yield catalogue.WORKER_RESTARTS.series(number), float(worker.restarts)
        yield catalogue.WORKER_CPU.series(number), worker.cpu_seconds
        yield catalogue.WORKER_LAG.series(number), worker.lag_seconds
        if worker.resident_bytes is not None:
            yield catalogue.WORKER_MEMORY.series(number), float(worker.resident_bytes)

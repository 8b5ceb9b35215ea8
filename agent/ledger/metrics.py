"""The ledger's own counters, for the agent's registry."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric

from collectors.catalogue.agent import (
    LEDGER_EVENTS,
    LEDGER_HEALTHY,
    LEDGER_READINGS,
    LEDGER_REJECTED,
)

REJECTED = (
    "negative",
    "above_rating",
    "leap",
    "glitch",
    "unclear",
    "stuck",
    "at_rest",
    "duplicate",
    "late",
    "clock",
    "memory",
    "ledger_error",
)
EVENTS = ("wrap", "reset")


class LedgerMetrics:
    """A prometheus-client collector over the ledger's counts, and whether it can be written."""

    def __init__(self, counts: Mapping[str, int], is_healthy: Callable[[], bool]) -> None:
        self._counts, self._is_healthy = counts, is_healthy

    def collect(self) -> Iterator[Metric]:
        """Yield the four families."""
        healthy = GaugeMetricFamily(LEDGER_HEALTHY.full_name, LEDGER_HEALTHY.help)
        healthy.add_metric([], float(self._is_healthy()))
        yield healthy
        taken = CounterMetricFamily(LEDGER_READINGS.full_name, LEDGER_READINGS.help)
        taken.add_metric([], self._counts.get("taken", 0))
        yield taken
        for metric, keys in ((LEDGER_REJECTED, REJECTED), (LEDGER_EVENTS, EVENTS)):
            family = CounterMetricFamily(metric.full_name, metric.help, labels=metric.labels)
            for key in keys:
                family.add_metric([key], self._counts.get(key, 0))
            yield family

"""The ledger's own counters, for the agent's registry."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from prometheus_client.core import CounterMetricFamily

from collectors.catalogue.agent import LEDGER_EVENTS, LEDGER_READINGS, LEDGER_REJECTED

REJECTED = (
    "negative",
    "above_rating",
    "leap",
    "glitch",
    "unclear",
    "stuck",
    "duplicate",
    "late",
    "clock",
    "memory",
)
EVENTS = ("wrap", "reset")


class LedgerMetrics:
    """A prometheus-client collector over the ledger's counts."""

    def __init__(self, counts: Mapping[str, int]) -> None:
        self._counts = counts

    def collect(self) -> Iterator[CounterMetricFamily]:
        """Yield the three families."""
        taken = CounterMetricFamily(LEDGER_READINGS.full_name, LEDGER_READINGS.help)
        taken.add_metric([], self._counts.get("taken", 0))
        yield taken
        for metric, keys in ((LEDGER_REJECTED, REJECTED), (LEDGER_EVENTS, EVENTS)):
            family = CounterMetricFamily(metric.full_name, metric.help, labels=metric.labels)
            for key in keys:
                family.add_metric([key], self._counts.get(key, 0))
            yield family

"""A sink's own metrics, read from its counters at each scrape.

So a push costs nothing extra.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final, Protocol

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.core import Metric as Family

from agent.sinks.doubles import Doubles
from agent.sinks.spool import Spool
from collectors.base import Metric
from collectors.catalogue import agent as catalogue

DROP_REASONS: Final = ("quota", "memory", "corrupt", "dead_letter")


class Observed(Protocol):
    """What the metrics are read from: a sink over the spool."""

    name: str
    up: bool | None

    @property
    def spool(self) -> Spool:
        """What waits."""

    @property
    def doubles(self) -> Doubles:
        """Whether the database removes them."""

    @property
    def requests(self) -> Counter[str]:
        """Requests by what came of them."""


class SinkMetrics:
    """A collector in prometheus-client's sense, one for each sink."""

    def __init__(self, sink: Observed) -> None:
        self._sink: Final = sink

    def describe(self) -> list[Family]:
        """Name no series in advance, so that two sinks may share one registry."""
        return []

    def collect(self) -> Iterator[Family]:
        """Yield every family of this sink."""
        sink, state = self._sink, self._sink.spool.state()
        yield self._gauge(catalogue.SPOOL_BYTES, state.waiting_bytes)
        yield self._gauge(catalogue.SPOOL_MAX_BYTES, sink.spool.max_bytes)
        yield self._gauge(catalogue.SPOOL_SAMPLES, state.waiting)
        yield self._gauge(catalogue.SPOOL_OLDEST, state.oldest)
        yield self._gauge(catalogue.SPOOL_HEALTHY, state.healthy)
        yield self._counter(catalogue.SINK_COLLECTED, {"": state.collected})
        yield self._counter(catalogue.SINK_RECOVERED, {"": state.recovered})
        yield self._counter(catalogue.SINK_SENT, {"": state.sent})
        yield self._counter(catalogue.SINK_DROPPED, dict.fromkeys(DROP_REASONS, 0) | state.dropped)
        yield self._counter(catalogue.SINK_REQUESTS, sink.requests.copy())
        yield self._gauge(catalogue.SINK_UP, sink.up)
        yield self._gauge(catalogue.SINK_DEDUPLICATES, sink.doubles.removed)

    def _gauge(self, metric: Metric, value: float | None) -> Family:
        family = GaugeMetricFamily(metric.full_name, metric.help, labels=metric.labels)
        if value is not None:
            family.add_metric([self._sink.name], value)
        return family

    def _counter(self, metric: Metric, values: Mapping[str, float]) -> Family:
        """Make a counter's family.

        The keys of `values` are the values of its second label, if any.
        """
        family = CounterMetricFamily(metric.full_name, metric.help, labels=metric.labels)
        for key, value in sorted(values.items()):
            family.add_metric([self._sink.name, key][: len(metric.labels)], value)
        return family

"""A prometheus-client collector that is nothing but load, plugged in by name as any operator's own
would be.
"""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client.core import GaugeMetricFamily, Metric


class Load:
    """So many series; the value counts the rounds."""

    def __init__(self, series: int) -> None:
        self.series = series
        self.rounds = 0

    def collect(self) -> Iterable[Metric]:
        self.rounds += 1
        family = GaugeMetricFamily("load_test_rounds", "Rounds.", labels=["n"])
        for n in range(self.series):
            family.add_metric([str(n)], self.rounds)
        yield family

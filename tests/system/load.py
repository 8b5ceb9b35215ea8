"""A prometheus-client collector that is nothing but load, plugged in by name as any operator's own
would be.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from prometheus_client.core import GaugeMetricFamily, Metric


class Load:
    """So many series; the value counts the rounds. It fails while there is a file `fails`."""

    def __init__(self, series: int, fails: str = "") -> None:
        self.series = series
        self.rounds = 0
        self.fails = fails

    def collect(self) -> Iterable[Metric]:
        if self.fails and Path(self.fails).exists():
            raise OSError("no answer")
        self.rounds += 1
        family = GaugeMetricFamily("load_test_rounds", "Rounds.", labels=["n"])
        for n in range(self.series):
            family.add_metric([str(n)], self.rounds)
        yield family

"""A prometheus-client collector of what no simulated device tells: the lines between hubs.

Plugged in by name.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric


class Unread:
    """One link; and one reading that is none."""

    def __init__(self, hub: str, site: str) -> None:
        self.where = {"hub": hub, "site": site}
        self.began = time.time()

    def collect(self) -> Iterable[Metric]:
        yield from self._links()

    def _links(self) -> Iterator[Metric]:
        for interface, speed in (("400GE1/0/1", 400e9), ("400GE1/0/2", math.nan)):
            where = self.where | {"device": "core-1", "interface": interface}
            yield self._gauge("dc_link_speed_bits_per_second", where, speed)
            yield self._gauge("dc_link_up", where, 1.0)
            for way, rate in (("receive", 9e9), ("transmit", 7e9)):
                counter = CounterMetricFamily(
                    f"dc_link_{way}_bytes", "Simulated.", labels=list(where)
                )
                counter.add_metric(list(where.values()), rate * (time.time() - self.began))
                yield counter

    @staticmethod
    def _gauge(name: str, labels: dict[str, str], value: float) -> Metric:
        family = GaugeMetricFamily(name, "Simulated.", labels=list(labels))
        family.add_metric(list(labels.values()), value)
        return family

"""A prometheus-client collector of what no simulated device tells: links, carbon; plugged in by name."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from prometheus_client.core import Metric

TRIPS = {"guangzhou": 0.009, "shenzhen": 0.0095, "hangzhou": 0.015}


class Unread:
    """Three peers, one link; and one reading that is none."""

    def __init__(self, hub: str, site: str) -> None:
        self.where = {"hub": hub, "site": site}
        self.began = time.time()

    def collect(self) -> Iterable[Metric]:
        yield from self._links()
        carbon = CounterMetricFamily("dc_site_carbon_kilograms", "Carbon dioxide.", labels=list(self.where))
        carbon.add_metric(list(self.where.values()), 0.01 * (time.time() - self.began))
        yield carbon

    def _links(self) -> Iterator[Metric]:
        for peer, seconds in TRIPS.items():
            for quantile, factor in (("0.5", 1.0), ("0.99", 1.4)):
                yield self._gauge(
                    "dc_link_round_trip_seconds", self.where | {"peer": peer, "quantile": quantile}, seconds * factor
                )
            yield self._gauge("dc_link_loss_ratio", self.where | {"peer": peer}, 0.001)
        yield self._gauge("dc_link_loss_ratio", self.where | {"peer": "silent"}, math.nan)
        yield self._gauge("dc_link_speed_bits_per_second", self.where | {"device": "core-1", "interface": "400GE1/0/1"}, 400e9)

    @staticmethod
    def _gauge(name: str, labels: dict[str, str], value: float) -> Metric:
        family = GaugeMetricFamily(name, "Simulated.", labels=list(labels))
        family.add_metric(list(labels.values()), value)
        return family

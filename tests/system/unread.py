"""A prometheus-client collector of what no collector of ours reads: chips, node power, links, carbon; plugged in by name."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from prometheus_client.core import Metric

PEAKS = {"fp16": 280e12, "fp32": 75e12}
TRIPS = {"guangzhou": 0.009, "shenzhen": 0.0095, "hangzhou": 0.015}
CHIP = {
    "power_watts": 280.0,
    "utilization_ratio": 0.7,
    "memory_used_bytes": 5e10,
    "memory_total_bytes": 6.4e10,
    "temperature_celsius": 61.0,
}


class Unread:
    """Two nodes of two chips each, three peers, one link; and one reading that is none."""

    def __init__(self, hub: str, site: str) -> None:
        self.where = {"hub": hub, "site": site}
        self.began = time.time()

    def collect(self) -> Iterable[Metric]:
        yield from self._chips()
        yield from self._links()
        carbon = CounterMetricFamily("dc_site_carbon_kilograms", "Carbon dioxide.", labels=list(self.where))
        carbon.add_metric(list(self.where.values()), 0.01 * (time.time() - self.began))
        yield carbon

    def _chips(self) -> Iterator[Metric]:
        for number in (1, 2):
            node = self.where | {"row": "A", "rack": "A01", "node": f"sim-a01-n{number:02}"}
            yield self._gauge("dc_node_power_watts", node | {"source": "ipmi"}, 1600.0)
            for card in "01":
                chip = node | {"accelerator": card}
                yield self._gauge("dc_accelerator_info", chip | {"vendor": "Huawei", "model": "simulated"}, 1.0)
                for name, value in CHIP.items():
                    yield self._gauge(f"dc_accelerator_{name}", chip, value)
                for precision, flops in PEAKS.items():
                    yield self._gauge("dc_accelerator_peak_flops", chip | {"precision": precision}, flops)
        yield self._gauge("dc_accelerator_power_watts", node | {"accelerator": "2"}, math.nan)

    def _links(self) -> Iterator[Metric]:
        for peer, seconds in TRIPS.items():
            for quantile, factor in (("0.5", 1.0), ("0.99", 1.4)):
                yield self._gauge(
                    "dc_link_round_trip_seconds", self.where | {"peer": peer, "quantile": quantile}, seconds * factor
                )
            yield self._gauge("dc_link_loss_ratio", self.where | {"peer": peer}, 0.001)
        yield self._gauge("dc_link_speed_bits_per_second", self.where | {"device": "core-1", "interface": "400GE1/0/1"}, 400e9)

    @staticmethod
    def _gauge(name: str, labels: dict[str, str], value: float) -> Metric:
        family = GaugeMetricFamily(name, "Simulated.", labels=list(labels))
        family.add_metric(list(labels.values()), value)
        return family

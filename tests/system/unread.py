"""A prometheus-client collector of what no simulated device tells: a link's speed; plugged in by name."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from prometheus_client.core import GaugeMetricFamily

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from prometheus_client.core import Metric


class Unread:
    """One link; and one reading that is none."""

    def __init__(self, hub: str, site: str) -> None:
        self.where = {"hub": hub, "site": site}

    def collect(self) -> Iterable[Metric]:
        yield from self._links()

    def _links(self) -> Iterator[Metric]:
        for interface, speed in (("400GE1/0/1", 400e9), ("400GE1/0/2", math.nan)):
            yield self._gauge("dc_link_speed_bits_per_second", self.where | {"device": "core-1", "interface": interface}, speed)

    @staticmethod
    def _gauge(name: str, labels: dict[str, str], value: float) -> Metric:
        family = GaugeMetricFamily(name, "Simulated.", labels=list(labels))
        family.add_metric(list(labels.values()), value)
        return family

"""Breakers: what each carries, what it would carry if its pair died, and how much may still be added behind it.

A breaker's load is the sum of the PDUs behind it, however many breakers lie between. A PDU that is silent leaves bounds: the lower counts
it as 0, the upper as the most its feed can draw. So an alert that goes by the lower bound is true, and so is a calm that goes by the upper.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from collectors.base import Metric, Reading, Series
from collectors.catalogue import rack as catalogue
from collectors.catalogue.limits import FAILOVER_LIMIT

if TYPE_CHECKING:
    from agent.inventory.model import Breaker, Feed, Inventory, Rack


LOWER: Final = "lower"
UPPER: Final = "upper"

Pdu = tuple[str, str]
"""Site and name."""


def most(rack: Rack, feed: Feed) -> float:
    """Return the most that a silent feed can draw, watts; infinite where nobody says. A rack that is not in service draws nothing."""
    if rack.state != "in_service":
        return 0.0
    known = [watts for watts in (feed.capacity_watts, rack.rated_power_watts) if watts is not None]
    return min(known, default=math.inf)


@dataclass(slots=True)
class Load:
    """What is behind one breaker at a moment: bounds of its load, and how many of its feeds are heard."""

    low: float = 0.0
    high: float = 0.0
    heard: int = 0
    feeds: int = 0

    def add(self, other: Load) -> None:
        """Count what is behind another breaker."""
        self.low += other.low
        self.high += other.high
        self.heard += other.heard
        self.feeds += other.feeds


class Breakers:
    """The breakers of an inventory, those behind before those they hang on."""

    def __init__(self, inventory: Inventory, hub: str) -> None:
        depth = {name: len(inventory.above(name)) for name in inventory.breakers}
        self.all: Sequence[Breaker] = sorted(
            inventory.breakers.values(), key=lambda breaker: -depth[breaker.breaker]
        )
        """Outwards: every breaker before the one it hangs on."""
        self._hub = hub
        self._feeds = [
            ((rack.site, feed.pdu) if feed.pdu else None, most(rack, feed), feed.breaker)
            for rack in inventory.all_racks.values()
            for feed in rack.feeds.values()
            if feed.breaker in inventory.breakers
        ]
        self._told = [breaker for breaker in self.all if breaker.breaker not in inventory.not_told]
        self._series: dict[tuple[Metric, str, str], Series] = {}
        self.loads: Mapping[str, Load] = {}
        self.headroom: Mapping[str, float] = {}
        """By breaker, watts; absent where it cannot be told. A breaker and its pair share theirs."""

    def update(self, watts: Mapping[Pdu, float]) -> None:
        """Sum the loads anew."""
        loads = {breaker.breaker: Load() for breaker in self.all}
        for pdu, silent, name in self._feeds:
            load = loads[name]
            load.feeds += 1
            value = watts.get(pdu) if pdu is not None else None
            if value is None:
                load.high += silent
            else:
                load.low += value
                load.high += value
                load.heard += 1
        for breaker in self.all:
            if breaker.upstream:
                loads[breaker.upstream].add(loads[breaker.breaker])
        self.loads = loads
        self.headroom = dict(self._headroom())

    def _headroom(self) -> Iterator[tuple[str, float]]:
        by_name = {breaker.breaker: breaker for breaker in self.all}
        for breaker in self.all:
            high, capacity = self.loads[breaker.breaker].high, breaker.capacity
            if breaker.pair:
                high += self.loads[breaker.pair].high
                capacity = min(capacity, by_name[breaker.pair].capacity)
            if math.isfinite(high):
                yield breaker.breaker, max(0.0, FAILOVER_LIMIT * capacity - high)

    def readings(self) -> Iterator[Reading]:
        """Yield all that is known of each breaker; nothing of the load of one behind which nobody is heard.

        A rack that another gateway reads is silent here: bounds hold, and headroom is less than there is, never more.
        """
        for breaker in self._told:
            name, load = breaker.breaker, self.loads[breaker.breaker]
            yield self._own(catalogue.BREAKER_INFO, breaker, breaker.pair, breaker.upstream), 1.0
            yield self._own(catalogue.BREAKER_CAPACITY, breaker), breaker.capacity
            if load.feeds:
                yield self._own(catalogue.BREAKER_COVERAGE, breaker), load.heard / load.feeds
            if load.heard:
                yield from self._bounds(catalogue.BREAKER_POWER, breaker, load.low, load.high, 1.0)
                yield from self._bounds(
                    catalogue.BREAKER_LOAD, breaker, load.low, load.high, breaker.capacity
                )
                if name in self.headroom:
                    yield self._own(catalogue.BREAKER_HEADROOM, breaker), self.headroom[name]
            pair = self.loads.get(breaker.pair)
            if pair is not None and (load.heard or pair.heard):
                low, high = load.low + pair.low, load.high + pair.high
                high = (
                    high if load.feeds and pair.feeds else math.inf
                )  # a side that nothing hangs on is one that nobody noted
                yield from self._bounds(
                    catalogue.BREAKER_FAILOVER_LOAD, breaker, low, high, breaker.capacity
                )

    def _bounds(
        self, metric: Metric, breaker: Breaker, low: float, high: float, whole: float
    ) -> Iterator[Reading]:
        yield self._own(metric, breaker, LOWER), low / whole
        if math.isfinite(high):
            yield self._own(metric, breaker, UPPER), high / whole

    def _own(self, metric: Metric, breaker: Breaker, *labels: str) -> Series:
        key = (metric, breaker.breaker, labels[0] if labels else "")
        found = self._series.get(key)
        if found is None:
            found = self._series[key] = metric.series(
                self._hub, breaker.site, breaker.breaker, *labels
            )
        return found


class Sharing:
    """What the racks of a group may take together, where breakers carry several of them.

    A watt that is put into a rack may, a side being lost, flow through any of its feeds whole; so each feed's breakers are asked by
    themselves, inwards to outwards, and the tightest decides.
    """

    def __init__(self, racks: Sequence[Rack], inventory: Inventory) -> None:
        names = dict.fromkeys(
            name
            for rack in racks
            for name, feed in rack.feeds.items()
            if feed.breaker in inventory.breakers
        )
        self._ways = [self._way(racks, name, inventory) for name in names] or [
            ([""] * len(racks), [])
        ]

    @staticmethod
    def _way(
        racks: Sequence[Rack], name: str, inventory: Inventory
    ) -> tuple[list[str], list[tuple[str, str]]]:
        hung = [rack.feeds[name].breaker if name in rack.feeds else "" for rack in racks]
        direct = [breaker if breaker in inventory.breakers else "" for breaker in hung]
        passed = {
            one.breaker: one.upstream for breaker in set(direct) for one in inventory.above(breaker)
        }
        outwards = sorted(passed, key=lambda breaker: -len(inventory.above(breaker)))
        return direct, [(breaker, passed[breaker]) for breaker in outwards]

    def total(self, racks: Sequence[float], breakers: Mapping[str, float]) -> float:
        """Return the sum of what each rack may take, bounded by what each breaker may; one that is not there has none."""
        least = math.inf
        for direct, outwards in self._ways:
            sums: dict[str, float] = {}
            for breaker, watts in zip(direct, racks, strict=True):
                sums[breaker] = sums.get(breaker, 0.0) + watts
            for breaker, upstream in outwards:
                sums[upstream] = sums.get(upstream, 0.0) + min(
                    sums.pop(breaker, 0.0), breakers.get(breaker, 0.0)
                )
            least = min(least, sums.get("", 0.0))
        return least

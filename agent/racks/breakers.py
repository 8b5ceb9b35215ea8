"""Breakers: the load of each, its load if its pair failed, and how much can be added behind it.

The load of a breaker is the sum of the PDUs behind it, however many breakers lie between. A silent
PDU leaves bounds: it counts as 0 in the lower, and as the most that its feed can draw in the upper.
An alert on the lower bound is never a false alarm; an all-clear by the upper bound is never wrong.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from agent.inventory.model import Breaker, Inventory
from agent.racks.capacity import most_watts
from collectors.base import Metric, Reading, Series
from collectors.catalogue import rack as catalogue

LOWER: Final = "lower"
UPPER: Final = "upper"

PduKey = tuple[str, str]
"""The site and the name of a PDU."""


@dataclass(slots=True)
class Load:
    """The load behind one breaker: its bounds in watts, its feeds, and those of known power."""

    low: float = 0.0
    high: float = 0.0
    known: int = 0
    feeds: int = 0

    def add(self, other: Load) -> None:
        """Add the load of a breaker behind this one."""
        self.low += other.low
        self.high += other.high
        self.known += other.known
        self.feeds += other.feeds


@dataclass(frozen=True, slots=True, kw_only=True)
class _BreakerFeed:
    """A feed of a rack on its breaker: its PDU, if any, and what it draws at most."""

    breaker: str
    pdu: PduKey | None
    most_watts: float


class Breakers:
    """The breakers of an inventory with their loads."""

    def __init__(self, inventory: Inventory, hub: str) -> None:
        depth = {name: len(inventory.supply_path(name)) for name in inventory.breakers}
        self._outwards: Sequence[Breaker] = sorted(
            inventory.breakers.values(), key=lambda breaker: -depth[breaker.breaker]
        )
        """Every breaker before the one that feeds it."""
        self._hub = hub
        self._limits = inventory.limits
        self._feeds = [
            _BreakerFeed(
                breaker=feed.breaker,
                pdu=(rack.site, feed.pdu) if feed.pdu else None,
                most_watts=most_watts(rack, feed),
            )
            for rack in inventory.all_racks.values()
            for feed in rack.feeds.values()
            if feed.breaker in inventory.breakers
        ]
        self._reported = [
            breaker
            for breaker in self._outwards
            if breaker.breaker not in inventory.breakers_of_others
        ]
        self._series: dict[tuple[Metric, str, str], Series] = {}
        self._loads: Mapping[str, Load] = {}
        self.headroom: Mapping[str, float] = {}
        """By breaker, watts; absent where unknown. A breaker and its pair have the same."""

    def update(self, watts: Mapping[PduKey, float]) -> None:
        """Compute the loads from the present power of every PDU."""
        loads = {breaker.breaker: Load() for breaker in self._outwards}
        for feed in self._feeds:
            load = loads[feed.breaker]
            load.feeds += 1
            value = watts.get(feed.pdu) if feed.pdu is not None else None
            if value is None:
                load.high += feed.most_watts
            else:
                load.low += value
                load.high += value
                load.known += 1
        for breaker in self._outwards:
            if breaker.upstream:
                loads[breaker.upstream].add(loads[breaker.breaker])
        self._loads = loads
        self.headroom = dict(self._headrooms())

    def _headrooms(self) -> Iterator[tuple[str, float]]:
        by_name = {breaker.breaker: breaker for breaker in self._outwards}
        for breaker in self._outwards:
            high, capacity = self._loads[breaker.breaker].high, breaker.capacity
            if breaker.pair:
                high += self._loads[breaker.pair].high
                capacity = min(capacity, by_name[breaker.pair].capacity)
            if math.isfinite(high):
                share = self._limits.of(breaker.site).failover_load_ratio
                yield breaker.breaker, max(0.0, share * capacity - high)

    def readings(self) -> Iterator[Reading]:
        """Yield what is known of each breaker; no load where no PDU behind it answers.

        The PDUs of racks that another gateway polls are silent here. The bounds hold all the same,
        and the headroom is less than the real one, never more.
        """
        for breaker in self._reported:
            load = self._loads[breaker.breaker]
            info = self._labelled(catalogue.BREAKER_INFO, breaker, breaker.pair, breaker.upstream)
            yield info, 1.0
            yield self._labelled(catalogue.BREAKER_CAPACITY, breaker), breaker.capacity
            if load.feeds:
                coverage = self._labelled(catalogue.BREAKER_COVERAGE, breaker)
                yield coverage, load.known / load.feeds
            if load.known:
                yield from self._bounds(catalogue.BREAKER_POWER, breaker, load.low, load.high)
                yield from self._bounds(
                    catalogue.BREAKER_LOAD,
                    breaker,
                    load.low / breaker.capacity,
                    load.high / breaker.capacity,
                )
                if breaker.breaker in self.headroom:
                    headroom = self._labelled(catalogue.BREAKER_HEADROOM, breaker)
                    yield headroom, self.headroom[breaker.breaker]
            yield from self._failover(breaker, load)

    def _failover(self, breaker: Breaker, load: Load) -> Iterator[Reading]:
        """Yield the load of a breaker if its pair failed."""
        pair = self._loads.get(breaker.pair)
        if pair is None or not (load.known or pair.known):
            return
        low, high = load.low + pair.low, load.high + pair.high
        if not load.feeds or not pair.feeds:
            high = math.inf  # nothing is listed behind one of the two: the inventory has a gap
        yield from self._bounds(
            catalogue.BREAKER_FAILOVER_LOAD,
            breaker,
            low / breaker.capacity,
            high / breaker.capacity,
        )

    def _bounds(
        self, metric: Metric, breaker: Breaker, low: float, high: float
    ) -> Iterator[Reading]:
        yield self._labelled(metric, breaker, LOWER), low
        if math.isfinite(high):
            yield self._labelled(metric, breaker, UPPER), high

    def _labelled(self, metric: Metric, breaker: Breaker, *labels: str) -> Series:
        """Return a breaker's series of a metric, kept from the first time on."""
        key = (metric, breaker.breaker, labels[0] if labels else "")
        found = self._series.get(key)
        if found is None:
            found = self._series[key] = metric.new_series(
                self._hub, breaker.site, breaker.breaker, *labels
            )
        return found

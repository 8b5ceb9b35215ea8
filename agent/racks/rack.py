"""The series of one rack, and what follows from its power."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from agent.inventory.model import Inventory, Rack
from agent.racks.breakers import PduKey
from agent.racks.capacity import most_watts, spare_watts
from agent.racks.rows import RackGroup
from collectors.base import Metric, Reading, Series
from collectors.catalogue import rack as catalogue


@dataclass(frozen=True, slots=True, kw_only=True)
class _RackFeed:
    pdu: PduKey
    most_watts: float
    power: Series


@dataclass(frozen=True, slots=True, kw_only=True)
class RackPower:
    """The power of a rack in one round, watts."""

    readings: Sequence[Reading]
    """Of each feed whose PDU answers."""
    total: float | None
    """Of all feeds; None while one of them is silent."""
    most: float
    """The highest it can be: a silent feed counts as the most that it can draw."""

    @property
    def known(self) -> bool:
        """Whether any PDU of the rack answers."""
        return bool(self.readings)


class RackSeries:
    """The series of one rack, made once, and its readings that never change."""

    __slots__ = (
        "_breakers",
        "_failover_limit",
        "_feeds",
        "_hub",
        "_series",
        "_spare",
        "fixed",
        "groups",
        "place",
        "rack",
    )

    def __init__(self, hub: str, rack: Rack, inventory: Inventory) -> None:
        self.place = place = (hub, rack.site, rack.row, rack.rack)
        self.rack = rack
        self.groups: list[tuple[RackGroup, int]] = []
        """Its site and its row, if it has one, and its number in each."""
        self._hub = hub
        self._failover_limit = inventory.limits.of(*place[1:]).failover_load_ratio
        self._feeds = [
            _RackFeed(
                pdu=(rack.site, feed.pdu),
                most_watts=most_watts(rack, feed),
                power=catalogue.RACK_POWER.new_series(*place, name),
            )
            for name, feed in rack.feeds.items()
        ]
        self._breakers = [
            breaker.breaker
            for feed in rack.feeds.values()
            for breaker in inventory.supply_path(feed.breaker)
        ]
        self._series: dict[Metric, Series] = {}  # most racks have no sensor, so made when needed
        self._spare = spare_watts(rack)
        self.fixed = list(_fixed(rack, place))

    def series(self, metric: Metric, *labels: str) -> Series:
        """Return the rack's series of a metric, kept from the first time on."""
        found = self._series.get(metric)
        if found is None:
            rack = self.rack
            found = self._series[metric] = metric.new_series(
                self._hub, rack.site, rack.row, rack.rack, *labels
            )
        return found

    def power(self, watts: Mapping[PduKey, float]) -> RackPower:
        """Return the rack's power, from that of every PDU."""
        readings: list[Reading] = []
        most = 0.0
        for feed in self._feeds:
            value = watts.get(feed.pdu)
            if value is None:
                most += feed.most_watts
            else:
                readings.append((feed.power, value))
                most += value
        complete = bool(readings) and len(readings) == len(self._feeds)
        return RackPower(readings=readings, total=most if complete else None, most=most)

    def load_readings(self, total: float) -> Iterator[Reading]:
        """Yield what follows from the power of all feeds."""
        load, failover = self.load(total), self.failover_load(total)
        if load is not None:
            yield self.series(catalogue.RACK_UTILIZATION, "power"), load
        if failover is not None:
            yield self.series(catalogue.RACK_FAILOVER_LOAD), failover

    def load(self, total: float | None) -> float | None:
        """Return the power of all feeds over the rated power; None where one is not known."""
        rated = self.rack.rated_power_watts
        return None if total is None or rated is None else total / rated

    def failover_load(self, total: float | None) -> float | None:
        """Return the power of all feeds over what is left when the strongest feed is lost."""
        return total / self._spare if total is not None and self._spare else None

    def headroom(self, power: RackPower) -> float | None:
        """Return what may be added so that one feed still carries all, watts; breakers left aside.

        None where it is unknown.
        """
        if not power.known or not self._spare or math.isinf(power.most):
            return None
        if self.rack.state != "in_service":
            return None
        rated = self.rack.rated_power_watts
        limit = self._failover_limit * self._spare
        return max(0.0, (limit if rated is None else min(limit, rated)) - power.most)

    def headroom_with_breakers(
        self, headroom: float | None, breakers: Mapping[str, float]
    ) -> float | None:
        """Return the headroom within that of every breaker of the rack; None if one is unknown."""
        if headroom is None or not all(name in breakers for name in self._breakers):
            return None
        return min(headroom, *(breakers[name] for name in self._breakers), math.inf)


def _fixed(rack: Rack, place: tuple[str, str, str, str]) -> Iterator[Reading]:
    yield catalogue.RACK_INFO.new_series(*place, rack.state), 1.0
    yield catalogue.RACK_HEIGHT.new_series(*place), float(rack.height_units)
    used = rack.used
    if used is not None:
        yield catalogue.RACK_USED.new_series(*place), float(used)
        yield catalogue.RACK_UTILIZATION.new_series(*place, "space"), used / rack.height_units
        yield catalogue.RACK_RESERVED.new_series(*place), float(rack.reserved_units)
    if rack.rated_power_watts is not None:
        yield catalogue.RACK_POWER_CAPACITY.new_series(*place), rack.rated_power_watts
    for name, feed in rack.feeds.items():
        if feed.capacity_watts is not None:
            yield catalogue.RACK_FEED_CAPACITY.new_series(*place, name), feed.capacity_watts

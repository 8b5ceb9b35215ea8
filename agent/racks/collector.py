"""Racks: how full each is in space and power, whether one feed can carry both, and what may be added; rows and breakers alike.

Everything follows from the inventory and the latest reading of each PDU. A rack with a silent feed has no total: its live
feed is shown, and what would need the other is left out, but for the headroom: there the silent feed counts as the most it can draw.
"""

from __future__ import annotations

import asyncio
import copy
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, ClassVar, Final, Protocol

from agent.racks.breakers import Breakers, most
from agent.racks.rows import Row, rows_of
from collectors.base import Metric, Reading, Schedule, Series
from collectors.catalogue import rack as catalogue
from collectors.catalogue.facility import PDU_POWER, SENSOR_HUMIDITY, SENSOR_TEMPERATURE
from collectors.catalogue.limits import FAILOVER_LIMIT, KNOWN_SHARE
from collectors.catalogue.site import SITE_INFO, SITE_OCCUPANCY, SITE_RESERVED, SITE_SCOPE

if TYPE_CHECKING:
    from agent.inventory.model import Inventory, Rack


_EXHAUST: Final = re.compile(r"exhaust|outlet|return|rear|hot", re.IGNORECASE)
_RACKS_A_SLICE: Final = 500


class Readings(Protocol):
    """What is read of the snapshot."""

    def family(self, metric: Metric) -> Mapping[Series, float]:
        """Return the live series of one metric."""


def is_exhaust(sensor: str) -> bool:
    """Tell whether a sensor is named after the warm side of a rack."""
    return _EXHAUST.search(sensor) is not None


class _RackSeries:
    """The series of one rack, interned once, with those of its readings that never change."""

    __slots__ = ("_hub", "_own", "behind", "fixed", "loads", "place", "rack", "spare")

    def __init__(self, hub: str, rack: Rack, inventory: Inventory) -> None:
        place = (hub, rack.site, rack.row, rack.rack)
        self.rack = rack
        self.loads = [
            (feed.pdu, most(rack, feed), catalogue.RACK_POWER.series(*place, name))
            for name, feed in rack.feeds.items()
        ]
        self.behind = [
            one.breaker for feed in rack.feeds.values() for one in inventory.above(feed.breaker)
        ]
        self.place: tuple[Row, int] | None = None
        self._hub = hub
        self._own: dict[
            Metric, Series
        ] = {}  # interned when first read: most racks have no sensor, few are full
        self.spare = spare_watts(rack)
        used = rack.used
        fixed: list[Reading] = [
            (catalogue.RACK_INFO.series(*place, rack.state), 1.0),
            (catalogue.RACK_HEIGHT.series(*place), float(rack.height_units)),
        ]
        if used is not None:
            fixed.append((catalogue.RACK_USED.series(*place), float(used)))
            fixed.append(
                (catalogue.RACK_UTILIZATION.series(*place, "space"), used / rack.height_units)
            )
            fixed.append((catalogue.RACK_RESERVED.series(*place), float(rack.reserved_units)))
        if rack.rated_power_watts is not None:
            fixed.append((catalogue.RACK_POWER_CAPACITY.series(*place), rack.rated_power_watts))
        fixed += [
            (catalogue.RACK_FEED_CAPACITY.series(*place, name), feed.capacity_watts)
            for name, feed in rack.feeds.items()
            if feed.capacity_watts is not None
        ]
        self.fixed = fixed

    def series(self, metric: Metric, *labels: str) -> Series:
        """Return the rack's series of a metric, kept from the first time on."""
        found = self._own.get(metric)
        if found is None:
            rack = self.rack
            found = self._own[metric] = metric.series(
                self._hub, rack.site, rack.row, rack.rack, *labels
            )
        return found

    def readings(self, total: float | None) -> Iterator[Reading]:
        """Yield what needs the power of all feeds."""
        if total is None:
            return
        rated = self.rack.rated_power_watts
        if rated is not None:
            yield self.series(catalogue.RACK_UTILIZATION, "power"), total / rated
        if self.spare:
            yield self.series(catalogue.RACK_FAILOVER_LOAD), total / self.spare

    def headroom(self, drawn: float) -> float | None:
        """Return what may be added while one feed can still carry all, its breakers apart; None where that cannot be told."""
        if not self.spare or drawn == math.inf or self.rack.state != "in_service":
            return None
        rated = self.rack.rated_power_watts
        limit = FAILOVER_LIMIT * self.spare
        return max(0.0, (limit if rated is None else min(limit, rated)) - drawn)


def spare_watts(rack: Rack) -> float:
    """Return what is left of a rack's feeds when the strongest is lost; 0 where that cannot be told, or nothing is left.

    Feeds that hang on one breaker are lost at once.
    """
    capacities: dict[str, float] = {}
    for name, feed in rack.feeds.items():
        if feed.capacity_watts is None:
            return 0.0
        way = f"breaker {feed.breaker}" if feed.breaker else f"feed {name}"
        capacities[way] = capacities.get(way, 0.0) + feed.capacity_watts
    return sum(capacities.values()) - max(capacities.values(), default=0.0)


class _Tally:
    """The sums of one site that its occupancy is made of; racks in service only."""

    def __init__(self) -> None:
        self.racks = self.racks_known = self.racks_used = 0
        self.units = self.units_known = self.units_used = 0
        self.racks_reserved = self.units_reserved = 0
        self.rated = self.rated_known = self.drawn = 0.0

    def add(self, rack: Rack, total: float | None) -> None:
        self.racks += 1
        self.units += rack.height_units
        used = rack.used
        if used is not None:
            self.units_known += rack.height_units
            self.units_used += used
            self.units_reserved += rack.reserved_units
            self.racks_reserved += not used and rack.reserved_units > 0
        if used is not None or total is not None:
            self.racks_known += 1
            self.racks_used += bool(used) if used is not None else bool(total)
        if rack.rated_power_watts is not None:
            self.rated += rack.rated_power_watts
            if total is not None:
                self.rated_known += rack.rated_power_watts
                self.drawn += total

    def ratios(self) -> Iterator[tuple[str, float]]:
        """Yield the occupancy by each method that enough is known for."""
        for method, used, known, whole in (
            ("racks", float(self.racks_used), float(self.racks_known), float(self.racks)),
            ("units", float(self.units_used), float(self.units_known), float(self.units)),
            ("power", self.drawn, self.rated_known, self.rated),
        ):
            if known > 0 and known >= KNOWN_SHARE * whole:
                yield method, used / known

    def reserved(self) -> Iterator[tuple[str, float]]:
        """Yield what is promised and not in use, where occupancy is known: a share of the same whole."""
        if self.units_known > 0 and self.units_known >= KNOWN_SHARE * self.units:
            yield "units", self.units_reserved / self.units_known
            yield "racks", self.racks_reserved / self.racks_known


class RackCollector:
    """Every rack of the inventory and the occupancy of its site, from what the PDUs said last."""

    name: ClassVar[str] = "racks"
    device = ""

    def __init__(
        self, inventory: Inventory, snapshot: Readings, hub: str, *, interval: float = 15.0
    ) -> None:
        self._inventory, self._snapshot, self._hub = inventory, snapshot, hub
        self._racks = [_RackSeries(hub, rack, inventory) for rack in inventory.racks.values()]
        self._breakers = Breakers(inventory, hub)
        stands = {known.rack.rack: known for known in self._racks}
        self._rows: list[Row] = []
        for key, racks in rows_of(inventory).items():
            row = Row(hub, key, racks, inventory)
            self._rows.append(row)
            for at, rack in enumerate(racks):
                stands[rack.rack].place = row, at
        told = [site for site in inventory.sites.values() if site.site not in inventory.silent_on]
        self._sites: list[Reading] = [
            (SITE_INFO.series(hub, site.site, site.state, site.name or site.site), 1.0)
            for site in told
        ]
        # Which sites a scope's figure is made of: rules add up a named group's sites by it.
        self._sites += [
            (SITE_SCOPE.series(hub, site.site, scope), 1.0)
            for site in told
            for scope in site.scopes
        ]
        self._tallies = {site.site: _Tally() for site in told}
        for (
            rack
        ) in inventory.elsewhere.values():  # its space is known by the inventory, its power is not
            if rack.state == "in_service" and rack.site in self._tallies:
                self._tallies[rack.site].add(rack, None)
        self.schedule = Schedule(
            interval=interval,
            timeout=max(10.0, interval),
            max_samples=1000 + 40 * (len(self._racks) + len(inventory.breakers)),
        )

    async def collect(self) -> Iterable[Reading]:
        """Compute every rack; yields to the event loop between slices, for a hub has tens of thousands."""
        watts = self._watts()
        inlets = self._by_rack(SENSOR_TEMPERATURE)
        humidity = self._by_rack(SENSOR_HUMIDITY)
        self._breakers.update(watts)
        readings: list[Reading] = [*self._sites, *self._breakers.readings()]
        tallies = {site: copy.copy(tally) for site, tally in self._tallies.items()}
        for row in self._rows:
            row.begin()
        for number, known in enumerate(self._racks):
            if number % _RACKS_A_SLICE == _RACKS_A_SLICE - 1:
                await asyncio.sleep(0)
            rack = known.rack
            readings += known.fixed
            total = self._power(known, watts, readings)
            if rack.rack in inlets:
                readings.append(
                    (known.series(catalogue.RACK_INLET_TEMPERATURE), max(inlets[rack.rack]))
                )
            if rack.rack in humidity:
                readings.append(
                    (
                        known.series(catalogue.RACK_HUMIDITY),
                        sum(humidity[rack.rack]) / len(humidity[rack.rack]),
                    )
                )
            if rack.state == "in_service" and rack.site in tallies:
                tallies[rack.site].add(rack, total)
        readings += self._unlisted()
        for row in self._rows:
            readings += row.readings(self._breakers.headroom)
        for site, tally in tallies.items():
            readings += [
                (SITE_OCCUPANCY.series(self._hub, site, method), value)
                for method, value in tally.ratios()
            ]
            readings += [
                (SITE_RESERVED.series(self._hub, site, method), value)
                for method, value in tally.reserved()
            ]
        return readings

    def _power(
        self, known: _RackSeries, watts: Mapping[tuple[str, str], float], readings: list[Reading]
    ) -> float | None:
        """Add what follows from the power of a rack's feeds; returns their sum, or None while one of them is silent."""
        site, heard, drawn = known.rack.site, 0, 0.0
        for pdu, silent, series in known.loads:
            value = watts.get((site, pdu))
            if value is None:
                drawn += silent
                continue
            readings.append((series, value))
            heard += 1
            drawn += value
        total = drawn if heard and heard == len(known.loads) else None
        readings += known.readings(total)
        headroom = known.headroom(drawn) if heard else None
        if headroom is not None:
            behind = [self._breakers.headroom.get(breaker) for breaker in known.behind]
            told = [watts for watts in behind if watts is not None]
            if len(told) == len(behind):
                readings.append(
                    (
                        known.series(catalogue.RACK_HEADROOM),
                        min(headroom, *told) if told else headroom,
                    )
                )
        if known.place is not None:
            row, at = known.place
            row.add(at, total, headroom)
        return total

    def _watts(self) -> dict[tuple[str, str], float]:
        return {
            (series.values[1], series.values[4]): value
            for series, value in self._snapshot.family(PDU_POWER).items()
        }

    def _by_rack(self, metric: Metric) -> dict[str, list[float]]:
        """Return the values of the sensors at each rack's inlet: those not named after the warm side."""
        found: dict[str, list[float]] = {}
        for series, value in self._snapshot.family(metric).items():
            if series.values[3] and not is_exhaust(series.values[4]):
                found.setdefault(series.values[3], []).append(value)
        return found

    def _unlisted(self) -> Iterator[Reading]:
        """Yield the power of racks that only their PDUs' labels name."""
        feeds = self._inventory.feeds
        for series, value in self._snapshot.family(PDU_POWER).items():
            hub, site, row, rack, pdu, feed = series.values
            if rack and pdu not in feeds and rack not in self._inventory.racks:
                yield catalogue.RACK_POWER.series(hub, site, row, rack, feed or pdu), value

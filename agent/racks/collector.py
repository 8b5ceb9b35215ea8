"""Racks: how full each is in space and power, whether one feed carries all, and what may be added.

Everything follows from the inventory and the latest reading of each PDU. A rack with a silent feed
has no total: its other feed is reported, and what needs the total is left out. The headroom is not:
there a silent feed counts as the most that it can draw.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import ClassVar, Final

from agent.inventory.model import Inventory
from agent.ledger.clock import Steps
from agent.racks.breakers import Breakers
from agent.racks.needs import NeedTimes, needs_of
from agent.racks.occupancy import Occupancy
from agent.racks.rack import RackPower, RackSeries
from agent.racks.rows import RackGroup, racks_of_sites, row_group, rows_of
from agent.racks.seen import Seen, see
from agent.racks.slices import in_slices
from agent.snapshot import LiveValues
from collectors.base import Reading, Schedule
from collectors.batch import Parted
from collectors.catalogue import rack as catalogue
from collectors.catalogue.facility import PDU_POWER
from collectors.catalogue.site import (
    SITE_HEADROOM,
    SITE_INFO,
    SITE_INLETS_WITHIN,
    SITE_OCCUPANCY,
    SITE_RESERVED,
    SITE_SCOPE,
    SITE_UNITS,
)

_RACKS_A_SLICE: Final = 500
_PLACE: Final = tuple(map(PDU_POWER.at, ("hub", "site", "row", "rack", "pdu", "feed")))


def _metric_name(reading: Reading) -> str:
    return reading[0].name


class RackCollector:
    """Every rack of the inventory and the occupancy of its site, from the PDUs' last readings."""

    name: ClassVar[str] = "racks"
    device = ""

    def __init__(
        self,
        inventory: Inventory,
        snapshot: LiveValues,
        hub: str,
        *,
        interval: float = 15.0,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] | None = None,
    ) -> None:
        self._inventory, self._snapshot, self._hub = inventory, snapshot, hub
        self._racks = [RackSeries(hub, rack, inventory) for rack in inventory.racks.values()]
        self._in_parts = list(_in_parts(self._racks))
        self._breakers = Breakers(inventory, hub)
        self._groups = self._make_groups()
        self._need_times: Final = NeedTimes()
        self._clock: Final = clock
        self._steps: Final = Steps(clock, monotonic)
        reported = [
            site for site in inventory.sites.values() if site.site not in inventory.sites_of_others
        ]
        self._sites: list[Reading] = [
            (SITE_INFO.series(hub, site.site, site.state, site.name or site.site), 1.0)
            for site in reported
        ]
        # Recording rules add up the sites of a scope by this series.
        self._sites += [
            (SITE_SCOPE.series(hub, site.site, scope), 1.0)
            for site in reported
            for scope in site.scopes
        ]
        self._empty = {site.site: Occupancy() for site in reported}
        """The occupancy of each site before a round adds the racks that are polled here."""
        # Of racks that another gateway polls, the space is known here; the power is not.
        for rack in inventory.racks_of_others.values():
            if rack.state == "in_service" and rack.site in self._empty:
                self._empty[rack.site].add(rack, None)
        self.schedule = Schedule(
            interval=interval,
            timeout=max(10.0, interval),
            max_samples=1000 + 40 * (len(self._racks) + len(inventory.breakers)),
        )

    def _make_groups(self) -> list[RackGroup]:
        """Make a group of each row and of each site, and tell the racks which are theirs.

        Of a site that several gateways share, no part is told: parts behind one breaker would each
        count its headroom.
        """
        hub, inventory = self._hub, self._inventory
        shared = {rack.site for rack in inventory.racks_of_others.values()}
        made = [
            (row_group(hub, key, racks, inventory), racks)
            for key, racks in rows_of(inventory).items()
        ]
        made += [
            (RackGroup(racks, inventory, headroom=SITE_HEADROOM.series(hub, site)), racks)
            for site, racks in racks_of_sites(inventory).items()
            if site not in shared
        ]
        by_name = {known.rack.rack: known for known in self._racks}
        for group, racks in made:
            for number, rack in enumerate(racks):
                by_name[rack.rack].groups.append((group, number))
        return [group for group, _ in made]

    @property
    def parts(self) -> Sequence[str]:
        """The keys of its parts: the racks of a row are one part."""
        return [ends for _, ends in self._in_parts if ends]

    async def collect(self) -> Iterable[Reading]:
        """Compute every rack; yields to the event loop between slices of racks."""
        if moved := self._steps.moved():
            self._need_times.move(moved)
        seen = see(self._snapshot, self._inventory.pdus, self._clock())
        self._breakers.update(seen.watts)
        readings = Parted()
        sites = {site: copy.copy(occupancy) for site, occupancy in self._empty.items()}
        for group in self._groups:
            group.begin()
        some: list[Reading] = []
        async for known, ends in in_slices(self._in_parts, _RACKS_A_SLICE):
            power = known.power(seen.watts)
            some += self._of_rack(known, power, seen)
            if known.rack.state == "in_service" and known.rack.site in sites:
                sites[known.rack.site].add(known.rack, power.total)
                self._add_inlet(known, sites[known.rack.site], seen)
            if ends:
                # Runs of one metric are told as one.
                readings.add_part(ends, sorted(some, key=_metric_name))
                some.clear()
        readings += [*self._sites, *self._breakers.readings(), *self._unlisted(seen)]
        for group in self._groups:
            readings += group.readings(self._breakers.headroom)
        readings += self._occupancy(sites)
        return readings

    def _of_rack(self, known: RackSeries, power: RackPower, seen: Seen) -> Iterator[Reading]:
        """Yield the readings of a rack."""
        rack = known.rack
        yield from known.fixed
        yield from self._power(known, power)
        if rack.rack in seen.inlets:
            inlet = known.series(catalogue.RACK_INLET_TEMPERATURE)
            yield inlet, max(seen.inlets[rack.rack])
        if rack.rack in seen.humidity:
            values = seen.humidity[rack.rack]
            yield known.series(catalogue.RACK_HUMIDITY), sum(values) / len(values)
        if rack.state == "in_service":
            needs = needs_of(
                known.load(power.total),
                max(seen.inlets.get(rack.rack, ()), default=None),
                known.failover_load(power.total),
                silent=rack.rack in seen.silent,
                limits=self._inventory.limits.of(*known.place[1:]),
            )
            yield from self._need_times.readings(known.place, needs, seen.now)

    def _add_inlet(self, known: RackSeries, site: Occupancy, seen: Seen) -> None:
        """Add to a site whether the rack's inlet is within the recommended temperature."""
        temperatures = seen.inlets.get(known.rack.rack)
        if temperatures:
            limits = self._inventory.limits.of(*known.place[1:])
            site.add_inlet(within=max(temperatures) <= limits.inlet_recommended_celsius)

    def _power(self, known: RackSeries, power: RackPower) -> Iterator[Reading]:
        """Yield what follows from the power of a rack, and add it to its row."""
        yield from power.readings
        if power.total is not None:
            yield from known.load_readings(power.total)
        headroom = known.headroom(power)
        within = known.headroom_with_breakers(headroom, self._breakers.headroom)
        if within is not None:
            yield known.series(catalogue.RACK_HEADROOM), within
        for group, number in known.groups:
            group.add(number, power.total, headroom)

    def _occupancy(self, sites: Mapping[str, Occupancy]) -> Iterator[Reading]:
        for site, occupancy in sites.items():
            for method, value in occupancy.ratios():
                yield SITE_OCCUPANCY.series(self._hub, site, method), value
            for method, value in occupancy.reserved_ratios():
                yield SITE_RESERVED.series(self._hub, site, method), value
            if occupancy.units:
                yield SITE_UNITS.series(self._hub, site), float(occupancy.units)
            within = occupancy.inlets_within_ratio()
            if within is not None:
                yield SITE_INLETS_WITHIN.series(self._hub, site), within

    def _unlisted(self, seen: Seen) -> Iterator[Reading]:
        """Yield the power of racks that the inventory does not have and a PDU's labels name."""
        for labels, watts in seen.unlisted:
            hub, site, row, rack, pdu, feed = (labels[at] for at in _PLACE)
            if rack not in self._inventory.racks:
                yield catalogue.RACK_POWER.series(hub, site, row, rack, feed or pdu), watts


def _in_parts(racks: Iterable[RackSeries]) -> Iterator[tuple[RackSeries, str]]:
    """Yield the racks row by row; with the last of a row the key of its part, else nothing."""

    def key(known: RackSeries) -> str:
        return f"{known.rack.site}/{known.rack.row}"

    for part, some in groupby(sorted(racks, key=key), key):
        *others, last = some
        yield from ((known, "") for known in others)
        yield last, part

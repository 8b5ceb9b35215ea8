"""Put the items of an inventory file together, and check them against each other.

Every mistake is noted with its line; all are raised at once.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Generic, TypeVar

from agent.inventory import check_supplies
from agent.inventory.check_breakers import breaker_mistakes, rack_mistakes
from agent.inventory.check_meters import check_behind, check_replacements
from agent.inventory.model import Breaker, Inventory, Meter, Rack, Site, Supply
from collectors.base import ConfigError
from collectors.strict import Document, Problems, nearest

_MAX_ERRORS: Final = 200
"""A file of the wrong shape has a mistake on every line; nobody reads more of them than this."""

Item = Site | Supply | Breaker | Rack | Meter
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Stated(Generic[T]):
    """An item, the line that states it, and its number in its list."""

    item: T
    line: int
    number: int


class Assembly:
    """The items of one file, added to what a base inventory has.

    What the file states takes the place of what the base has under the same name.
    """

    def __init__(self, path: Path, hub: str, base: Inventory | None) -> None:
        self.base = base or Inventory(hub=hub)
        self.document = Document(path, text="")
        self.complete = False
        self.sites: list[Stated[Site]] = []
        self.supplies: list[Stated[Supply]] = []
        self.breakers: list[Stated[Breaker]] = []
        self.racks: list[Stated[Rack]] = []
        self.meters: list[Stated[Meter]] = []

    def add(self, item: Item, line: int, number: int) -> None:
        """Add one item to the list of its kind."""
        if isinstance(item, Rack):
            self.racks.append(Stated(item, line, number))
        elif isinstance(item, Meter):
            self.meters.append(Stated(item, line, number))
        elif isinstance(item, Site):
            self.sites.append(Stated(item, line, number))
        elif isinstance(item, Supply):
            self.supplies.append(Stated(item, line, number))
        else:
            self.breakers.append(Stated(item, line, number))

    def fail(self, line: int, key: str, message: str) -> None:
        """Note a mistake."""
        self.document.errors.append(
            ConfigError(message, file=self.document.name, line=line, key=key)
        )

    def raise_mistakes(self) -> None:
        """Raise Problems with the first mistakes in the order of the file, if there are any."""
        errors = self.document.errors
        if errors:
            raise Problems(sorted(errors, key=lambda error: error.line)[:_MAX_ERRORS])

    def finish(self) -> Inventory:
        """Return the inventory; raises Problems with every mistake."""
        sites = self._sites()
        racks = self._racks(sites)
        supplies = self._supplies(sites)
        breakers = self._breakers(sites, supplies)
        meters = self._meters(sites)
        self.raise_mistakes()
        read_at = self.base.read_at
        if read_at is None and self.base.source == "file":
            with suppress(OSError):  # a text handed in by a test
                read_at = self.document.path.stat().st_mtime
        return dataclasses.replace(
            self.base,
            sites=sites,
            racks=racks,
            supplies=supplies,
            breakers=breakers,
            meters=meters,
            complete=self.complete or self.base.complete,
            read_at=read_at,
        )

    def _once(self, section: str, key: str, items: Sequence[Stated[T]]) -> Iterator[Stated[T]]:
        """Yield the items whose name is new in the file; note the others."""
        lines: dict[str, int] = {}
        for one in items:
            name = str(getattr(one.item, key))
            if name in lines:
                message = f"{name} is given twice (first in line {lines[name]})"
                self.fail(one.line, f"{section}[{one.number}].{key}", message)
                continue
            lines[name] = one.line
            yield one

    def _sites(self) -> dict[str, Site]:
        stated = {one.item.site: one.item for one in self._once("sites", "site", self.sites)}
        return {**self.base.sites, **stated}

    def _racks(self, sites: Mapping[str, Site]) -> dict[str, Rack]:
        found = dict(self.base.racks)
        stated = {one.item.rack for one in self.racks}
        kept = [rack for name, rack in found.items() if name not in stated]
        pdus = {
            feed.pdu: f"{rack.rack} feed {name}"
            for rack in kept
            for name, feed in rack.feeds.items()
        }
        nodes = {device.node: rack.rack for rack in kept for device in rack.devices or ()}
        for one in self._once("racks", "rack", self.racks):
            key, rack = f"racks[{one.number}]", one.item
            found[rack.rack] = rack
            self._check_site(one.line, f"{key}.site", rack.site, sites)
            for name, feed in rack.feeds.items():
                owner = f"{rack.rack} feed {name}"
                if feed.pdu and pdus.setdefault(feed.pdu, owner) != owner:
                    message = f"{feed.pdu} already feeds rack {pdus[feed.pdu]}"
                    self.fail(one.line, f"{key}.feeds.{name}.pdu", message)
            for device in rack.devices or ():
                if device.node in nodes:
                    message = f"{device.node} is already in rack {nodes[device.node]}"
                    self.fail(one.line, f"{key}.devices", message)
                nodes[device.node] = rack.rack
        return found

    def _supplies(self, sites: Mapping[str, Site]) -> dict[str, Supply]:
        """Check the supplies against each other."""
        found = dict(self.base.supplies)
        for stated in self._once("supplies", "supply", self.supplies):
            key, supply = f"supplies[{stated.number}]", stated.item
            found[supply.supply] = supply
            self._check_site(stated.line, f"{key}.site", supply.site, sites)
        for one in self.supplies:
            for mistake in check_supplies.supply_mistakes(one.item, found):
                self.fail(one.line, f"supplies[{one.number}].{mistake.key}", mistake.message)
        return found

    def _breakers(
        self, sites: Mapping[str, Site], supplies: Mapping[str, Supply]
    ) -> dict[str, Breaker]:
        """Check the breakers against each other, and the feeds of the racks against them."""
        found = dict(self.base.breakers)
        for stated in self._once("breakers", "breaker", self.breakers):
            found[stated.item.breaker] = stated.item
            self._check_site(
                stated.line, f"breakers[{stated.number}].site", stated.item.site, sites
            )
        for breaker in self.breakers:
            for mistake in (
                *breaker_mistakes(breaker.item, found),
                *check_supplies.breaker_mistakes(breaker.item, supplies),
            ):
                key = f"breakers[{breaker.number}].{mistake.key}"
                self.fail(breaker.line, key, mistake.message)
        for rack in self.racks:
            for mistake in rack_mistakes(rack.item, found):
                self.fail(rack.line, f"racks[{rack.number}].{mistake.key}", mistake.message)
        return found

    def _meters(self, sites: Mapping[str, Site]) -> dict[tuple[str, str], Meter]:
        found = dict(self.base.meters)
        lines: dict[tuple[str, str], int] = {}
        site_of_pdu = {pdu: place.rack.site for pdu, place in self.base.pdus.items()}
        site_of_pdu |= {
            feed.pdu: one.item.site for one in self.racks for feed in one.item.feeds.values()
        }
        for one in self.meters:
            meter = self._completed(one, sites, site_of_pdu)
            if meter is None:
                continue
            name = (meter.site, meter.meter)
            if name in lines:
                message = f"{meter.meter} is given twice (first in line {lines[name]})"
                self.fail(one.line, f"meters[{one.number}].meter", message)
                continue
            lines[name], found[name] = one.line, meter
        check_replacements(found, lines, self.fail)
        check_behind(found, lines, self.fail)
        return found

    def _completed(
        self,
        one: Stated[Meter],
        sites: Mapping[str, Site],
        site_of_pdu: Mapping[str, str],
    ) -> Meter | None:
        """Return a meter with its site and point; where one is unknown, note it and return None."""
        key, meter = f"meters[{one.number}]", one.item
        if meter.site:
            self._check_site(one.line, f"{key}.site", meter.site, sites)
        else:
            # A PDU stands where its rack does. With only one site, the site need not be stated.
            site = site_of_pdu.get(meter.meter) or (next(iter(sites)) if len(sites) == 1 else "")
            if not site:
                self.fail(one.line, f"{key}.site", "missing; there is more than one site")
                return None
            meter = dataclasses.replace(meter, site=site)
        if meter.point is None:
            if meter.meter not in site_of_pdu:
                message = f"missing; {meter.meter} is not the PDU of a rack"
                self.fail(one.line, f"{key}.point", message)
                return None
            meter = dataclasses.replace(meter, point="pdu_output")
        return meter

    def _check_site(self, line: int, key: str, site: str, sites: Mapping[str, Site]) -> None:
        if site not in sites:
            self.fail(line, key, f"unknown site {site!r}{nearest(site, sites)}")

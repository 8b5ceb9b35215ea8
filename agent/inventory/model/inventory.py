"""The inventory of a hub, or of a gateway's part of it, with the look-ups that others need."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from agent.inventory.model.breakers import Breaker
from agent.inventory.model.meters import Meter
from agent.inventory.model.racks import Device, Rack
from agent.inventory.model.sites import Site
from agent.inventory.model.supplies import Supply
from collectors.base import Place
from collectors.catalogue.rack_limits import SiteLimits


@dataclass(frozen=True, slots=True, kw_only=True)
class PduPlace:
    """The rack that a PDU feeds, and the feed that it is."""

    rack: Rack
    feed: str


def outlet_name(pdu: str, outlet: str) -> str:
    """Return what the ledger, statements and imported files call an outlet of a PDU."""
    return f"{pdu}:{outlet}"


@dataclass(frozen=True, kw_only=True)
class Inventory:
    """What one hub, or a gateway's part of it, is made of.

    Keyed by site, by rack, by (site, meter), by breaker and by supply.
    """

    hub: str
    sites: Mapping[str, Site] = field(default_factory=dict)
    racks: Mapping[str, Rack] = field(default_factory=dict)
    meters: Mapping[tuple[str, str], Meter] = field(default_factory=dict)
    breakers: Mapping[str, Breaker] = field(default_factory=dict)
    supplies: Mapping[str, Supply] = field(default_factory=dict)
    timezone: str = ""
    """The hub's zone, an IANA name: it is that of every site that states none."""
    complete: bool = False
    """Whether it lists the whole hub, so that what it does not list does not exist."""
    part_of_complete: bool = False
    """Whether it is a gateway's part of an inventory that lists the whole hub."""
    source: str = "file"
    """Where it comes from: `file` or `netbox`."""
    limits: SiteLimits = field(default_factory=SiteLimits)
    """What its racks and breakers are held against: the section `limits:` of the config."""
    read_at: float | None = None
    """When it was read from its source, seconds since the epoch; None if it never was."""
    racks_of_others: Mapping[str, Rack] = field(default_factory=dict)
    """Racks that other gateways poll, where several share an inventory (`agent.inventory.part`)."""
    shared_sites: frozenset[str] = frozenset()
    """Sites with racks that other gateways poll."""
    sites_of_others: frozenset[str] = frozenset()
    """Sites whose values for the site as a whole another gateway reports."""
    breakers_of_others: frozenset[str] = frozenset()
    """Breakers that another gateway reports."""
    billed_outlets: frozenset[tuple[str, str]] = frozenset()
    """Outlets, by PDU and outlet, that tenants have: of these the ledger keeps the energy."""

    @property
    def is_known(self) -> bool:
        """Whether its source was ever read: NetBox may not have answered yet.

        What a file beside NetBox lists proves nothing about all other names.
        """
        return self.source != "netbox" or self.read_at is not None

    def in_zone(self, timezone: str) -> Inventory:
        """Return the same inventory with the hub's zone, an IANA name; sites without one get it."""
        sites = {
            key: site if site.timezone else replace(site, timezone=timezone)
            for key, site in self.sites.items()
        }
        return replace(self, sites=sites, timezone=timezone)

    @property
    def lists_all_sites(self) -> bool:
        """Whether every site of the hub is among its sites: a gateway's part keeps them all."""
        return self.complete or self.part_of_complete

    @cached_property
    def all_racks(self) -> Mapping[str, Rack]:
        """Every rack, whichever gateway polls it."""
        return {**self.racks, **self.racks_of_others} if self.racks_of_others else self.racks

    @cached_property
    def pdus(self) -> Mapping[str, PduPlace]:
        """Every PDU with its rack and feed; the names of PDUs are unique in a hub."""
        return {
            feed.pdu: PduPlace(rack=rack, feed=name)
            for rack in self.racks.values()
            for name, feed in rack.feeds.items()
            if feed.pdu
        }

    @cached_property
    def outlets(self) -> Mapping[str, PduPlace]:
        """The billed outlets of known PDUs, by `outlet_name`, with the place of their PDU."""
        return {
            outlet_name(pdu, outlet): self.pdus[pdu]
            for pdu, outlet in self.billed_outlets
            if pdu in self.pdus
        }

    @cached_property
    def racks_by_site(self) -> Mapping[str, tuple[Rack, ...]]:
        """The racks of every site, in the order of the file."""
        found: dict[str, list[Rack]] = {site: [] for site in self.sites}
        for rack in self.racks.values():
            found.setdefault(rack.site, []).append(rack)
        return {site: tuple(racks) for site, racks in found.items()}

    @cached_property
    def meters_by_site(self) -> Mapping[str, tuple[Meter, ...]]:
        """The meters of every site, in the order of the file."""
        found: dict[str, list[Meter]] = {site: [] for site in self.sites}
        for meter in self.meters.values():
            found.setdefault(meter.site, []).append(meter)
        return {site: tuple(meters) for site, meters in found.items()}

    def supply_path(self, breaker: str) -> tuple[Breaker, ...]:
        """Return a breaker, the one that feeds it, and so on; empty where no breaker has this name.

        The inventory must be checked: a circle of breakers would have no end.
        """
        found: list[Breaker] = []
        while breaker in self.breakers:
            found.append(self.breakers[breaker])
            breaker = found[-1].upstream
        return tuple(found)

    def places(self) -> Mapping[str, Place]:
        """Return where every rack stands, for `Context.racks`."""
        return {
            name: Place(hub=self.hub, site=rack.site, row=rack.row, rack=name)
            for name, rack in self.racks.items()
        }

    def sites_in(self, scope: str) -> tuple[Site, ...]:
        """Return the sites of a scope: all for the hub, else those in the group or of this name."""
        if scope in ("", self.hub):
            return tuple(self.sites.values())
        return tuple(s for s in self.sites.values() if scope in s.scopes or s.site == scope)

    def devices(self) -> Iterable[tuple[Rack, Device]]:
        """Yield every device that a rack lists, with its rack."""
        for rack in self.racks.values():
            for device in rack.devices or ():
                yield rack, device

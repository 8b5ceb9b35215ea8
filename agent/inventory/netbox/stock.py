"""Take NetBox's objects, list by list. An object that lacks something costs only itself.

Serves versions 3 and 4: the role of a device is `role` or, before 4.0, `device_role`; the other end
of a feed is the list `connected_endpoints` or, before 3.3, `connected_endpoint`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from agent.inventory.model import MAX_HEIGHT, Device, Site, State
from agent.inventory.model.service import check_service
from agent.inventory.netbox.objects import (
    Object,
    choice,
    id_of,
    inner,
    items,
    magnitude,
    positive,
    text,
)
from agent.inventory.netbox.panels import Panel
from agent.inventory.netbox.place import PLACE_FIELDS, Place, PlaceFields, place_of

MAX_PROBLEMS: Final = 200
"""At most this many problems are kept in words; all are counted."""
_SITE_STATES: Final[Mapping[str, State]] = {
    "active": "in_service",
    "decommissioning": "in_service",
    "staging": "under_construction",
    "planned": "planned",
}
"""A retired site is left out. So is one with a status of the user's own: its meaning is unknown."""
_RACK_STATES: Final[Mapping[str, State]] = {
    "active": "in_service",
    "available": "in_service",
    "reserved": "in_service",
    "planned": "planned",
}
_ORDER: Final[Sequence[State]] = ("planned", "under_construction", "in_service")
_LAST_UNIT: Final = 32_767
"""The largest number that NetBox keeps for a unit."""
_GONE: Final = frozenset(("retired", "deprecated"))
_SIDES: Final = {"primary": "A", "redundant": "B"}
_THREE_PHASE: Final = "three-phase"
PLANNED: Final = "planned"
"""The status of a device or a feed that is not there yet."""


@dataclass(slots=True)
class Supply:
    """A feed of a rack, or a PDU that no feed leads to."""

    name: str
    pdu: str
    side: str = ""
    """`A` or `B` by NetBox's primary and redundant; empty if it states neither."""
    watts: float | None = None
    panel: int = 0


@dataclass(slots=True)
class FoundRack:
    """A rack of NetBox while its devices and supplies are added."""

    site: int
    name: str
    row: str
    state: State
    height: int
    first_unit: int
    rated_watts: float | None
    all_reserved: bool
    since: str = ""
    place: Place = field(default_factory=Place)
    used: set[int] = field(default_factory=set)
    reserved: set[int] = field(default_factory=set)
    devices: list[Device] = field(default_factory=list)
    pdus: dict[str, Supply] = field(default_factory=dict)
    supplies: list[Supply] = field(default_factory=list)


@dataclass(slots=True)
class FoundDevice:
    """A device of NetBox that is in a rack."""

    name: str
    rack: int
    position: float | None
    height: float
    status: str
    role: str
    outlets: int


class Stock:
    """Everything read so far, by NetBox's numbers.

    The lists come in this order: sites, types, racks, devices, reservations, panels, feeds.
    """

    def __init__(
        self,
        *,
        node_roles: Sequence[str],
        pdu_roles: Sequence[str],
        rated_power_field: str,
        since_field: str = "",
        place_fields: PlaceFields = PLACE_FIELDS,
        panel_amperes_field: str = "",
    ) -> None:
        self.problems: list[str] = []
        self.problem_count = 0
        self.node_roles, self.pdu_roles = frozenset(node_roles), frozenset(pdu_roles)
        self._rated_power_field = rated_power_field
        self._since_field, self._place_fields = since_field, place_fields
        self._panel_amperes_field = panel_amperes_field
        self.sites: dict[int, Site] = {}
        self.racks: dict[int, FoundRack] = {}
        self.devices: dict[int, FoundDevice] = {}
        self.panels: dict[int, Panel] = {}
        self._heights: dict[int, float] = {}

    def problem(self, message: str) -> None:
        """Note something that cannot be used."""
        self.problem_count += 1
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(message)

    def add_site(self, found: Object) -> None:
        """Take a site; its tags, tenant and group are its scopes."""
        slug, status = text(found, "slug"), choice(found, "status")
        if not slug or status in _GONE:
            return
        state = _SITE_STATES.get(status)
        if state is None:
            self.problem(
                f"site {slug}: its status {status!r} does not say whether it is in service"
            )
            return
        scopes = [text(tag, "slug") for tag in items(found, "tags")]
        scopes += [text(inner(found, key), "slug") for key in ("tenant", "group")]
        named = tuple(dict.fromkeys(scope for scope in scopes if scope))
        name, zone = text(found, "name"), text(found, "time_zone")
        try:
            site = Site(site=slug, name=name, state=state, scopes=named, timezone=zone)
        except ValueError as error:
            self.problem(f"site {slug}: {error}")
            site = Site(site=slug, name=name, state=state, scopes=named)
        self.sites[found["id"]] = site

    def add_rack(self, found: Object) -> None:
        """Take a rack; at a site under construction, no rack is in service."""
        name, status, site = text(found, "name"), choice(found, "status"), id_of(found, "site")
        if not name or site not in self.sites or status in _GONE:
            return
        state, height = _RACK_STATES.get(status), found.get("u_height")
        if state is None:
            self.problem(
                f"rack {name}: its status {status!r} does not say whether it is in service"
            )
            return
        if not isinstance(height, int) or not 1 <= height <= MAX_HEIGHT:
            self.problem(f"rack {name}: a height of {str(height)[:80]} units")
            return
        first = found.get("starting_unit")
        self.racks[found["id"]] = FoundRack(
            site=site,
            name=name,
            row=text(inner(found, "group"), "name") or text(inner(found, "location"), "name"),
            state=min(state, self.sites[site].state, key=_ORDER.index),
            height=height,
            first_unit=first if isinstance(first, int) and 0 <= first <= _LAST_UNIT else 1,
            rated_watts=positive(inner(found, "custom_fields").get(self._rated_power_field)),
            all_reserved=status == "reserved",
            since=self._since(found),
            place=place_of(
                inner(found, "custom_fields"),
                self._place_fields,
                lambda message: self.problem(f"rack {name}: {message}"),
            ),
        )

    def _since(self, found: Object) -> str:
        """Return since when a rack is in service; empty where nothing readable is stated."""
        since = text(inner(found, "custom_fields"), self._since_field)
        try:
            check_service(since, "")
        except ValueError as error:
            self.problem(f"rack {text(found, 'name')}: {error}")
            return ""
        return since

    def add_type(self, found: Object) -> None:
        """Take the height of a device type; a type excluded from utilization takes no unit."""
        height = positive(found.get("u_height")) or 0.0
        excluded = found.get("exclude_from_utilization") is True
        if height > MAX_HEIGHT:
            name = text(found, "model") or str(found["id"])
            self.problem(f"device type {name[:80]}: a height of {height:g} units")
            height = 0.0
        self._heights[found["id"]] = 0.0 if excluded else height

    def add_device(self, found: Object) -> None:
        """Take a device that stands in a rack."""
        rack = id_of(found, "rack")
        if rack not in self.racks:
            return
        kind = id_of(found, "device_type")
        position = positive(found.get("position"))
        # A child in a bay has its parent's rack and no position: its units are the parent's.
        child = bool(inner(found, "parent_device"))
        if position is not None and not child and kind not in self._heights:
            name = text(found, "display")
            self.problem(f"device {name}: its type is not among those NetBox lists")
        outlets = found.get("power_outlet_count")
        self.devices[found["id"]] = FoundDevice(
            name=text(found, "name"),
            rack=rack,
            position=None if child else position,
            height=self._heights.get(kind, 0.0),
            status=choice(found, "status"),
            role=text(inner(found, "role") or inner(found, "device_role"), "slug"),
            outlets=outlets if isinstance(outlets, int) else 0,
        )

    def add_reservation(self, found: Object) -> None:
        """Take a reservation of units of a rack; a stale one reserves nothing."""
        rack = self.racks.get(id_of(found, "rack"))
        if rack is not None and choice(found, "status") != "stale":
            rack.reserved.update(
                unit - rack.first_unit + 1
                for unit in items(found, "units")
                if isinstance(unit, int)
            )

    def add_panel(self, found: Object) -> None:
        """Take a power panel; one without a rating is left out."""
        name, site = text(found, "name"), self.sites.get(id_of(found, "site"))
        amperes = positive(inner(found, "custom_fields").get(self._panel_amperes_field))
        if name and site is not None and amperes:
            self.panels[found["id"]] = Panel(name=name, site=site.site, amperes=amperes)

    def add_feed(self, found: Object) -> None:
        """Take a power feed of a rack, with the PDU at its end."""
        rack = self.racks.get(id_of(found, "rack"))
        if rack is None or choice(found, "status") == PLANNED:
            return
        pdu = self._pdu_of(found)
        watts = _watts(found)
        other = rack.pdus.get(pdu) if pdu else None
        if other is not None:
            if other.watts and watts:  # a PDU with two inlets carries what both carry
                other.watts += watts
            return
        supply = Supply(
            name=text(found, "name"),
            pdu=pdu,
            side=_SIDES.get(choice(found, "type"), ""),
            watts=watts,
            panel=id_of(found, "power_panel"),
        )
        rack.supplies.append(supply)
        if pdu:
            rack.pdus[pdu] = supply

    def _pdu_of(self, feed: Object) -> str:
        """Return the name of the PDU at the end of a feed; empty where there is none."""
        ends = items(feed, "connected_endpoints") or [feed.get("connected_endpoint")]
        numbers = (
            id_of(end, "device") for end in ends if isinstance(end, dict) and inner(end, "device")
        )
        device = self.devices.get(next(numbers, 0))
        return device.name if device is not None and self.is_pdu(device) else ""

    def is_pdu(self, device: FoundDevice) -> bool:
        """Tell whether a device is a PDU: by its role, or by outlets on what is no node."""
        return bool(device.name) and (
            device.role in self.pdu_roles
            or (device.outlets > 0 and device.role not in self.node_roles)
        )


def _watts(feed: Object) -> float | None:
    """Return what a feed carries in watts: volts times amperes times the share that may be used.

    Three phases carry √3 times as much, since NetBox states the voltage from line to line.
    """
    volts, amperes = positive(magnitude(feed.get("voltage"))), positive(feed.get("amperage"))
    if not volts or not amperes:
        return None
    share = (positive(feed.get("max_utilization")) or 100.0) / 100
    phases = math.sqrt(3) if choice(feed, "phase") == _THREE_PHASE else 1.0
    return round(volts * amperes * share * phases, 1)

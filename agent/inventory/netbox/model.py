"""NetBox's objects to sites, racks, feeds and devices: pure, and whatever an object lacks costs that object only.

Serves versions 3 and 4: the role of a device is `role` or, before 4.0, `device_role`; a feed's other end is the list
`connected_endpoints` or, before 3.3, `connected_endpoint`; choices are `{value, label}`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from agent.inventory.model import MAX_HEIGHT, Device, Feed, Inventory, Rack, Site
from agent.inventory.netbox.panels import Panel, breakers_of, fitting

if TYPE_CHECKING:
    from agent.inventory.model import State

MAX_PROBLEMS: Final = 200
_SITE_STATES: Final[Mapping[str, State]] = {
    "active": "in_service",
    "decommissioning": "in_service",
    "staging": "under_construction",
    "planned": "planned",
}
"""A site that is retired is left out, and so is a status of one's own that nobody can know the meaning of."""
_RACK_STATES: Final[Mapping[str, State]] = {
    "active": "in_service",
    "available": "in_service",
    "reserved": "in_service",
    "planned": "planned",
}
_ORDER: Final[Sequence[State]] = ("planned", "under_construction", "in_service")
_GONE: Final = frozenset(("retired", "deprecated"))
_PLANNED: Final = "planned"
_ACTIVE: Final = "active"
_SIDE: Final = re.compile(
    r"(?:^|[^A-Za-z0-9])([A-D])(?![A-Za-z0-9])|(?:feed|pdu|side|source|path)[ _-]?([A-D])[0-9]?(?![A-Za-z0-9])",
    re.IGNORECASE,
)
_TYPES: Final = {"primary": "A", "redundant": "B"}
_THREE_PHASE: Final = "three-phase"

Object = dict[str, Any]


@dataclass(slots=True)
class _Rack:
    site: int
    name: str
    row: str
    state: State
    height: int
    first_unit: int
    rated: float | None
    promised: bool
    used: set[int] = field(default_factory=set)
    reserved: set[int] = field(default_factory=set)
    devices: list[Device] = field(default_factory=list)
    pdus: dict[str, _Supply] = field(default_factory=dict)
    supplies: list[_Supply] = field(default_factory=list)


@dataclass(slots=True)
class _Supply:
    """A feed of a rack, or a PDU that no feed leads to."""

    name: str
    pdu: str
    kind: str = ""
    watts: float | None = None
    panel: int = 0


@dataclass(slots=True)
class _Device:
    name: str
    rack: int
    position: float | None
    height: float
    status: str
    role: str
    outlets: int


class Stock:
    """What has been read so far. Objects are handed in list by list: sites, racks, types, devices, reservations, panels, feeds."""

    def __init__(
        self,
        *,
        node_roles: Sequence[str],
        pdu_roles: Sequence[str],
        rated_power_field: str,
        panel_amperes_field: str = "",
    ) -> None:
        self.problems: list[str] = []
        self.skipped = 0
        self._node_roles, self._pdu_roles = frozenset(node_roles), frozenset(pdu_roles)
        self._rated_power_field = rated_power_field
        self._panel_amperes_field = panel_amperes_field
        self._panels: dict[int, Panel] = {}
        self._sites: dict[int, Site] = {}
        self._racks: dict[int, _Rack] = {}
        self._types: dict[int, float] = {}
        self._devices: dict[int, _Device] = {}

    @property
    def site_ids(self) -> Sequence[int]:
        """NetBox's numbers of the sites that are of use."""
        return tuple(self._sites)

    def _problem(self, text: str) -> None:
        self.skipped += 1
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(text)

    def add_site(self, found: Object) -> None:
        """Take a site; its tags, tenant and group are its scopes."""
        slug, status = _text(found, "slug"), _choice(found, "status")
        if not slug or status in _GONE:
            return
        state = _SITE_STATES.get(status)
        if state is None:
            self._problem(f"site {slug}: its status {status!r} says not whether it is in service")
            return
        scopes = [_text(tag, "slug") for tag in _list(found, "tags")]
        scopes += [_text(_inner(found, key), "slug") for key in ("tenant", "group")]
        known: dict[str, Any] = {"site": slug, "name": _text(found, "name"), "state": state}
        known["scopes"] = tuple(dict.fromkeys(scope for scope in scopes if scope))
        try:
            self._sites[found["id"]] = Site(**known, timezone=_text(found, "time_zone"))
        except ValueError as error:
            self._problem(f"site {slug}: {error}")
            self._sites[found["id"]] = Site(**known)

    def add_rack(self, found: Object) -> None:
        """Take a rack. It is no further than its site: a rack at a site under construction is not in service."""
        name, status, site = _text(found, "name"), _choice(found, "status"), _id(found, "site")
        if not name or site not in self._sites or status in _GONE:
            return
        state, height = _RACK_STATES.get(status), found.get("u_height")
        if state is None:
            self._problem(f"rack {name}: its status {status!r} says not whether it is in service")
            return
        if not isinstance(height, int) or not 1 <= height <= MAX_HEIGHT:
            self._problem(f"rack {name}: a height of {height!r} units")
            return
        first = found.get("starting_unit")
        self._racks[found["id"]] = _Rack(
            site=site,
            name=name,
            row=_text(_inner(found, "group"), "name") or _text(_inner(found, "location"), "name"),
            state=min(state, self._sites[site].state, key=_ORDER.index),
            height=height,
            first_unit=first if isinstance(first, int) else 1,
            rated=_positive(_inner(found, "custom_fields").get(self._rated_power_field)),
            promised=status == "reserved",
        )

    def add_type(self, found: Object) -> None:
        """Take a device type: how high it is. What its type leaves out of utilisation takes no unit."""
        height = _positive(found.get("u_height")) or 0.0
        self._types[found["id"]] = 0.0 if found.get("exclude_from_utilization") is True else height

    def add_device(self, found: Object) -> None:
        """Take a device that stands in a rack."""
        rack = _id(found, "rack")
        if rack not in self._racks:
            return
        kind = _id(found, "device_type")
        position = _positive(found.get("position"))
        # A child in a bay has its parent's rack and no position of its own: its units are the parent's.
        child = bool(_inner(found, "parent_device"))
        if position is not None and not child and kind not in self._types:
            self._problem(
                f"device {_text(found, 'display')}: its type is not among those NetBox lists"
            )
        outlets = found.get("power_outlet_count")
        self._devices[found["id"]] = _Device(
            name=_text(found, "name"),
            rack=rack,
            position=None if child else position,
            height=self._types.get(kind, 0.0),
            status=_choice(found, "status"),
            role=_text(_inner(found, "role") or _inner(found, "device_role"), "slug"),
            outlets=outlets if isinstance(outlets, int) else 0,
        )

    def add_reservation(self, found: Object) -> None:
        """Take a reservation of units of a rack; one that is stale promises nothing."""
        rack = self._racks.get(_id(found, "rack"))
        if rack is not None and _choice(found, "status") != "stale":
            rack.reserved.update(
                unit - rack.first_unit + 1
                for unit in _list(found, "units")
                if isinstance(unit, int)
            )

    def add_panel(self, found: Object) -> None:
        """Take a power panel; one without a rating cannot be judged and is left out."""
        name, site = _text(found, "name"), self._sites.get(_id(found, "site"))
        amperes = _positive(_inner(found, "custom_fields").get(self._panel_amperes_field))
        if name and site is not None and amperes:
            self._panels[found["id"]] = Panel(name, site.site, amperes)

    def add_feed(self, found: Object) -> None:
        """Take a power feed of a rack, with the PDU at its end."""
        rack = self._racks.get(_id(found, "rack"))
        if rack is None or _choice(found, "status") == _PLANNED:
            return
        volts, amperes = (
            _positive(_magnitude(found.get("voltage"))),
            _positive(found.get("amperage")),
        )
        watts = None
        if volts and amperes:
            share = (_positive(found.get("max_utilization")) or 100.0) / 100
            watts = (
                volts
                * amperes
                * share
                * (math.sqrt(3) if _choice(found, "phase") == _THREE_PHASE else 1.0)
            )
        ends = _list(found, "connected_endpoints") or [found.get("connected_endpoint")]
        fed = next(
            (_id(end, "device") for end in ends if isinstance(end, dict) and _inner(end, "device")),
            0,
        )
        device = self._devices.get(fed)
        pdu = device.name if device is not None and self._is_pdu(device) else ""
        supply = _Supply(
            _text(found, "name"),
            pdu,
            _TYPES.get(_choice(found, "type"), ""),
            round(watts, 1) if watts else None,
        )
        supply.panel = _id(found, "power_panel")
        other = rack.pdus.get(pdu) if pdu else None
        if other is None:
            rack.supplies.append(supply)
            if pdu:
                rack.pdus[pdu] = supply
        elif other.watts and supply.watts:  # a PDU with two inlets carries what both do
            other.watts += supply.watts

    def _is_pdu(self, device: _Device) -> bool:
        return bool(device.name) and (
            device.role in self._pdu_roles
            or (device.outlets > 0 and device.role not in self._node_roles)
        )

    def inventory(self, hub: str, *, complete: bool, read_at: float) -> Inventory:
        """Return the model of all that was handed in."""
        self._place_devices()
        names = _unique(
            (number, rack.name, self._sites[rack.site].site) for number, rack in self._racks.items()
        )
        owners: dict[str, str] = {}
        racks: dict[str, Rack] = {}
        called = _unique((number, panel.name, panel.site) for number, panel in self._panels.items())
        self._panels = {
            number: panel._replace(name=called[number]) for number, panel in self._panels.items()
        }
        for number, rack in self._racks.items():
            if names[number] != rack.name:
                self._problem(
                    f"rack {rack.name}: more than one has this name; it is called {names[number]}"
                )
            built = self._rack(names[number], rack, owners)
            if built is not None:
                racks[built.rack] = built
        breakers = breakers_of(self._panels.values(), racks.values())
        racks = {name: fitting(rack, breakers, self._problem) for name, rack in racks.items()}
        sites = {site.site: site for site in self._sites.values()}
        return Inventory(
            hub=hub,
            sites=sites,
            racks=racks,
            breakers=breakers,
            complete=complete,
            source="netbox",
            read_at=read_at,
        )

    def _place_devices(self) -> None:
        """Put every device into its rack: the units it takes, or will take."""
        named: set[str] = set()
        for number, device in sorted(
            self._devices.items(), key=lambda item: (item[1].position or 0, item[0])
        ):
            rack = self._racks[device.rack]
            units = _units(device, rack)
            if device.status == _PLANNED:
                rack.reserved.update(units)
                continue
            new = sorted(units - rack.used)  # two of half the depth or width share a unit
            rack.used.update(new)
            if (
                self._is_pdu(device)
                and device.role in self._pdu_roles
                and device.status == _ACTIVE
                and device.name not in rack.pdus
            ):
                supply = rack.pdus[device.name] = _Supply(device.name, device.name)
                rack.supplies.append(supply)
            name = device.name or f"device-{number}"
            if name in named:
                self._problem(
                    f"device {name}: more than one has this name; it is called {name}-{number}"
                )
                name = f"{name}-{number}"
            named.add(name)
            whole = bool(new) and new[-1] - new[0] + 1 == len(new)
            agent = (
                device.status == _ACTIVE and device.role in self._node_roles and bool(device.name)
            )
            rack.devices.append(
                Device(node=name, position=new[0] if whole else None, units=len(new), agent=agent)
            )

    def _rack(self, name: str, rack: _Rack, owners: dict[str, str]) -> Rack | None:
        free = set(range(1, rack.height + 1)) - rack.used
        feeds: dict[str, Feed] = {}
        for side, supply in _sides(rack.supplies):
            pdu = supply.pdu
            if pdu and owners.setdefault(pdu, name) != name:
                self._problem(f"rack {name}: PDU {pdu} already feeds rack {owners[pdu]}")
                pdu = ""
            panel = self._panels.get(supply.panel)
            feeds[side] = Feed(
                pdu=pdu,
                capacity_watts=supply.watts,
                breaker=panel.name if panel is not None else "",
            )
        try:
            return Rack(
                rack=name,
                site=self._sites[rack.site].site,
                row=rack.row,
                state=rack.state,
                height_units=rack.height,
                rated_power_watts=rack.rated,
                feeds=feeds,
                devices=tuple(rack.devices),
                reserved_units=len(free) if rack.promised else len(free & rack.reserved),
            )
        except ValueError as error:
            self._problem(f"rack {name}: {error}")
            return None


def _units(device: _Device, rack: _Rack) -> set[int]:
    """Return the rack units a device takes, counted from 1 at the bottom; a part of one counts as one."""
    if device.position is None or device.height <= 0:
        return set()
    bottom = device.position - rack.first_unit + 1
    return set(range(math.floor(bottom), math.ceil(bottom + device.height))) & set(
        range(1, rack.height + 1)
    )


def _sides(supplies: Sequence[_Supply]) -> list[tuple[str, _Supply]]:
    """Say which supply is feed A and which B: by their names, else by primary and redundant, else in order of their names.

    All of a rack's are named in one way, since a letter read from one name says nothing beside a guess.
    """
    by_name = [_side(supply.name) for supply in supplies]
    by_kind = [supply.kind for supply in supplies]
    for found in (by_name, by_kind):
        if all(found) and len(set(found)) == len(found):
            return sorted(zip(found, supplies, strict=True), key=lambda pair: pair[0])
    ordered = sorted(supplies, key=lambda supply: supply.name)
    return [(chr(ord("A") + number), supply) for number, supply in enumerate(ordered[:26])]


def _side(name: str) -> str:
    """Return the letter that names a side in a feed's or PDU's name, the last there is: `A07-B`, `Feed A`, `B`."""
    found = _SIDE.findall(name)
    return "".join(found[-1]).upper() if found else ""


def _unique(rows: Iterable[tuple[int, str, str]]) -> dict[int, str]:
    """Return a name of its own for each: its own where nobody else has it, else with its site, else with its number."""
    listed = list(rows)
    names = [name for _, name, _ in listed]
    with_site = [f"{site}-{name}" for _, name, site in listed]
    once, once_there = _once(names), _once(with_site)
    return {
        number: name if name in once else there if there in once_there else f"{there}-{number}"
        for (number, name, _), there in zip(listed, with_site, strict=True)
    }


def _once(names: Sequence[str]) -> set[str]:
    seen: set[str] = set()
    twice: set[str] = set()
    for name in names:
        (twice if name in seen else seen).add(name)
    return seen - twice


def _inner(found: Object, key: str) -> Object:
    inner = found.get(key)
    return inner if isinstance(inner, dict) else {}


def _list(found: Object, key: str) -> list[Any]:
    inner = found.get(key)
    return inner if isinstance(inner, list) else []


def _id(found: Object, key: str) -> int:
    """Return the id of the object a field leads to; 0 where it leads to none."""
    number = _inner(found, key).get("id")
    return number if isinstance(number, int) else 0


def _text(found: object, key: str) -> str:
    value = found.get(key) if isinstance(found, dict) else None
    return value.strip() if isinstance(value, str) else ""


def _choice(found: Object, key: str) -> str:
    """Return the value of a choice, `{value, label}`, or the value alone."""
    return _text(_inner(found, key), "value") or _text(found, key)


def _positive(value: object) -> float | None:
    """Return a number above 0; decimals come as numbers, or as text before version 3.1."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    return number if 0 < number < math.inf else None


def _magnitude(value: object) -> object:
    """Return a direct voltage without its sign: -48 V is as much as 48 V."""
    return abs(value) if isinstance(value, (int, float)) else value

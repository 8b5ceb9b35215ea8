"""Make an inventory of everything that NetBox lists."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Iterable, Sequence
from typing import Final

from agent.inventory.model import Device, Feed, Inventory, Rack
from agent.inventory.netbox.panels import Panel, breakers_of, without_wrong_breakers
from agent.inventory.netbox.stock import PLANNED, FoundDevice, FoundRack, Stock, Supply

_ACTIVE: Final = "active"
_SIDE: Final = re.compile(
    r"(?:^|[^A-Za-z0-9])([A-D])(?![A-Za-z0-9])"
    r"|(?:feed|pdu|side|source|path)[ _-]?([A-D])[0-9]?(?![A-Za-z0-9])",
    re.IGNORECASE,
)


def inventory_of(stock: Stock, hub: str, *, complete: bool, read_at: float) -> Inventory:
    """Return the inventory of a hub. What cannot be used is noted as a problem of the stock."""
    _place_devices(stock)
    panels = _named_panels(stock)
    names = unique_names(
        (number, rack.name, stock.sites[rack.site].site) for number, rack in stock.racks.items()
    )
    rack_of_pdu: dict[str, str] = {}
    racks: dict[str, Rack] = {}
    for number, found in stock.racks.items():
        name = names[number]
        if name != found.name:
            stock.problem(
                f"rack {found.name}: more than one has this name; this one is called {name}"
            )
        rack = _rack(stock, name, found, panels, rack_of_pdu)
        if rack is not None:
            racks[rack.rack] = rack
    breakers = breakers_of(panels.values(), racks.values())
    return Inventory(
        hub=hub,
        sites={site.site: site for site in stock.sites.values()},
        racks={
            name: without_wrong_breakers(rack, breakers, stock.problem)
            for name, rack in racks.items()
        },
        breakers=breakers,
        complete=complete,
        source="netbox",
        read_at=read_at,
    )


def _named_panels(stock: Stock) -> dict[int, Panel]:
    names = unique_names((number, one.name, one.site) for number, one in stock.panels.items())
    return {
        number: dataclasses.replace(panel, name=names[number])
        for number, panel in stock.panels.items()
    }


def _place_devices(stock: Stock) -> None:
    """Put every device into its rack, in the units that it takes now or will take."""
    names: set[str] = set()
    for number, device in sorted(
        stock.devices.items(), key=lambda item: (item[1].position or 0, item[0])
    ):
        rack = stock.racks[device.rack]
        units = _units(device, rack)
        if device.status == PLANNED:
            rack.reserved.update(units)
            continue
        new = sorted(units - rack.used)  # two devices of half the depth or width share a unit
        rack.used.update(new)
        _add_pdu(stock, rack, device)
        name = device.name or f"device-{number}"
        if name in names:
            stock.problem(
                f"device {name}: more than one has this name; this one is called {name}-{number}"
            )
            name = f"{name}-{number}"
        names.add(name)
        contiguous = bool(new) and new[-1] - new[0] + 1 == len(new)
        agent = device.status == _ACTIVE and device.role in stock.node_roles and bool(device.name)
        rack.devices.append(
            Device(node=name, position=new[0] if contiguous else None, units=len(new), agent=agent)
        )


def _units(device: FoundDevice, rack: FoundRack) -> set[int]:
    """Return the rack units of a device, counted from 1 at the bottom; a part of a unit counts."""
    if device.position is None or device.height <= 0:
        return set()
    bottom = device.position - rack.first_unit + 1
    first = max(1, math.floor(bottom))
    return set(range(first, min(rack.height + 1, math.ceil(bottom + device.height))))


def _add_pdu(stock: Stock, rack: FoundRack, device: FoundDevice) -> None:
    """Add an active PDU that no feed leads to as a supply of unknown capacity."""
    if (
        device.name
        and device.role in stock.pdu_roles
        and device.status == _ACTIVE
        and device.name not in rack.pdus
    ):
        supply = rack.pdus[device.name] = Supply(name=device.name, pdu=device.name)
        rack.supplies.append(supply)


def _rack(
    stock: Stock,
    name: str,
    found: FoundRack,
    panels: dict[int, Panel],
    rack_of_pdu: dict[str, str],
) -> Rack | None:
    """Return a rack under its unique name; None, with a problem noted, if its data are invalid."""
    free = set(range(1, found.height + 1)) - found.used
    feeds: dict[str, Feed] = {}
    for side, supply in _sides(found.supplies):
        pdu = supply.pdu
        if pdu and rack_of_pdu.setdefault(pdu, name) != name:
            stock.problem(f"rack {name}: PDU {pdu} already feeds rack {rack_of_pdu[pdu]}")
            pdu = ""
        panel = panels.get(supply.panel)
        feeds[side] = Feed(
            pdu=pdu, capacity_watts=supply.watts, breaker=panel.name if panel is not None else ""
        )
    try:
        return Rack(
            rack=name,
            site=stock.sites[found.site].site,
            row=found.row,
            state=found.state,
            height_units=found.height,
            rated_power_watts=found.rated_watts,
            feeds=feeds,
            devices=tuple(found.devices),
            reserved_units=len(free if found.all_reserved else free & found.reserved),
            since=found.since,
            x=found.place.x,
            y=found.place.y,
            facing=found.place.facing,
        )
    except ValueError as error:
        stock.problem(f"rack {name}: {error}")
        return None


def _sides(supplies: Sequence[Supply]) -> list[tuple[str, Supply]]:
    """Return each supply of a rack with its letter.

    The letters come from the names; else from primary and redundant; else from the order of the
    names. All supplies of a rack get theirs in the same way: a letter that a name states must not
    stand beside one that is guessed.
    """
    by_name = [side_of(supply.name) for supply in supplies]
    by_kind = [supply.side for supply in supplies]
    for found in (by_name, by_kind):
        if all(found) and len(set(found)) == len(found):
            return sorted(zip(found, supplies, strict=True), key=lambda pair: pair[0])
    ordered = sorted(supplies, key=lambda supply: supply.name)
    return [(chr(ord("A") + number), supply) for number, supply in enumerate(ordered[:26])]


def side_of(name: str) -> str:
    """Return the last letter in a feed's or PDU's name that names a side: `A07-B`, `Feed A`."""
    found = _SIDE.findall(name)
    return "".join(found[-1]).upper() if found else ""


def unique_names(rows: Iterable[tuple[int, str, str]]) -> dict[int, str]:
    """Return a unique name for each (number, name, site).

    It is the name alone where no other has it, else with the site, else with the number as well.
    """
    listed = list(rows)
    names = [name for _, name, _ in listed]
    with_site = [f"{site}-{name}" for _, name, site in listed]
    unique, unique_there = _once(names), _once(with_site)
    return {
        number: name if name in unique else there if there in unique_there else f"{there}-{number}"
        for (number, name, _), there in zip(listed, with_site, strict=True)
    }


def _once(names: Sequence[str]) -> set[str]:
    """Return the names that occur exactly once."""
    seen: set[str] = set()
    twice: set[str] = set()
    for name in names:
        (twice if name in seen else seen).add(name)
    return seen - twice

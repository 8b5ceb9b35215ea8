"""Which part of one inventory each of several gateways polls and reports.

The unit is the row: the PDUs of a rack, its neighbours and the row's panels stay in one part. A
rack without a row is a unit of its own. What stands in no rack (meters, UPSs, cooling, links)
belongs to its site, so one gateway knows everything that a site's PUE is made of. The part of a
unit follows from its name alone, so adding devices moves nothing.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping, Sequence

from agent.inventory.model import Inventory, Meter, Rack
from agent.inventory.shard import DEVICE_LISTS, Shard


def part_of(inventory: Inventory, shard: Shard) -> Inventory:
    """Return a shard's part of an inventory: its racks and meters, and apart from them the others.

    A part is never complete: a count of it is not the hub's count.
    """
    racks = {name: rack for name, rack in inventory.racks.items() if _holds(shard, rack)}
    others = {name: rack for name, rack in inventory.racks.items() if name not in racks}
    return dataclasses.replace(
        inventory,
        racks=racks,
        meters={
            key: meter
            for key, meter in inventory.meters.items()
            if _holds_meter(inventory, racks, shard, meter)
        },
        racks_of_others=others,
        shared_sites=frozenset(rack.site for rack in others.values()),
        sites_of_others=frozenset(s for s in inventory.sites if not shard.holds_site(s)),
        breakers_of_others=_breakers_of_others(inventory, shard),
        complete=False,
        part_of_complete=inventory.lists_all_sites,
    )


def _holds(shard: Shard, rack: Rack) -> bool:
    return shard.holds_rack(rack.site, rack.row, rack.rack)


def _holds_meter(
    inventory: Inventory, racks: Mapping[str, Rack], shard: Shard, meter: Meter
) -> bool:
    """Tell whether a meter is in a part: a PDU with its rack, any other meter with its site."""
    place = inventory.pdus.get(meter.meter)
    return shard.holds_site(meter.site) if place is None else place.rack.rack in racks


def _breakers_of_others(inventory: Inventory, shard: Shard) -> frozenset[str]:
    """Return the breakers that another part reports.

    The part with all racks behind a breaker reports it. Where several parts have racks behind it,
    the part with its site does, if it has one of them; else the first that has. Where none has, the
    part with its site does.
    """
    parts = [Shard(number, shard.of) for number in range(1, shard.of + 1)]
    owners: dict[str, set[int]] = {name: set() for name in inventory.breakers}
    for rack in inventory.racks.values():
        names = {
            breaker.breaker
            for feed in rack.feeds.values()
            for breaker in inventory.supply_path(feed.breaker)
        }
        if names:
            owner = next(part.number for part in parts if _holds(part, rack))
            for name in names:
                owners[name].add(owner)
    return frozenset(
        name
        for name, breaker in inventory.breakers.items()
        if shard.number != _reporter(owners[name], parts, breaker.site)
    )


def _reporter(owners: Collection[int], parts: Sequence[Shard], site: str) -> int:
    """Return the number of the part that reports a breaker with racks of some parts behind it."""
    of_site = next(part.number for part in parts if part.holds_site(site))
    return of_site if not owners or of_site in owners else min(owners)


class ShardDevices:
    """Leaves only a shard's own devices in a collector's config.

    `inventory` is the shard's part, `site` the agent's.
    """

    def __init__(self, inventory: Inventory, shard: Shard, site: str) -> None:
        self._inventory, self._shard, self._site = inventory, shard, site
        racks = inventory.all_racks.values()
        self._rack_of_pdu = {
            feed.pdu: rack.rack for rack in racks for feed in rack.feeds.values() if feed.pdu
        }
        self._rack_of_node = {
            device.node: rack.rack for rack in racks for device in rack.devices or ()
        }

    def __call__(self, config: object) -> object:
        """Return the config with only the shard's devices; the same object if it lists none."""
        assert dataclasses.is_dataclass(config)
        assert not isinstance(config, type)
        lists = {
            field.name: getattr(config, field.name)
            for field in dataclasses.fields(config)
            if field.name in DEVICE_LISTS
        }
        if not any(lists.values()):
            return config
        return dataclasses.replace(
            config,
            **{name: [one for one in listed if self.owns(one)] for name, listed in lists.items()},
        )

    def owns(self, device: object) -> bool:
        """Tell whether a device is the shard's own.

        The rack that the inventory has for its PDU or node decides; else the rack in its config,
        else its row or its name. What is no PDU, no node and in no rack belongs to the site.
        """
        place = {
            name: str(getattr(device, name, "") or "") for name in ("pdu", "node", "rack", "row")
        }
        rack = (
            self._rack_of_pdu.get(place["pdu"])
            or self._rack_of_node.get(place["node"])
            or place["rack"]
        )
        if rack in self._inventory.all_racks:
            return rack in self._inventory.racks
        if place["row"] or rack:
            return self._shard.holds_rack(self._site, place["row"], rack)
        name = place["pdu"] or place["node"]
        if name:
            return self._shard.holds("device", self._site, name)
        return self._shard.holds_site(self._site)

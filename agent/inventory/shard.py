"""Several gateways share the devices of one inventory: which part is whose, and what each may say of what they share.

The unit is the row: a rack's PDUs, its neighbours and the row's panels stay together; a rack without a row is a unit of its own. What stands
in no rack (meters, UPSs, cooling, links) goes with its site, so that one gateway knows all that a site's PUE is made of. Which unit is whose
follows from its name alone: nothing moves when devices are added.
"""

from __future__ import annotations

import dataclasses
import hashlib
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from agent.inventory.model import Inventory, Rack

MOST: Final = 64
_LISTS: Final = ("devices", "exporters", "peers")
"""Where a collector's config lists what it asks, a device each."""


class Shard(NamedTuple):
    """The part `number` of `of`, counted from 1."""

    number: int
    of: int

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"

    def holds(self, *names: str) -> bool:
        """Tell whether what has this name is in this part; every name is in exactly one."""
        digest = hashlib.blake2b(
            "\0".join(names).encode("utf-8", "surrogatepass"), digest_size=8
        ).digest()
        return int.from_bytes(digest) % self.of == self.number - 1

    def holds_rack(self, rack: Rack) -> bool:
        """Tell whether a rack is in this part: with its row, where it has one."""
        return (
            self.holds("row", rack.site, rack.row)
            if rack.row
            else self.holds("rack", rack.site, rack.rack)
        )

    def holds_site(self, site: str) -> bool:
        """Tell whether what stands in no rack of a site is in this part, and what is said of the site as a whole."""
        return self.holds("site", site)


def parse_shard(text: str) -> Shard:
    """Parse `2/4`; raises ValueError."""
    number, slash, of = text.partition("/")
    if (
        slash
        and number.isascii()
        and number.isdigit()
        and of.isascii()
        and of.isdigit()
        and 1 <= int(number) <= int(of) <= MOST
    ):
        return Shard(int(number), int(of))
    raise ValueError(f"shard: expected a part such as 2/4, of at most {MOST}, got {text!r}")


def part_of(inventory: Inventory, shard: Shard) -> Inventory:
    """Return the part of an inventory that is a shard's: its racks and meters, and the others' racks as racks elsewhere.

    It never says that it is complete: a count of it is a part of the hub's.
    """
    own = {name: rack for name, rack in inventory.racks.items() if shard.holds_rack(rack)}
    elsewhere = {name: rack for name, rack in inventory.racks.items() if name not in own}
    meters = {
        key: meter
        for key, meter in inventory.meters.items()
        if (
            fed.rack.rack in own
            if (fed := inventory.feeds.get(meter.meter)) is not None
            else shard.holds_site(meter.site)
        )
    }
    return dataclasses.replace(
        inventory,
        racks=own,
        meters=meters,
        elsewhere=elsewhere,
        shared=frozenset(rack.site for rack in elsewhere.values()),
        silent_on=frozenset(site for site in inventory.sites if not shard.holds_site(site)),
        not_told=_told_elsewhere(inventory, shard),
        complete=False,
    )


def _told_elsewhere(inventory: Inventory, shard: Shard) -> frozenset[str]:
    """Return the breakers that another part tells of.

    A breaker is told of by the part that holds all racks behind it; where several do, or none hangs there, by the part that has its site.
    """
    parts = [Shard(number, shard.of) for number in range(1, shard.of + 1)]
    owners: dict[str, set[int]] = {name: set() for name in inventory.breakers}
    for rack in inventory.racks.values():
        behind = {
            one.breaker for feed in rack.feeds.values() for one in inventory.above(feed.breaker)
        }
        if behind:
            owner = next(part.number for part in parts if part.holds_rack(rack))
            for name in behind:
                owners[name].add(owner)
    return frozenset(
        name
        for name, breaker in inventory.breakers.items()
        if not (
            shard.number in owners[name]
            if len(owners[name]) == 1
            else shard.holds_site(breaker.site)
        )
    )


class Narrow:
    """Leaves in a collector's config only the devices that are a shard's own. `inventory` is the shard's part; `site` the agent's."""

    def __init__(self, inventory: Inventory, shard: Shard, site: str) -> None:
        self._inventory, self._shard, self._site = inventory, shard, site
        self._of_pdu = {
            feed.pdu: rack.rack
            for rack in inventory.all_racks.values()
            for feed in rack.feeds.values()
            if feed.pdu
        }
        self._of_node = {
            device.node: rack.rack
            for rack in inventory.all_racks.values()
            for device in rack.devices or ()
        }

    def __call__(self, config: Any) -> Any:  # noqa: ANN401 - a dataclass of the kind's own
        """Return the config with only the shard's devices; itself where it lists none."""
        lists = {name: listed for name in _LISTS if (listed := getattr(config, name, None))}
        if not lists:
            return config
        return dataclasses.replace(
            config,
            **{name: [one for one in listed if self.owns(one)] for name, listed in lists.items()},
        )

    def owns(self, device: object) -> bool:
        """Tell whether a device is the shard's own.

        By the rack that the inventory has its PDU or node in, else by the rack its config says, else by its row or name; what is
        neither PDU nor node nor in a rack goes with the site.
        """
        said = {
            name: str(getattr(device, name, "") or "") for name in ("pdu", "node", "rack", "row")
        }
        rack = self._of_pdu.get(said["pdu"]) or self._of_node.get(said["node"]) or said["rack"]
        if rack in self._inventory.all_racks:
            return rack in self._inventory.racks
        if said["row"]:
            return self._shard.holds("row", self._site, said["row"])
        if rack:
            return self._shard.holds("rack", self._site, rack)
        name = said["pdu"] or said["node"]
        return (
            self._shard.holds("device", self._site, name)
            if name
            else self._shard.holds_site(self._site)
        )

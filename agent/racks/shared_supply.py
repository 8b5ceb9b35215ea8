"""What the racks of a group may draw in addition, where their breakers carry several racks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from agent.inventory.model import Inventory, Rack

_Pairs = tuple[tuple[str, str], ...]
"""Each pair of breakers that feeds a rack, up to the mains: its key, and a breaker of it."""


class SharedSupply:
    """The breakers behind a group of racks.

    If one side is lost, a watt added to a rack flows through any of its other feeds in full. So it
    takes a watt of every breaker on the paths of all feeds. A breaker and its pair have one
    headroom, which it takes once.
    """

    def __init__(self, racks: Sequence[Rack], inventory: Inventory) -> None:
        known: dict[_Pairs, _Pairs] = {}  # racks of a row have the same breakers
        self._breakers = [
            known.setdefault(breakers, breakers)
            for breakers in (_breakers(rack, inventory) for rack in racks)
        ]

    def total(self, racks: Sequence[float], breakers: Mapping[str, float]) -> float:
        """Return the sum of what each rack may add, watts, within what each breaker may add.

        `racks` is in the order of the racks. A breaker that is not in `breakers` may add nothing.
        Rack after rack takes what its breakers have left, so all that is told can be added at once.
        In another order it may be more.
        """
        left: dict[str, float] = {}
        total = 0.0
        for pairs, own in zip(self._breakers, racks, strict=True):
            rooms = (left.setdefault(pair, breakers.get(name, 0.0)) for pair, name in pairs)
            watts = min(own, *rooms) if pairs else own
            total += watts
            for pair, _ in pairs:
                left[pair] -= watts
        return total


def _breakers(rack: Rack, inventory: Inventory) -> _Pairs:
    found: dict[str, str] = {}
    for feed in rack.feeds.values():
        for breaker in inventory.supply_path(feed.breaker):
            found[min(breaker.breaker, breaker.pair or breaker.breaker)] = breaker.breaker
    return tuple(found.items())

"""What the racks of a row may draw in addition, where their breakers carry several racks."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agent.inventory.model import Inventory, Rack


@dataclass(frozen=True, slots=True, kw_only=True)
class _Side:
    """One feed of all racks: the breaker of each rack, and the breakers with what feeds them.

    A rack without a breaker there has "". The breakers are in order, each before the one that feeds
    it; the last of a path is fed by "".
    """

    breakers: Sequence[str]
    upstream: Mapping[str, str]


class SharedSupply:
    """The breakers behind a group of racks.

    If one side is lost, a watt added to a rack flows through any of its other feeds in full. So the
    breakers of each feed are looked at alone, and the side with the least room decides.
    """

    def __init__(self, racks: Sequence[Rack], inventory: Inventory) -> None:
        feeds = dict.fromkeys(
            name
            for rack in racks
            for name, feed in rack.feeds.items()
            if feed.breaker in inventory.breakers
        )
        self._sides = [_side(racks, feed, inventory) for feed in feeds] or [
            _Side(breakers=[""] * len(racks), upstream={})
        ]

    def total(self, racks: Sequence[float], breakers: Mapping[str, float]) -> float:
        """Return the sum of what each rack may add, watts, within what each breaker may add.

        `racks` is in the order of the racks. A breaker that is not in `breakers` may add nothing.
        """
        least = math.inf
        for side in self._sides:
            sums: dict[str, float] = {}
            for breaker, watts in zip(side.breakers, racks, strict=True):
                sums[breaker] = sums.get(breaker, 0.0) + watts
            for breaker, upstream in side.upstream.items():
                may_add = min(sums.pop(breaker, 0.0), breakers.get(breaker, 0.0))
                sums[upstream] = sums.get(upstream, 0.0) + may_add
            least = min(least, sums.get("", 0.0))
        return least


def _side(racks: Sequence[Rack], feed: str, inventory: Inventory) -> _Side:
    named = [rack.feeds[feed].breaker if feed in rack.feeds else "" for rack in racks]
    breakers = [breaker if breaker in inventory.breakers else "" for breaker in named]
    upstream = {
        passed.breaker: passed.upstream
        for breaker in set(breakers)
        for passed in inventory.supply_path(breaker)
    }
    outwards = sorted(upstream, key=lambda breaker: -len(inventory.supply_path(breaker)))
    return _Side(breakers=breakers, upstream={breaker: upstream[breaker] for breaker in outwards})

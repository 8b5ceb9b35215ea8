"""What the feeds of a rack can carry, from the inventory alone."""

from __future__ import annotations

import math

from agent.inventory.model import Feed, Rack


def most_watts(rack: Rack, feed: Feed) -> float:
    """Return the most that a feed whose PDU is silent can draw, watts.

    Infinite where the inventory states no limit. A rack that is not in service draws nothing.
    """
    if rack.state != "in_service":
        return 0.0
    known = [watts for watts in (feed.capacity_watts, rack.rated_power_watts) if watts is not None]
    return min(known, default=math.inf)


def spare_watts(rack: Rack) -> float:
    """Return the capacity of a rack's feeds without the strongest, watts.

    Feeds behind one breaker fail together. The result is 0 where a capacity is not stated or
    nothing is left.
    """
    capacities: dict[str, float] = {}
    for name, feed in rack.feeds.items():
        if feed.capacity_watts is None:
            return 0.0
        supply = f"breaker {feed.breaker}" if feed.breaker else f"feed {name}"
        capacities[supply] = capacities.get(supply, 0.0) + feed.capacity_watts
    return sum(capacities.values()) - max(capacities.values(), default=0.0)

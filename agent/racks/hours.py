"""The figures of a day for racks and rows, from the hours of their PDUs: arithmetic only.

A rack's figure is its highest hour. A row's is the 95th percentile of its hours, which is the next
to highest of 24: one wrong hour does not set it. A day has a figure if half of its hours are known.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final

from agent.inventory.model import Rack

LEAST_HOURS: Final = 12
_PERCENTILE: Final = 0.95

Hours = Mapping[int, float]
"""Mean power in watts by hour, each hour named by its first millisecond."""


def rack_hours(racks: Mapping[str, Rack], pdus: Mapping[str, Hours]) -> dict[str, Hours]:
    """Return the sum of the feeds of every rack, for the hours in which all feeds are known."""
    found: dict[str, Hours] = {}
    for name, rack in racks.items():
        feeds = [pdus.get(feed.pdu, {}) for feed in rack.feeds.values()]
        if feeds:
            common = set(feeds[0]).intersection(*feeds[1:])
            found[name] = {hour: sum(feed[hour] for feed in feeds) for hour in common}
    return found


def highest_hours(racks: Mapping[str, Hours]) -> dict[str, float]:
    """Return the highest hour of every rack of which half of the day is known, watts."""
    return {
        rack: round(max(hours.values()), 1)
        for rack, hours in racks.items()
        if len(hours) >= LEAST_HOURS
    }


def row_watts(row: Sequence[Rack], racks: Mapping[str, Hours]) -> float | None:
    """Return the 95th percentile (nearest rank) of the hours in which all racks of a row are known.

    None where these are fewer than half of the day's.
    """
    known = [racks.get(rack.rack, {}) for rack in row]
    common = set(known[0]).intersection(*known[1:])
    if len(common) < LEAST_HOURS:
        return None
    sums = sorted(sum(hours[hour] for hours in known) for hour in common)
    return round(sums[math.ceil(_PERCENTILE * len(sums)) - 1], 1)


def used_units(row: Sequence[Rack]) -> int | None:
    """Return the rack units in use in a row; None where those of a rack are unknown."""
    known = [rack.used for rack in row if rack.used is not None]
    return sum(known) if len(known) == len(row) else None

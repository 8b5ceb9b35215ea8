"""The note on rejected readings of a PUE's meters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final

from agent.pue.boundary import Boundary
from agent.pue.site_hours import SiteHours

_SHOWN: Final = 5
"""At most this many meters are named."""


def rejected(
    hours: SiteHours, boundary: Boundary, points: Iterable[str], start: int, end: int
) -> tuple[str, ...]:
    """Name the meters of some points with readings between two times that are rejected.

    Times are in milliseconds. Each meter is named with the reasons, as in the counter
    `hubgauge_ledger_rejected_readings_total`; their time is not covered, or power fills it.
    """
    names = {
        number: place.name
        for point in points
        for place in boundary.places.get(point, ())
        for number in hours.numbers(boundary.site, place)
    }
    found: dict[str, Counter[str]] = {}
    with hours.ledger.reader.read() as tables:
        for one in tables.refusals.between(names, start, end):
            found.setdefault(names[one.meter], Counter())[one.reason] += one.count
    if not found:
        return ()
    told = [
        f"{name} ({', '.join(f'{count} {reason}' for reason, count in sorted(counts.items()))})"
        for name, counts in sorted(found.items())[:_SHOWN]
    ]
    more = f", and {len(found) - _SHOWN} meters more" if len(found) > _SHOWN else ""
    return (f"rejected readings: {', '.join(told)}{more}",)

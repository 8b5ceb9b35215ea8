"""NetBox's power panels as breakers: those with a rating in a custom field.

NetBox has no pairs. Two panels are a pair where every rack fed by either is fed by the other too.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from agent.inventory.check_breakers import rack_mistakes
from agent.inventory.model import Breaker, Rack


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One panel: its name, its site, and the amperes that each of its three phases may carry."""

    name: str
    site: str
    amperes: float


def breakers_of(panels: Iterable[Panel], racks: Iterable[Rack]) -> dict[str, Breaker]:
    """Return the panels, whose names must be unique, as breakers, with the pairs by their racks."""
    beside: dict[str, set[str]] = {}
    for rack in racks:
        names = {feed.breaker for feed in rack.feeds.values()}
        for name in names - {""}:
            beside.setdefault(name, set()).update(names - {name} or {""})
    found: dict[str, Breaker] = {}
    for panel in panels:
        others = beside.get(panel.name, set())
        pair = next(iter(others)) if len(others) == 1 else ""
        found[panel.name] = Breaker(
            breaker=panel.name,
            site=panel.site,
            rated_amperes=panel.amperes,
            pair=pair if beside.get(pair) == {panel.name} else "",
        )
    return found


def without_wrong_breakers(
    rack: Rack, breakers: Mapping[str, Breaker], problem: Callable[[str], None]
) -> Rack:
    """Return a rack without the breakers that cannot feed it, such as one that is rated too low.

    Each is noted as a problem.
    """
    for mistake in rack_mistakes(rack, breakers):
        problem(f"rack {rack.rack}: {mistake.key}: {mistake.message}")
        name = mistake.key.split(".")[1]
        feeds = {**rack.feeds, name: dataclasses.replace(rack.feeds[name], breaker="")}
        rack = dataclasses.replace(rack, feeds=feeds)
    return rack

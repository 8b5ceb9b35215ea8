"""NetBox's power panels as breakers: those whose rating a custom field holds.

NetBox knows no pairs. Two panels are one where every rack of either hangs on the other as well.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from agent.inventory.check_breakers import rack_mistakes
from agent.inventory.model import Breaker

if TYPE_CHECKING:
    from agent.inventory.model import Rack


class Panel(NamedTuple):
    """One panel: its name, unique in the hub, its site, and what each of its three phases may carry."""

    name: str
    site: str
    amperes: float


def breakers_of(panels: Iterable[Panel], racks: Iterable[Rack]) -> dict[str, Breaker]:
    """Return the panels as breakers, with the pairs that the racks make of them."""
    beside: dict[str, set[str]] = {}
    for rack in racks:
        names = {feed.breaker for feed in rack.feeds.values()}
        for name in names - {""}:
            beside.setdefault(name, set()).update(names - {name} or {""})
    found: dict[str, Breaker] = {}
    for panel in panels:
        others = beside.get(panel.name, set())
        pair = next(iter(others)) if len(others) == 1 else ""
        pair = pair if beside.get(pair) == {panel.name} else ""
        found[panel.name] = Breaker(
            breaker=panel.name, site=panel.site, rated_amperes=panel.amperes, pair=pair
        )
    return found


def fitting(rack: Rack, breakers: Mapping[str, Breaker], problem: Callable[[str], None]) -> Rack:
    """Return a rack whose feeds hang on what they can: one that is rated above its panel hangs on nothing that is known."""
    for key, message in rack_mistakes(rack, breakers):
        problem(f"rack {rack.rack}: {key}: {message}")
        name = key.split(".")[1]
        feeds = {**rack.feeds, name: dataclasses.replace(rack.feeds[name], breaker="")}
        rack = dataclasses.replace(rack, feeds=feeds)
    return rack

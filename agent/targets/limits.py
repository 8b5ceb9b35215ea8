"""Which stated limit holds at which site: the hub's, or that of a group the site is in."""

from __future__ import annotations

from agent.hubs.model import WHOLE_HUB, Registry
from agent.inventory.model import Inventory


def upper_limits(
    registry: Registry, hub: str, inventory: Inventory, kpi: str = "pue"
) -> dict[str, float]:
    """Return the strictest `<=` limit that a hub stated, by site, in base units.

    Sites without one are left out. Only the hub's own statements count: no limit of a hub above or
    beside it, and none of national policy.
    """
    found: dict[str, float] = {}
    for fact in registry.hubs[hub].facts if hub in registry.hubs else ():
        if (
            fact.kpi.key != kpi
            or fact.op != "<="
            or fact.value is None
            or fact.kind == "observation"
        ):
            continue
        sites = (
            inventory.sites.values() if fact.scope == WHOLE_HUB else inventory.sites_in(fact.scope)
        )
        for site in sites:
            found[site.site] = min(fact.value, found.get(site.site, fact.value))
    return found

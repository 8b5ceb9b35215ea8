"""What agents tell of a hub's sites, racks and chips, and what is measured of it."""

from __future__ import annotations

from collections.abc import Sequence

from agent.hubs.loader import load_registry
from agent.inventory.model import Inventory, Site
from agent.snapshot import Snapshot
from agent.targets.measured import measure
from agent.targets.model import Evidence
from collectors.base import Batch, Reading
from collectors.catalogue import rack, site

REGISTRY = load_registry()
NOW = 1_795_000_000.0


def snapshot(*readings: Reading) -> Snapshot:
    """Return a snapshot that holds these readings."""
    made = Snapshot()
    made.update(Batch(collector="test", device="", time=NOW, lifetime=60.0, readings=readings))
    return made


def measured(
    readings: Sequence[Reading], hub: str = "guian", inventory: Inventory | None = None
) -> dict[tuple[str, str, str], Evidence]:
    """Return the evidence by hub, KPI and scope."""
    found = measure(REGISTRY, snapshot(*readings), hub, NOW, inventory=inventory)
    assert all(len(items) == 1 for items in found.values())
    return {key: items[0] for key, items in found.items()}


def racks(hub: str, where: str, state: str, count: int) -> list[Reading]:
    """Return the info series of some racks."""
    return [
        (rack.RACK_INFO.series(hub, where, "A", f"{where}-{state}-{n}", state), 1.0)
        for n in range(count)
    ]


def sites(hub: str = "guian", **states: str) -> list[Reading]:
    """Return the info series of some sites."""
    return [
        (site.SITE_INFO.series(hub, key.replace("_", "-"), state, key), 1.0)
        for key, state in states.items()
    ]


def year(where: str, pue: float, coverage: float, it: float) -> list[Reading]:
    """Return the series of a site's trailing year."""
    return [
        (site.SITE_PUE.series("guian", where, "3", "12mo"), pue),
        (site.SITE_PUE.series("guian", where, "3", "1d"), 9.0),
        (site.SITE_PUE_COVERAGE.series("guian", where, "12mo"), coverage),
        (site.SITE_PUE_COVERAGE.series("guian", where, "1d"), 1.0),
        (site.SITE_WINDOW_ENERGY.series("guian", where, "facility", "12mo"), pue * it),
        (site.SITE_WINDOW_ENERGY.series("guian", where, "it", "12mo"), it),
    ]


def inventory(*, complete: bool = False, **scopes: tuple[str, ...]) -> Inventory:
    """Return an inventory of sites in scopes."""
    return Inventory(
        hub="guian",
        sites={
            key.replace("_", "-"): Site(site=key.replace("_", "-"), scopes=of)
            for key, of in scopes.items()
        },
        complete=complete,
    )

"""A week of a hub: its promises, PUE, overhead, energy by day, racks and meters.

It is made from the ledger and its history of KPIs alone. It therefore says the same on any later
day, and where no agent runs. The ledger holds no temperatures, so the report has none.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from agent.hubs.model import Registry
from agent.inventory.model import Inventory
from agent.pue.readonly import open_readonly
from agent.report.energy import days, hub_pue, overheads, site_week
from agent.report.heard import HOUR, racks_and_meters
from agent.report.model import WINDOWS, WeekReport
from agent.report.promises import evidence, promises
from agent.report.week import Week


def weekly(
    path: Path,
    hub: str,
    inventory: Inventory | None,
    registry: Registry,
    week: Week,
    *,
    clock: Callable[[], float],
) -> WeekReport:
    """Return the week of a hub from the ledger at a path; raises HubgaugeError.

    The ledger is only read. Without an inventory the hub is one that is not metered here: its
    report has promises and no energy.
    """
    ledger, pue = open_readonly(path, inventory or Inventory(hub=hub), clock)
    try:
        metered = tuple(pue.sites()) if inventory is not None else ()
        sites = [site_week(pue, site, week) for site in metered]
        racks, meters = racks_and_meters(ledger, pue, metered, week)
        return WeekReport(
            hub=hub,
            week=week.name,
            start=week.start,
            end=week.end,
            whole=week.whole,
            made=clock(),
            promises=promises(registry, hub, week, evidence(ledger, registry, hub)),
            sites=sites,
            unsummed_hours=pue.unsummed_hours(week.start, week.end - HOUR) if metered else 0,
            hub_pue={name: hub_pue([site.pue[name] for site in sites]) for name in WINDOWS},
            overheads=overheads(sites),
            days=days(pue, metered, week),
            of_racks=racks,
            of_meters=meters,
        )
    finally:
        ledger.close()

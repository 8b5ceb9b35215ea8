"""A week, a month or a year of a hub: promises, PUE, overhead, energy, carbon, racks and meters.

It is made from the ledger and its history of KPIs alone. It therefore says the same on any later
day, and where no agent runs; only of racks it says less once the hours of their PDUs are deleted.
The ledger holds no temperatures, so the report has none.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from agent.hubs.model import Registry
from agent.inventory.model import Inventory
from agent.pue.readonly import open_readonly
from agent.report.energy import days, hub_pue, months, overheads, site_report
from agent.report.heard import HOUR, racks_and_meters
from agent.report.model import WINDOWS, HubReport
from agent.report.period import Period
from agent.report.promises import evidence, promises


def hub_report(
    path: Path,
    hub: str,
    inventory: Inventory | None,
    registry: Registry,
    period: Period,
    *,
    clock: Callable[[], float],
) -> HubReport:
    """Return the report of a hub from the ledger at a path; raises HubgaugeError.

    The ledger is only read. Without an inventory the hub is one that is not metered here: its
    report has promises and no energy.
    """
    ledger, pue = open_readonly(path, inventory or Inventory(hub=hub), clock)
    try:
        metered = tuple(pue.sites()) if inventory is not None else ()
        sites = [site_report(pue, site, period) for site in metered]
        racks, meters = racks_and_meters(ledger, pue, metered, period)
        return HubReport(
            hub=hub,
            kind=period.kind,
            period=period.name,
            week=period.name if period.kind == "week" else "",
            start=period.start,
            end=period.end,
            whole=period.whole,
            made=clock(),
            promises=promises(registry, hub, period, evidence(ledger, registry, hub)),
            sites=sites,
            unsummed_hours=pue.unsummed_hours(period.start, period.end - HOUR) if metered else 0,
            hub_pue={
                name: hub_pue([site.pue[name] for site in sites]) for name in WINDOWS[period.kind]
            },
            overheads=overheads(sites),
            days=days(pue, metered, period) if period.kind != "year" else [],
            months=months(pue, metered, period) if metered else [],
            of_racks=racks,
            of_meters=meters,
        )
    finally:
        ledger.close()

"""A made-up site for the board's tests and pictures: 24 racks (or many), a few of which need
someone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from agent.health import CollectorHealth
from agent.inventory.model import Inventory, Site
from agent.snapshot import Snapshot
from agent.targets.forecast import Point
from agent.targets.model import Evidence, Key
from agent.web.curves import PowerTrendView, PueTrendView
from agent.web.over import Over
from agent.web.view import BoardView
from collectors.base import Batch, Reading
from tests.agent.hubs.packaged import REGISTRY
from tests.agent.web.site_readings import HUB, NOW, SITE, breakers, energy, links, losses, racks


class Clock:
    """A clock that stands still."""

    def __call__(self) -> float:
        """Return the same moment, always."""
        return NOW


def evidence() -> dict[Key, list[Evidence]]:
    """Return what promises are judged by, with the days before: a PUE that falls, a count that is a
    lower bound.
    """
    days = range(120, 0, -1)
    falling = tuple(
        Point(NOW - 86400 * day, round(1.2284 + day * 0.00012 + 0.002 * math.sin(day), 5), 0.95)
        for day in days
    )
    return {
        (HUB, "pue", "huawei"): [Evidence(value=1.2284, time=NOW, coverage=0.958, history=falling)],
        (HUB, "pue", "hub"): [Evidence(value=1.2284, time=NOW, coverage=0.958)],
        (HUB, "accelerators", "hub"): [Evidence(value=8000, time=NOW, at_least=True)],
    }


def site_readings() -> list[Reading]:
    """Return all that the made-up site says: 24 racks, energy, losses, breakers,
    links and chips.
    """
    return [*energy(), *losses(), *racks(24), *breakers(), *links()]


def health() -> Sequence[CollectorHealth]:
    """Return collectors, two of which are silent."""
    good = [
        CollectorHealth(
            collector="snmp",
            device=f"10.0.0.{n}:161",
            ok=True,
            last_success=NOW - 4,
            duration=0.02 + n / 1000,
            interval=30,
        )
        for n in range(2, 48)
    ]
    return [
        *good,
        CollectorHealth(
            collector="snmp",
            device="10.0.0.48:161",
            ok=False,
            last_success=NOW - 1860,
            last_error="no answer within 5 s",
            last_reason="unreachable",
            duration=5.0,
            interval=30,
        ),
        CollectorHealth(
            collector="modbus",
            device="10.0.1.2:502",
            ok=False,
            last_success=NOW - 3 * 86400,
            last_error="connection refused",
            last_reason="unreachable",
            interval=15,
        ),
        CollectorHealth(
            collector="modbus",
            device="10.0.1.3:502",
            ok=True,
            last_success=NOW - 2,
            duration=0.011,
            interval=15,
        ),
        *(
            CollectorHealth(collector=k, ok=True, last_success=NOW - 1, duration=0.003)
            for k in ("racks", "pue", "targets")
        ),
    ]


class FakeTrends:
    """A month of PUE with two days missing, and a day of power."""

    def pue(self, _site: str, _over: Over) -> PueTrendView:
        """Return what the ledger would."""
        days = range(30)
        return PueTrendView(
            times=[NOW - 86400 * (30 - day) for day in days],
            step_seconds=86400.0,
            pue=[
                None if day in (12, 13) else round(1.215 + 0.03 * math.sin(day / 5), 4)
                for day in days
            ],
            coverage=[0.0 if day in (12, 13) else 0.6 if day == 14 else 1.0 for day in days],
            uncertainty=[None if day in (12, 13) else 0.007 for day in days],
            category=[None if day in (12, 13) else 1 if day < 12 else 2 for day in days],
        )

    def power(self, _site: str, _over: Over) -> PowerTrendView:
        """Return what the ledger would."""
        facility_watts = [150e3 + 9e3 * math.sin(hour / 4) for hour in range(24)]
        return PowerTrendView(
            times=[NOW - 3600 * (24 - hour) for hour in range(24)],
            step_seconds=3600.0,
            series={
                "facility": facility_watts,
                "ups": [value * 0.853 for value in facility_watts],
                "pdu": [value * 0.84 for value in facility_watts],
                "it": [
                    None if 8 < hour < 12 else value * 0.82
                    for hour, value in enumerate(facility_watts)
                ],
            },
        )


def view(
    readings: Sequence[Reading] | None = None,
    *,
    hub: str = HUB,
    where: str = SITE,
    simulated: bool = True,
    healthy: Callable[[], Sequence[CollectorHealth]] = health,
    inventory: bool = True,
) -> BoardView:
    """Return a view over readings; by default a site of 24 racks."""
    snapshot = Snapshot()
    taken = site_readings() if readings is None else list(readings)
    snapshot.update(Batch(collector="fixture", device="", time=NOW, lifetime=1e9, readings=taken))
    sites = {where: Site(site=where, name="Gui'an no. 1", scopes=("huawei",))} if where else {}
    return BoardView(
        snapshot=snapshot,
        registry=REGISTRY,
        inventory=Inventory(hub=hub, sites=sites) if inventory else None,
        hub=hub,
        site=where,
        node="gateway-1",
        simulated=simulated,
        trends=FakeTrends() if readings is None else None,
        health=healthy,
        now=Clock(),
    )

"""A made-up site for the board's tests and pictures: 24 racks (or many), a few of which need someone."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, cast

from agent.hubs.loader import load_registry
from agent.inventory import Inventory, Site
from agent.snapshot import Snapshot
from agent.web.view import BoardView, CollectorHealth
from collectors.base import Batch
from collectors.catalogue import facility, node, rack, site

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from agent.web.trends import Trends
    from collectors.base import Reading

NOW = 1795334400.0 - 3600 * 3.27  # 2026-11-22, mid-day in Shanghai
HUB, SITE = "guian", "huawei-guian-1"


class Clock:
    """A clock that stands still."""

    def __call__(self) -> float:
        """Return the same moment, always."""
        return NOW


def _wave(index: int) -> float:
    return 0.5 + 0.5 * math.sin(index * 2.399963)


def racks(count: int, *, per_row: int = 12, hub: str = HUB, where: str = SITE) -> list[Reading]:
    """Return the readings of a site's racks; every 24 racks one is over, one is hot, one has no failover, one is silent."""
    found: list[Reading] = []
    for index in range(count):
        row = chr(65 + index // per_row) if count <= per_row * 26 else f"R{index // per_row:03d}"
        name = f"{row}{index % per_row + 1:02d}"
        key = (hub, where, row, name)
        special = index % 24
        state = "under_construction" if special == 23 else "planned" if special == 22 else "in_service"
        found += [(rack.RACK_INFO.series(*key, state), 1.0), (rack.RACK_HEIGHT.series(*key), 42.0)]
        if state != "in_service":
            continue
        load = 1.07 if special == 5 else 0.15 + 0.72 * _wave(index)
        used = round(8 + 34 * _wave(index + 3))
        found += [
            (rack.RACK_USED.series(*key), float(used)),
            (rack.RACK_UTILIZATION.series(*key, "space"), used / 42),
            (rack.RACK_POWER_CAPACITY.series(*key), 8000.0),
        ]
        for feed in "AB":
            silent = special == 17 and feed == "B"
            found.append((facility.PDU_UP.series(*key, f"{name}-{feed}", feed), 0.0 if silent else 1.0))
            if not silent:
                found += [
                    (rack.RACK_POWER.series(*key, feed), load * 4000.0),
                    (facility.PDU_POWER.series(*key, f"{name}-{feed}", feed), load * 4000.0),
                ]
        if special == 17:
            continue
        found += [
            (rack.RACK_UTILIZATION.series(*key, "power"), load),
            (rack.RACK_FAILOVER_LOAD.series(*key), 1.16 if special == 5 else 0.91 if special == 9 else load * 0.8),
            (
                rack.RACK_INLET_TEMPERATURE.series(*key),
                33.4 if special == 14 else 28.2 if special == 2 else 20 + 4 * _wave(index + 7),
            ),
        ]
    return found


def energy(hub: str = HUB, where: str = SITE) -> list[Reading]:
    """Return a site's PUE by window, its power, and the key figures made of them."""
    found: list[Reading] = [(site.SITE_INFO.series(hub, where, "in_service", "Gui'an no. 1"), 1.0)]
    table = [
        ("1h", 1.198, 1.0, 0.006, 152.0), ("1d", 1.214, 0.998, 0.006, 3611.0), ("30d", 1.231, 0.972, 0.007, 108_330.0),
        ("ytd", 1.226, 0.941, 0.007, 1_166_000.0), ("12mo", 1.2284, 0.958, 0.007, 1_289_000.0),
    ]  # fmt: skip
    for window, pue, coverage, doubt, kwh in table:
        found += [
            (site.SITE_PUE.series(hub, where, "2", window), pue),
            (site.SITE_PUE_COVERAGE.series(hub, where, window), coverage),
            (site.SITE_PUE_UNCERTAINTY.series(hub, where, window), doubt),
            (site.SITE_PUE_STATE.series(hub, where, window, "valid"), 1.0),
            (site.SITE_WINDOW_ENERGY.series(hub, where, "facility", window), kwh * 3.6e6),
            (site.SITE_WINDOW_ENERGY.series(hub, where, "it", window), kwh * 3.6e6 / pue),
        ]
    found += [
        (site.SITE_PUE_REQUIRED.series(hub, where), 1.043),
        (site.SITE_POWER.series(hub, where, "facility"), 151_300.0),
        (site.SITE_POWER.series(hub, where, "it"), 124_800.0),
        (site.SITE_OCCUPANCY.series(hub, where, "racks"), 0.864),
        (site.SITE_OCCUPANCY.series(hub, where, "units"), 0.603),
        (site.SITE_OCCUPANCY.series(hub, where, "power"), 0.514),
        (site.KPI_VALUE.series(hub, "pue", "huawei"), 1.2284),
        (site.KPI_COVERAGE.series(hub, "pue", "huawei"), 0.958),
    ]
    for meter, point, watts in (
        ("main-1", "utility", 151_300.0), ("ups-out", "ups_output", 129_100.0), ("crah", "cooling", 20_700.0), ("light", "lighting", 900.0),
    ):  # fmt: skip
        found += [
            (facility.METER_POWER.series(hub, where, meter, point), watts),
            (facility.METER_UP.series(hub, where, meter, point), 1.0),
        ]
    found.append((facility.METER_UP.series(hub, where, "gen-1", "generator"), 0.0))
    place = (hub, where, "A", "A01", "n1")
    found += [(node.ACCELERATOR_POWER.series(*place, str(chip)), 310.0) for chip in range(8)]
    return found


def health() -> Sequence[CollectorHealth]:
    """Return collectors, two of which are silent."""
    good = [
        CollectorHealth(
            collector="snmp", device=f"10.0.0.{n}:161", ok=True, last_success=NOW - 4, duration=0.02 + n / 1000, interval=30
        )
        for n in range(2, 48)
    ]
    return [
        *good,
        CollectorHealth(
            collector="snmp", device="10.0.0.48:161", ok=False, last_success=NOW - 1860, last_error="no answer within 5 s", duration=5.0, interval=30,
        ),
        CollectorHealth(
            collector="modbus", device="10.0.1.2:502", ok=False, last_success=NOW - 3 * 86400, last_error="connection refused", interval=15,
        ),
        CollectorHealth(collector="modbus", device="10.0.1.3:502", ok=True, last_success=NOW - 2, duration=0.011, interval=15),
        *(CollectorHealth(collector=k, ok=True, last_success=NOW - 1, duration=0.003) for k in ("racks", "pue", "targets")),
    ]  # fmt: skip


class FakeTrends:
    """A month of PUE with two days missing, and a day of power."""

    def of(self, _site: str, subject: str) -> dict[str, Any]:
        """Return what the ledger would."""
        if subject == "pue":
            days = range(30)
            return {
                "times": [NOW - 86400 * (30 - day) for day in days],
                "step_seconds": 86400.0,
                "pue": [None if day in (12, 13) else round(1.215 + 0.03 * math.sin(day / 5), 4) for day in days],
                "coverage": [0.0 if day in (12, 13) else 0.6 if day == 14 else 1.0 for day in days],
                "uncertainty": [None if day in (12, 13) else 0.007 for day in days],
            }
        facility_watts = [150e3 + 9e3 * math.sin(hour / 4) for hour in range(24)]
        return {
            "times": [NOW - 3600 * (24 - hour) for hour in range(24)],
            "step_seconds": 3600.0,
            "series": {
                "facility": facility_watts,
                "ups": [value * 0.853 for value in facility_watts],
                "pdu": [value * 0.84 for value in facility_watts],
                "it": [None if 8 < hour < 12 else value * 0.82 for hour, value in enumerate(facility_watts)],
            },
        }


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
    taken = [*energy(), *racks(24)] if readings is None else list(readings)
    snapshot.update(Batch(collector="fixture", device="", time=NOW, lifetime=1e9, readings=taken))
    sites = {where: Site(site=where, name="Gui'an no. 1", scopes=("huawei",))} if where else {}
    return BoardView(
        snapshot=snapshot,
        registry=load_registry(),
        inventory=Inventory(hub=hub, sites=sites) if inventory else None,
        hub=hub,
        site=where,
        node="gateway-1",
        simulated=simulated,
        trends=cast("Trends", FakeTrends()) if readings is None else None,
        health=healthy,
        now=Clock(),
    )

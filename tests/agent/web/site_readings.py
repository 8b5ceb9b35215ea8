"""Readings of a made-up site: racks, energy, breakers and links, some of them with faults."""

from __future__ import annotations

import math

from collectors.base import Reading
from collectors.catalogue import facility, node, rack, site
from collectors.catalogue.link import LINK_LOSS, LINK_PROBE_INFO, LINK_ROUND_TRIP

NOW = 1795334400.0 - 3600 * 3.27  # 2026-11-22, mid-day in Shanghai


HUB, SITE = "guian", "huawei-guian-1"


def _wave(index: int) -> float:
    return 0.5 + 0.5 * math.sin(index * 2.399963)


def racks(count: int, *, per_row: int = 12, hub: str = HUB, where: str = SITE) -> list[Reading]:
    """Return the readings of a site's racks.

    Every 24 racks one is over, one is hot, one has no failover, one is silent.
    """
    found: list[Reading] = []
    for index in range(count):
        row = chr(65 + index // per_row) if count <= per_row * 26 else f"R{index // per_row:03d}"
        name = f"{row}{index % per_row + 1:02d}"
        key = (hub, where, row, name)
        special = index % 24
        state = (
            "under_construction" if special == 23 else "planned" if special == 22 else "in_service"
        )
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
            found.append(
                (facility.PDU_UP.series(*key, f"{name}-{feed}", feed), 0.0 if silent else 1.0)
            )
            if not silent:
                found += [
                    (rack.RACK_POWER.series(*key, feed), load * 4000.0),
                    (facility.PDU_POWER.series(*key, f"{name}-{feed}", feed), load * 4000.0),
                ]
        if special == 17:
            continue
        found += [
            (rack.RACK_UTILIZATION.series(*key, "power"), load),
            (
                rack.RACK_FAILOVER_LOAD.series(*key),
                1.16 if special == 5 else 0.91 if special == 9 else load * 0.8,
            ),
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
        ("1h", 1.198, 1.0, 0.006, 152.0),
        ("1d", 1.214, 0.998, 0.006, 3611.0),
        ("30d", 1.231, 0.972, 0.007, 108_330.0),
        ("ytd", 1.226, 0.941, 0.007, 1_166_000.0),
        ("12mo", 1.2284, 0.958, 0.007, 1_289_000.0),
    ]
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
        ("main-1", "utility", 151_300.0),
        ("ups-out", "ups_output", 129_100.0),
        ("crah", "cooling", 20_700.0),
        ("light", "lighting", 900.0),
    ):
        found += [
            (facility.METER_POWER.series(hub, where, meter, point), watts),
            (facility.METER_UP.series(hub, where, meter, point), 1.0),
        ]
    found.append((facility.METER_UP.series(hub, where, "gen-1", "generator"), 0.0))
    place = (hub, where, "A", "A01", "n1")
    found += [(node.ACCELERATOR_POWER.series(*place, str(chip)), 310.0) for chip in range(8)]
    return found


def losses(hub: str = HUB, where: str = SITE) -> list[Reading]:
    """Return where a site's overhead goes, and the factors beside its PUE."""
    found: list[Reading] = []
    parts = (
        ("cooling", 168e3, 0.99, 1.16),
        ("ups", 31e3, 1.0, 1.03),
        ("distribution", 19e3, 0.9, 1.018),
        ("lighting", 9e3, 1.0, 1.009),
    )
    for part, kwh, coverage, partial in parts:
        found += [
            (site.SITE_OVERHEAD.series(hub, where, part, "12mo"), kwh * 3.6e6),
            (site.SITE_OVERHEAD_COVERAGE.series(hub, where, part, "12mo"), coverage),
            (site.SITE_PARTIAL_PUE.series(hub, where, part, "12mo"), partial),
        ]
    return [
        *found,
        (site.SITE_OVERHEAD.series(hub, where, "unmetered", "12mo"), 12e3 * 3.6e6),
        (site.SITE_REUSED.series(hub, where, "12mo"), 0.043),
        (site.SITE_CUE.series(hub, where, "location", "12mo"), 0.512 / 3.6e6),
        (site.SITE_WUE.series(hub, where, "12mo"), 0.31 / 3.6e6),
        (site.SITE_PUE_GRADE.series(hub, where, "12mo"), 2.0),
    ]


def breakers(hub: str = HUB, where: str = SITE) -> list[Reading]:
    """Return four breakers, one of which could not carry its pair's load, and two rows, one of
    which is soon full.
    """
    found: list[Reading] = []
    for name, pair, load, failover, left in (
        ("QF-A1", "QF-B1", 0.46, 0.93, None),
        ("QF-B1", "QF-A1", 0.47, 0.93, None),
        ("QF-A2", "QF-B2", 0.31, 0.63, 18e3),
        ("QF-B2", "QF-A2", 0.32, 0.63, 18e3),
    ):
        key = (hub, where, name)
        found += [
            (rack.BREAKER_INFO.series(*key, pair, ""), 1.0),
            (rack.BREAKER_CAPACITY.series(*key), 110e3),
            (rack.BREAKER_COVERAGE.series(*key), 0.96 if name == "QF-B1" else 1.0),
            (rack.BREAKER_LOAD.series(*key, "lower"), load),
            (rack.BREAKER_LOAD.series(*key, "upper"), load + (0.07 if name == "QF-B1" else 0)),
            (rack.BREAKER_FAILOVER_LOAD.series(*key, "lower"), failover),
            (
                rack.BREAKER_FAILOVER_LOAD.series(*key, "upper"),
                failover + 0.07 * (pair == "QF-B1" or name == "QF-B1"),
            ),
            (rack.BREAKER_IMBALANCE.series(*key), 0.08),
        ]
        if left is not None:
            found.append((rack.BREAKER_HEADROOM.series(*key), left))
    for row, used, days in (("A", 402.0, 51.0), ("B", 260.0, None)):
        row_key = (hub, where, row)
        found += [
            (rack.ROW_HEIGHT.series(*row_key), 504.0),
            (rack.ROW_USED.series(*row_key), used),
            (rack.ROW_POWER.series(*row_key), used * 110),
            (rack.ROW_POWER_CAPACITY.series(*row_key), 96e3),
            (rack.ROW_HEADROOM.series(*row_key), 4100.0),
        ]
        if days is not None:
            for bound, ahead in (("earliest", 0.8), ("expected", 1.0), ("latest", 1.9)):
                found.append(
                    (rack.ROW_FULL.series(*row_key, "space", bound), NOW + ahead * days * 86400)
                )
    return found


def links(hub: str = HUB, where: str = SITE) -> list[Reading]:
    """Return round trips to three cities, one of which loses a little, and 24 chips, one of which
    is lost.
    """
    found: list[Reading] = []
    for peer, median, slow in (
        ("guangzhou", 0.0089, 0.0112),
        ("shenzhen", 0.0091, 0.0119),
        ("hangzhou", 0.0152, 0.0171),
    ):
        found += [
            (LINK_ROUND_TRIP.series(hub, where, peer, "0.5"), median),
            (LINK_ROUND_TRIP.series(hub, where, peer, "0.99"), slow),
            (LINK_LOSS.series(hub, where, peer), 0.002 if peer == "hangzhou" else 0.0),
            (LINK_PROBE_INFO.series(hub, where, peer, "stamp"), 1.0),
        ]
    for chip in range(24):
        key = (hub, where, "A", "A01", f"n{chip // 8 + 2}", str(chip % 8))
        found.append((node.ACCELERATOR_UP.series(*key), float(chip != 3)))
        if chip != 3:
            found += [
                (
                    node.ACCELERATOR_INFO.series(
                        *key, "huawei", "Ascend 910B", f"u{chip}", f"b{chip}"
                    ),
                    1.0,
                ),
                (node.ACCELERATOR_HEALTHY.series(*key), 1.0),
                (node.ACCELERATOR_UTILIZATION.series(*key), 0.7),
                (node.ACCELERATOR_TEMPERATURE.series(*key), 61.0),
                (node.ACCELERATOR_POWER.series(*key), 310.0),
            ]
    return found

"""A made-up week of a hub of 17 sites: as much as a sheet must ever hold."""

from __future__ import annotations

from typing import Any

from agent.hubs.model import Registry
from agent.report.weekly import WINDOWS, Week, promises

KWH = 3.6e6


def _window(pue: float, coverage: float = 1.0) -> dict[str, Any]:
    it = 2.4e6 * KWH
    state = "valid" if coverage >= 0.9 else "low_coverage"
    return {
        "pue": pue,
        "state": state,
        "coverage": coverage,
        "uncertainty": 0.007,
        "category": 2,
        "facility_joules": it * pue,
        "it_joules": it,
    }


def made_up(registry: Registry, hub: str, week: Week, *, sites: int = 17) -> dict[str, Any]:
    """Return what `agent.report.weekly.weekly` would of a big hub in a bad week."""
    listed = [
        {
            "site": f"site-{n:02d}",
            "name": f"Computing centre no. {n} of Gui'an",
            "pue": {w: _window(1.18 + n / 100, 0.6 if w == "ytd" else 1.0) for w in WINDOWS},
            "notes": ["class 2 assumed for meters that state none"],
            "overheads": [],
        }
        for n in range(sites)
    ]
    racks = [
        {
            "rack": f"R{n:03d}",
            "site": "site-00",
            "row": "R",
            "over_hours": 40 - n,
            "failover_hours": 168 - n,
            "silent_hours": n,
            "peak_watts": 8100.0,
            "rated_watts": 8000.0,
        }
        for n in range(30)
    ]
    meters = [
        {
            "site": f"site-{n % 17:02d}",
            "meter": f"meter-{n:02d}",
            "point": "cooling",
            "coverage": n / 40,
            "lost_hours": 168 * (1 - n / 40),
        }
        for n in range(30)
    ]
    days = [
        {
            "day": f"2026-11-{9 + n:02d}",
            "facility_joules": 4.0e5 * KWH * (n + 7),
            "it_joules": 3.3e5 * KWH * (n + 7),
            "pue": 1.21,
            "coverage": 1.0 if n else 0.8,
        }
        for n in range(7)
    ]
    overheads = [
        {"subsystem": name, "joules": share * 4e5 * KWH, "share": share}
        for name, share in (
            ("cooling", 0.55),
            ("ups", 0.2),
            ("distribution", 0.1),
            ("lighting", 0.03),
            ("other", 0.02),
            ("unmetered", 0.1),
        )
    ]
    total = {**_window(1.26), "sites": 16, "of": 17}
    return {
        "hub": hub,
        "week": week.name,
        "start": week.start,
        "end": week.end,
        "whole": week.whole,
        "made": week.end + 3600,
        "promises": promises(registry, hub, week, {}),
        "sites": listed,
        "hub_pue": dict.fromkeys(WINDOWS, total),
        "overheads": overheads,
        "days": days,
        "unsummed_hours": 3,
        "racks": 27_584,
        "racks_needing": racks,
        "meters": 3400,
        "meters_lost": meters,
    }

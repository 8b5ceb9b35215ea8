"""The scoreboard of the registry's hubs on a day, with four KPIs measured."""

from __future__ import annotations

import datetime as dt

from agent.hubs.loader import load_registry
from agent.targets.forecast import DAY, Point
from agent.targets.model import Evidence
from agent.targets.scoreboard import scoreboard
from agent.targets.serialise import board_json

REGISTRY = load_registry()
NOW = dt.datetime.fromisoformat("2026-11-22T12:00+08:00").timestamp()
MEASURED = {
    ("guian", "pue", "huawei"): [
        Evidence(
            value=1.18,
            time=NOW,
            coverage=0.5,
            history=tuple(
                Point(NOW - days * DAY, 1.18 + days * 0.0001, 0.5) for days in (90, 60, 30)
            ),
        )
    ],
    ("guian", "pue", "hub"): [Evidence(value=1.31, time=NOW, coverage=0.97)],
    ("kunming", "racks_in_service", "hub"): [Evidence(value=200.0, time=NOW, at_least=True)],
    ("guizhou", "round_trip_guangzhou", "hub"): [
        Evidence(
            value=0.014,
            time=NOW,
            history=tuple(Point(NOW - days * DAY, 0.014 + days * 1e-4) for days in (40, 20)),
        )
    ],
}
VIEWS = scoreboard(REGISTRY, MEASURED, NOW)
BOARD = board_json(VIEWS)

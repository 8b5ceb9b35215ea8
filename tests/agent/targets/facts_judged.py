"""The facts of the registry, and how they stand on a day: for the tests that argue all thirty."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from agent.hubs.loader import load_registry
from agent.targets.model import Evidence
from agent.targets.scoreboard import scoreboard
from agent.targets.serialise import board_json

REGISTRY = load_registry()
FACTS = {fact.id: fact for fact in REGISTRY.facts()}


def noon(day: str) -> float:
    """Return noon of a day in Shanghai."""
    return dt.datetime.combine(
        dt.date.fromisoformat(day), dt.time(12), ZoneInfo("Asia/Shanghai")
    ).timestamp()


def states(day: str, measured: dict[tuple[str, str, str], list[Evidence]]) -> dict[str, str]:
    """Return the state of every fact that was published by a day."""
    return {
        row["id"]: row["state"]
        for hub in board_json(scoreboard(REGISTRY, measured, noon(day)))
        for row in hub["targets"]
    }

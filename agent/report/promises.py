"""What a hub promised, at the end of a period and at its start."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from agent.hubs.model import Registry
from agent.ledger.ledger import Ledger
from agent.report.model import FormerState, PromiseReport
from agent.report.period import Period
from agent.targets.collector import wanted
from agent.targets.memory import Memory
from agent.targets.model import Evidence, Key
from agent.targets.scoreboard import scoreboard


def evidence(ledger: Ledger, registry: Registry, hub: str) -> Mapping[Key, Sequence[Evidence]]:
    """Return what the ledger's history says about the KPIs of a hub."""
    memory = Memory(ledger, wanted(registry, hub))
    asyncio.run(memory.refresh({}, 0.0))
    return memory.beside({})


def promises(
    registry: Registry, hub: str, period: Period, known: Mapping[Key, Sequence[Evidence]]
) -> list[PromiseReport]:
    """Return the promises of a hub; a figure that was only published is none."""
    if hub not in registry.hubs:
        return []
    (now,) = scoreboard(registry, known, period.end, [hub])
    (then,) = scoreboard(registry, known, period.start, [hub])
    before = {
        row.id: FormerState(
            state=row.state, state_name=row.state_name, value=row.value, display=row.display
        )
        for row in then.targets
    }
    return [
        PromiseReport(now=row, before=before.get(row.id))
        for row in now.targets
        if row.kind != "observation"
    ]

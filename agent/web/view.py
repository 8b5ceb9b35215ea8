"""What the board and its API look at: one object, put together by the agent, by a test or by a demo."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agent.health import CollectorHealth

if TYPE_CHECKING:
    from agent.hubs.model import Registry
    from agent.inventory.model import Inventory
    from agent.snapshot import Snapshot
    from agent.targets.model import Evidence, Key
    from agent.web.past import Past
    from agent.web.trends import Trends


def _no_health() -> Sequence[CollectorHealth]:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardView:
    """All that a page may show. It is cheap to make, so a reload makes a new one.

    `inventory`, `trends` and `past` are None on an agent that has none: what they would tell is then left out, never invented.
    """

    snapshot: Snapshot
    registry: Registry
    inventory: Inventory | None = None
    trends: Trends | None = None
    past: Past | None = None
    hub: str
    site: str = ""
    node: str = ""
    simulated: bool = False
    evidence: Callable[[], Mapping[Key, Sequence[Evidence]]] | None = None
    """What the targets' collector judged by in its last round (`TargetCollector.evidence`); without it the page measures itself."""
    health: Callable[[], Sequence[CollectorHealth]] = _no_health
    now: Callable[[], float] = time.time

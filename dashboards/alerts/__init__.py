"""The alerts, by subject: each says what to do and leads to its place in the runbook."""

from __future__ import annotations

from itertools import chain
from typing import Final

from dashboards.alerts import breakers, budget, chips, inventory, links, own, power, racks, targets
from dashboards.alerts.base import Alert, Case

GROUPS: Final[dict[str, tuple[Alert, ...]]] = {
    "hubgauge-targets-alerts": targets.ALERTS,
    "hubgauge-power-alerts": power.ALERTS,
    "hubgauge-budget-alerts": budget.ALERTS,
    "hubgauge-racks-alerts": racks.ALERTS,
    "hubgauge-breakers-alerts": breakers.ALERTS,
    "hubgauge-chips-alerts": chips.ALERTS,
    "hubgauge-inventory-alerts": inventory.ALERTS,
    "hubgauge-links-alerts": links.ALERTS,
    "hubgauge-agents-alerts": own.ALERTS,
}
"""The alerts of each file, by the name of their group of rules."""
ALERTS: Final[tuple[Alert, ...]] = tuple(chain.from_iterable(GROUPS.values()))

__all__ = ["ALERTS", "GROUPS", "Alert", "Case"]

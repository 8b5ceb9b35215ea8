"""The alerts, by subject: each says what to do and leads to its place in the runbook."""

from __future__ import annotations

from typing import Final

from dashboards.alerts import breakers, budget, chips, inventory, links, own, power, racks, targets
from dashboards.alerts.base import Alert, Case

ALERTS: Final[tuple[Alert, ...]] = (
    *targets.ALERTS,
    *power.ALERTS,
    *budget.ALERTS,
    *racks.ALERTS,
    *breakers.ALERTS,
    *chips.ALERTS,
    *inventory.ALERTS,
    *links.ALERTS,
    *own.ALERTS,
)
GROUPS: Final = {
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

__all__ = ["ALERTS", "GROUPS", "Alert", "Case"]

"""The alerts, by subject: each says what to do and leads to its place in the runbook."""

from __future__ import annotations

from itertools import chain
from typing import Final

from collectors.catalogue.rack_limits import SiteLimits
from dashboards.alerts import (
    breakers,
    budget,
    chips,
    events,
    inventory,
    links,
    own,
    power,
    push,
    racks,
    targets,
)
from dashboards.alerts.base import Alert, Case


def groups(limits: SiteLimits) -> dict[str, tuple[Alert, ...]]:
    """Return the alerts of each file by these limits, by the name of their group of rules."""
    return {
        "hubgauge-targets-alerts": targets.ALERTS,
        "hubgauge-power-alerts": power.ALERTS,
        "hubgauge-budget-alerts": budget.alerts(limits),
        "hubgauge-racks-alerts": racks.alerts(limits),
        "hubgauge-breakers-alerts": breakers.alerts(limits),
        "hubgauge-events-alerts": events.ALERTS,
        "hubgauge-chips-alerts": chips.ALERTS,
        "hubgauge-inventory-alerts": inventory.alerts(limits.ages),
        "hubgauge-links-alerts": links.ALERTS,
        "hubgauge-agents-alerts": own.ALERTS + push.ALERTS,
    }


GROUPS: Final = groups(SiteLimits())
"""The alerts by the default limits."""
ALERTS: Final[tuple[Alert, ...]] = tuple(chain.from_iterable(GROUPS.values()))

__all__ = ["ALERTS", "GROUPS", "Alert", "Case", "groups"]

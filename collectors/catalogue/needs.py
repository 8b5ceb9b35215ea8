"""What a rack may need, how grave it is, and how long it must last before somebody is called.

Each need is also an alert. Pages and alerts both read its severity and its waiting time from here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

Need = Literal["over", "too_hot", "failover_lost", "silent", "hot", "failover_tight"]
Severity = Literal["critical", "warning"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gravity:
    """How grave a need is: the alert of it, the alert's severity, and how long it waits."""

    alert: str
    severity: Severity
    wait_minutes: int

    @property
    def wait(self) -> str:
        """The waiting time as a rule has it."""
        return f"{self.wait_minutes}m"


GRAVITY: Final[Mapping[Need, Gravity]] = {
    "over": Gravity(alert="RackOverPower", severity="critical", wait_minutes=5),
    "too_hot": Gravity(alert="RackTooHot", severity="critical", wait_minutes=5),
    "failover_lost": Gravity(alert="RackFailoverLost", severity="critical", wait_minutes=5),
    "silent": Gravity(alert="PduSilent", severity="warning", wait_minutes=10),
    "hot": Gravity(alert="RackHot", severity="warning", wait_minutes=15),
    "failover_tight": Gravity(alert="RackFailoverTight", severity="warning", wait_minutes=15),
}
"""Every need, in the order in which it is told."""
NEEDS: Final[tuple[Need, ...]] = tuple(GRAVITY)

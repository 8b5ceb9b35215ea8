"""A node that answers and gives no power: it says so, and would else pass for one well read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from collectors.base import Reading
from collectors.catalogue import node

NOT_OFFERED: Final = "not_offered"
"""Why a reading is missing that nothing of the node's controller has."""


@dataclass(frozen=True, slots=True)
class NoPower:
    """Why a node has no power: `not_offered`, or the reason for which its value was dropped."""

    why: str

    @property
    def notice(self) -> str:
        """Return what the page of collectors says."""
        return f"it gives no power: {self.why}"

    def reading(self, *node_labels: str) -> Reading:
        """Return the sample that tells it; `node_labels` are those of `dc_node_power_watts`."""
        return node.NODE_READING_MISSING.series(*node_labels, "power", self.why), 1.0

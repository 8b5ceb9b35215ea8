"""Signals of the inventory and the devices: which of them answer, and where the two differ."""

from __future__ import annotations

from typing import Final

from collectors.catalogue import inventory
from dashboards.language import Text
from dashboards.promql import of
from dashboards.signals.base import ANSWERING_STEPS, GREEN, ORANGE, Excuse, Signal, steps

MANY: Final = 40
"""How many silent devices a panel names at most."""
_NO_INVENTORY: Final = Excuse(
    reason="no agent at these sites has an inventory", unless=of(inventory.MISMATCHES)
)
_EACH: Final = "hub, site, kind, device"


def silent_for(at: str = "", matchers: str = "") -> str:
    """Return how many seconds each device is silent."""
    return f"time() - max by ({_EACH}) ({of(inventory.SILENT_SINCE, matchers)}{at})"


ANSWERING: Final = Signal(
    key="inventory.answering",
    name=Text("Expected devices that answer"),
    description=Text(
        "Devices that answer, of those the config asks and the inventory has in service, by kind.",
    ),
    unit="percentunit",
    # A kind that is not polled, such as nodes with agents of their own, has no share here.
    expr=(
        f"sum by (hub, site, kind) ({of(inventory.ANSWERING)}) / (sum by (hub, site, kind)"
        f" ({of(inventory.EXPECTED)}) > 0)"
    ),
    legend="{{site}} {{kind}}",
    kind="ratio",
    least=0,
    most=1,
    steps=ANSWERING_STEPS,
    may_be_empty=Excuse(
        reason="no agent at these sites asks devices", unless=of(inventory.ANSWERING)
    ),
)
MISMATCHES: Final = Signal(
    key="inventory.mismatches",
    name=Text("Inventory against what is seen", context="differences"),
    description=Text(
        "Racks and devices on which inventory, config and what answers differ, by reason;"
        " docs/inventory.md says what each means.",
    ),
    unit="short",
    expr=f"sum by (hub, site, reason) ({of(inventory.MISMATCHES)})",
    legend="{{site}} {{reason}}",
    kind="count",
    least=0,
    decimals=0,
    steps=steps((1, ORANGE), base=GREEN),
    may_be_empty=_NO_INVENTORY,
)
SILENT_FOR: Final = Signal(
    key="inventory.silent_for",
    name=Text("Longest silent devices"),
    description=Text(
        "For how long devices that did answer do not, across restarts of the agents.",
    ),
    unit="s",
    expr=f"{silent_for()} and topk({MANY}, {silent_for(' @ end()')})",
    legend="{{site}} {{kind}} {{device}}",
    least=0,
    may_be_empty=Excuse(
        reason="every device that ever answered does so", unless=of(inventory.SILENT_SINCE)
    ),
)

MISMATCH_LIST: Final = Signal(
    key="inventory.mismatch_list",
    name=Text("Differs"),
    description=Text("What differs, each by its name."),
    unit="short",
    expr=f"max by (hub, site, reason, rack, device) ({of(inventory.MISMATCH_INFO)})",
    legend="{{reason}} {{rack}} {{device}}",
    kind="count",
    decimals=0,
    may_be_empty=Excuse(reason="inventory and devices agree", unless=of(inventory.MISMATCH_INFO)),
)
EXPECTED: Final = Signal(
    key="inventory.expected",
    name=Text("Expected devices"),
    description=Text("Devices that are to be heard, by kind."),
    unit="short",
    expr=f"sum by (hub, site, kind) ({of(inventory.EXPECTED)})",
    legend="{{site}} {{kind}}",
    kind="count",
    least=0,
    decimals=0,
    may_be_empty=Excuse(
        reason="no agent at these sites asks devices", unless=of(inventory.EXPECTED)
    ),
)

SIGNALS: Final = tuple(value for value in list(globals().values()) if isinstance(value, Signal))

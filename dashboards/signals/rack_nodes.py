"""Signals of what stands in one rack: its nodes and their chips."""

from __future__ import annotations

from typing import Final

from collectors.base import Metric
from collectors.catalogue import node
from dashboards.language import Text
from dashboards.promql import MARKED, marked, of, while_up
from dashboards.signals import rack_limits
from dashboards.signals.base import GREEN, RED, Signal, State
from dashboards.signals.onerack import SENSOR_LIMITS, guarded, one

WELL: Final = (
    State(value=0, text=Text("✗ failed"), color=RED),
    State(value=1, text=Text("✓ well"), color=GREEN),
)
_NODE: Final = "hub, site, rack, node"
_CHIP: Final = f"{_NODE}, accelerator"


def _while_node_answers(signal: Signal, labels: str) -> Signal:
    """Return a signal only of nodes that answer; `labels` name a node and how it is read."""
    return guarded(signal, lambda text: while_up(text, node.NODE_UP, labels, scope="rack"))


def _by_chip(metric: Metric) -> str:
    return f"max by ({_CHIP}) ({of(metric, scope='rack')})"


def _of_chips(metric: Metric) -> str:
    """Return a metric's values of the rack's chips that answer."""
    return while_up(_by_chip(metric), node.ACCELERATOR_UP, _CHIP, scope="rack")


ONE_NODES: Final = _while_node_answers(
    one(
        "one.nodes",
        Text("Power of the nodes"),
        Text(
            "What the rack's nodes report, by where it was read: sources must not be added up.",
        ),
        "watt",
        f"max by (hub, site, rack, node, source) ({of(node.NODE_POWER, scope='rack')})",
        "{{node}} {{source}}",
        witness=node.NODE_POWER,
        least=0,
    ),
    f"{_NODE}, source",
)
ONE_NODE_INLET: Final = _while_node_answers(
    one(
        "one.node_inlet",
        Text("Air at the nodes"),
        Text("Air each node takes in, at its warmest sensor."),
        "celsius",
        f"max by (hub, site, rack, node) ({of(node.NODE_INLET, scope='rack')})",
        "{{node}}",
        witness=node.NODE_INLET,
        decimals=1,
        steps=rack_limits.INLET.steps,
        by_limits=SENSOR_LIMITS,
    ),
    _NODE,
)
ONE_SUPPLIES: Final = _while_node_answers(
    one(
        "one.supplies",
        Text("Power supplies"),
        Text("Whether each power supply of the nodes works."),
        "none",
        f"min by (hub, site, rack, node, supply) ({of(node.NODE_SUPPLY_HEALTHY, scope='rack')})",
        "{{node}} {{supply}}",
        witness=node.NODE_SUPPLY_HEALTHY,
        kind="state",
        states=WELL,
    ),
    _NODE,
)
ONE_CHIPS: Final = one(
    "one.chips",
    Text("Power of the chips"),
    Text(
        "Sum of each node's chips that answer. With ≥ it is a part: a chip is silent or does not"
        " tell its power.",
    ),
    "watt",
    marked(
        f"sum by ({_NODE}) ({_of_chips(node.ACCELERATOR_POWER)})",
        f"count by ({_NODE}) ({_by_chip(node.ACCELERATOR_UP)})"
        f" > count by ({_NODE}) ({_of_chips(node.ACCELERATOR_POWER)})",
        _NODE,
        "node",
    ),
    MARKED,
    plain=f"sum by ({_NODE}) ({_by_chip(node.ACCELERATOR_POWER)})",
    witness=node.ACCELERATOR_POWER,
    least=0,
)
ONE_CHIP_UTILIZATION: Final = one(
    "one.chip_utilization",
    Text("Chips busy"),
    Text("Mean share of time each node's chips computed."),
    "percentunit",
    f"avg by ({_NODE}) ({_of_chips(node.ACCELERATOR_UTILIZATION)})",
    "{{node}}",
    plain=f"avg by ({_NODE}) ({_by_chip(node.ACCELERATOR_UTILIZATION)})",
    witness=node.ACCELERATOR_UTILIZATION,
    kind="ratio",
    least=0,
    most=1,
)

SIGNALS: Final = tuple(value for value in list(globals().values()) if isinstance(value, Signal))

"""Alerts on accelerators: a chip that does not answer, and one with an alarm."""

from __future__ import annotations

from typing import Final

from collectors.catalogue import node
from dashboards.alerts.base import RACK, Alert, Case, series
from dashboards.language import Text
from dashboards.promql import for_rule, of

_CHIP: Final = "hub, site, row, rack, node, accelerator"
_LABELS: Final = {**RACK, "node": "n1", "accelerator": "davinci3"}

ALERTS: Final = (
    Alert(
        name="AcceleratorDown",
        expr=for_rule(f"max by ({_CHIP}) ({of(node.ACCELERATOR_UP)}) == 0"),
        wait="5m",
        severity="warning",
        summary=Text(
            "{{ $labels.accelerator }} of {{ $labels.node }} (rack {{ $labels.rack }}) answers no"
            " more: drain the node, then look at its kernel log.",
        ),
        description=(
            "The chip was seen since the agent started and is not any more: lost from the bus, or"
            " its driver is gone."
        ),
        must_fire=Case(
            series={series(node.ACCELERATOR_UP, _LABELS): "1x3 0x20"}, at="15m", fires=_LABELS
        ),
        must_not_fire=Case(series={series(node.ACCELERATOR_UP, _LABELS): "1x3 0x2 1x20"}, at="15m"),
    ),
    Alert(
        name="AcceleratorUnhealthy",
        expr=for_rule(f"min by ({_CHIP}) ({of(node.ACCELERATOR_HEALTHY)}) == 0"),
        wait="10m",
        severity="warning",
        summary=Text(
            "{{ $labels.accelerator }} of {{ $labels.node }} (rack {{ $labels.rack }}) has an"
            " alarm of its driver: ask it which.",
        ),
        description=(
            "The driver's health is not OK; for Ascend, `npu-smi info -t health -i ID` names the"
            " fault."
        ),
        must_fire=Case(
            series={series(node.ACCELERATOR_HEALTHY, _LABELS): "1x3 0x30"}, at="20m", fires=_LABELS
        ),
        must_not_fire=Case(series={series(node.ACCELERATOR_HEALTHY, _LABELS): "1x40"}, at="20m"),
    ),
)

"""Alerts on accelerators: a chip that does not answer, one with an alarm, and one with errors."""

from __future__ import annotations

from typing import Final

from collectors.catalogue import node
from dashboards.alerts.base import RACK, Alert, Case, series
from dashboards.language import Text
from dashboards.promql import for_rule, last_known, of

_CHIP: Final = "hub, site, row, rack, node, accelerator"
_LABELS: Final = {**RACK, "node": "n1", "accelerator": "davinci3"}

ALERTS: Final = (
    Alert(
        name="AcceleratorDown",
        expr=for_rule(last_known(f"max by ({_CHIP})", of(node.ACCELERATOR_UP)) + " == 0"),
        wait="5m",
        severity="warning",
        summary=Text(
            "{{ $labels.accelerator }} of {{ $labels.node }} (rack {{ $labels.rack }}) answers no"
            " more: drain the node, then look at its kernel log.",
        ),
        description=(
            "The chip answered after the agent had started, and does not now: it is lost from the"
            " bus, or its driver is gone."
        ),
        must_fire=Case(
            series={series(node.ACCELERATOR_UP, _LABELS): "1x3 0x20"}, at="15m", fires=_LABELS
        ),
        must_not_fire=Case(series={series(node.ACCELERATOR_UP, _LABELS): "1x3 0x2 1x20"}, at="15m"),
    ),
    Alert(
        name="AcceleratorUnhealthy",
        expr=for_rule(last_known(f"min by ({_CHIP})", of(node.ACCELERATOR_HEALTHY)) + " == 0"),
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
    Alert(
        name="AcceleratorXid",
        expr=for_rule(
            f"max by ({_CHIP}) ({of(node.ACCELERATOR_LAST_XID)}) > 0 and"
            f" max by ({_CHIP}) (changes({of(node.ACCELERATOR_LAST_XID)}[1h])) > 0"
        ),
        wait="0m",
        severity="warning",
        summary=Text(
            "{{ $labels.accelerator }} of {{ $labels.node }} (rack {{ $labels.rack }}) had the"
            " error XID {{ $value }} within the last hour: look up in the runbook what it means.",
        ),
        description=(
            "The driver reported an error of the chip. XID 13, 31, 43 and 45 are mostly faults of"
            " the program; 48, 63, 64, 74, 79, 94, 95, 119 and 120 are faults of the hardware."
        ),
        must_fire=Case(
            series={series(node.ACCELERATOR_LAST_XID, _LABELS): "0x3 79x30"},
            at="20m",
            fires=_LABELS,
            value="79",
        ),
        must_not_fire=Case(
            series={series(node.ACCELERATOR_LAST_XID, _LABELS): "0x3 79x90"}, at="80m"
        ),
    ),
    Alert(
        name="AcceleratorMemoryFailed",
        expr=for_rule(f"max by ({_CHIP}) ({of(node.ACCELERATOR_REMAP_FAILED)}) == 1"),
        wait="5m",
        severity="warning",
        summary=Text(
            "{{ $labels.accelerator }} of {{ $labels.node }} (rack {{ $labels.rack }}) could not"
            " replace a row of its memory: drain the node and have the chip changed.",
        ),
        description="A row of the memory had errors, and no spare row was left for it.",
        must_fire=Case(
            series={series(node.ACCELERATOR_REMAP_FAILED, _LABELS): "0x3 1x20"},
            at="15m",
            fires=_LABELS,
        ),
        must_not_fire=Case(
            series={series(node.ACCELERATOR_REMAP_FAILED, _LABELS): "0x30"}, at="15m"
        ),
    ),
)

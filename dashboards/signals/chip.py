"""Signals of accelerators and of the power nodes report themselves."""

from __future__ import annotations

from typing import Final

from collectors.catalogue import node
from dashboards.language import Text
from dashboards.promql import of
from dashboards.signals.base import GREEN, ORANGE, RED, Excuse, Signal, steps

_CHIP: Final = "hub, site, node, accelerator"
_NO_CHIPS: Final = Excuse(reason="no accelerator is seen at these sites", unless=of(node.ACCELERATOR_INFO))

CHIPS: Final = Signal(
    key="chip.count",
    name=Text("Accelerators by vendor", "加速卡数量（按厂商）"),
    description=Text("Accelerator chips that telemetry sees, by vendor and model.", "遥测可见的加速芯片数量，按厂商与型号统计。"),
    unit="short",
    expr=f"count by (hub, site, vendor, model) (max by ({_CHIP}, vendor, model) ({of(node.ACCELERATOR_INFO)}))",
    legend="{{site}} {{vendor}} {{model}}",
    kind="count",
    record="site:dc_accelerator_info:count",
    least=0,
    decimals=0,
    may_be_empty=_NO_CHIPS,
)
CHIP_UTILIZATION: Final = Signal(
    key="chip.utilization",
    name=Text("Accelerator utilisation", "加速卡利用率"),
    description=Text("Mean share of time the chips computed.", "芯片处于计算状态的平均时间占比。"),
    unit="percentunit",
    expr=f"avg by (hub, site) (max by ({_CHIP}) ({of(node.ACCELERATOR_UTILIZATION)}))",
    legend="{{site}}",
    kind="ratio",
    record="site:dc_accelerator_utilization_ratio:avg",
    least=0,
    most=1,
    may_be_empty=_NO_CHIPS,
)
CHIP_POWER: Final = Signal(
    key="chip.power",
    name=Text("Accelerator power", "加速卡功率"),
    description=Text("Sum of what the chips draw.", "芯片功率之和。"),
    unit="watt",
    expr=f"sum by (hub, site) (max by ({_CHIP}) ({of(node.ACCELERATOR_POWER)}))",
    legend="{{site}}",
    record="site:dc_accelerator_power_watts:sum",
    least=0,
    may_be_empty=_NO_CHIPS,
)
CHIP_TEMPERATURE: Final = Signal(
    key="chip.temperature",
    name=Text("Hottest accelerators", "最热的加速卡"),
    description=Text("Temperature of the ten hottest chips.", "温度最高的十块芯片。"),
    unit="celsius",
    expr=(
        f"max by ({_CHIP}) ({of(node.ACCELERATOR_TEMPERATURE)})"
        f" and topk(10, max by ({_CHIP}) ({of(node.ACCELERATOR_TEMPERATURE)} @ end()))"
    ),
    legend="{{node}} {{accelerator}}",
    decimals=0,
    steps=steps((80, ORANGE), (90, RED), base=GREEN),
    may_be_empty=_NO_CHIPS,
)
NODE_POWER: Final = Signal(
    key="node.power",
    name=Text("Power the nodes report", "节点自报功率"),
    description=Text(
        "Sum of the nodes' power by where it was read. Sources measure different things and must not be added up: RAPL is the CPUs only.",
        "节点功率之和，按读取来源统计。各来源口径不同，不可相加：RAPL仅含CPU。",
    ),
    unit="watt",
    expr=f"sum by (hub, site, source) (max by (hub, site, node, source) ({of(node.NODE_POWER)}))",
    legend="{{site}} {{source}}",
    least=0,
    may_be_empty=Excuse(reason="no node reports its own power", unless=of(node.NODE_POWER)),
)

SIGNALS: Final = tuple(value for value in list(globals().values()) if isinstance(value, Signal))

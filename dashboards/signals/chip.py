"""Signals of accelerators and of the power nodes report themselves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from collectors.base import Metric
from collectors.catalogue import node
from dashboards.language import Text
from dashboards.promql import of
from dashboards.signals.base import GREEN, ORANGE, RED, Excuse, Signal, steps
from dashboards.signals.rack import bands

MANY: Final = 40
"""How many chips a table names at most."""
_CHIP: Final = "hub, site, node, accelerator"
_NO_CHIPS: Final = Excuse(
    reason="no accelerator is seen at these sites", unless=of(node.ACCELERATOR_INFO)
)

CHIPS: Final = Signal(
    key="chip.count",
    name=Text("Accelerators by vendor", "加速卡数量（按厂商）"),
    description=Text(
        "Accelerator chips that telemetry sees, by vendor and model.",
        "遥测可见的加速芯片数量，按厂商与型号统计。",
    ),
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
    plain=f"max by ({_CHIP}) ({of(node.ACCELERATOR_TEMPERATURE)})",
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


def _each(expr: str) -> str:
    return f"max by ({_CHIP}) ({expr})"


def _memory(at: str = "") -> str:
    return f"{_each(of(node.ACCELERATOR_MEMORY_USED) + at)} / {_each(of(node.ACCELERATOR_MEMORY_TOTAL) + at)}"


CHIP_HEALTHY: Final = Signal(
    key="chip.healthy",
    name=Text("Healthy accelerators", "健康的加速卡占比"),
    description=Text(
        "Share of the chips that answer and that their driver calls healthy.",
        "有应答且驱动判定为健康的芯片占比。",
    ),
    unit="percentunit",
    expr=f"avg by (hub, site) ({_each(of(node.ACCELERATOR_HEALTHY))})",
    legend="{{site}}",
    kind="ratio",
    least=0,
    most=1,
    decimals=1,
    steps=steps((0.99, ORANGE), (1.0, GREEN), base=RED),
    may_be_empty=Excuse(
        reason="no chip's driver tells of its health", unless=of(node.ACCELERATOR_HEALTHY)
    ),
)
CHIP_SILENT: Final = Signal(
    key="chip.silent",
    name=Text("Silent accelerators", "无应答的加速卡"),
    description=Text(
        "Chips that were seen before and do not answer.", "曾经可见但当前无应答的芯片。"
    ),
    unit="short",
    expr=f"sum by (hub, site) (1 - {_each(of(node.ACCELERATOR_UP))})",
    legend="{{site}}",
    kind="count",
    least=0,
    decimals=0,
    steps=steps((1, ORANGE), base=GREEN),
    may_be_empty=_NO_CHIPS,
)
CHIP_MEMORY: Final = Signal(
    key="chip.memory",
    name=Text("Accelerator memory in use", "加速卡显存使用率"),
    description=Text(
        "Device memory in use over all there is, of all chips together.",
        "全部芯片已用显存与总显存之比。",
    ),
    unit="percentunit",
    expr=(
        f"sum by (hub, site) ({_each(of(node.ACCELERATOR_MEMORY_USED))})"
        f" / sum by (hub, site) ({_each(of(node.ACCELERATOR_MEMORY_TOTAL))})"
    ),
    legend="{{site}}",
    kind="ratio",
    least=0,
    most=1,
    may_be_empty=_NO_CHIPS,
)
CHIP_PEAK: Final = Signal(
    key="chip.peak",
    name=Text("Rated peak of the chips", "芯片额定峰值算力"),
    description=Text(
        "Rated dense peak of all chips by precision, from the maker's data sheet; precisions must not be added up.",
        "全部芯片的额定稠密峰值算力（厂商数据，按精度）；不同精度不可相加。",
    ),
    unit="flops",
    expr=f"sum by (hub, site, precision) (max by ({_CHIP}, precision) ({of(node.ACCELERATOR_PEAK)}))",
    legend="{{site}} {{precision}}",
    least=0,
    decimals=1,
    may_be_empty=_NO_CHIPS,
)
CHIP_DISTRIBUTION: Final = Signal(
    key="chip.distribution",
    name=Text("Chips by utilisation", "芯片利用率分布"),
    description=Text(
        "How many chips are busy for which tenth of the time: a band near 0 % is bought and idle.",
        "各利用率十分位上的芯片数量；接近0%的一带为已购但闲置。",
    ),
    unit="short",
    expr=bands(_each(of(node.ACCELERATOR_UTILIZATION))),
    legend="{{tenth}}",
    kind="count",
    least=0,
    decimals=0,
    may_be_empty=_NO_CHIPS,
)
CHIP_THROTTLED: Final = Signal(
    key="chip.throttled",
    name=Text("Throttled chips", "降频的芯片"),
    description=Text(
        "Chips that run slower than they could, by reason.", "因各种原因降频运行的芯片数量。"
    ),
    unit="short",
    expr=f"sum by (hub, site, reason) (max by ({_CHIP}, reason) ({of(node.ACCELERATOR_THROTTLED)}))",
    legend="{{site}} {{reason}}",
    kind="count",
    least=0,
    decimals=0,
    may_be_empty=Excuse(
        reason="no chip tells whether it is throttled", unless=of(node.ACCELERATOR_THROTTLED)
    ),
)
CHIP_ECC: Final = Signal(
    key="chip.ecc",
    name=Text("Memory errors of the chips", "芯片显存错误"),
    description=Text(
        "Memory errors in the last hour: corrected ones foretell, uncorrected ones cost work.",
        "最近一小时的显存错误：可纠正错误是预兆，不可纠正错误会损失作业。",
    ),
    unit="short",
    expr=f"sum by (hub, site, kind) (increase({of(node.ACCELERATOR_ECC_ERRORS)}[1h]))",
    legend="{{site}} {{kind}}",
    kind="count",
    least=0,
    may_be_empty=Excuse(
        reason="no chip counts memory errors", unless=of(node.ACCELERATOR_ECC_ERRORS)
    ),
)


def _hottest(values: Callable[[str], str]) -> str:
    """Return a value of the chips that a table names: those that are warmest at the end of the range."""
    warm = f"topk({MANY}, {_each(of(node.ACCELERATOR_TEMPERATURE) + ' @ end()')})"
    return f"{values('')} and on ({_CHIP}) {warm}"


def _column(
    key: str,
    name: Text,
    description: Text,
    unit: str,
    metric: Metric,
    **more: Any,  # noqa: ANN401
) -> Signal:
    return Signal(
        key=key,
        name=name,
        description=description,
        unit=unit,
        expr=_hottest(lambda at: _each(of(metric) + at)),
        plain=_each(of(metric)),
        legend="{{node}} {{accelerator}}",
        may_be_empty=_NO_CHIPS,
        **more,
    )


EACH_TEMPERATURE: Final = _column(
    "chip.each_temperature",
    Text("Temperature", "温度"),
    Text("Temperature of a chip.", "芯片温度。"),
    "celsius",
    node.ACCELERATOR_TEMPERATURE,
    decimals=0,
    steps=CHIP_TEMPERATURE.steps,
)
EACH_UTILIZATION: Final = _column(
    "chip.each_utilization",
    Text("Busy", "利用率"),
    Text("Share of time a chip computed.", "芯片处于计算状态的时间占比。"),
    "percentunit",
    node.ACCELERATOR_UTILIZATION,
    least=0,
    most=1,
    decimals=0,
)
EACH_POWER: Final = _column(
    "chip.each_power",
    Text("Power", "功率"),
    Text("What a chip draws.", "芯片功率。"),
    "watt",
    node.ACCELERATOR_POWER,
    least=0,
)
EACH_MEMORY: Final = Signal(
    key="chip.each_memory",
    name=Text("Memory", "显存"),
    description=Text("Share of a chip's memory in use.", "芯片显存使用占比。"),
    unit="percentunit",
    expr=_hottest(_memory),
    plain=_memory(),
    legend="{{node}} {{accelerator}}",
    kind="ratio",
    least=0,
    most=1,
    decimals=0,
    may_be_empty=_NO_CHIPS,
)

SIGNALS: Final = tuple(value for value in list(globals().values()) if isinstance(value, Signal))

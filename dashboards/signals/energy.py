"""Signals of a site's energy: each stage from the utility to the chip, where the overhead goes, reuse, carbon and water."""

from __future__ import annotations

from typing import Final

from collectors.catalogue import facility, node, site
from collectors.catalogue.limits import MIN_COVERAGE
from dashboards.language import Text
from dashboards.promql import of
from dashboards.signals import power
from dashboards.signals.base import GREEN, ORANGE, RED, SKY, Excuse, Signal, State, steps
from dashboards.signals.power import JOULES_PER_WATT_HOUR

JOULES_PER_KWH: Final = 3_600_000
_BY_CONTROLLER: Final = 'source=~"redfish|ipmi"'
_NO_OVERHEAD: Final = Excuse(
    reason="no window has a sound PUE to break down", unless=of(site.SITE_OVERHEAD)
)
_NO_UPS: Final = Excuse(reason="no UPS is read at these sites", unless=of(facility.UPS_UP))
_NO_PDU: Final = Excuse(reason="no PDU is read at these sites", unless=of(facility.PDU_UP))


# From the utility to the chip: what passes each stage. Each is a sum of its own meters; what is not metered is not shown.
def _stage(key: str, name: Text, description: Text, expr: str, excuse: Excuse) -> Signal:
    return Signal(
        key=f"flow.{key}",
        name=name,
        description=description,
        unit="watt",
        expr=expr,
        legend="",
        least=0,
        decimals=1,
        may_be_empty=excuse,
    )


def _point(point: str) -> str:
    matcher = f'point="{point}"'
    return f"sum by (hub, site) (max by (hub, site, meter) ({of(facility.METER_POWER, matcher)}))"


def _boundary(boundary: str) -> str:
    matcher = f'boundary="{boundary}"'
    return f"max by (hub, site) ({of(site.SITE_POWER, matcher)})"


FLOW: Final = (
    _stage(
        "utility",
        Text("Utility", "市电"),
        Text("Through the utility's meters.", "市电进线电表功率。"),
        _point("utility"),
        Excuse(
            reason="no meter of the utility is read",
            unless=of(facility.METER_POWER, 'point="utility"'),
        ),
    ),
    _stage(
        "facility",
        Text("Facility boundary", "设施边界"),
        Text("What the PUE counts as the whole facility.", "PUE计入的设施总功率。"),
        _boundary("facility"),
        Excuse(reason="no boundary is fully metered", unless=of(site.SITE_POWER)),
    ),
    _stage(
        "ups",
        Text("UPS outputs", "UPS输出"),
        Text("What the UPSs give out.", "UPS输出功率。"),
        f"sum by (hub, site) (max by (hub, site, ups, phase) ({of(facility.UPS_OUTPUT_POWER)}))",
        _NO_UPS,
    ),
    _stage(
        "it",
        Text("IT boundary", "IT边界"),
        Text("What the PUE counts as IT.", "PUE计入的IT功率。"),
        _boundary("it"),
        Excuse(reason="no boundary is fully metered", unless=of(site.SITE_POWER)),
    ),
    _stage(
        "pdu",
        Text("Rack PDUs", "机柜PDU"),
        Text("Sum of the PDUs that answer.", "有应答的PDU功率之和。"),
        f"sum by (hub, site) (max by (hub, site, rack, pdu) ({of(facility.PDU_POWER)}))",
        _NO_PDU,
    ),
    _stage(
        "nodes",
        Text("Nodes (controllers)", "节点（管理控制器）"),
        Text("Sum of what the nodes' controllers read.", "节点管理控制器读数之和。"),
        f"sum by (hub, site) (max by (hub, site, node) ({of(node.NODE_POWER, _BY_CONTROLLER)}))",
        Excuse(reason="no node's controller is read", unless=of(node.NODE_POWER, _BY_CONTROLLER)),
    ),
    _stage(
        "chips",
        Text("Accelerators", "加速卡"),
        Text("Sum of what the chips draw.", "芯片功率之和。"),
        f"sum by (hub, site) (max by (hub, site, node, accelerator) ({of(node.ACCELERATOR_POWER)}))",
        Excuse(reason="no accelerator is seen at these sites", unless=of(node.ACCELERATOR_INFO)),
    ),
)
OVERHEAD: Final = Signal(
    key="site.overhead",
    name=Text("Where the overhead goes", "非IT能耗去向"),
    description=Text(
        "Facility less IT energy of the window by subsystem; unmetered is what no submeter explains.",
        "所选时间窗内设施能耗减IT能耗，按子系统划分；unmetered 为无分表可解释的部分。",
    ),
    unit="watth",
    expr=f"max by (hub, site, subsystem) ({of(site.SITE_OVERHEAD, scope='window')}) / {JOULES_PER_WATT_HOUR}",
    legend="{{subsystem}}",
    least=0,
    decimals=1,
    may_be_empty=_NO_OVERHEAD,
)
OVERHEAD_COVERAGE: Final = Signal(
    key="site.overhead_coverage",
    name=Text("Coverage of the submeters", "分表覆盖率"),
    description=Text(
        "Share of the PUE's covered time in which each subsystem was metered.",
        "PUE覆盖时段内各子系统有计量的时间占比。",
    ),
    unit="percentunit",
    expr=f"min by (hub, site, subsystem) ({of(site.SITE_OVERHEAD_COVERAGE, scope='window')})",
    legend="{{subsystem}}",
    kind="ratio",
    least=0,
    most=1,
    decimals=0,
    steps=steps((MIN_COVERAGE, ORANGE), (0.99, GREEN), base=RED),
    may_be_empty=_NO_OVERHEAD,
)
PARTIAL_PUE: Final = Signal(
    key="site.partial_pue",
    name=Text("Partial PUE by subsystem", "子系统局部PUE"),
    description=Text(
        "Energy of a subsystem and of IT over that of IT, while the subsystem was metered (ISO/IEC 30134-2, annex).",
        "子系统与IT能耗之和除以IT能耗，仅计该子系统有计量的时段。",
    ),
    unit="none",
    expr=f"max by (hub, site, subsystem) ({of(site.SITE_PARTIAL_PUE, scope='window')})",
    legend="{{subsystem}}",
    decimals=3,
    least=1,
    may_be_empty=_NO_OVERHEAD,
)
WINDOW_PUE: Final = Signal(
    key="site.window_pue",
    name=Text("PUE of the window", "所选时间窗PUE"),
    description=power.SITE_PUE.description,
    unit="none",
    expr=f"max by (hub, site) ({of(site.SITE_PUE, scope='window')})",
    legend="{{site}}",
    decimals=3,
)
SITE_PUE_LIMIT: Final = Signal(
    key="site.pue_limit",
    name=Text("PUE limit of the site", "站点PUE上限"),
    description=Text(
        "The PUE that was promised not to be exceeded at this site.", "承诺该站点不超过的PUE。"
    ),
    unit="none",
    expr=f"min by (hub, site) ({of(site.SITE_PUE_LIMIT)})",
    legend="{{site}}",
    decimals=3,
    may_be_empty=Excuse(reason="no PUE limit is stated", unless=of(site.SITE_PUE_LIMIT)),
)
PUE_GRADE: Final = Signal(
    key="site.pue_grade",
    name=Text("Grade (GB 40879)", "能效等级（GB 40879）"),
    description=Text(
        "Grade of GB 40879-2021 that a year at the window's PUE would have.",
        "若全年保持该PUE，对应的GB 40879-2021能效等级。",
    ),
    unit="none",
    expr=f"max by (hub, site) ({of(site.SITE_PUE_GRADE, scope='window')})",
    legend="{{site}}",
    kind="state",
    states=tuple(
        State(value=grade, text=Text(*words), color=color)
        for grade, words, color in (
            (0, ("✗ none", "✗ 不达标"), RED),
            (1, ("✓ grade 1", "✓ 1级"), GREEN),
            (2, ("● grade 2", "● 2级"), SKY),
            (3, ("▲ grade 3", "▲ 3级"), ORANGE),
        )
    ),
    may_be_empty=Excuse(reason="no window has a sound PUE", unless=of(site.SITE_PUE_GRADE)),
)
REUSED: Final = Signal(
    key="site.reused",
    name=Text("Energy reuse factor", "能源再利用率"),
    description=Text(
        "Energy handed on for use elsewhere over facility energy (ISO/IEC 30134-6).",
        "供外部再利用的能量与设施总能耗之比（ISO/IEC 30134-6）。",
    ),
    unit="percentunit",
    expr=f"max by (hub, site, window) ({of(site.SITE_REUSED)})",
    legend="{{site}} {{window}}",
    kind="ratio",
    least=0,
    may_be_empty=Excuse(reason="no meter is marked reused", unless=of(site.SITE_REUSED)),
)
CUE: Final = Signal(
    key="site.cue",
    name=Text("Carbon usage effectiveness", "碳利用效率（CUE）"),
    description=Text(
        "Carbon dioxide equivalent over IT energy (ISO/IEC 30134-8), kg/kWh.",
        "二氧化碳当量与IT能耗之比（ISO/IEC 30134-8），kg/kWh。",
    ),
    unit="suffix:kg/kWh",
    expr=f"max by (hub, site, basis, window) ({of(site.SITE_CUE)}) * {JOULES_PER_KWH}",
    legend="{{site}} {{basis}} {{window}}",
    least=0,
    decimals=3,
    may_be_empty=Excuse(
        reason="no emission factor is set, so no carbon is told", unless=of(site.SITE_CUE)
    ),
)
WUE: Final = Signal(
    key="site.wue",
    name=Text("Water usage effectiveness", "水利用效率（WUE）"),
    description=Text(
        "Water used over IT energy (ISO/IEC 30134-9), litres/kWh.",
        "用水量与IT能耗之比（ISO/IEC 30134-9），L/kWh。",
    ),
    unit="suffix:L/kWh",
    expr=f"max by (hub, site, window) ({of(site.SITE_WUE)}) * {JOULES_PER_KWH}",
    legend="{{site}} {{window}}",
    least=0,
    decimals=2,
    may_be_empty=Excuse(reason="no water meter is read", unless=of(site.SITE_WUE)),
)

SIGNALS: Final = (
    *(value for value in list(globals().values()) if isinstance(value, Signal)),
    *FLOW,
)

"""Signals of energy and power: PUE with its evidence, meters, PDUs, UPSs, cooling."""

from __future__ import annotations

from typing import Final

from collectors.catalogue import facility, site
from collectors.catalogue.limits import MIN_COVERAGE
from dashboards.language import Text
from dashboards.promql import of
from dashboards.signals.base import GREEN, GREY, ORANGE, RED, SKY, Excuse, Signal, State, steps

JOULES_PER_WATT_HOUR: Final = 3600
FIRST_HOUR: Final = "the ledger's first hour here is not over"
_IS_PUE: Final = 'kpi="pue"'

_IS_RENEWABLE: Final = 'point="renewable"'
_PUE_TARGET: Final = 'kpi="pue",kind!="observation"'
_NO_UPS: Final = Excuse(reason="no UPS is read at these sites", unless=of(facility.UPS_UP))
_NO_COOLING: Final = Excuse(
    reason="no cooling unit is read at these sites", unless=of(facility.COOLING_UP)
)
_NO_PDU: Final = Excuse(reason="no PDU is read at these sites", unless=of(facility.PDU_UP))


def _pue_state(name: str) -> str:
    return of(site.SITE_PUE_STATE, f'state="{name}"')


SITE_POWER: Final = Signal(
    key="site.power",
    name=Text("Power by boundary", "各边界功率"),
    description=Text(
        "Power crossing the facility and the IT boundary now; shown only while every meter of the boundary answers.",
        "当前通过设施边界与IT边界的功率；仅当该边界的所有电表都有应答时显示。",
    ),
    unit="watt",
    expr=f"max by (hub, site, boundary) ({of(site.SITE_POWER)})",
    legend="{{site}} {{boundary}}",
    record="site:dc_power_watts:max",
    least=0,
)
HUB_POWER: Final = Signal(
    key="hub.power",
    name=Text("Power of the hub", "枢纽功率"),
    description=Text("Power of all sites, by boundary.", "所有站点的功率，按边界汇总。"),
    unit="watt",
    expr=f"sum by (hub, boundary) (max by (hub, site, boundary) ({of(site.SITE_POWER, scope='hub')}))",
    legend="{{hub}} {{boundary}}",
    record="hub:dc_power_watts:sum",
    least=0,
    may_be_empty=Excuse(
        reason="no agent reports for this hub", unless=of(site.SITE_POWER, scope="hub")
    ),
)
SITE_LEDGER_POWER: Final = Signal(
    key="site.ledger_power",
    name=Text("Mean power from the ledger", "台账平均功率"),
    description=Text(
        "Energy of the ledger's last whole hour, by boundary, as a mean power: exact across gaps, unlike a momentary reading. The ledger takes "
        "energy over by the hour.",
        "台账最近一个完整小时的能耗折算的平均功率（按边界）：跨越数据缺口仍然准确，不同于瞬时读数。台账按小时入账。",
    ),
    unit="watt",
    expr=f"max by (hub, site, boundary) ({of(site.SITE_ENERGY)} - {of(site.SITE_ENERGY)} offset 1h) / 3600",
    legend="{{site}} {{boundary}}",
    least=0,
    may_be_empty=Excuse(reason=FIRST_HOUR, unless=f"{of(site.SITE_ENERGY)} offset 1h"),
)
SITE_PUE: Final = Signal(
    key="site.pue",
    name=Text("PUE by window", "各时间窗PUE"),
    description=Text(
        "Facility energy over IT energy of the same covered hours (ISO/IEC 30134-2). Windows under 12 months are interim.",
        "同一覆盖时段内设施总能耗与IT能耗之比（ISO/IEC 30134-2）。不足12个月的时间窗为临时值。",
    ),
    unit="none",
    expr=f"max by (hub, site, window) ({of(site.SITE_PUE)})",
    legend="{{site}} {{window}}",
    record="site:dc_pue_ratio:max",
    decimals=3,
)
PUE_LIMIT: Final = Signal(
    key="hub.pue_limit",
    name=Text("PUE limit", "PUE上限"),
    description=Text("The PUE the hub has stated it will not exceed.", "枢纽公开承诺不超过的PUE。"),
    unit="none",
    expr=f"max by (hub, scope, target) ({of(site.TARGET_VALUE, _IS_PUE, scope='hub')})",
    legend="{{target}}",
    decimals=3,
    may_be_empty=Excuse(
        reason="no PUE limit is stated", unless=of(site.TARGET_INFO, _PUE_TARGET, scope="hub")
    ),
)
PUE_COVERAGE: Final = Signal(
    key="site.pue_coverage",
    name=Text("Metering coverage", "计量覆盖率"),
    description=Text(
        f"Share of the window in which facility and IT energy were both metered. Below {MIN_COVERAGE:.0%} the PUE is not trusted.",
        f"时间窗内设施与IT能耗均有计量的时间占比。低于{MIN_COVERAGE:.0%}时，PUE不可信。",
    ),
    unit="percentunit",
    expr=f"min by (hub, site, window) ({of(site.SITE_PUE_COVERAGE)})",
    legend="{{site}} {{window}}",
    kind="ratio",
    record="site:dc_pue_coverage_ratio:min",
    least=0,
    most=1,
    steps=steps((MIN_COVERAGE, ORANGE), (0.99, GREEN), base=RED),
)
PUE_UNCERTAINTY: Final = Signal(
    key="site.pue_uncertainty",
    name=Text("PUE uncertainty", "PUE不确定度"),
    description=Text(
        "Relative uncertainty of the PUE from the accuracy classes of its meters.",
        "由电表准确度等级推算的PUE相对不确定度。",
    ),
    unit="percentunit",
    expr=f"max by (hub, site, window) ({of(site.SITE_PUE_UNCERTAINTY)})",
    legend="{{site}} {{window}}",
    kind="ratio",
    least=0,
    decimals=2,
    may_be_empty=Excuse(
        reason="no meter has an accuracy class", unless=of(site.SITE_PUE_UNCERTAINTY)
    ),
)
PUE_REQUIRED: Final = Signal(
    key="site.pue_required",
    name=Text("Required PUE for the rest of the year", "年内剩余时间所需PUE"),
    description=Text(
        "What the rest of the year must average for the year to end at the target; below 1 the year cannot be saved.",
        "要使全年达标，剩余时间必须达到的平均PUE；低于1表示今年已无法达标。",
    ),
    unit="none",
    expr=f"min by (hub, site) ({of(site.SITE_PUE_REQUIRED)})",
    legend="{{site}}",
    decimals=3,
    steps=steps((1.0, ORANGE), (1.1, GREEN), base=RED),
    may_be_empty=Excuse(
        reason="no PUE limit is stated", unless=of(site.TARGET_INFO, _PUE_TARGET, scope="hub")
    ),
)
PUE_BURN: Final = Signal(
    key="site.pue_burn",
    name=Text("PUE budget burn", "PUE预算消耗速率"),
    description=Text(
        "Overhead energy of a window over what the limit allows for the same IT energy: (PUE - 1) / (limit - 1). At 1 the limit is just kept.",
        "时间窗内非IT能耗与同等IT能耗下上限所允许值之比：(PUE-1)/(上限-1)。等于1时恰好达标。",
    ),
    unit="none",
    expr=f"(max by (hub, site, window) ({of(site.SITE_PUE)}) - 1)"
    f" / on (hub, site) group_left () (min by (hub, site) ({of(site.SITE_PUE_LIMIT)}) - 1)",
    legend="{{site}} {{window}}",
    kind="ratio",
    record="site:dc_pue_budget_burn:ratio",
    least=0,
    decimals=2,
    steps=steps((1.0, ORANGE), (1.5, RED), base=GREEN),
    may_be_empty=Excuse(
        reason="no PUE limit is stated", unless=of(site.TARGET_INFO, _PUE_TARGET, scope="hub")
    ),
)
PUE_STATES: Final = {
    "valid": State(value=0, text=Text("✓ valid", "✓ 有效"), color=GREEN),
    "low_coverage": State(value=1, text=Text("◐ low coverage", "◐ 覆盖不足"), color=ORANGE),
    "no_data": State(value=2, text=Text("○ no data", "○ 无数据"), color=GREY),
    "inconsistent": State(value=3, text=Text("✗ inconsistent", "✗ 数据矛盾"), color=RED),
}
PUE_STATE: Final = Signal(
    key="site.pue_state",
    name=Text("State of the PUE", "PUE状态"),
    description=Text(
        "Whether a window's PUE may be quoted: valid, too little covered, no data, or inconsistent (no IT energy, or below 1).",
        "该时间窗的PUE能否引用：有效、覆盖不足、无数据，或数据矛盾（无IT能耗或小于1）。",
    ),
    unit="none",
    expr=" or ".join(
        f"max by (hub, site, window) ({_pue_state(name)} == 1) * {state.value}"
        for name, state in PUE_STATES.items()
    ),
    legend="{{site}} {{window}}",
    kind="state",
    states=tuple(PUE_STATES.values()),
)
WINDOW_ENERGY: Final = Signal(
    key="site.window_energy",
    name=Text("Energy behind the PUE", "PUE的分子与分母"),
    description=Text(
        "Numerator (facility) and denominator (IT) of each window's PUE, over the hours covered at both boundaries.",
        "各时间窗PUE的分子（设施）与分母（IT），仅计两侧均有计量的小时。",
    ),
    unit="watth",
    expr=f"max by (hub, site, boundary, window) ({of(site.SITE_WINDOW_ENERGY)}) / {JOULES_PER_WATT_HOUR}",
    legend="{{site}} {{boundary}} {{window}}",
    least=0,
)
RENEWABLE: Final = Signal(
    key="site.renewable",
    name=Text("Renewable energy factor", "可再生能源利用率"),
    description=Text(
        "Share of the facility's energy that is renewable (ISO/IEC 30134-3).",
        "设施能耗中可再生能源的占比（ISO/IEC 30134-3）。",
    ),
    unit="percentunit",
    expr=f"max by (hub, site, window) ({of(site.SITE_RENEWABLE)})",
    legend="{{site}} {{window}}",
    kind="ratio",
    least=0,
    most=1,
    steps=steps((0.8, ORANGE), (1.0, GREEN), base=SKY),
    may_be_empty=Excuse(
        reason="no meter is marked renewable", unless=of(facility.METER_UP, _IS_RENEWABLE)
    ),
)
CARBON: Final = Signal(
    key="site.carbon",
    name=Text("Carbon dioxide emitted", "二氧化碳排放"),
    description=Text(
        "Carbon dioxide equivalent of the ledger's last whole hour, from its energy and factors.",
        "由台账能耗与排放因子计算的最近一个完整小时的二氧化碳当量。",
    ),
    unit="suffix:kg/h",
    expr=f"max by (hub, site) ({of(site.SITE_CARBON)} - {of(site.SITE_CARBON)} offset 1h)",
    legend="{{site}}",
    least=0,
    may_be_empty=Excuse(
        reason="no emission factor is set, so no carbon is told; or its first hour is not over",
        unless=f"{of(site.SITE_CARBON)} offset 1h",
    ),
)
METER_POWER: Final = Signal(
    key="meter.power",
    name=Text("Power by metering point", "各计量点功率"),
    description=Text(
        "Power through the meters, from the utility to the IT input.",
        "从市电到IT输入，各计量点的电表功率。",
    ),
    unit="watt",
    expr=f"sum by (hub, site, point) (max by (hub, site, meter, point) ({of(facility.METER_POWER)}))",
    legend="{{site}} {{point}}",
    record="site:dc_meter_power_watts:sum",
)
METER_UP: Final = Signal(
    key="meter.up",
    name=Text("Meters that answer", "电表应答"),
    description=Text(
        "Whether each meter answered in its last round.", "每块电表在上一轮是否应答。"
    ),
    unit="none",
    expr=f"max by (hub, site, meter, point) ({of(facility.METER_UP)})",
    legend="{{site}} {{meter}}",
    kind="state",
    states=(
        State(value=0, text=Text("✗ silent", "✗ 无应答"), color=RED),
        State(value=1, text=Text("✓ answers", "✓ 正常"), color=GREEN),
    ),
)
PDU_POWER: Final = Signal(
    key="pdu.power",
    name=Text("PDU power by feed", "PDU功率（按供电路）"),
    description=Text(
        "Power through all PDUs of a site, by feed: two feeds far apart share the load badly.",
        "站点全部PDU的功率，按供电路统计：两路相差过大说明负载不均。",
    ),
    unit="watt",
    expr=f"sum by (hub, site, feed) (max by (hub, site, rack, pdu, feed) ({of(facility.PDU_POWER)}))",
    legend="{{site}} {{feed}}",
    record="site:dc_pdu_power_watts:sum",
    least=0,
    may_be_empty=_NO_PDU,
)
PDU_UP: Final = Signal(
    key="pdu.up",
    name=Text("PDUs that answer", "应答的PDU占比"),
    description=Text(
        "Share of a site's PDUs that answered in their last round.",
        "上一轮应答的PDU占该站点PDU总数的比例。",
    ),
    unit="percentunit",
    expr=f"avg by (hub, site) (max by (hub, site, rack, pdu) ({of(facility.PDU_UP)}))",
    legend="{{site}}",
    kind="ratio",
    record="site:dc_pdu_up:avg",
    least=0,
    most=1,
    steps=steps((0.95, ORANGE), (1.0, GREEN), base=RED),
    may_be_empty=_NO_PDU,
)
PDU_SILENT: Final = Signal(
    key="pdu.silent",
    name=Text("Silent PDUs", "无应答的PDU"),
    description=Text(
        "PDUs that did not answer in their last round. Their racks' power is missing, not zero.",
        "上一轮未应答的PDU。其机柜功率为缺失，而非零。",
    ),
    unit="short",
    expr=f"sum by (hub, site) (1 - max by (hub, site, rack, pdu) ({of(facility.PDU_UP)}))",
    legend="{{site}}",
    kind="count",
    least=0,
    decimals=0,
    steps=steps((1, ORANGE), base=GREEN),
    may_be_empty=_NO_PDU,
)
UPS_LOAD: Final = Signal(
    key="ups.load",
    name=Text("UPS load", "UPS负载率"),
    description=Text(
        "Load of each UPS as a share of its rating, its most loaded phase.",
        "各UPS负载占额定容量的比例（取负载最高的相）。",
    ),
    unit="percentunit",
    expr=f"max by (hub, site, ups) ({of(facility.UPS_LOAD)})",
    legend="{{site}} {{ups}}",
    kind="ratio",
    least=0,
    steps=steps((0.8, ORANGE), (1.0, RED)),
    may_be_empty=_NO_UPS,
)
UPS_BATTERY: Final = Signal(
    key="ups.battery",
    name=Text("UPS battery charge", "UPS电池电量"),
    description=Text("Charge left in each UPS's battery.", "各UPS电池剩余电量。"),
    unit="percentunit",
    expr=f"min by (hub, site, ups) ({of(facility.UPS_BATTERY_CHARGE)})",
    legend="{{site}} {{ups}}",
    kind="ratio",
    least=0,
    most=1,
    steps=steps((0.5, ORANGE), (0.9, GREEN), base=RED),
    may_be_empty=_NO_UPS,
)
UPS_ON_BATTERY: Final = Signal(
    key="ups.on_battery",
    name=Text("UPS on battery", "UPS电池供电"),
    description=Text("Whether a UPS carries its load from the battery.", "UPS是否正由电池供电。"),
    unit="none",
    expr=f"max by (hub, site, ups) ({of(facility.UPS_ON_BATTERY)})",
    legend="{{site}} {{ups}}",
    kind="state",
    states=(
        State(value=0, text=Text("✓ on mains", "✓ 市电"), color=GREEN),
        State(value=1, text=Text("▲ on battery", "▲ 电池"), color=RED),
    ),
    may_be_empty=_NO_UPS,
)
COOLING_CAPACITY: Final = Signal(
    key="cooling.capacity",
    name=Text("Cooling: heat removed", "制冷：移除热量"),
    description=Text("Heat each cooling unit removes at present.", "各制冷单元当前移除的热量。"),
    unit="watt",
    expr=f"max by (hub, site, unit) ({of(facility.COOLING_CAPACITY)})",
    legend="{{site}} {{unit}}",
    least=0,
    may_be_empty=_NO_COOLING,
)
COOLING_SUPPLY: Final = Signal(
    key="cooling.supply",
    name=Text("Cooling: supply temperature", "送风（供水）温度"),
    description=Text("Temperature of the supplied air or water.", "送出的空气或水的温度。"),
    unit="celsius",
    expr=f"max by (hub, site, unit) ({of(facility.COOLING_SUPPLY)})",
    legend="{{site}} {{unit}}",
    decimals=1,
    may_be_empty=_NO_COOLING,
)

SIGNALS: Final = tuple(value for value in list(globals().values()) if isinstance(value, Signal))

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
    name=Text("Power by boundary"),
    description=Text(
        "Power crossing the facility and the IT boundary now; shown only while every meter of the boundary answers.",
    ),
    unit="watt",
    expr=f"max by (hub, site, boundary) ({of(site.SITE_POWER)})",
    legend="{{site}} {{boundary}}",
    record="site:dc_power_watts:max",
    least=0,
)
HUB_POWER: Final = Signal(
    key="hub.power",
    name=Text("Power of the hub"),
    description=Text("Power of all sites, by boundary."),
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
    name=Text("Mean power from the ledger"),
    description=Text(
        "Energy of the ledger's last whole hour, by boundary, as a mean power: exact across gaps, unlike a momentary reading. The ledger takes "
        "energy over by the hour.",
    ),
    unit="watt",
    expr=f"max by (hub, site, boundary) ({of(site.SITE_ENERGY)} - {of(site.SITE_ENERGY)} offset 1h) / 3600",
    legend="{{site}} {{boundary}}",
    least=0,
    may_be_empty=Excuse(reason=FIRST_HOUR, unless=f"{of(site.SITE_ENERGY)} offset 1h"),
)
SITE_PUE: Final = Signal(
    key="site.pue",
    name=Text("PUE by window"),
    description=Text(
        "Facility energy over IT energy of the same covered hours (ISO/IEC 30134-2). Windows under 12 months are interim.",
    ),
    unit="none",
    expr=f"max by (hub, site, window) ({of(site.SITE_PUE)})",
    legend="{{site}} {{window}}",
    record="site:dc_pue_ratio:max",
    decimals=3,
)
PUE_LIMIT: Final = Signal(
    key="hub.pue_limit",
    name=Text("PUE limit"),
    description=Text("The PUE the hub has stated it will not exceed."),
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
    name=Text("Metering coverage"),
    description=Text(
        "Share of the window in which facility and IT energy were both metered."
        " Below {least} the PUE is not trusted.",
        {"least": f"{MIN_COVERAGE:.0%}"},
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
    name=Text("PUE uncertainty"),
    description=Text(
        "Relative uncertainty of the PUE from the accuracy classes of its meters.",
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
    name=Text("Required PUE for the rest of the year"),
    description=Text(
        "What the rest of the year must average for the year to end at the target; below 1 the year cannot be saved.",
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
    name=Text("PUE budget burn"),
    description=Text(
        "Overhead energy of a window over what the limit allows for the same IT energy: (PUE - 1) / (limit - 1). At 1 the limit is just kept.",
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
    "valid": State(value=0, text=Text("✓ valid"), color=GREEN),
    "low_coverage": State(value=1, text=Text("◐ low coverage"), color=ORANGE),
    "no_data": State(value=2, text=Text("○ no data"), color=GREY),
    "inconsistent": State(value=3, text=Text("✗ inconsistent"), color=RED),
}
PUE_STATE: Final = Signal(
    key="site.pue_state",
    name=Text("State of the PUE"),
    description=Text(
        "Whether a window's PUE may be quoted: valid, too little covered, no data, or inconsistent (no IT energy, or below 1).",
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
    name=Text("Energy behind the PUE"),
    description=Text(
        "Numerator (facility) and denominator (IT) of each window's PUE, over the hours covered at both boundaries.",
    ),
    unit="watth",
    expr=f"max by (hub, site, boundary, window) ({of(site.SITE_WINDOW_ENERGY)}) / {JOULES_PER_WATT_HOUR}",
    legend="{{site}} {{boundary}} {{window}}",
    least=0,
)
RENEWABLE: Final = Signal(
    key="site.renewable",
    name=Text("Renewable energy factor"),
    description=Text(
        "Share of the facility's energy that is renewable (ISO/IEC 30134-3).",
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
    name=Text("Carbon dioxide emitted"),
    description=Text(
        "Carbon dioxide equivalent of the ledger's last whole hour, from its energy and factors.",
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
    name=Text("Power by metering point"),
    description=Text(
        "Power through the meters, from the utility to the IT input.",
    ),
    unit="watt",
    expr=f"sum by (hub, site, point) (max by (hub, site, meter, point) ({of(facility.METER_POWER)}))",
    legend="{{site}} {{point}}",
    record="site:dc_meter_power_watts:sum",
)
METER_UP: Final = Signal(
    key="meter.up",
    name=Text("Meters that answer", context="over time"),
    description=Text("Whether each meter answered in its last round."),
    unit="none",
    expr=f"max by (hub, site, meter, point) ({of(facility.METER_UP)})",
    legend="{{site}} {{meter}}",
    kind="state",
    states=(
        State(value=0, text=Text("✗ silent"), color=RED),
        State(value=1, text=Text("✓ answers"), color=GREEN),
    ),
)
PDU_POWER: Final = Signal(
    key="pdu.power",
    name=Text("PDU power by feed"),
    description=Text(
        "Power through all PDUs of a site, by feed: two feeds far apart share the load badly.",
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
    name=Text("PDUs that answer"),
    description=Text(
        "Share of a site's PDUs that answered in their last round.",
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
    name=Text("Silent PDUs"),
    description=Text(
        "PDUs that did not answer in their last round. Their racks' power is missing, not zero.",
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
    name=Text("UPS load"),
    description=Text(
        "Load of each UPS as a share of its rating, its most loaded phase.",
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
    name=Text("UPS battery charge"),
    description=Text("Charge left in each UPS's battery."),
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
    name=Text("UPS on battery"),
    description=Text("Whether a UPS carries its load from the battery."),
    unit="none",
    expr=f"max by (hub, site, ups) ({of(facility.UPS_ON_BATTERY)})",
    legend="{{site}} {{ups}}",
    kind="state",
    states=(
        State(value=0, text=Text("✓ on mains"), color=GREEN),
        State(value=1, text=Text("▲ on battery"), color=RED),
    ),
    may_be_empty=_NO_UPS,
)
COOLING_CAPACITY: Final = Signal(
    key="cooling.capacity",
    name=Text("Cooling: heat removed"),
    description=Text("Heat each cooling unit removes at present."),
    unit="watt",
    expr=f"max by (hub, site, unit) ({of(facility.COOLING_CAPACITY)})",
    legend="{{site}} {{unit}}",
    least=0,
    may_be_empty=_NO_COOLING,
)
COOLING_SUPPLY: Final = Signal(
    key="cooling.supply",
    name=Text("Cooling: supply temperature"),
    description=Text("Temperature of the supplied air or water."),
    unit="celsius",
    expr=f"max by (hub, site, unit) ({of(facility.COOLING_SUPPLY)})",
    legend="{{site}} {{unit}}",
    decimals=1,
    may_be_empty=_NO_COOLING,
)

SIGNALS: Final = tuple(value for value in list(globals().values()) if isinstance(value, Signal))

"""Signals of power: sites, meters, PDUs, UPSs and cooling."""

from __future__ import annotations

from typing import Final

from collectors.catalogue import cooling, facility, site, ups
from dashboards.language import Text
from dashboards.promql import (
    MARKED,
    marked,
    of,
    share,
    while_all_up,
    while_told,
    while_up,
)
from dashboards.signals.base import (
    ANSWERING_STEPS,
    GREEN,
    ORANGE,
    RED,
    Excuse,
    Signal,
    State,
    filling,
    steps,
)

NO_UPS: Final = Excuse(reason="no UPS answers at these sites", unless=f"{of(ups.UPS_UP)} == 1")

_NO_COOLING: Final = Excuse(
    reason="no cooling unit answers at these sites", unless=f"{of(cooling.COOLING_UP)} == 1"
)

_NO_PDU: Final = Excuse(reason="no PDU is read at these sites", unless=of(facility.PDU_UP))


def boundary_now(power: str, *, scope: str = "site") -> str:
    """Return the power of the boundaries that the last round of the PUE could tell."""
    each = "hub, site, boundary"
    rounds = of(site.SITE_PUE_STATE, scope=scope)
    return while_told(f"max by ({each}) ({power})", power, each, rounds, "hub, site")


SITE_POWER: Final = Signal(
    key="site.power",
    name=Text("Power by boundary"),
    description=Text(
        "Power crossing the facility and the IT boundary now; shown only while every meter of the"
        " boundary answers.",
    ),
    unit="watt",
    expr=boundary_now(of(site.SITE_POWER)),
    plain=f"max by (hub, site, boundary) ({of(site.SITE_POWER)})",
    legend="{{site}} {{boundary}}",
    record="site:dc_power_watts:max",
    least=0,
)

_EACH_SITE: Final = "max by (hub, site, boundary)"
_SITE_POWER: Final = of(site.SITE_POWER, scope="hub")
_NOW: Final = f"({boundary_now(_SITE_POWER, scope='hub')})"
_SILENT: Final = f"({_EACH_SITE} (last_over_time({_SITE_POWER}[7d])) unless {_NOW})"
"""The sites that told their power within the week and do not now."""

HUB_POWER: Final = Signal(
    key="hub.power",
    name=Text("Power of the hub"),
    description=Text(
        "Power of all sites, by boundary; shown only while every site of the last week tells it."
    ),
    unit="watt",
    expr=(f"sum by (hub, boundary) {_NOW} unless on (hub, boundary) {_SILENT}"),
    plain=f"sum by (hub, boundary) ({_EACH_SITE} ({_SITE_POWER}))",
    legend="{{hub}} {{boundary}}",
    record="hub:dc_power_watts:sum",
    least=0,
    may_be_empty=Excuse(
        reason="no agent reports for this hub", unless=of(site.SITE_POWER, scope="hub")
    ),
)

_METERS: Final = "hub, site, meter, point"
_POINT: Final = f"sum by (hub, site, point) (max by ({_METERS}) ({of(facility.METER_POWER)}))"

METER_POWER: Final = Signal(
    key="meter.power",
    name=Text("Power by metering point"),
    description=Text(
        "Power through the meters, from the utility to the IT input; shown only while every meter"
        " of the point answers.",
    ),
    unit="watt",
    expr=while_all_up(_POINT, facility.METER_UP, _METERS, "hub, site, point"),
    plain=_POINT,
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

_PDU: Final = "hub, site, rack, pdu"
_PDUS: Final = f"max by ({_PDU}, feed) ({of(facility.PDU_POWER)})"
SILENT_FEED: Final = (
    f"min by (hub, site, feed) (max by ({_PDU}, feed) ({of(facility.PDU_UP)})) == 0"
)
"""The feeds of a site of which a PDU does not answer."""

PDU_POWER: Final = Signal(
    key="pdu.power",
    name=Text("PDU power by feed"),
    description=Text(
        "Power through the PDUs of a site that answer, by feed: two feeds far apart share the load"
        " badly. With ≥ it is a part: a PDU of the feed is silent.",
    ),
    unit="watt",
    expr=marked(
        f"sum by (hub, site, feed) ({while_up(_PDUS, facility.PDU_UP, _PDU)})",
        SILENT_FEED,
        "hub, site, feed",
        "feed",
    ),
    plain=f"sum by (hub, site, feed) ({_PDUS})",
    by_rules=f"sum by (hub, site, feed) ({while_up(_PDUS, facility.PDU_UP, _PDU)})",
    legend=f"{{{{site}}}} {MARKED}",
    record="site:dc_pdu_power_watts:sum",
    least=0,
    may_be_empty=_NO_PDU,
)

_EACH_PDU: Final = f"max by (hub, site, rack, pdu) ({of(facility.PDU_UP)})"

PDU_UP: Final = Signal(
    key="pdu.up",
    name=Text("PDUs that answer"),
    description=Text(
        "Share of a site's PDUs that answered in their last round.",
    ),
    unit="percentunit",
    expr=share("hub, site", _EACH_PDU),
    plain=f"avg by (hub, site) ({_EACH_PDU})",
    legend="{{site}}",
    kind="ratio",
    record="site:dc_pdu_up:avg",
    least=0,
    most=1,
    steps=ANSWERING_STEPS,
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

_LOAD: Final = f"max by (hub, site, ups) ({of(ups.UPS_LOAD)})"
_CHARGE: Final = f"min by (hub, site, ups) ({of(ups.UPS_BATTERY_CHARGE)})"
_ON_BATTERY: Final = f"max by (hub, site, ups) ({of(ups.UPS_ON_BATTERY)})"
_HEAT: Final = f"max by (hub, site, unit) ({of(cooling.COOLING_CAPACITY)})"
_SUPPLY: Final = f"max by (hub, site, unit) ({of(cooling.COOLING_SUPPLY)})"

UPS_LOAD: Final = Signal(
    key="ups.load",
    name=Text("UPS load"),
    description=Text(
        "Load of each UPS as a share of its rating, its most loaded phase.",
    ),
    unit="percentunit",
    expr=while_up(_LOAD, ups.UPS_UP, "hub, site, ups"),
    plain=_LOAD,
    legend="{{site}} {{ups}}",
    kind="ratio",
    least=0,
    steps=filling(),
    may_be_empty=NO_UPS,
)

UPS_BATTERY: Final = Signal(
    key="ups.battery",
    name=Text("UPS battery charge"),
    description=Text("Charge left in each UPS's battery."),
    unit="percentunit",
    expr=while_up(_CHARGE, ups.UPS_UP, "hub, site, ups"),
    plain=_CHARGE,
    legend="{{site}} {{ups}}",
    kind="ratio",
    least=0,
    most=1,
    steps=steps((0.5, ORANGE), (0.9, GREEN), base=RED),
    may_be_empty=NO_UPS,
)

UPS_ON_BATTERY: Final = Signal(
    key="ups.on_battery",
    name=Text("UPS on battery"),
    description=Text("Whether a UPS carries its load from the battery."),
    unit="none",
    expr=while_up(_ON_BATTERY, ups.UPS_UP, "hub, site, ups"),
    plain=_ON_BATTERY,
    legend="{{site}} {{ups}}",
    kind="state",
    states=(
        State(value=0, text=Text("✓ on mains"), color=GREEN),
        State(value=1, text=Text("▲ on battery"), color=RED),
    ),
    may_be_empty=NO_UPS,
)

COOLING_CAPACITY: Final = Signal(
    key="cooling.capacity",
    name=Text("Cooling: heat removed"),
    description=Text("Heat each cooling unit removes at present."),
    unit="watt",
    expr=while_up(_HEAT, cooling.COOLING_UP, "hub, site, unit"),
    plain=_HEAT,
    legend="{{site}} {{unit}}",
    least=0,
    may_be_empty=_NO_COOLING,
)

COOLING_SUPPLY: Final = Signal(
    key="cooling.supply",
    name=Text("Cooling: supply temperature"),
    description=Text("Temperature of the supplied air or water."),
    unit="celsius",
    expr=while_up(_SUPPLY, cooling.COOLING_UP, "hub, site, unit"),
    plain=_SUPPLY,
    legend="{{site}} {{unit}}",
    decimals=1,
    begins=15,
    ends=30,
    may_be_empty=_NO_COOLING,
)

SIGNALS: Final = tuple(value for value in list(globals().values()) if isinstance(value, Signal))

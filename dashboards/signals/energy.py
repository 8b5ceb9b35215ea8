"""Signals of a site's energy: from the utility to the chip, overhead, carbon, water."""

from __future__ import annotations

from typing import Final

from collectors.catalogue import facility, inventory, node, site, ups
from collectors.catalogue.limits import MIN_COVERAGE
from dashboards.language import Text
from dashboards.promql import TOLD, of, told, while_all_up, while_up
from dashboards.signals import pue
from dashboards.signals.base import GREEN, ORANGE, RED, SKY, Excuse, Signal, State, steps
from dashboards.signals.power import boundary_now
from dashboards.signals.pue import JOULES_PER_WATT_HOUR

JOULES_PER_KWH: Final = 3_600_000
_BY_CONTROLLER: Final = 'source=~"redfish|ipmi"'
_UTILITY: Final = 'point="utility"'
_KIND_NODE: Final = 'kind="node"'
_SUBMETERED: Final = 'subsystem!="unmetered"'
_NO_OVERHEAD: Final = Excuse(
    reason="no window has a sound PUE to break down", unless=of(site.SITE_OVERHEAD)
)
_NO_PDU: Final = Excuse(
    reason="no PDU answers at these sites", unless=f"{of(facility.PDU_UP)} == 1"
)


# The power at each stage from the utility to the chip. Each is a sum of the stage's own meters. A
# stage that is not metered is not shown.
def _stage(
    key: str, name: Text, description: Text, expr: str, excuse: Excuse, *, plain: str = ""
) -> Signal:
    return Signal(
        key=f"flow.{key}",
        name=name,
        description=description,
        unit="watt",
        expr=expr,
        legend=TOLD if '"told"' in expr else "",
        plain=plain,
        least=0,
        decimals=1,
        may_be_empty=excuse,
    )


def _point(point: str) -> str:
    matcher = f'point="{point}"'
    return f"sum by (hub, site) (max by (hub, site, meter) ({of(facility.METER_POWER, matcher)}))"


_UPS: Final = f"sum by (hub, site) (max by (hub, site, ups, phase) ({of(ups.UPS_OUTPUT_POWER)}))"
_EACH_PDU: Final = f"max by (hub, site, rack, pdu) ({of(facility.PDU_POWER)})"
_PDU_UP: Final = f"max by (hub, site, rack, pdu) ({of(facility.PDU_UP)})"
_NODE: Final = "hub, site, node, source"
_EACH_NODE: Final = "max by (hub, site, node) ({})".format(
    while_up(f"max by ({_NODE}) ({of(node.NODE_POWER, _BY_CONTROLLER)})", node.NODE_UP, _NODE)
)
_CHIP: Final = "hub, site, node, accelerator"
_EACH_CHIP: Final = while_up(
    f"max by ({_CHIP}) ({of(node.ACCELERATOR_POWER)})", node.ACCELERATOR_UP, _CHIP
)


def _boundary(boundary: str) -> str:
    matcher = f'boundary="{boundary}"'
    return f"max by (hub, site) ({boundary_now(of(site.SITE_POWER, matcher))})"


FLOW: Final = (
    _stage(
        "utility",
        Text("Utility"),
        Text("Through the utility's meters, while each answers."),
        while_all_up(
            _point("utility"), facility.METER_UP, "hub, site, meter", "hub, site", _UTILITY
        ),
        Excuse(
            reason="the utility has no meter here, or one that does not answer",
            unless=f"min(max by (hub, site, meter) ({of(facility.METER_UP, _UTILITY)})) == 1",
        ),
        plain=_point("utility"),
    ),
    _stage(
        "facility",
        Text("Facility boundary"),
        Text("What the PUE counts as the whole facility."),
        _boundary("facility"),
        Excuse(reason="no boundary is fully metered", unless=of(site.SITE_POWER)),
    ),
    _stage(
        "ups",
        Text("UPS outputs"),
        Text("What the UPSs give out, while each answers."),
        while_all_up(_UPS, ups.UPS_UP, "hub, site, ups", "hub, site"),
        Excuse(
            reason="these sites have no UPS, or one that does not answer",
            unless=f"min(max by (hub, site, ups) ({of(ups.UPS_UP)})) == 1",
        ),
        plain=_UPS,
    ),
    _stage(
        "it",
        Text("IT boundary"),
        Text("What the PUE counts as IT."),
        _boundary("it"),
        Excuse(reason="no boundary is fully metered", unless=of(site.SITE_POWER)),
    ),
    _stage(
        "pdu",
        Text("Rack PDUs"),
        Text("Sum of the PDUs that answer; how many they are stands in the name."),
        told(
            f"sum by (hub, site) ({while_up(_EACH_PDU, facility.PDU_UP, 'hub, site, rack, pdu')})",
            f"sum by (hub, site) ({_PDU_UP})",
            f"count by (hub, site) ({_PDU_UP})",
        ),
        _NO_PDU,
        plain=f"sum by (hub, site) ({_EACH_PDU})",
    ),
    _stage(
        "nodes",
        Text("Nodes (controllers)"),
        Text("Sum of what the nodes' controllers read; how many they are stands in the name."),
        told(
            f"sum by (hub, site) ({_EACH_NODE})",
            f"count by (hub, site) ({_EACH_NODE})",
            f"sum by (hub, site) ({of(inventory.EXPECTED, _KIND_NODE)})",
        ),
        Excuse(reason="no node's controller is read", unless=of(node.NODE_POWER, _BY_CONTROLLER)),
        plain=f"sum by (hub, site) ({_EACH_NODE})",
    ),
    _stage(
        "chips",
        Text("Accelerators"),
        Text("Sum of what the chips draw; how many they are stands in the name."),
        told(
            f"sum by (hub, site) ({_EACH_CHIP})",
            f"count by (hub, site) ({_EACH_CHIP})",
            f"count by (hub, site) (max by ({_CHIP}) ({of(node.ACCELERATOR_UP)}))",
        ),
        Excuse(reason="no accelerator is seen at these sites", unless=of(node.ACCELERATOR_INFO)),
    ),
)
OVERHEAD: Final = Signal(
    key="site.overhead",
    name=Text("Where the overhead goes"),
    description=Text(
        "Facility less IT energy of the window by subsystem; unmetered is what no submeter"
        " explains.",
    ),
    unit="watth",
    expr=(
        f"max by (hub, site, subsystem) ({of(site.SITE_OVERHEAD, scope='window')}) /"
        f" {JOULES_PER_WATT_HOUR}"
    ),
    legend="{{subsystem}}",
    least=0,
    decimals=1,
    may_be_empty=_NO_OVERHEAD,
)
OVERHEAD_COVERAGE: Final = Signal(
    key="site.overhead_coverage",
    name=Text("Coverage of the submeters"),
    description=Text(
        "Share of the PUE's covered time in which each subsystem was metered.",
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
    name=Text("Partial PUE by subsystem"),
    description=Text(
        "Energy of a subsystem and of IT over that of IT, while the subsystem was metered"
        " (ISO/IEC 30134-2, annex).",
    ),
    unit="none",
    expr=f"max by (hub, site, subsystem) ({of(site.SITE_PARTIAL_PUE, scope='window')})",
    legend="{{subsystem}}",
    decimals=3,
    least=1,
    may_be_empty=Excuse(
        reason="no subsystem was metered in the window",
        unless=f"{of(site.SITE_OVERHEAD_COVERAGE, _SUBMETERED, scope='window')} > 0",
    ),
)
WINDOW_PUE: Final = Signal(
    key="site.window_pue",
    name=Text("PUE of the window"),
    description=pue.SITE_PUE.description,
    unit="none",
    expr=f"max by (hub, site) ({of(site.SITE_PUE, scope='window')})",
    legend="{{site}}",
    decimals=3,
)
SITE_PUE_LIMIT: Final = Signal(
    key="site.pue_limit",
    name=Text("PUE limit of the site"),
    description=Text("The PUE that was promised not to be exceeded at this site."),
    unit="none",
    expr=f"min by (hub, site) ({of(site.SITE_PUE_LIMIT)})",
    legend="{{site}}",
    decimals=3,
    may_be_empty=Excuse(reason="no PUE limit is stated", unless=of(site.SITE_PUE_LIMIT)),
)
PUE_GRADE: Final = Signal(
    key="site.pue_grade",
    name=Text("Grade (GB 40879)"),
    description=Text(
        "Grade of GB 40879-2021 that a year at the window's PUE would have.",
    ),
    unit="none",
    expr=f"max by (hub, site) ({of(site.SITE_PUE_GRADE, scope='window')})",
    legend="{{site}}",
    kind="state",
    states=tuple(
        State(value=grade, text=text, color=color)
        for grade, text, color in (
            (0, Text("✗ none"), RED),
            (1, Text("✓ grade 1"), GREEN),
            (2, Text("● grade 2"), SKY),
            (3, Text("▲ grade 3"), ORANGE),
        )
    ),
    may_be_empty=Excuse(reason="no window has a sound PUE", unless=of(site.SITE_PUE_GRADE)),
)
REUSED: Final = Signal(
    key="site.reused",
    name=Text("Energy reuse factor"),
    description=Text(
        "Energy handed on for use elsewhere over facility energy (ISO/IEC 30134-6).",
    ),
    unit="percentunit",
    expr=f"min by (hub, site, window) ({of(site.SITE_REUSED)})",
    legend="{{site}} {{window}}",
    kind="ratio",
    least=0,
    may_be_empty=Excuse(reason="no meter is marked reused", unless=of(site.SITE_REUSED)),
)
CUE: Final = Signal(
    key="site.cue",
    name=Text("Carbon usage effectiveness"),
    description=Text(
        "Carbon dioxide equivalent over IT energy (ISO/IEC 30134-8), kg/kWh.",
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
    name=Text("Water usage effectiveness"),
    description=Text(
        "Water used over IT energy (ISO/IEC 30134-9), litres/kWh.",
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

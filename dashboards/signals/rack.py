"""Signals of racks: how many there are, how full they are, and what they draw."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from collectors.catalogue import facility, rack, site
from dashboards.language import Text
from dashboards.promql import MARKED, marked, of, while_all_up, while_told, while_up
from dashboards.signals.base import Excuse, Signal, filling
from dashboards.signals.power import SILENT_FEED

MANY: Final = 60
"""How many racks a panel names at most; a hub has tens of thousands."""

_BY_RACKS: Final = 'method="racks"'

_KIND_POWER: Final = 'kind="power"'

KIND_SPACE: Final = 'kind="space"'

RACK_LABELS: Final = "hub, site, row, rack"

UTILIZATION_STEPS: Final = filling()


def _power_ratio(scope: str = "site", at: str = "") -> str:
    return f"max by ({RACK_LABELS}) ({of(rack.RACK_UTILIZATION, _KIND_POWER, scope=scope)}{at})"


def _space_ratio(scope: str = "site", at: str = "") -> str:
    return f"max by ({RACK_LABELS}) ({of(rack.RACK_UTILIZATION, KIND_SPACE, scope=scope)}{at})"


def _power(scope: str = "site", at: str = "") -> str:
    return (
        f"sum by ({RACK_LABELS}) (max by ({RACK_LABELS}, feed)"
        f" ({of(rack.RACK_POWER, scope=scope)}{at}))"
    )


def while_heard(expr: str, scope: str = "row") -> str:
    """Return values of racks only while each of their PDUs answers: they need all feeds."""
    return while_all_up(expr, facility.PDU_UP, f"{RACK_LABELS}, pdu", RACK_LABELS, scope=scope)


def bands(ratio: str) -> str:
    """Count how many ratios lie in each tenth: `00 %` to `90 %` name its lower end."""
    tenths = f'count_values by () ("tenth", clamp_max(floor({ratio} * 10), 10) * 10 + 100)'
    below = f'label_replace({tenths}, "tenth", "$1 %", "tenth", "1(..)")'
    return f'label_replace({below}, "tenth", "≥ 100 %", "tenth", "200")'


def top(values: Callable[[str, str], str]) -> str:
    """Keep the series that are highest at the end of the range.

    Plain `topk` chooses again at every step, so series would come and go.
    """
    return f"{values('row', '')} and topk({MANY}, {values('row', ' @ end()')})"


RACK_COUNT: Final = Signal(
    key="rack.count",
    name=Text("Racks by state"),
    description=Text(
        "Racks of the inventory: in service, under construction, planned.",
    ),
    unit="short",
    expr=f"count by (hub, site, state) (max by ({RACK_LABELS}, state) ({of(rack.RACK_INFO)}))",
    legend="{{site}} {{state}}",
    kind="count",
    record="site:dc_rack_info:count",
    least=0,
    decimals=0,
)

OCCUPANCY: Final = Signal(
    key="site.occupancy",
    name=Text("Occupancy"),
    description=Text(
        "Share of capacity in use, by three methods that must not be mixed: racks with equipment,"
        " rack units, power.",
    ),
    unit="percentunit",
    expr=while_told(
        f"max by (hub, site, method) ({of(site.SITE_OCCUPANCY)})",
        of(site.SITE_OCCUPANCY),
        "hub, site, method",
        of(site.SITE_INFO),
        "hub, site",
    ),
    plain=f"max by (hub, site, method) ({of(site.SITE_OCCUPANCY)})",
    legend="{{site}} {{method}}",
    kind="ratio",
    record="site:dc_rack_occupancy_ratio:max",
    least=0,
    most=1,
)

SITE_OCCUPANCY: Final = replace(
    OCCUPANCY,
    key="site.occupancy_racks",
    name=Text("Racks in use"),
    description=Text("Share of the racks that have equipment in them."),
    expr=f"max by (hub, site) ({of(site.SITE_OCCUPANCY, _BY_RACKS)})",
    plain="",
    legend="{{site}}",
    record="",
    decimals=0,
)

RESERVED: Final = Signal(
    key="site.reserved",
    name=Text("Reserved and free"),
    description=Text(
        "Share of capacity that is promised to somebody and not in use yet; beside the occupancy,"
        " and no part of it.",
    ),
    unit="percentunit",
    expr=f"max by (hub, site, method) ({of(site.SITE_RESERVED)})",
    legend="{{site}} {{method}}",
    kind="ratio",
    least=0,
    most=1,
    may_be_empty=Excuse(
        reason="no inventory says what stands in the racks", unless=of(rack.RACK_USED)
    ),
)

_FEEDS: Final = f"max by ({RACK_LABELS}, feed) ({of(rack.RACK_POWER)})"
_HEARD: Final = while_up(_FEEDS, facility.PDU_UP, f"{RACK_LABELS}, feed")

SITE_RACK_POWER: Final = Signal(
    key="site.rack_power",
    name=Text("Power of all racks"),
    description=Text(
        "Sum of what the racks draw, by feed. With ≥ it is a part: a PDU of the feed is silent."
    ),
    unit="watt",
    expr=marked(f"sum by (hub, site, feed) ({_HEARD})", SILENT_FEED, "hub, site, feed", "feed"),
    plain=f"sum by (hub, site, feed) ({_FEEDS})",
    by_rules=f"sum by (hub, site, feed) ({_HEARD})",
    legend=f"{{{{site}}}} {MARKED}",
    record="site:dc_rack_power_watts:sum",
    least=0,
)

_RATED: Final = f"max by ({RACK_LABELS}) ({of(rack.RACK_POWER_CAPACITY)})"
_LOADS: Final = "(" + while_heard(f"(sum by ({RACK_LABELS}) ({_FEEDS}) and {_RATED})", "site") + ")"
"""The power of each rack that has a rated power, while each of its PDUs answers."""
_SHARE: Final = f"sum by (hub, site) {_LOADS} / sum by (hub, site) ({_RATED} and {_LOADS})"

SITE_RACK_UTILIZATION: Final = Signal(
    key="site.rack_utilization",
    name=Text("Rack power utilisation"),
    description=Text(
        "Measured power of the racks over their rated power, over racks of which all feeds are"
        " heard.",
    ),
    unit="percentunit",
    expr=_SHARE,
    plain=f"sum by (hub, site) ({_FEEDS}) / sum by (hub, site) ({_RATED})",
    legend="{{site}}",
    kind="ratio",
    record="site:dc_rack_power_utilization:ratio",
    least=0,
    most=1,
    steps=UTILIZATION_STEPS,
)

RACK_DISTRIBUTION: Final = Signal(
    key="rack.distribution",
    name=Text("Racks by power utilisation"),
    description=Text(
        "How many racks draw which tenth of their rated power, over time. A band near 100 % is"
        " full; one near 0 % is sold but idle.",
    ),
    unit="short",
    expr=bands(f"({while_heard(_power_ratio(), 'site')})"),
    plain=bands(_power_ratio()),
    legend="{{tenth}}",
    kind="count",
    least=0,
    decimals=0,
)

RACK_POWER_RATIO: Final = Signal(
    key="rack.power_ratio",
    name=Text("Power utilisation of a rack"),
    description=Text(
        "Measured power over rated power, the racks nearest to their limit first.",
    ),
    unit="percentunit",
    expr=while_heard(top(_power_ratio)),
    plain=_power_ratio("row"),
    legend="{{rack}}",
    kind="ratio",
    least=0,
    decimals=0,
    steps=UTILIZATION_STEPS,
)

RACK_SPACE_RATIO: Final = Signal(
    key="rack.space_ratio",
    name=Text("Space utilisation of a rack"),
    description=Text("Used rack units over the rack's height."),
    unit="percentunit",
    expr=top(_space_ratio),
    plain=_space_ratio("row"),
    legend="{{rack}}",
    kind="ratio",
    least=0,
    most=1,
    decimals=0,
)

RACK_POWER_EACH: Final = Signal(
    key="rack.power",
    name=Text("Power of a rack"),
    description=Text("What a rack draws over all feeds; absent while a feed is silent."),
    unit="watt",
    expr=while_heard(top(_power)),
    plain=_power("row"),
    legend="{{rack}}",
    least=0,
)

POWER_EACH: Final = Signal(
    key="rack.power_ratio_each",
    name=RACK_POWER_RATIO.name,
    description=RACK_POWER_RATIO.description,
    unit="percentunit",
    expr=_power_ratio(),
    legend="{{rack}}",
    kind="ratio",
    record="rack:dc_rack_power_utilization_ratio:max",
)

SIGNALS: Final = tuple(value for value in list(globals().values()) if isinstance(value, Signal))

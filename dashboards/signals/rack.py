"""Signals of racks: how full, how loaded, how hot, and what losing a feed would do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from collectors.catalogue import facility, rack, site
from collectors.catalogue.limits import FAILOVER_LIMIT, INLET_ALLOWABLE, INLET_RECOMMENDED
from dashboards.language import Text
from dashboards.promql import of
from dashboards.signals.base import GREEN, ORANGE, RED, Excuse, Signal, steps

MANY: Final = 60
"""How many racks a panel names at most; a hub has tens of thousands."""

_BY_RACKS: Final = 'method="racks"'
_KIND_POWER: Final = 'kind="power"'
_KIND_SPACE: Final = 'kind="space"'
RACK_LABELS: Final = "hub, site, row, rack"
UTILIZATION_STEPS: Final = steps((0.8, ORANGE), (1.0, RED))


def _failover(scope: str = "site", at: str = "") -> str:
    return f"max by ({RACK_LABELS}) ({of(rack.RACK_FAILOVER_LOAD, scope=scope)}{at})"


def _inlet(scope: str = "site", at: str = "") -> str:
    return f"max by ({RACK_LABELS}) ({of(rack.RACK_INLET_TEMPERATURE, scope=scope)}{at})"


def _power_ratio(scope: str = "site", at: str = "") -> str:
    return f"max by ({RACK_LABELS}) ({of(rack.RACK_UTILIZATION, _KIND_POWER, scope=scope)}{at})"


def _space_ratio(scope: str = "site", at: str = "") -> str:
    return f"max by ({RACK_LABELS}) ({of(rack.RACK_UTILIZATION, _KIND_SPACE, scope=scope)}{at})"


def _power(scope: str = "site", at: str = "") -> str:
    return f"sum by ({RACK_LABELS}) (max by ({RACK_LABELS}, feed) ({of(rack.RACK_POWER, scope=scope)}{at}))"


def bands(ratio: str) -> str:
    """Count how many ratios lie in which tenth: `00 %` to `90 %` name where a band begins, and sort as they are."""
    tenths = f'count_values by () ("tenth", clamp_max(floor({ratio} * 10), 10) * 10 + 100)'
    below = f'label_replace({tenths}, "tenth", "$1 %", "tenth", "1(..)")'
    return f'label_replace({below}, "tenth", "≥ 100 %", "tenth", "200")'


def _top(values: Callable[[str, str], str]) -> str:
    """Keep the highest at the end of the range: plain `topk` chooses anew at every step, so that rows come and go."""
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
    name=Text("Occupancy (上架率)"),
    description=Text(
        "Share of capacity in use, by three methods that must not be mixed: racks with equipment, rack units, power.",
    ),
    unit="percentunit",
    expr=f"max by (hub, site, method) ({of(site.SITE_OCCUPANCY)})",
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
    legend="{{site}}",
    record="",
    decimals=0,
)
RESERVED: Final = Signal(
    key="site.reserved",
    name=Text("Reserved and free"),
    description=Text(
        "Share of capacity that is promised to somebody and not in use yet; beside the occupancy, and no part of it.",
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
SITE_RACK_POWER: Final = Signal(
    key="site.rack_power",
    name=Text("Power of all racks"),
    description=Text("Sum of what the racks draw, by feed."),
    unit="watt",
    expr=f"sum by (hub, site, feed) (max by ({RACK_LABELS}, feed) ({of(rack.RACK_POWER)}))",
    legend="{{site}} {{feed}}",
    record="site:dc_rack_power_watts:sum",
    least=0,
)
SITE_RACK_UTILIZATION: Final = Signal(
    key="site.rack_utilization",
    name=Text("Rack power utilisation"),
    description=Text(
        "Measured power of the racks over their rated power, over racks where both are known.",
    ),
    unit="percentunit",
    expr=(
        f"sum by (hub, site) (sum by ({RACK_LABELS}) (max by ({RACK_LABELS}, feed) ({of(rack.RACK_POWER)}))"
        f" and max by ({RACK_LABELS}) ({of(rack.RACK_POWER_CAPACITY)}))"
        f" / sum by (hub, site) (max by ({RACK_LABELS}) ({of(rack.RACK_POWER_CAPACITY)})"
        f" and max by ({RACK_LABELS}) ({of(rack.RACK_POWER)}))"
    ),
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
        "How many racks draw which tenth of their rated power, over time. A band near 100 % is full; one near 0 % is sold but idle.",
    ),
    unit="short",
    expr=bands(_power_ratio()),
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
    expr=_top(_power_ratio),
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
    expr=_top(_space_ratio),
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
    description=Text("What a rack draws over all feeds."),
    unit="watt",
    expr=_top(_power),
    plain=_power("row"),
    legend="{{rack}}",
    least=0,
)
FAILOVER: Final = Signal(
    key="rack.failover",
    name=Text("Load if one feed is lost"),
    description=Text(
        "All feeds' load over the smallest feed's capacity: above 80 % a lost feed leaves no room, above 100 % the rack goes dark.",
    ),
    unit="percentunit",
    expr=_top(_failover),
    plain=_failover("row"),
    legend="{{rack}}",
    kind="ratio",
    least=0,
    decimals=0,
    steps=steps((FAILOVER_LIMIT, ORANGE), (1.0, RED), base=GREEN),
    may_be_empty=Excuse(
        reason="no rack has two feeds of known capacity", unless=of(rack.RACK_FEED_CAPACITY)
    ),
)
FAILOVER_EACH: Final = Signal(
    key="rack.failover_each",
    name=FAILOVER.name,
    description=FAILOVER.description,
    unit="percentunit",
    expr=_failover(),
    legend="{{rack}}",
    kind="ratio",
    record="rack:dc_rack_failover_load_ratio:max",
)
FAILOVER_COUNT: Final = Signal(
    key="rack.failover_count",
    name=Text("Racks that one feed cannot carry"),
    description=Text("Racks whose load is above 80 % of one feed's capacity."),
    unit="short",
    expr=f"sum by (hub, site) ({_failover()} > bool {FAILOVER_LIMIT})",
    legend="{{site}}",
    kind="count",
    least=0,
    decimals=0,
    steps=steps((1, ORANGE), base=GREEN),
    may_be_empty=Excuse(
        reason="no rack has two feeds of known capacity", unless=of(rack.RACK_FEED_CAPACITY)
    ),
)
HOT_COUNT: Final = Signal(
    key="rack.hot_count",
    name=Text("Hot racks"),
    description=Text(
        "Racks whose inlet is above {recommended} °C, the end of ASHRAE's recommended range.",
        {"recommended": f"{INLET_RECOMMENDED:g}"},
    ),
    unit="short",
    expr=f"sum by (hub, site) ({_inlet()} > bool {INLET_RECOMMENDED:g})",
    legend="{{site}}",
    kind="count",
    least=0,
    decimals=0,
    steps=steps((1, ORANGE), base=GREEN),
    may_be_empty=Excuse(
        reason="no temperature sensor at these sites", unless=of(facility.SENSOR_TEMPERATURE)
    ),
)
INLET: Final = Signal(
    key="rack.inlet",
    name=Text("Warmest racks at the inlet"),
    description=Text(
        "Inlet temperature of the warmest racks. Recommended up to {recommended} °C, allowable for"
        " class A1 up to {allowable} °C (ASHRAE TC 9.9).",
        {"recommended": f"{INLET_RECOMMENDED:g}", "allowable": f"{INLET_ALLOWABLE:g}"},
    ),
    unit="celsius",
    expr=_top(_inlet),
    plain=_inlet("row"),
    legend="{{rack}}",
    decimals=1,
    steps=steps((INLET_RECOMMENDED, ORANGE), (INLET_ALLOWABLE, RED), base=GREEN),
    may_be_empty=Excuse(
        reason="no temperature sensor at these sites", unless=of(facility.SENSOR_TEMPERATURE)
    ),
)
INLET_EACH: Final = Signal(
    key="rack.inlet_each",
    name=Text("Inlet temperature of a rack"),
    description=INLET.description,
    unit="celsius",
    expr=_inlet(),
    legend="{{rack}}",
    record="rack:dc_rack_inlet_temperature_celsius:max",
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
HUMIDITY: Final = Signal(
    key="rack.humidity",
    name=Text("Humidity at the inlets"),
    description=Text("Mean relative humidity at the racks' inlets."),
    unit="percentunit",
    expr=f"avg by (hub, site) (max by ({RACK_LABELS}) ({of(rack.RACK_HUMIDITY)}))",
    legend="{{site}}",
    kind="ratio",
    least=0,
    most=1,
    may_be_empty=Excuse(
        reason="no humidity sensor at these sites", unless=of(facility.SENSOR_HUMIDITY)
    ),
)
STRANDED: Final = Signal(
    key="rack.stranded",
    name=Text("Stranded power"),
    description=Text(
        "Rated power of racks without free units that they drew in no hour of 28 days: paid for, and not for sale. Zero where no rack is full.",
    ),
    unit="watt",
    # No full rack is a known zero; a full rack whose power is silent is not.
    expr=(
        f"sum by (hub, site) (max by ({RACK_LABELS}) ({of(rack.RACK_STRANDED)}))"
        f" or (max by (hub, site) ({of(rack.RACK_UTILIZATION, _KIND_SPACE)}) < 1) * 0"
    ),
    legend="{{site}}",
    record="site:dc_rack_stranded_power_watts:sum",
    least=0,
    may_be_empty=Excuse(
        reason="no inventory says what stands in the racks, or full racks are not metered for long enough",
        unless=f"{of(rack.RACK_STRANDED)} or max by (hub, site) ({of(rack.RACK_UTILIZATION, _KIND_SPACE)}) < 1",
    ),
)


SIGNALS: Final = tuple(value for value in list(globals().values()) if isinstance(value, Signal))

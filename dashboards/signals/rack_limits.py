"""Signals of racks against their limits: failover, heat, humidity and stranded power."""

from __future__ import annotations

from typing import Final

from collectors.base import Metric
from collectors.catalogue import facility, rack
from collectors.catalogue.limits import FAILOVER_LIMIT, INLET_ALLOWABLE, INLET_RECOMMENDED
from dashboards.language import Text
from dashboards.promql import TOLD, of, told, while_told
from dashboards.signals.base import GREEN, ORANGE, RED, Excuse, Signal, steps
from dashboards.signals.rack import KIND_SPACE, RACK_LABELS, top, while_heard


def _failover(scope: str = "site", at: str = "") -> str:
    return f"max by ({RACK_LABELS}) ({of(rack.RACK_FAILOVER_LOAD, scope=scope)}{at})"


def _inlet(scope: str = "site", at: str = "") -> str:
    return f"max by ({RACK_LABELS}) ({of(rack.RACK_INLET_TEMPERATURE, scope=scope)}{at})"


def while_inventory_tells(expr: str, metric: Metric, scope: str = "row") -> str:
    """Return what is told of racks only if the last round of all racks has told it too."""
    told, beside = (of(one, scope=scope) for one in (metric, rack.RACK_INFO))
    return while_told(expr, told, RACK_LABELS, beside, RACK_LABELS)


IN_SERVICE: Final = 'state="in_service"'
SHARE: Final = {"limit": f"{100 * FAILOVER_LIMIT:g} %"}
"""The limit of failover, as texts have it."""
_NO_CAPACITY: Final = Excuse(
    reason="no rack has two feeds of known capacity", unless=of(rack.RACK_FEED_CAPACITY)
)
_NO_SENSOR: Final = Excuse(
    reason="no temperature sensor at these sites", unless=of(facility.SENSOR_TEMPERATURE)
)

FAILOVER: Final = Signal(
    key="rack.failover",
    name=Text("Load if one feed is lost"),
    description=Text(
        "All feeds' load over the smallest feed's capacity: above {limit} a lost feed leaves no"
        " room, above 100 % the rack goes dark.",
        SHARE,
    ),
    unit="percentunit",
    expr=while_heard(top(_failover)),
    plain=_failover("row"),
    legend="{{rack}}",
    kind="ratio",
    least=0,
    decimals=0,
    steps=steps((FAILOVER_LIMIT, ORANGE), (1.0, RED), base=GREEN),
    may_be_empty=_NO_CAPACITY,
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


def _count(
    key: str, name: Text, description: Text, racks: str, limit: float, among: str, excuse: Excuse
) -> Signal:
    """Return how many racks of a site are beyond a limit: none is not green.

    `racks` is the value of each measured rack, and `among` has a value for each that should have
    one: how many of how many are measured stands in the name.
    """
    total = f"sum by (hub, site) (({racks}) > bool {limit:g})"
    answering, expected = (f"count by (hub, site) ({each})" for each in (racks, among))
    return Signal(
        key=f"rack.{key}_count",
        name=name,
        description=description,
        unit="short",
        expr=told(total, answering, expected),
        plain=total,
        legend=TOLD,
        kind="count",
        least=0,
        decimals=0,
        steps=steps((1, ORANGE)),
        may_be_empty=excuse,
    )


FAILOVER_COUNT: Final = _count(
    "failover",
    Text("Racks that one feed cannot carry"),
    Text("Racks whose load is above {limit} of one feed's capacity.", SHARE),
    while_heard(_failover(), "site"),
    FAILOVER_LIMIT,
    f"max by ({RACK_LABELS}) ({of(rack.RACK_FEED_CAPACITY)})",
    _NO_CAPACITY,
)

HOT_COUNT: Final = _count(
    "hot",
    Text("Hot racks"),
    Text(
        "Racks whose inlet is above {recommended} °C, the end of ASHRAE's recommended range.",
        {"recommended": f"{INLET_RECOMMENDED:g}"},
    ),
    while_inventory_tells(_inlet(), rack.RACK_INLET_TEMPERATURE, "site"),
    INLET_RECOMMENDED,
    f"max by ({RACK_LABELS}) ({of(rack.RACK_INFO, IN_SERVICE)})",
    _NO_SENSOR,
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
    expr=while_inventory_tells(top(_inlet), rack.RACK_INLET_TEMPERATURE),
    plain=_inlet("row"),
    legend="{{rack}}",
    decimals=1,
    steps=steps((INLET_RECOMMENDED, ORANGE), (INLET_ALLOWABLE, RED), base=GREEN),
    may_be_empty=_NO_SENSOR,
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
        "Rated power of racks without free units that they drew in no hour of 28 days: paid for,"
        " and not for sale. Zero where no rack is full.",
    ),
    unit="watt",
    # No full rack is a known zero; a full rack whose power is silent is not.
    expr=(
        f"sum by (hub, site) (max by ({RACK_LABELS}) ({of(rack.RACK_STRANDED)}))"
        f" or (max by (hub, site) ({of(rack.RACK_UTILIZATION, KIND_SPACE)}) < 1) * 0"
    ),
    legend="{{site}}",
    record="site:dc_rack_stranded_power_watts:sum",
    least=0,
    may_be_empty=Excuse(
        reason=(
            "no inventory says what stands in the racks, or full racks are not metered for long"
            " enough"
        ),
        unless=(
            f"{of(rack.RACK_STRANDED)} or max by (hub, site)"
            f" ({of(rack.RACK_UTILIZATION, KIND_SPACE)}) < 1"
        ),
    ),
)

SIGNALS: Final = tuple(value for value in list(globals().values()) if isinstance(value, Signal))

"""Signals of racks against their limits: failover, heat, humidity and stranded power."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Final

from collectors.base import Metric
from collectors.catalogue import facility, rack
from collectors.catalogue.rack_limits import (
    STANDARD,
    RackLimits,
    SiteLimits,
    sets_apart,
)
from dashboards.language import Text
from dashboards.promql import TOLD, of, told, while_told
from dashboards.signals.base import GREEN, ORANGE, RED, Excuse, Signal, Step, above, steps
from dashboards.signals.limited import ByLimits, narrowed
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


def share(limits: RackLimits) -> dict[str, str]:
    """Return the limit of failover, as texts have it."""
    return {"limit": f"{100 * limits.failover_load_ratio:g} %"}


SHARE: Final = share(STANDARD)


def failover_steps(limits: RackLimits) -> tuple[Step, ...]:
    """Return the thresholds of a load if a feed is lost."""
    return steps((above(limits.failover_load_ratio), ORANGE), (above(1.0), RED), base=GREEN)


def _celsius(limits: RackLimits) -> dict[str, str]:
    return {
        "recommended": f"{limits.inlet_recommended_celsius:g}",
        "allowable": f"{limits.inlet_allowable_celsius:g}",
    }


def _inlet_steps(limits: RackLimits) -> tuple[Step, ...]:
    return steps(
        (above(limits.inlet_recommended_celsius), ORANGE),
        (above(limits.inlet_allowable_celsius), RED),
        base=GREEN,
    )


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
    steps=failover_steps(STANDARD),
    by_limits=ByLimits(words=share, steps=failover_steps),
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
    key: str,
    racks: str,
    limit: Callable[[RackLimits], float],
    texts: ByLimits,
    among: str,
    **more: Any,
) -> Signal:
    """Return how many racks of a site are beyond a limit: none is not green.

    `racks` is the value of each measured rack, and `among` has a value for each that should have
    one: how many of how many are measured stands in the name.
    """
    answering, expected = (f"count by (hub, site) ({each})" for each in (racks, among))

    def total(limits: SiteLimits) -> str:
        beyond = [
            f"({narrowed(racks, matchers)}) > bool {limit(own):g}"
            for matchers, own in sets_apart(limits, limit)
        ]
        return f"sum by (hub, site) ({' or '.join(beyond)})"

    def under(signal: Signal, limits: SiteLimits) -> Sequence[Signal]:
        summed = total(limits)
        expr = told(summed, answering, expected)
        return [replace(one, expr=expr, plain=summed) for one in texts(signal, limits)]

    return Signal(
        key=f"rack.{key}_count",
        unit="short",
        expr=told(total(SiteLimits()), answering, expected),
        plain=total(SiteLimits()),
        by_limits=under,
        legend=TOLD,
        kind="count",
        least=0,
        decimals=0,
        steps=steps((1, ORANGE)),
        **more,
    )


FAILOVER_COUNT: Final = _count(
    "failover",
    while_heard(_failover(), "site"),
    lambda limits: limits.failover_load_ratio,
    ByLimits(words=share),
    f"max by ({RACK_LABELS}) ({of(rack.RACK_FEED_CAPACITY)})",
    name=Text("Racks that one feed cannot carry"),
    description=Text("Racks whose load is above {limit} of one feed's capacity.", SHARE),
    may_be_empty=_NO_CAPACITY,
)

HOT_COUNT: Final = _count(
    "hot",
    while_inventory_tells(_inlet(), rack.RACK_INLET_TEMPERATURE, "site"),
    lambda limits: limits.inlet_recommended_celsius,
    ByLimits(words=_celsius, own=Text("Racks whose inlet is above {recommended} °C.")),
    f"max by ({RACK_LABELS}) ({of(rack.RACK_INFO, IN_SERVICE)})",
    name=Text("Hot racks"),
    description=Text(
        "Racks whose inlet is above {recommended} °C, the end of ASHRAE's recommended range.",
        _celsius(STANDARD),
    ),
    may_be_empty=_NO_SENSOR,
)

INLET_LIMITS: Final = ByLimits(
    words=_celsius,
    steps=_inlet_steps,
    own=Text(
        "Inlet temperature of the warmest racks. The operator's limits: recommended up to"
        " {recommended} °C, allowable up to {allowable} °C."
    ),
)
INLET: Final = Signal(
    key="rack.inlet",
    name=Text("Warmest racks at the inlet"),
    description=Text(
        "Inlet temperature of the warmest racks. Recommended up to {recommended} °C, allowable for"
        " class A1 up to {allowable} °C (ASHRAE TC 9.9).",
        _celsius(STANDARD),
    ),
    unit="celsius",
    expr=while_inventory_tells(top(_inlet), rack.RACK_INLET_TEMPERATURE),
    plain=_inlet("row"),
    legend="{{rack}}",
    decimals=1,
    steps=_inlet_steps(STANDARD),
    by_limits=INLET_LIMITS,
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

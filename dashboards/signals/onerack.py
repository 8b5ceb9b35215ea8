"""Signals of one rack: its feeds, phases, banks and outlets, and its air."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from collectors.base import Metric
from collectors.catalogue import facility, pdu_parts, rack
from dashboards.language import Text
from dashboards.promql import of, while_up
from dashboards.signals import rack_limits
from dashboards.signals.base import GREEN, ORANGE, RED, Excuse, Signal, State, steps
from dashboards.signals.limited import ByLimits
from dashboards.signals.rack import RACK_LABELS, UTILIZATION_STEPS, while_heard
from dashboards.signals.supply import HEADROOM

SENSOR_LIMITS: Final = replace(rack_limits.INLET_LIMITS, own=None)
"""The limits of the inlet, for what has a description of its own."""

ANSWERS: Final = (
    State(value=0, text=Text("✗ silent"), color=RED),
    State(value=1, text=Text("✓ answers"), color=GREEN),
)


def one(
    key: str,
    name: Text,
    description: Text,
    unit: str,
    expr: str,
    legend: str,
    *,
    witness: Metric,
    **more: Any,
) -> Signal:
    """Return a signal that may be empty where the rack has no series of `witness`."""
    excuse = Excuse(reason=f"the rack has no {witness.full_name}", unless=of(witness, scope="rack"))
    return Signal(
        key=key,
        name=name,
        description=description,
        unit=unit,
        expr=expr,
        legend=legend,
        may_be_empty=excuse,
        **more,
    )


def guarded(signal: Signal, guard: Callable[[str], str]) -> Signal:
    """Return a signal of what `guard` leaves of its values: those of devices that answer."""
    excuse = signal.may_be_empty
    return replace(
        signal,
        expr=guard(signal.expr),
        plain=signal.expr,
        may_be_empty=excuse and replace(excuse, unless=guard(excuse.unless)),
    )


def _while_answering(signal: Signal, label: str) -> Signal:
    """Return a signal only of PDUs that answer; `label` names the PDU or its feed."""
    labels = f"hub, site, rack, {label}"
    return guarded(signal, lambda text: while_up(text, facility.PDU_UP, labels, scope="rack"))


_POWER: Final = 'kind="power"'
_SHARES: Final = f"max by ({RACK_LABELS}, kind) ({of(rack.RACK_UTILIZATION, scope='rack')})"


def _shares() -> str:
    """Return the used shares of a rack: that of its power only while each of its PDUs answers."""
    power = f"max by ({RACK_LABELS}, kind) ({of(rack.RACK_UTILIZATION, _POWER, scope='rack')})"
    return f"{_SHARES} unless ({power} unless ({while_heard(power, 'rack')}))"


# One rack.
ONE_POWER: Final = _while_answering(
    one(
        "one.power",
        Text("Power by feed"),
        Text("What the rack draws from each feed."),
        "watt",
        f"max by ({RACK_LABELS}, feed) ({of(rack.RACK_POWER, scope='rack')})",
        "{{feed}}",
        witness=rack.RACK_POWER,
        least=0,
    ),
    "feed",
)
ONE_CAPACITY: Final = one(
    "one.capacity",
    Text("Rated power"),
    Text("Rated power of the rack."),
    "watt",
    f"max by ({RACK_LABELS}) ({of(rack.RACK_POWER_CAPACITY, scope='rack')})",
    "",
    witness=rack.RACK_POWER_CAPACITY,
    least=0,
)
ONE_UTILIZATION: Final = one(
    "one.utilization",
    Text("Power and space in use"),
    Text("Used share of the rack's rated power and of its units."),
    "percentunit",
    _shares(),
    "{{kind}}",
    plain=_SHARES,
    witness=rack.RACK_UTILIZATION,
    kind="ratio",
    least=0,
    most=1,
    decimals=0,
    steps=UTILIZATION_STEPS,
)
ONE_FAILOVER: Final = guarded(
    one(
        "one.failover",
        rack_limits.FAILOVER.name,
        rack_limits.FAILOVER.description,
        "percentunit",
        f"max by ({RACK_LABELS}) ({of(rack.RACK_FAILOVER_LOAD, scope='rack')})",
        "{{rack}}",
        witness=rack.RACK_FAILOVER_LOAD,
        kind="ratio",
        least=0,
        decimals=0,
        steps=rack_limits.FAILOVER.steps,
        by_limits=rack_limits.FAILOVER.by_limits,
    ),
    lambda text: while_heard(text, "rack"),
)
ONE_HEADROOM: Final = one(
    "one.headroom",
    Text("Headroom"),
    HEADROOM,
    "watt",
    f"min by ({RACK_LABELS}) ({of(rack.RACK_HEADROOM, scope='rack')})",
    "{{rack}}",
    witness=rack.RACK_HEADROOM,
    by_limits=ByLimits(words=rack_limits.share),
    steps=steps((0, ORANGE), (500, GREEN), base=RED),
)
ONE_INLET: Final = guarded(
    one(
        "one.inlet",
        Text("Inlet temperature"),
        rack_limits.INLET.description,
        "celsius",
        f"max by ({RACK_LABELS}) ({of(rack.RACK_INLET_TEMPERATURE, scope='rack')})",
        "{{rack}}",
        witness=rack.RACK_INLET_TEMPERATURE,
        decimals=1,
        steps=rack_limits.INLET.steps,
        by_limits=rack_limits.INLET.by_limits,
    ),
    lambda text: rack_limits.while_inventory_tells(text, rack.RACK_INLET_TEMPERATURE, "rack"),
)
ONE_SENSORS: Final = one(
    "one.sensors",
    Text("Temperature at the sensors"),
    Text("Every temperature sensor of the rack."),
    "celsius",
    f"max by ({RACK_LABELS}, sensor) ({of(facility.SENSOR_TEMPERATURE, scope='rack')})",
    "{{sensor}}",
    witness=facility.SENSOR_TEMPERATURE,
    decimals=1,
    begins=15,
    ends=35,
    steps=rack_limits.INLET.steps,
    by_limits=SENSOR_LIMITS,
)
ONE_HUMIDITY: Final = one(
    "one.humidity",
    Text("Humidity at the sensors"),
    Text("Every humidity sensor of the rack."),
    "percentunit",
    f"max by ({RACK_LABELS}, sensor) ({of(facility.SENSOR_HUMIDITY, scope='rack')})",
    "{{sensor}}",
    witness=facility.SENSOR_HUMIDITY,
    kind="ratio",
    least=0,
    most=1,
    decimals=0,
)
ONE_PDU_UP: Final = one(
    "one.pdu_up",
    Text("PDUs of the rack"),
    Text("Whether each PDU of the rack answers."),
    "none",
    f"max by (hub, site, rack, pdu, feed) ({of(facility.PDU_UP, scope='rack')})",
    "{{pdu}}",
    witness=facility.PDU_UP,
    kind="state",
    states=ANSWERS,
)
ONE_PHASES: Final = _while_answering(
    one(
        "one.phases",
        Text("Current by phase"),
        Text("Current of each phase of the PDUs' inlets."),
        "amp",
        f"max by (hub, site, rack, pdu, phase) ({of(facility.PDU_PHASE_CURRENT, scope='rack')})",
        "{{pdu}} {{phase}}",
        witness=facility.PDU_PHASE_CURRENT,
        least=0,
        decimals=1,
    ),
    "pdu",
)
ONE_BANKS: Final = _while_answering(
    one(
        "one.banks",
        Text("Load of the banks"),
        Text(
            "Load of each bank or breaker of the PDUs over its rating.",
        ),
        "percentunit",
        f"max by (hub, site, rack, pdu, bank) ({of(pdu_parts.PDU_BANK_LOAD, scope='rack')})",
        "{{pdu}} {{bank}}",
        witness=pdu_parts.PDU_BANK_LOAD,
        kind="ratio",
        least=0,
        most=1,
        decimals=0,
        steps=UTILIZATION_STEPS,
    ),
    "pdu",
)
ONE_OUTLETS: Final = _while_answering(
    one(
        "one.outlets",
        Text("Power by outlet"),
        Text("Active power of each metered outlet."),
        "watt",
        "max by (hub, site, rack, pdu, outlet)"
        f" ({of(pdu_parts.PDU_OUTLET_POWER, scope='rack')}) > 0",
        "{{pdu}} {{outlet}}",
        witness=pdu_parts.PDU_OUTLET_POWER,
        least=0,
    ),
    "pdu",
)

SIGNALS: Final = tuple(value for value in list(globals().values()) if isinstance(value, Signal))

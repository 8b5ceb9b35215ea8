"""Signals of the meters: what each reads, and which are silent."""

from __future__ import annotations

from typing import Final

from collectors.catalogue import facility
from dashboards.language import Text
from dashboards.promql import of, while_up
from dashboards.signals.base import GREEN, RED, Excuse, Signal, steps

_METER: Final = "hub, site, meter"
_EACH: Final = f"max by ({_METER}, point) ({of(facility.METER_POWER)})"
_VOLTAGE: Final = f"max by ({_METER}) ({of(facility.METER_VOLTAGE)})"
_FACTOR: Final = f"min by ({_METER}) ({of(facility.METER_POWER_FACTOR)})"
_FREQUENCY: Final = f"max by ({_METER}) ({of(facility.METER_FREQUENCY)})"

METER_EACH: Final = Signal(
    key="meter.each",
    name=Text("Power of each meter"),
    description=Text("Active power through each meter."),
    unit="watt",
    expr=while_up(_EACH, facility.METER_UP, _METER),
    plain=_EACH,
    legend="{{site}} {{meter}}",
)
METER_VOLTAGE: Final = Signal(
    key="meter.voltage",
    name=Text("Voltage"),
    description=Text("Highest voltage of a phase at each meter, phase to neutral."),
    unit="volt",
    expr=while_up(_VOLTAGE, facility.METER_UP, _METER),
    plain=_VOLTAGE,
    legend="{{site}} {{meter}}",
    decimals=1,
    begins=200,
    ends=250,
    may_be_empty=Excuse(reason="no meter tells its voltage", unless=of(facility.METER_VOLTAGE)),
)
METER_FACTOR: Final = Signal(
    key="meter.power_factor",
    name=Text("Power factor"),
    description=Text("Power factor of each meter as a whole."),
    unit="none",
    expr=while_up(_FACTOR, facility.METER_UP, _METER),
    plain=_FACTOR,
    legend="{{site}} {{meter}}",
    most=1,
    decimals=2,
    begins=0,
    may_be_empty=Excuse(
        reason="no meter tells its power factor", unless=of(facility.METER_POWER_FACTOR)
    ),
)
METER_FREQUENCY: Final = Signal(
    key="meter.frequency",
    name=Text("Line frequency"),
    description=Text("Line frequency at each meter."),
    unit="hertz",
    expr=while_up(_FREQUENCY, facility.METER_UP, _METER),
    plain=_FREQUENCY,
    legend="{{site}} {{meter}}",
    decimals=2,
    begins=49,
    ends=51,
    may_be_empty=Excuse(
        reason="no meter tells the line's frequency", unless=of(facility.METER_FREQUENCY)
    ),
)
METER_COUNT: Final = Signal(
    key="meter.count",
    name=Text("Meters that answer"),
    description=Text("Meters that answered in their last round."),
    unit="short",
    expr=f"sum by (hub, site) (max by (hub, site, meter) ({of(facility.METER_UP)}))",
    legend="{{site}}",
    kind="count",
    least=0,
    decimals=0,
)
METER_SILENT: Final = Signal(
    key="meter.silent",
    name=Text("Silent meters"),
    description=Text(
        "Meters that did not answer in their last round: their energy is missing, not zero.",
    ),
    unit="short",
    expr=f"sum by (hub, site) (1 - max by (hub, site, meter) ({of(facility.METER_UP)}))",
    legend="{{site}}",
    kind="count",
    least=0,
    decimals=0,
    steps=steps((1, RED), base=GREEN),
)

SIGNALS: Final = tuple(value for value in list(globals().values()) if isinstance(value, Signal))

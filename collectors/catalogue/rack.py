"""Metrics of racks, rows and breakers, computed from the inventory and the PDUs."""

from __future__ import annotations

from typing import Final

from collectors.base import Metric

RACK: Final = ("hub", "site", "row", "rack")
ROW: Final = ("hub", "site", "row")
BREAKER: Final = ("hub", "site", "breaker")


def _rack(name: str, help: str, *labels: str) -> Metric:
    return Metric(
        namespace="dc",
        subsystem="rack",
        name=name,
        type="gauge",
        help=help,
        labels=(*RACK, *labels),
    )


def _row(name: str, help: str, *labels: str) -> Metric:
    return Metric(
        namespace="dc", subsystem="row", name=name, type="gauge", help=help, labels=(*ROW, *labels)
    )


def _breaker(name: str, help: str, *labels: str) -> Metric:
    return Metric(
        namespace="dc",
        subsystem="breaker",
        name=name,
        type="gauge",
        help=help,
        labels=(*BREAKER, *labels),
    )


RACK_INFO: Final = _rack(
    "info",
    "A rack of the inventory, with its state: in_service, under_construction or planned.",
    "state",
)
RACK_HEIGHT: Final = _rack("height_units", "Height in rack units (U).")
RACK_USED: Final = _rack("used_units", "Rack units (U) taken by devices of the inventory.")
RACK_RESERVED: Final = _rack(
    "reserved_units", "Rack units (U) promised to somebody, and still free."
)
RACK_POWER: Final = _rack("power_watts", "Active power the rack draws from one feed.", "feed")
RACK_POWER_CAPACITY: Final = _rack("power_capacity_watts", "Rated power of the rack.")
RACK_FEED_CAPACITY: Final = _rack(
    "feed_capacity_watts", "What one feed of the rack can carry.", "feed"
)
RACK_UTILIZATION: Final = _rack(
    "utilization_ratio", "Used share of the rack: of its units, or of its rated power.", "kind"
)
RACK_FAILOVER_LOAD: Final = _rack(
    "failover_load_ratio",
    "Load of all feeds over the smallest feed's capacity: above 1, losing a feed overloads the"
    " other.",
)
RACK_STRANDED: Final = _rack(
    "stranded_power_watts",
    "Rated power that a rack without free units drew in no hour of the last 28 days.",
)
RACK_HEADROOM: Final = _rack(
    "headroom_watts",
    "What may at least be added so that, a feed or a breaker lost, the others carry all within"
    " 0.8 of their capacity.",
)
RACK_INLET_TEMPERATURE: Final = _rack(
    "inlet_temperature_celsius", "Warmest air at the rack's inlet."
)
RACK_NEED_SINCE: Final = _rack(
    "need_since_timestamp_seconds",
    "Since when a rack is over a limit or silent, by need: over, too_hot, failover_lost, silent,"
    " hot, failover_tight; absent while it is not.",
    "need",
)
RACK_HUMIDITY: Final = _rack("humidity_ratio", "Relative humidity at the rack's inlet, 0 to 1.")

ROW_HEIGHT: Final = _row("height_units", "Rack units (U) of the row's racks in service.")
ROW_USED: Final = _row(
    "used_units", "Rack units (U) taken in the row; absent while those of a rack are not known."
)
ROW_RESERVED: Final = _row(
    "reserved_units", "Rack units (U) promised to somebody in the row, and still free."
)
ROW_POWER: Final = _row(
    "power_watts", "Active power of the row's racks in service; absent while a feed is silent."
)
ROW_POWER_CAPACITY: Final = _row(
    "power_capacity_watts", "Rated power of the row's racks in service."
)
ROW_HEADROOM: Final = _row(
    "headroom_watts",
    "What may at least be added to the row's racks at once so that failover holds: rack by rack,"
    " what every breaker on its feeds has left.",
)
ROW_FULL: Final = _row(
    "full_timestamp_seconds",
    "When the row is full at the pace of the last half year, by kind: space, power, failover;"
    " earliest, expected, latest.",
    "kind",
    "bound",
)

BREAKER_INFO: Final = _breaker(
    "info",
    "A breaker of the inventory, with the one that carries its load and the one it hangs on.",
    "pair",
    "upstream",
)
BREAKER_CAPACITY: Final = _breaker("capacity_watts", "What the breaker can carry.")
BREAKER_COVERAGE: Final = _breaker(
    "coverage_ratio", "Share of the feeds behind the breaker whose PDU is heard, 0 to 1."
)
BREAKER_POWER: Final = _breaker(
    "power_watts",
    "Sum of the PDUs behind the breaker: lower counts a silent feed as 0, upper as its capacity.",
    "bound",
)
BREAKER_LOAD: Final = _breaker(
    "load_ratio", "Load of the breaker over its capacity, lower and upper bound.", "bound"
)
BREAKER_FAILOVER_LOAD: Final = _breaker(
    "failover_load_ratio",
    "Load of the breaker and of its pair over its capacity: above 1, losing the pair overloads"
    " it; lower and upper bound.",
    "bound",
)
BREAKER_HEADROOM: Final = _breaker(
    "headroom_watts",
    "What may at least be added behind the breaker so that its pair's loss leaves it within 0.8"
    " of its capacity.",
)
BREAKER_PHASE_CURRENT: Final = _breaker(
    "phase_current_amperes",
    "Sum of the PDUs' currents on one phase of the breaker; absent while one does not tell its"
    " own.",
    "phase",
)
BREAKER_PHASE_LOAD: Final = _breaker(
    "phase_load_ratio",
    "Current of one phase over the breaker's rated current, lower and upper bound.",
    "phase",
    "bound",
)
BREAKER_IMBALANCE: Final = _breaker(
    "phase_imbalance_ratio",
    "Largest deviation of a phase's current from the mean of three, over that mean; absent at low"
    " load.",
)

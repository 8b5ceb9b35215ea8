"""Rack metrics, computed from the inventory and the PDUs."""

from __future__ import annotations

from typing import Final

from collectors.base import Metric

RACK: Final = ("hub", "site", "row", "rack")


def _rack(name: str, help: str, *labels: str) -> Metric:  # noqa: A002 - the field's word
    return Metric(namespace="dc", subsystem="rack", name=name, type="gauge", help=help, labels=(*RACK, *labels))


RACK_INFO: Final = _rack("info", "A rack of the inventory, with its state: in_service, under_construction or planned.", "state")
RACK_HEIGHT: Final = _rack("height_units", "Height in rack units (U).")
RACK_USED: Final = _rack("used_units", "Rack units (U) taken by devices of the inventory.")
RACK_RESERVED: Final = _rack("reserved_units", "Rack units (U) promised to somebody, and still free.")
RACK_POWER: Final = _rack("power_watts", "Active power the rack draws from one feed.", "feed")
RACK_POWER_CAPACITY: Final = _rack("power_capacity_watts", "Rated power of the rack.")
RACK_FEED_CAPACITY: Final = _rack("feed_capacity_watts", "What one feed of the rack can carry.", "feed")
RACK_UTILIZATION: Final = _rack("utilization_ratio", "Used share of the rack: of its units, or of its rated power.", "kind")
RACK_FAILOVER_LOAD: Final = _rack(
    "failover_load_ratio", "Load of all feeds over the smallest feed's capacity: above 1, losing a feed overloads the other."
)
RACK_STRANDED: Final = _rack("stranded_power_watts", "Rated power a rack without free units does not draw.")
RACK_INLET_TEMPERATURE: Final = _rack("inlet_temperature_celsius", "Warmest air at the rack's inlet.")
RACK_HUMIDITY: Final = _rack("humidity_ratio", "Relative humidity at the rack's inlet, 0 to 1.")

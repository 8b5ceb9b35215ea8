"""Metrics of cooling units: heat, air, water and power. Base units throughout."""

from __future__ import annotations

from typing import Final

from collectors.base import Metric, MetricType
from collectors.catalogue.facility import SITE

COOLING: Final = (*SITE, "unit")


def _cooling(
    name: str, help: str, type: MetricType = "gauge", labels: tuple[str, ...] = ()
) -> Metric:
    return Metric(
        namespace="dc",
        subsystem="cooling",
        name=name,
        type=type,
        help=help,
        labels=(*COOLING, *labels),
    )


COOLING_CAPACITY: Final = _cooling("capacity_watts", "Heat the unit removes at present.")
COOLING_POWER: Final = _cooling("power_watts", "Electric power the unit draws.")
COOLING_ENERGY: Final = _cooling(
    "energy_joules_total", "Electric energy the unit has drawn.", "counter"
)
COOLING_DEMAND: Final = _cooling("demand_watts", "Heat the unit is asked to remove at present.")
COOLING_COMPRESSOR_CAPACITY: Final = _cooling(
    "compressor_capacity_watts", "Heat the compressors remove at present."
)
COOLING_FREE_CAPACITY: Final = _cooling(
    "free_capacity_watts", "Heat removed at present without compressors (free cooling)."
)
COOLING_EFFICIENCY: Final = _cooling(
    "energy_efficiency_ratio", "Heat removed over electric power drawn (EER)."
)
COOLING_GROUP_CAPACITY: Final = _cooling(
    "group_capacity_watts", "Heat all units of the unit's group remove: each unit says the same."
)
COOLING_GROUP_DEMAND: Final = _cooling(
    "group_demand_watts", "Heat the unit's group is asked to remove: each unit says the same."
)
COOLING_SUPPLY: Final = _cooling(
    "supply_temperature_celsius",
    "Temperature of the air supplied to the room, or of a plant's supplied water.",
)
COOLING_RETURN: Final = _cooling(
    "return_temperature_celsius",
    "Temperature of the air returning from the room, or of a plant's returning water.",
)
COOLING_WATER_INLET: Final = _cooling(
    "water_inlet_temperature_celsius", "Temperature of the water or glycol that enters the unit."
)
COOLING_WATER_OUTLET: Final = _cooling(
    "water_outlet_temperature_celsius", "Temperature of the water or glycol that leaves the unit."
)
COOLING_WATER_FLOW: Final = _cooling(
    "water_flow_cubic_meters_per_second", "Water or glycol through the unit."
)
COOLING_AIR_FLOW: Final = _cooling("air_flow_cubic_meters_per_second", "Air through the unit.")
COOLING_GROUP_AIR_FLOW: Final = _cooling(
    "group_air_flow_cubic_meters_per_second",
    "Air through all units of the group: each unit says the same.",
)
COOLING_VALVE: Final = _cooling("valve_position_ratio", "How far the water valve is open, 0 to 1.")
COOLING_FAN_SPEED: Final = _cooling(
    "fan_speed_ratio", "Speed of the fans as a share of the most they can, 0 to 1.", labels=("fan",)
)
COOLING_FAN_RPM: Final = _cooling(
    "fan_speed_rpm", "Speed of a fan, turns a minute.", labels=("fan",)
)
COOLING_PUMP_SPEED: Final = _cooling(
    "pump_speed_ratio", "Speed of a pump as a share of the most it can, 0 to 1.", labels=("pump",)
)
COOLING_COMPRESSOR_SPEED: Final = _cooling(
    "compressor_speed_ratio",
    "Speed of a compressor as a share of the most it can, 0 to 1.",
    labels=("compressor",),
)
COOLING_COMPRESSOR_ON: Final = _cooling(
    "compressor_on", "1 while the compressor runs, else 0.", labels=("compressor",)
)
COOLING_UTILIZATION: Final = _cooling(
    "utilization_ratio", "Share of the unit's cooling capacity that is called for, 0 to 1."
)
COOLING_ON: Final = _cooling(
    "on", "1 while the unit is switched on and conditions the air, else 0."
)
COOLING_HUMIDITY: Final = _cooling(
    "humidity_ratio",
    "Relative humidity in or at the unit, 0 to 1, by the device's own name for the place.",
    labels=("location",),
)
COOLING_TEMPERATURE: Final = _cooling(
    "temperature_celsius",
    "Any other temperature the unit measures, by its own name for it.",
    labels=("location",),
)
COOLING_DEW_POINT: Final = _cooling(
    "dew_point_celsius",
    "Dew point in or at the unit, by the device's own name for the place.",
    labels=("location",),
)
COOLING_SUPERHEAT: Final = _cooling(
    "superheat_kelvins", "Superheat of the refrigerant: a difference.", labels=("compressor",)
)
COOLING_PRESSURE: Final = _cooling(
    "pressure_pascals",
    "Pressure of water or refrigerant, by the device's own name for the place.",
    labels=("location",),
)
COOLING_PRESSURE_DIFFERENCE: Final = _cooling(
    "differential_pressure_pascals",
    "Pressure difference, as over a filter, by the device's own name for the place.",
    labels=("location",),
)
COOLING_VOLTAGE: Final = _cooling(
    "voltage_volts", "Voltage at the unit's supply.", labels=("phase",)
)
COOLING_CURRENT: Final = _cooling("current_amperes", "Current the unit draws.", labels=("phase",))
COOLING_LEAK: Final = _cooling(
    "leak_detected", "1 while the unit detects water where none should be, else 0."
)
COOLING_RUN_SECONDS: Final = _cooling(
    "run_seconds_total",
    "Time a part of the unit has run (run hours); an empty part is the unit.",
    "counter",
    ("part",),
)
COOLING_ALARM: Final = _cooling(
    "alarm",
    "1 while the device reports the alarm of this name, else 0; empty: any.",
    labels=("alarm",),
)
COOLING_UP: Final = _cooling("up", "1 if the unit answered in the last round, else 0.")

"""Facility metrics: meters, PDUs, UPSs, cooling, environment. Base units throughout."""

from __future__ import annotations

from typing import Final

from collectors.base import Metric, MetricType

SITE: Final = ("hub", "site")
METER: Final = (*SITE, "meter", "point")
PDU: Final = (*SITE, "row", "rack", "pdu", "feed")
UPS: Final = (*SITE, "ups")
COOLING: Final = (*SITE, "unit")
SENSOR: Final = (*SITE, "row", "rack", "sensor")
DEVICE: Final = (*SITE, "row", "rack", "device")


def _meter(
    name: str, help: str, type: MetricType = "gauge", labels: tuple[str, ...] = ()
) -> Metric:
    return Metric(
        namespace="dc", subsystem="meter", name=name, type=type, help=help, labels=(*METER, *labels)
    )


def _pdu(name: str, help: str, type: MetricType = "gauge", labels: tuple[str, ...] = ()) -> Metric:
    return Metric(
        namespace="dc", subsystem="pdu", name=name, type=type, help=help, labels=(*PDU, *labels)
    )


def _ups(name: str, help: str, labels: tuple[str, ...] = (), type: MetricType = "gauge") -> Metric:
    return Metric(
        namespace="dc", subsystem="ups", name=name, type=type, help=help, labels=(*UPS, *labels)
    )


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


METER_POWER: Final = _meter("power_watts", "Active power through the meter.")
METER_ENERGY: Final = _meter(
    "energy_joules_total", "Energy register of the meter, import direction.", "counter"
)
METER_EXPORTED: Final = _meter(
    "exported_energy_joules_total", "Energy register of the meter, export direction.", "counter"
)
METER_VOLUME: Final = _meter(
    "volume_liters_total",
    "Volume register: water used at point water, elsewhere what has carried the heat or the cold.",
    "counter",
)
METER_PHASE_POWER: Final = _meter(
    "phase_power_watts", "Active power of one phase.", labels=("phase",)
)
METER_VOLTAGE: Final = _meter("voltage_volts", "Voltage, phase to neutral.", labels=("phase",))
METER_CURRENT: Final = _meter("current_amperes", "Current of one phase.", labels=("phase",))
METER_POWER_FACTOR: Final = _meter(
    "power_factor_ratio", "Power factor of the whole meter, -1 to 1."
)
METER_FREQUENCY: Final = _meter("frequency_hertz", "Line frequency.")
METER_UP: Final = _meter("up", "1 if the meter answered in the last round, else 0.")

PDU_POWER: Final = _pdu("power_watts", "Active power drawn through the PDU's inlet.")
PDU_APPARENT_POWER: Final = _pdu(
    "apparent_power_voltamperes", "Apparent power drawn through the PDU's inlet."
)
PDU_REACTIVE_POWER: Final = _pdu("reactive_power_vars", "Reactive power at the PDU's inlet.")
PDU_ENERGY: Final = _pdu("energy_joules_total", "Energy register of the PDU's inlet.", "counter")
PDU_POWER_FACTOR: Final = _pdu("power_factor_ratio", "Power factor at the PDU's inlet, -1 to 1.")
PDU_FREQUENCY: Final = _pdu("frequency_hertz", "Line frequency at the PDU's inlet.")
PDU_CURRENT: Final = _pdu(
    "current_amperes",
    "Current at the inlet as a whole, where the device states one beside its phases; no sum of"
    " theirs.",
)
PDU_VOLTAGE: Final = _pdu(
    "voltage_volts",
    "Voltage at the inlet as a whole, where the device states one beside its phases.",
)
PDU_LOAD: Final = _pdu("load_ratio", "Load of the PDU as a share of its rating, 0 to 1 and above.")
PDU_TEMPERATURE: Final = _pdu("temperature_celsius", "Temperature inside the PDU.")
PDU_PHASE_CURRENT: Final = _pdu(
    "phase_current_amperes", "Current of one phase of the inlet.", labels=("phase",)
)
PDU_PHASE_VOLTAGE: Final = _pdu(
    "phase_voltage_volts", "Voltage of one phase of the inlet.", labels=("phase",)
)
PDU_PHASE_POWER: Final = _pdu(
    "phase_power_watts", "Active power of one phase of the inlet.", labels=("phase",)
)
PDU_PHASE_APPARENT_POWER: Final = _pdu(
    "phase_apparent_power_voltamperes",
    "Apparent power of one phase of the inlet.",
    labels=("phase",),
)
PDU_PHASE_REACTIVE_POWER: Final = _pdu(
    "phase_reactive_power_vars", "Reactive power of one phase of the inlet.", labels=("phase",)
)
PDU_PHASE_POWER_FACTOR: Final = _pdu(
    "phase_power_factor_ratio", "Power factor of one phase, -1 to 1.", labels=("phase",)
)
PDU_PHASE_ENERGY: Final = _pdu(
    "phase_energy_joules_total", "Energy register of one phase of the inlet.", "counter", ("phase",)
)
PDU_PHASE_LOAD: Final = _pdu(
    "phase_load_ratio",
    "Load of one phase as a share of its rating, 0 to 1 and above.",
    labels=("phase",),
)
PDU_PHASE_IMBALANCE: Final = _pdu(
    "phase_imbalance_ratio",
    "Largest deviation of a phase's current from the mean of three, over that mean; absent at low"
    " load.",
)
PDU_BANK_CURRENT: Final = _pdu(
    "bank_current_amperes", "Current through one bank or breaker.", labels=("bank",)
)
PDU_BANK_VOLTAGE: Final = _pdu(
    "bank_voltage_volts", "Voltage at one bank or breaker.", labels=("bank",)
)
PDU_BANK_POWER: Final = _pdu(
    "bank_power_watts", "Active power through one bank or breaker.", labels=("bank",)
)
PDU_BANK_APPARENT_POWER: Final = _pdu(
    "bank_apparent_power_voltamperes",
    "Apparent power through one bank or breaker.",
    labels=("bank",),
)
PDU_BANK_REACTIVE_POWER: Final = _pdu(
    "bank_reactive_power_vars", "Reactive power through one bank or breaker.", labels=("bank",)
)
PDU_BANK_POWER_FACTOR: Final = _pdu(
    "bank_power_factor_ratio", "Power factor of one bank or breaker, -1 to 1.", labels=("bank",)
)
PDU_BANK_ENERGY: Final = _pdu(
    "bank_energy_joules_total", "Energy register of one bank or breaker.", "counter", ("bank",)
)
PDU_BANK_LOAD: Final = _pdu(
    "bank_load_ratio",
    "Load of one bank or breaker as a share of its rating, 0 to 1 and above.",
    labels=("bank",),
)
PDU_OUTLET_POWER: Final = _pdu(
    "outlet_power_watts", "Active power of one outlet.", labels=("outlet",)
)
PDU_OUTLET_APPARENT_POWER: Final = _pdu(
    "outlet_apparent_power_voltamperes", "Apparent power of one outlet.", labels=("outlet",)
)
PDU_OUTLET_REACTIVE_POWER: Final = _pdu(
    "outlet_reactive_power_vars", "Reactive power of one outlet.", labels=("outlet",)
)
PDU_OUTLET_CURRENT: Final = _pdu(
    "outlet_current_amperes", "Current of one outlet.", labels=("outlet",)
)
PDU_OUTLET_VOLTAGE: Final = _pdu(
    "outlet_voltage_volts", "Voltage of one outlet.", labels=("outlet",)
)
PDU_OUTLET_POWER_FACTOR: Final = _pdu(
    "outlet_power_factor_ratio", "Power factor of one outlet, -1 to 1.", labels=("outlet",)
)
PDU_OUTLET_FREQUENCY: Final = _pdu(
    "outlet_frequency_hertz", "Line frequency at one outlet.", labels=("outlet",)
)
PDU_OUTLET_ENERGY: Final = _pdu(
    "outlet_energy_joules_total", "Energy register of one outlet.", "counter", ("outlet",)
)
PDU_OUTLET_LOAD: Final = _pdu(
    "outlet_load_ratio",
    "Load of one outlet as a share of its rating, 0 to 1 and above.",
    labels=("outlet",),
)
PDU_OUTLET_INFO: Final = _pdu(
    "outlet_info",
    "1 for every outlet, with the name the PDU's operator gave it.",
    labels=("outlet", "name"),
)
PDU_UP: Final = _pdu("up", "1 if the PDU answered in the last round, else 0.")

UPS_LOAD: Final = _ups(
    "load_ratio", "Load as a share of the rated capacity, 0 to 1 and above.", ("phase",)
)
UPS_OUTPUT_POWER: Final = _ups(
    "output_power_watts",
    "Active power at the UPS output: by phase, or of all with an empty phase; never both.",
    ("phase",),
)
UPS_OUTPUT_APPARENT: Final = _ups(
    "output_apparent_power_voltamperes", "Apparent power at the UPS output.", ("phase",)
)
UPS_OUTPUT_VOLTAGE: Final = _ups("output_voltage_volts", "Voltage at the UPS output.", ("phase",))
UPS_OUTPUT_CURRENT: Final = _ups("output_current_amperes", "Current at the UPS output.", ("phase",))
UPS_OUTPUT_POWER_FACTOR: Final = _ups(
    "output_power_factor_ratio", "Power factor of the load.", ("phase",)
)
UPS_OUTPUT_FREQUENCY: Final = _ups("output_frequency_hertz", "Frequency at the UPS output.")
UPS_OUTPUT_ENERGY: Final = _ups(
    "output_energy_joules_total", "Energy register of the UPS output.", ("phase",), "counter"
)
UPS_INPUT_VOLTAGE: Final = _ups("input_voltage_volts", "Voltage at the UPS input.", ("phase",))
UPS_INPUT_CURRENT: Final = _ups("input_current_amperes", "Current at the UPS input.", ("phase",))
UPS_INPUT_POWER: Final = _ups(
    "input_power_watts", "Active power drawn at the UPS input.", ("phase",)
)
UPS_INPUT_POWER_FACTOR: Final = _ups(
    "input_power_factor_ratio", "Power factor at the UPS input.", ("phase",)
)
UPS_INPUT_FREQUENCY: Final = _ups(
    "input_frequency_hertz", "Frequency at the UPS input.", ("phase",)
)
UPS_INPUT_ENERGY: Final = _ups(
    "input_energy_joules_total", "Energy register of the UPS input.", ("phase",), "counter"
)
UPS_BYPASS_VOLTAGE: Final = _ups("bypass_voltage_volts", "Voltage at the bypass input.", ("phase",))
UPS_BYPASS_CURRENT: Final = _ups(
    "bypass_current_amperes", "Current through the bypass.", ("phase",)
)
UPS_BYPASS_POWER: Final = _ups("bypass_power_watts", "Active power through the bypass.", ("phase",))
UPS_BYPASS_FREQUENCY: Final = _ups("bypass_frequency_hertz", "Frequency at the bypass input.")
UPS_RECTIFIER_CURRENT: Final = _ups(
    "rectifier_current_amperes",
    "Current of the rectifiers: what feeds the load and charges the battery.",
)
UPS_BATTERY_CHARGE: Final = _ups(
    "battery_charge_ratio",
    "Charge left, 0 to 1; an empty battery label is all of them.",
    ("battery",),
)
UPS_BATTERY_VOLTAGE: Final = _ups("battery_voltage_volts", "Voltage of the battery.", ("battery",))
UPS_BATTERY_CURRENT: Final = _ups(
    "battery_current_amperes",
    "Current of the battery; its sign is the device's own: makes do not agree.",
    ("battery",),
)
UPS_BATTERY_TEMPERATURE: Final = _ups(
    "battery_temperature_celsius", "Temperature at the battery.", ("battery",)
)
UPS_RUNTIME: Final = _ups("runtime_seconds", "Time left on battery at the present load.")
UPS_BATTERY_SECONDS: Final = _ups(
    "time_on_battery_seconds", "How long the load has run from the battery; 0 where it does not."
)
UPS_ON_BATTERY: Final = _ups("on_battery", "1 while the load runs from the battery, else 0.")
UPS_ON_BYPASS: Final = _ups(
    "on_bypass", "1 while the load runs from the bypass, unprotected, else 0."
)
UPS_OUTPUT_ON: Final = _ups("output_on", "1 while the UPS has power at its output, else 0.")
UPS_TEMPERATURE: Final = _ups(
    "temperature_celsius",
    "Temperature in or at the UPS, by the device's own name for it.",
    ("location",),
)
UPS_UP: Final = _ups("up", "1 if the UPS answered in the last round, else 0.")

COOLING_CAPACITY: Final = _cooling("capacity_watts", "Heat the unit removes at present.")
COOLING_POWER: Final = _cooling("power_watts", "Electric power the unit draws.")
COOLING_ENERGY: Final = _cooling(
    "energy_joules_total", "Electric energy the unit has drawn.", "counter"
)
COOLING_DEMAND: Final = _cooling("demand_watts", "Heat the unit is asked to remove at present.")
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
COOLING_UP: Final = _cooling("up", "1 if the unit answered in the last round, else 0.")

SENSOR_TEMPERATURE: Final = Metric(
    namespace="dc",
    subsystem="sensor",
    name="temperature_celsius",
    type="gauge",
    help="Temperature at a sensor attached to a PDU or a monitoring unit.",
    labels=SENSOR,
)
SENSOR_HUMIDITY: Final = Metric(
    namespace="dc",
    subsystem="sensor",
    name="humidity_ratio",
    type="gauge",
    help="Relative humidity at a sensor, 0 to 1.",
    labels=SENSOR,
)
DEVICE_UP: Final = Metric(
    namespace="dc",
    subsystem="device",
    name="up",
    type="gauge",
    help="1 if the monitoring unit or network device answered in the last round, else 0.",
    labels=DEVICE,
)

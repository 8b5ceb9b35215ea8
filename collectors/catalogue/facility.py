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


def _meter(name: str, help: str, type: MetricType = "gauge", labels: tuple[str, ...] = ()) -> Metric:  # noqa: A002
    return Metric(namespace="dc", subsystem="meter", name=name, type=type, help=help, labels=(*METER, *labels))


def _pdu(name: str, help: str, type: MetricType = "gauge", labels: tuple[str, ...] = ()) -> Metric:  # noqa: A002
    return Metric(namespace="dc", subsystem="pdu", name=name, type=type, help=help, labels=(*PDU, *labels))


def _ups(name: str, help: str, labels: tuple[str, ...] = ()) -> Metric:  # noqa: A002
    return Metric(namespace="dc", subsystem="ups", name=name, type="gauge", help=help, labels=(*UPS, *labels))


def _cooling(name: str, help: str, type: MetricType = "gauge") -> Metric:  # noqa: A002
    return Metric(namespace="dc", subsystem="cooling", name=name, type=type, help=help, labels=COOLING)


METER_POWER: Final = _meter("power_watts", "Active power through the meter.")
METER_ENERGY: Final = _meter("energy_joules_total", "Energy register of the meter, import direction.", "counter")
METER_EXPORTED: Final = _meter("exported_energy_joules_total", "Energy register of the meter, export direction.", "counter")
METER_PHASE_POWER: Final = _meter("phase_power_watts", "Active power of one phase.", labels=("phase",))
METER_VOLTAGE: Final = _meter("voltage_volts", "Voltage, phase to neutral.", labels=("phase",))
METER_CURRENT: Final = _meter("current_amperes", "Current of one phase.", labels=("phase",))
METER_POWER_FACTOR: Final = _meter("power_factor_ratio", "Power factor of the whole meter, -1 to 1.")
METER_FREQUENCY: Final = _meter("frequency_hertz", "Line frequency.")
METER_UP: Final = _meter("up", "1 if the meter answered in the last round, else 0.")

PDU_POWER: Final = _pdu("power_watts", "Active power drawn through the PDU's inlet.")
PDU_APPARENT_POWER: Final = _pdu("apparent_power_voltamperes", "Apparent power drawn through the PDU's inlet.")
PDU_ENERGY: Final = _pdu("energy_joules_total", "Energy register of the PDU's inlet.", "counter")
PDU_POWER_FACTOR: Final = _pdu("power_factor_ratio", "Power factor at the PDU's inlet, -1 to 1.")
PDU_FREQUENCY: Final = _pdu("frequency_hertz", "Line frequency at the PDU's inlet.")
PDU_PHASE_CURRENT: Final = _pdu("phase_current_amperes", "Current of one phase of the inlet.", labels=("phase",))
PDU_PHASE_VOLTAGE: Final = _pdu("phase_voltage_volts", "Voltage of one phase of the inlet.", labels=("phase",))
PDU_PHASE_POWER: Final = _pdu("phase_power_watts", "Active power of one phase of the inlet.", labels=("phase",))
PDU_BANK_CURRENT: Final = _pdu("bank_current_amperes", "Current through one bank or breaker.", labels=("bank",))
PDU_OUTLET_POWER: Final = _pdu("outlet_power_watts", "Active power of one outlet.", labels=("outlet",))
PDU_OUTLET_CURRENT: Final = _pdu("outlet_current_amperes", "Current of one outlet.", labels=("outlet",))
PDU_OUTLET_VOLTAGE: Final = _pdu("outlet_voltage_volts", "Voltage of one outlet.", labels=("outlet",))
PDU_OUTLET_ENERGY: Final = _pdu("outlet_energy_joules_total", "Energy register of one outlet.", "counter", ("outlet",))
PDU_OUTLET_INFO: Final = _pdu(
    "outlet_info", "1 for every outlet, with the name the PDU's operator gave it.", labels=("outlet", "name")
)
PDU_UP: Final = _pdu("up", "1 if the PDU answered in the last round, else 0.")

UPS_LOAD: Final = _ups("load_ratio", "Load as a share of the rated capacity, 0 to 1 and above.", ("phase",))
UPS_OUTPUT_POWER: Final = _ups("output_power_watts", "Active power at the UPS output.", ("phase",))
UPS_INPUT_VOLTAGE: Final = _ups("input_voltage_volts", "Voltage at the UPS input.", ("phase",))
UPS_OUTPUT_VOLTAGE: Final = _ups("output_voltage_volts", "Voltage at the UPS output.", ("phase",))
UPS_OUTPUT_CURRENT: Final = _ups("output_current_amperes", "Current at the UPS output.", ("phase",))
UPS_BATTERY_CHARGE: Final = _ups("battery_charge_ratio", "Charge left in the battery, 0 to 1.")
UPS_RUNTIME: Final = _ups("runtime_seconds", "Time left on battery at the present load.")
UPS_ON_BATTERY: Final = _ups("on_battery", "1 while the load runs from the battery, else 0.")
UPS_UP: Final = _ups("up", "1 if the UPS answered in the last round, else 0.")

COOLING_CAPACITY: Final = _cooling("capacity_watts", "Heat the unit removes at present.")
COOLING_POWER: Final = _cooling("power_watts", "Electric power the unit draws.")
COOLING_ENERGY: Final = _cooling("energy_joules_total", "Electric energy the unit has drawn.", "counter")
COOLING_SUPPLY: Final = _cooling("supply_temperature_celsius", "Temperature of the supplied air or water.")
COOLING_RETURN: Final = _cooling("return_temperature_celsius", "Temperature of the returning air or water.")
COOLING_UP: Final = _cooling("up", "1 if the unit answered in the last round, else 0.")

SENSOR_TEMPERATURE: Final = Metric(
    namespace="dc", subsystem="sensor", name="temperature_celsius", type="gauge",
    help="Temperature at a sensor attached to a PDU or a monitoring unit.", labels=SENSOR,
)  # fmt: skip
SENSOR_HUMIDITY: Final = Metric(
    namespace="dc", subsystem="sensor", name="humidity_ratio", type="gauge",
    help="Relative humidity at a sensor, 0 to 1.", labels=SENSOR,
)  # fmt: skip

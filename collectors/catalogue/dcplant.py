"""Metrics of DC power plants: rectifiers, battery strings, DC loads, inverters. Base units.

An empty `rectifier`, `converter`, `battery`, `load`, `inverter` or `array` label is all of them
together.
"""

from __future__ import annotations

from typing import Final

from collectors.base import Metric, MetricType
from collectors.catalogue.facility import SITE

DCPLANT: Final = (*SITE, "row", "rack", "dcplant")


def _plant(name: str, help: str, *labels: str, type: MetricType = "gauge") -> Metric:
    return Metric(
        namespace="dc",
        subsystem="dcplant",
        name=name,
        type=type,
        help=help,
        labels=(*DCPLANT, *labels),
    )


DCPLANT_INPUT_VOLTAGE: Final = _plant(
    "input_voltage_volts", "Mains voltage at the plant's input.", "phase"
)
DCPLANT_INPUT_CURRENT: Final = _plant(
    "input_current_amperes", "Mains current at the plant's input.", "phase"
)
DCPLANT_INPUT_POWER: Final = _plant(
    "input_power_watts", "Active power drawn from the mains.", "phase"
)
DCPLANT_INPUT_FREQUENCY: Final = _plant(
    "input_frequency_hertz", "Mains frequency at the plant's input.", "phase"
)
DCPLANT_INPUT_ENERGY: Final = _plant(
    "input_energy_joules_total", "Energy register of the plant's input.", type="counter"
)
DCPLANT_BUS_VOLTAGE: Final = _plant(
    "bus_voltage_volts", "Voltage of the DC bus; an empty bus label is the plant's only one.", "bus"
)
DCPLANT_RECTIFIER_VOLTAGE: Final = _plant(
    "rectifier_voltage_volts", "DC voltage at a rectifier's output.", "rectifier"
)
DCPLANT_RECTIFIER_CURRENT: Final = _plant(
    "rectifier_current_amperes", "DC current at a rectifier's output.", "rectifier"
)
DCPLANT_RECTIFIER_POWER: Final = _plant(
    "rectifier_power_watts", "DC power at a rectifier's output.", "rectifier"
)
DCPLANT_RECTIFIER_LOAD: Final = _plant(
    "rectifier_load_ratio",
    "Load of a rectifier as a share of its rating, 0 to 1 and above.",
    "rectifier",
)
DCPLANT_RECTIFIER_INPUT_VOLTAGE: Final = _plant(
    "rectifier_input_voltage_volts", "AC voltage at a rectifier's input.", "rectifier"
)
DCPLANT_RECTIFIER_INPUT_CURRENT: Final = _plant(
    "rectifier_input_current_amperes", "AC current at a rectifier's input.", "rectifier"
)
DCPLANT_RECTIFIER_TEMPERATURE: Final = _plant(
    "rectifier_temperature_celsius", "Temperature in a rectifier.", "rectifier"
)
DCPLANT_RECTIFIER_ON: Final = _plant(
    "rectifier_on", "1 while a rectifier works, 0 while it is off or broken.", "rectifier"
)
DCPLANT_RECTIFIER_RATED_VOLTAGE: Final = _plant(
    "rectifier_rated_voltage_volts", "DC voltage for which the rectifiers are made.", "rectifier"
)
DCPLANT_RECTIFIER_SET_VOLTAGE: Final = _plant(
    "rectifier_set_voltage_volts", "DC voltage that the rectifiers are set to hold.", "rectifier"
)
DCPLANT_AUTOMATIC: Final = _plant(
    "automatic",
    "1 while this controller of the plant works by itself, 0 while it is operated by hand.",
    "controller",
)
DCPLANT_CHARGE_LIMITED: Final = _plant(
    "charge_limited", "1 while the plant limits the current that charges the batteries, else 0."
)
DCPLANT_PARTS: Final = _plant(
    "parts",
    "How many parts of a kind the plant's controller sees: rectifier, battery, input, output.",
    "part",
)
DCPLANT_BATTERY_VOLTAGE: Final = _plant(
    "battery_voltage_volts", "Voltage of a battery string.", "battery"
)
DCPLANT_BATTERY_CURRENT: Final = _plant(
    "battery_current_amperes",
    "Current of a battery string; its sign is the device's own: makes do not agree.",
    "battery",
)
DCPLANT_BATTERY_TEMPERATURE: Final = _plant(
    "battery_temperature_celsius", "Temperature at a battery string.", "battery"
)
DCPLANT_BATTERY_CHARGE: Final = _plant(
    "battery_charge_ratio", "Charge left in a battery string, 0 to 1.", "battery"
)
DCPLANT_BATTERY_CHARGE_LEFT: Final = _plant(
    "battery_charge_coulombs",
    "Charge left in a battery string; 3600 are one ampere-hour.",
    "battery",
)
DCPLANT_BATTERY_CELL_VOLTAGE: Final = _plant(
    "battery_cell_voltage_volts",
    "Voltage of one cell, block or half of a battery string.",
    "battery",
    "cell",
)
DCPLANT_BATTERY_TEST_VOLTAGE: Final = _plant(
    "battery_test_voltage_volts",
    "Voltage of a battery string at the start or the end of its last test.",
    "battery",
    "moment",
)
DCPLANT_BATTERY_TEST_CURRENT: Final = _plant(
    "battery_test_current_amperes",
    "Current of a battery string at the start or the end of its last test; its sign is the"
    " device's own.",
    "battery",
    "moment",
)
DCPLANT_BATTERY_CONNECTED: Final = _plant(
    "battery_connected",
    "1 while a battery string's breaker, fuse or contactor is closed, else 0.",
    "battery",
)
DCPLANT_RUNTIME: Final = _plant(
    "runtime_seconds", "Time left on the batteries at the present load."
)
DCPLANT_ON_BATTERY: Final = _plant(
    "on_battery", "1 while the load runs from the batteries, else 0."
)
DCPLANT_LOAD_VOLTAGE: Final = _plant("load_voltage_volts", "Voltage at a DC load.", "load")
DCPLANT_LOAD_CURRENT: Final = _plant("load_current_amperes", "Current of a DC load.", "load")
DCPLANT_LOAD_POWER: Final = _plant("load_power_watts", "Power of a DC load.", "load")
DCPLANT_LOAD_ENERGY: Final = _plant(
    "load_energy_joules_total", "Energy register of a DC load.", "load", type="counter"
)
DCPLANT_LOAD_ON: Final = _plant(
    "load_on", "1 while a DC load's breaker, fuse or contactor is closed, else 0.", "load"
)
DCPLANT_LOAD_DISCONNECT_VOLTAGE: Final = _plant(
    "load_disconnect_voltage_volts",
    "Battery voltage at which the plant disconnects a load, to spare the batteries.",
    "load",
)
DCPLANT_INVERTER_VOLTAGE: Final = _plant(
    "inverter_voltage_volts", "AC voltage at an inverter's output.", "inverter"
)
DCPLANT_INVERTER_CURRENT: Final = _plant(
    "inverter_current_amperes", "AC current at an inverter's output.", "inverter"
)
DCPLANT_INVERTER_POWER: Final = _plant(
    "inverter_power_watts", "Active power at an inverter's output.", "inverter"
)
DCPLANT_INVERTER_APPARENT: Final = _plant(
    "inverter_apparent_power_voltamperes", "Apparent power at an inverter's output.", "inverter"
)
DCPLANT_INVERTER_FREQUENCY: Final = _plant(
    "inverter_frequency_hertz", "Frequency at an inverter's output.", "inverter"
)
DCPLANT_INVERTER_INPUT_VOLTAGE: Final = _plant(
    "inverter_input_voltage_volts", "DC voltage at an inverter's input.", "inverter"
)
DCPLANT_INVERTER_INPUT_CURRENT: Final = _plant(
    "inverter_input_current_amperes", "DC current at an inverter's input.", "inverter"
)
DCPLANT_INVERTER_TEMPERATURE: Final = _plant(
    "inverter_temperature_celsius", "Temperature in an inverter.", "inverter"
)
DCPLANT_INVERTER_LOAD: Final = _plant(
    "inverter_load_ratio",
    "Load of an inverter as a share of its rating, 0 to 1 and above.",
    "inverter",
)
DCPLANT_INVERTER_ON: Final = _plant(
    "inverter_on", "1 while an inverter works, 0 while it is off or broken.", "inverter"
)
DCPLANT_CONVERTER_VOLTAGE: Final = _plant(
    "converter_voltage_volts", "Voltage at the output of a DC/DC converter.", "converter"
)
DCPLANT_CONVERTER_CURRENT: Final = _plant(
    "converter_current_amperes", "Current at the output of a DC/DC converter.", "converter"
)
DCPLANT_CONVERTER_TEMPERATURE: Final = _plant(
    "converter_temperature_celsius", "Temperature in a DC/DC converter.", "converter"
)
DCPLANT_CONVERTER_ON: Final = _plant(
    "converter_on", "1 while a DC/DC converter works, 0 while it is off or broken.", "converter"
)
DCPLANT_SOLAR_VOLTAGE: Final = _plant("solar_voltage_volts", "Voltage of a solar array.", "array")
DCPLANT_SOLAR_CURRENT: Final = _plant("solar_current_amperes", "Current of a solar array.", "array")
DCPLANT_SOLAR_POWER: Final = _plant("solar_power_watts", "Power of a solar array.", "array")
DCPLANT_SOLAR_ENERGY: Final = _plant(
    "solar_energy_joules_total", "Energy register of a solar array.", "array", type="counter"
)
DCPLANT_TEMPERATURE: Final = _plant(
    "temperature_celsius",
    "Any other temperature of the plant, by the device's own name for the place.",
    "location",
)
DCPLANT_ALARM: Final = _plant(
    "alarm", "1 while the device reports the alarm of this name, else 0; empty: any.", "alarm"
)
DCPLANT_UP: Final = _plant("up", "1 if the DC plant answered in the last round, else 0.")

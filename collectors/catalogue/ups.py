"""UPS metrics: load, output, input, bypass and battery. Base units throughout."""

from __future__ import annotations

from typing import Final

from collectors.base import Metric, MetricType
from collectors.catalogue.facility import SITE

UPS: Final = (*SITE, "ups")


def _ups(name: str, help: str, labels: tuple[str, ...] = (), type: MetricType = "gauge") -> Metric:
    return Metric(
        namespace="dc", subsystem="ups", name=name, type=type, help=help, labels=(*UPS, *labels)
    )


UPS_LOAD: Final = _ups(
    "load_ratio", "Load as a share of the rated capacity, 0 to 1 and above.", ("phase",)
)
UPS_OUTPUT_POWER: Final = _ups(
    "output_power_watts",
    "Active power at the UPS output: by phase, or of all with an empty phase; never both.",
    ("phase",),
)
UPS_OUTPUT_MEAN_POWER: Final = _ups(
    "output_mean_power_watts",
    "Active power at the UPS output as its mean over the last hour, by the device itself.",
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
UPS_OUTPUT_REACTIVE: Final = _ups(
    "output_reactive_power_vars", "Reactive power at the UPS output.", ("phase",)
)
UPS_INPUT_VOLTAGE: Final = _ups("input_voltage_volts", "Voltage at the UPS input.", ("phase",))
UPS_INPUT_CURRENT: Final = _ups("input_current_amperes", "Current at the UPS input.", ("phase",))
UPS_INPUT_POWER: Final = _ups(
    "input_power_watts", "Active power drawn at the UPS input.", ("phase",)
)
UPS_INPUT_APPARENT: Final = _ups(
    "input_apparent_power_voltamperes", "Apparent power drawn at the UPS input.", ("phase",)
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
UPS_BYPASS_APPARENT: Final = _ups(
    "bypass_apparent_power_voltamperes", "Apparent power through the bypass.", ("phase",)
)
UPS_BYPASS_POWER_FACTOR: Final = _ups(
    "bypass_power_factor_ratio", "Power factor through the bypass.", ("phase",)
)
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
UPS_BATTERY_POWER: Final = _ups(
    "battery_power_watts",
    "Power of the battery; its sign is the device's own: makes do not agree.",
    ("battery",),
)
UPS_BATTERY_CELL_VOLTAGE: Final = _ups(
    "battery_cell_voltage_volts",
    "Voltage of one cell, block or half of the battery.",
    ("battery", "cell"),
)
UPS_BATTERY_PACKS: Final = _ups("battery_packs", "Battery packs that are there.")
UPS_BATTERY_PACKS_FAILED: Final = _ups(
    "battery_packs_failed", "Battery packs that the UPS calls bad."
)
UPS_BATTERY_LOW: Final = _ups(
    "battery_low", "1 while the battery is low or empty, else 0.", ("battery",)
)
UPS_BATTERY_CHARGING: Final = _ups(
    "battery_charging", "1 while the battery is being charged, else 0.", ("battery",)
)
UPS_BATTERY_REPLACE: Final = _ups(
    "battery_replace", "1 while the UPS asks for a new battery, else 0.", ("battery",)
)
UPS_DC_BUS_VOLTAGE: Final = _ups(
    "dc_bus_voltage_volts", "Voltage of a DC bus inside the UPS.", ("bus",)
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
UPS_INVERTER_ON: Final = _ups(
    "inverter_on",
    "1 while the inverter runs, 0 while it is off, as a line-interactive UPS has it on the mains.",
)
UPS_OUTLET_ON: Final = _ups(
    "outlet_on", "1 while an outlet or a group of them is switched on, else 0.", ("outlet",)
)
UPS_OUTLET_CURRENT: Final = _ups(
    "outlet_current_amperes", "Current of one outlet or a group of them.", ("outlet",)
)
UPS_OUTLET_POWER: Final = _ups(
    "outlet_power_watts", "Active power of one outlet or a group of them.", ("outlet",)
)
UPS_EFFICIENCY: Final = _ups("efficiency_ratio", "Output over input power, 0 to 1.")
UPS_ALARM: Final = _ups(
    "alarm", "1 while the device reports the alarm of this name, else 0; empty: any.", ("alarm",)
)
UPS_TEMPERATURE: Final = _ups(
    "temperature_celsius",
    "Temperature in or at the UPS, by the device's own name for it.",
    ("location",),
)
UPS_UP: Final = _ups("up", "1 if the UPS answered in the last round, else 0.")

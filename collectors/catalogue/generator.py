"""Metrics of generators: the engine, its fuel, its output and the mains beside it. Base units."""

from __future__ import annotations

from typing import Final

from collectors.base import Metric, MetricType
from collectors.catalogue.facility import SITE

GENERATOR: Final = (*SITE, "generator")


def _generator(name: str, help: str, *labels: str, type: MetricType = "gauge") -> Metric:
    return Metric(
        namespace="dc",
        subsystem="generator",
        name=name,
        type=type,
        help=help,
        labels=(*GENERATOR, *labels),
    )


GENERATOR_RUNNING: Final = _generator("running", "1 while the engine runs, else 0.")
GENERATOR_ON_LOAD: Final = _generator("on_load", "1 while the generator carries the load, else 0.")
GENERATOR_AUTOMATIC: Final = _generator(
    "automatic", "1 while the generator would start by itself if the mains failed, else 0."
)
GENERATOR_FUEL_RATIO: Final = _generator("fuel_ratio", "Fuel in the tank, 0 to 1.", "tank")
GENERATOR_FUEL_LITERS: Final = _generator("fuel_liters", "Fuel in the tank.", "tank")
GENERATOR_FUEL_USED: Final = _generator(
    "fuel_used_liters_total", "Fuel the engine has used.", type="counter"
)
GENERATOR_RUN_SECONDS: Final = _generator(
    "run_seconds_total", "Time the engine has run (engine hours).", type="counter"
)
GENERATOR_STARTS: Final = _generator("starts_total", "Starts of the engine.", type="counter")
GENERATOR_SPEED: Final = _generator("engine_speed_rpm", "Speed of the engine, turns a minute.")
GENERATOR_COOLANT: Final = _generator(
    "coolant_temperature_celsius", "Temperature of the engine's coolant."
)
GENERATOR_OIL_TEMPERATURE: Final = _generator(
    "oil_temperature_celsius", "Temperature of the engine's oil."
)
GENERATOR_OIL_PRESSURE: Final = _generator("oil_pressure_pascals", "Pressure of the engine's oil.")
GENERATOR_BATTERY_VOLTAGE: Final = _generator(
    "battery_voltage_volts", "Voltage of the starter battery."
)
GENERATOR_ALTERNATOR_VOLTAGE: Final = _generator(
    "alternator_voltage_volts",
    "Voltage of the alternator that charges the starter battery; 0 while the engine stands.",
)
GENERATOR_OUTPUT_VOLTAGE: Final = _generator(
    "output_voltage_volts", "Voltage at the generator's output.", "phase"
)
GENERATOR_OUTPUT_CURRENT: Final = _generator(
    "output_current_amperes", "Current at the generator's output.", "phase"
)
GENERATOR_OUTPUT_POWER: Final = _generator(
    "output_power_watts",
    "Active power at the generator's output: by phase, or of all with an empty phase.",
    "phase",
)
GENERATOR_OUTPUT_APPARENT: Final = _generator(
    "output_apparent_power_voltamperes", "Apparent power at the generator's output.", "phase"
)
GENERATOR_OUTPUT_REACTIVE: Final = _generator(
    "output_reactive_power_vars", "Reactive power at the generator's output.", "phase"
)
GENERATOR_OUTPUT_POWER_FACTOR: Final = _generator(
    "output_power_factor_ratio", "Power factor at the generator's output, -1 to 1.", "phase"
)
GENERATOR_OUTPUT_FREQUENCY: Final = _generator(
    "output_frequency_hertz", "Frequency at the generator's output; 0 while it stands."
)
GENERATOR_OUTPUT_ENERGY: Final = _generator(
    "output_energy_joules_total", "Energy register of the generator's output.", type="counter"
)
GENERATOR_LOAD: Final = _generator(
    "load_ratio", "Load as a share of the generator's rating, 0 to 1 and above."
)
GENERATOR_MAINS_VOLTAGE: Final = _generator(
    "mains_voltage_volts", "Voltage of the mains that the generator watches.", "phase"
)
GENERATOR_MAINS_CURRENT: Final = _generator(
    "mains_current_amperes", "Current of the mains that the generator watches.", "phase"
)
GENERATOR_MAINS_POWER: Final = _generator(
    "mains_power_watts", "Active power of the mains that the generator watches.", "phase"
)
GENERATOR_MAINS_FREQUENCY: Final = _generator(
    "mains_frequency_hertz", "Frequency of the mains that the generator watches."
)
GENERATOR_MAINS_OK: Final = _generator(
    "mains_ok", "1 while the generator takes the mains for good, else 0."
)
GENERATOR_ALARM: Final = _generator(
    "alarm", "1 while the device reports the alarm of this name, else 0; empty: any.", "alarm"
)
GENERATOR_UP: Final = _generator("up", "1 if the generator answered in the last round, else 0.")

"""Metrics of temperatures, fans and power sensors, named as in node_exporter."""

from __future__ import annotations

from typing import Final

from collectors.catalogue.host.declare import Family, metric

THERMAL_ZONE: Final = metric("thermal_zone", "temp", "Zone temperature in Celsius", "zone", "type")
COOLING_CURRENT: Final = metric(
    "cooling_device", "cur_state", "Current throttle state of the cooling device", "name", "type"
)
COOLING_MAX: Final = metric(
    "cooling_device", "max_state", "Maximum throttle state of the cooling device", "name", "type"
)

HWMON_CHIP_NAMES: Final = metric(
    "hwmon", "chip_names", "Annotation metric for human-readable chip names", "chip", "chip_name"
)
HWMON_SENSOR_LABEL: Final = metric(
    "hwmon", "sensor_label", "Label for given chip and sensor", "chip", "sensor", "label"
)

HWMON: Final = Family(
    "hwmon",
    "Hardware monitor: {}.".format,
    """temp_celsius temp_max_celsius temp_crit_celsius temp_crit_alarm_celsius in_volts curr_amps
    power_watt power_average_watt fan_rpm humidity pwm""",
    "gauge",
    ("chip", "sensor"),
)
HWMON_TOTAL: Final = Family(
    "hwmon", "Hardware monitor: {}.".format, "energy_joule_total", "counter", ("chip", "sensor")
)

RAPL: Final = Family(
    "rapl",
    lambda name: f"Current RAPL {name.removesuffix('_joules_total')} value in joules",
    "package_joules_total core_joules_total uncore_joules_total dram_joules_total"
    " psys_joules_total",
    "counter",
    ("index", "path"),
)

"""Metrics of sensors and contacts at PDUs and monitoring units, beside temperature and humidity.

Base units throughout. A state is one metric for each kind of sensor, since a sum over leaks and
doors would mean nothing. It is 1 while what its name says is so.
"""

from __future__ import annotations

from typing import Final

from collectors.base import Metric
from collectors.catalogue.facility import DEVICE, SENSOR


def _sensor(name: str, help: str) -> Metric:
    return Metric(
        namespace="dc", subsystem="sensor", name=name, type="gauge", help=help, labels=SENSOR
    )


SENSOR_DEW_POINT: Final = _sensor("dew_point_celsius", "Dew point at a sensor.")
SENSOR_DEW_POINT_DISTANCE: Final = _sensor(
    "dew_point_distance_kelvins",
    "How far the temperature at a sensor is above the dew point: a difference; at 0 water"
    " condenses.",
)
SENSOR_AIR_FLOW: Final = _sensor(
    "air_flow_cubic_meters_per_second", "Air through the cross-section at a sensor."
)
SENSOR_AIR_SPEED: Final = _sensor("air_speed_meters_per_second", "Speed of the air at a sensor.")
SENSOR_PRESSURE: Final = _sensor("pressure_pascals", "Pressure at a sensor, of air or of a fluid.")
SENSOR_PRESSURE_DIFFERENCE: Final = _sensor(
    "differential_pressure_pascals", "Pressure difference over a sensor, as of a raised floor."
)
SENSOR_WATER_FLOW: Final = _sensor(
    "water_flow_cubic_meters_per_second", "Water or glycol through a sensor."
)
SENSOR_FAN_SPEED: Final = _sensor("fan_speed_rpm", "Speed of a fan at a sensor, turns a minute.")
SENSOR_VOLTAGE: Final = _sensor("voltage_volts", "Voltage at a sensor or an analogue input.")
SENSOR_CURRENT: Final = _sensor("current_amperes", "Current at a sensor or an analogue input.")
SENSOR_POWER: Final = _sensor("power_watts", "Active power at a sensor.")
SENSOR_ENERGY: Final = Metric(
    namespace="dc",
    subsystem="sensor",
    name="energy_joules_total",
    type="counter",
    help="Energy register of a sensor.",
    labels=SENSOR,
)
SENSOR_FREQUENCY: Final = _sensor("frequency_hertz", "Frequency at a sensor.")
SENSOR_LEVEL: Final = _sensor(
    "level_ratio",
    "Level at a sensor, such as that of a tank, or an analogue input's share, 0 to 1.",
)
SENSOR_ILLUMINANCE: Final = _sensor("illuminance_lux", "Light at a sensor.")

SENSOR_ALARM: Final = _sensor(
    "alarm", "1 while the device says that the sensor is in alarm, else 0."
)
SENSOR_CONTACT_CLOSED: Final = _sensor(
    "contact_closed", "1 while a dry contact or a digital input is closed, else 0."
)
SENSOR_DOOR_OPEN: Final = _sensor("door_open", "1 while a door is open, else 0.")
SENSOR_LEAK: Final = _sensor("leak_detected", "1 while a sensor detects water, else 0.")
SENSOR_SMOKE: Final = _sensor("smoke_detected", "1 while a sensor detects smoke, else 0.")
SENSOR_MOTION: Final = _sensor("motion_detected", "1 while a sensor detects motion, else 0.")
SENSOR_VIBRATION: Final = _sensor(
    "vibration_detected", "1 while a sensor detects vibration or breaking glass, else 0."
)
SENSOR_POWER_PRESENT: Final = _sensor(
    "power_present", "1 while a sensor detects a voltage, else 0."
)
SENSOR_RELAY_ON: Final = _sensor("relay_on", "1 while a relay or a digital output is on, else 0.")

DEVICE_POE_POWER: Final = Metric(
    namespace="dc",
    subsystem="device",
    name="poe_power_watts",
    type="gauge",
    help="Power that a group of ports gives to what hangs on them (PoE, RFC 3621).",
    labels=(*DEVICE, "group"),
)
DEVICE_PROCESSOR_LOAD: Final = Metric(
    namespace="dc",
    subsystem="device",
    name="processor_load_ratio",
    type="gauge",
    help="Share of the last minute in which a processor of the device was busy (RFC 2790).",
    labels=(*DEVICE, "processor"),
)
DEVICE_STORAGE_SIZE: Final = Metric(
    namespace="dc",
    subsystem="device",
    name="storage_size_bytes",
    type="gauge",
    help="Size of a disk or of the memory of the device, by the device's name for it (RFC 2790).",
    labels=(*DEVICE, "storage"),
)
DEVICE_STORAGE_USED: Final = Metric(
    namespace="dc",
    subsystem="device",
    name="storage_used_bytes",
    type="gauge",
    help="Used part of a disk or of the memory, by the device's name for it (RFC 2790).",
    labels=(*DEVICE, "storage"),
)
DEVICE_ALARM: Final = Metric(
    namespace="dc",
    subsystem="device",
    name="alarm",
    type="gauge",
    help="1 while the device reports the alarm of this name, else 0; empty: any.",
    labels=(*DEVICE, "alarm"),
)

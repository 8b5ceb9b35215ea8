"""Guesses what the numbers of an unknown column are. Pure, no I/O.

An SNMP agent tells neither names nor units. But mains has 100 to 260 V and 50 or 60 Hz, and rooms
are between 10 and 45 °C, in whole units, tenths or hundredths. A guess is for a person to check.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from collectors.facility.snmp.texts import number_in


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """What a column may be: the unit and scale of its numbers, and a metric for a first try.

    `sure` is false if the numbers might be nearly anything.
    """

    what: str
    metric: str
    unit: str
    scale: str = "1"
    text: bool = False
    sure: bool = True


VOLTS: Final = Guess(what="mains voltage", metric="dc_sensor_voltage_volts", unit="V")
_HERTZ: Final = Guess(what="mains frequency", metric="dc_sensor_frequency_hertz", unit="Hz")
_CELSIUS: Final = Guess(what="temperature", metric="dc_sensor_temperature_celsius", unit="C")
CURRENT: Final = Guess(what="current", metric="dc_sensor_current_amperes", unit="A")
POWER: Final = Guess(what="power", metric="dc_sensor_power_watts", unit="W")
_UNKNOWN: Final = Guess(
    what="unknown; taken for a current",
    metric="dc_sensor_current_amperes",
    unit="A",
    scale="0.1",
    sure=False,
)
_MAINS: Final = ((49.0, 51.0), (59.0, 61.0))
_RANGES: Final = (
    (_HERTZ, _MAINS, (1, 10, 100, 1000)),
    (VOLTS, ((105.0, 130.0), (198.0, 253.0), (380.0, 440.0)), (1, 10, 100, 1000)),
    (_CELSIUS, ((14.0, 42.0),), (10, 100, 1)),
)
"""What, its usual ranges, and the steps in which makers count it, the most likely first."""
_SCALES: Final = {1: "1", 10: "0.1", 100: "0.01", 1000: "0.001"}
_UNITS: Final = {
    "v": ("voltage", "dc_sensor_voltage_volts", "V"),
    "volt": ("voltage", "dc_sensor_voltage_volts", "V"),
    "volts": ("voltage", "dc_sensor_voltage_volts", "V"),
    "a": ("current", "dc_sensor_current_amperes", "A"),
    "amp": ("current", "dc_sensor_current_amperes", "A"),
    "amps": ("current", "dc_sensor_current_amperes", "A"),
    "ma": ("current", "dc_sensor_current_amperes", "mA"),
    "w": ("power", "dc_sensor_power_watts", "W"),
    "watts": ("power", "dc_sensor_power_watts", "W"),
    "kw": ("power", "dc_sensor_power_watts", "kW"),
    "kwh": ("energy", "dc_sensor_energy_joules_total", "kWh"),
    "wh": ("energy", "dc_sensor_energy_joules_total", "Wh"),
    "hz": ("frequency", "dc_sensor_frequency_hertz", "Hz"),
    "c": ("temperature", "dc_sensor_temperature_celsius", "C"),
    "f": ("temperature", "dc_sensor_temperature_celsius", "F"),
    "%": ("a share, such as humidity", "dc_sensor_humidity_ratio", "percent"),
    "%rh": ("humidity", "dc_sensor_humidity_ratio", "percent"),
}
STATES: Final = 20
"""Numbers up to this are taken for states, small counts and positions."""


def guess(values: Sequence[object]) -> Guess | None:
    """Return what the values of a column may be; None if they look like no reading."""
    texts = [value.decode("utf-8", "replace") for value in values if isinstance(value, bytes)]
    if texts:
        return _by_texts(texts) if len(texts) == len(values) else None
    numbers = [float(value) for value in values if isinstance(value, (int, float))]
    there = [number for number in numbers if number and abs(number) < 2**31 - 1]
    if len(numbers) < len(values) or not there:
        return None
    for what, ranges, steps in _RANGES:
        for step in steps:
            if all(any(low <= one / step <= high for low, high in ranges) for one in there):
                return scaled(what, step)
    return _UNKNOWN if max(map(abs, there)) > STATES else None


def _by_texts(texts: Sequence[str]) -> Guess | None:
    numbers = [number_in(text) for text in texts if text.strip()]
    if not numbers or None in numbers:
        return None
    units = {re.sub(r"[-+0-9.,°\s]", "", text).casefold() for text in texts if text.strip()}
    if len(units) == 1 and (known := _UNITS.get(units.pop())) is not None:
        what, metric, unit = known
        return Guess(what=what, metric=metric, unit=unit, text=True)
    found = guess([number for number in numbers if number is not None])
    return found and Guess(
        what=found.what,
        metric=found.metric,
        unit=found.unit,
        scale=found.scale,
        text=True,
        sure=found.sure,
    )


def scaled(what: Guess, step: int) -> Guess:
    """Return a guess for numbers that count in parts of the unit: tenths by a step of 10."""
    return Guess(what=what.what, metric=what.metric, unit=what.unit, scale=_SCALES[step])

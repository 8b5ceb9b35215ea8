"""What a reading of a device can be at all: bounds by metric, and raw numbers that mean nothing.

The bounds belong to the metric, so that no profile has to repeat them. `collectors.judge` refuses
what is outside. They are wide: they find sentinels, wrong scales and wrong maps, not bad weather.
"""

from __future__ import annotations

import functools
import math
import re
from dataclasses import dataclass
from typing import Final

from collectors.base import Metric
from collectors.catalogue.limits import METER_LITERS, METER_WATTS, REGISTER_SECONDS

EXTREMES: Final = frozenset(
    {
        *(float(sign * 2**bits - (sign > 0)) for bits in (15, 31, 63) for sign in (1, -1)),
        *(float(2**bits - 1) for bits in (16, 32, 64)),
    }
)
"""The extremes of the signed and unsigned types of 16, 32 and 64 bits.

No quantity is that number by measurement. Devices send it where they have no value.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """The least and the greatest value, both possible, in the metric's base unit.

    `zero`: 0 is possible too, also where it is below the least: a frequency where nothing turns.
    """

    least: float = -math.inf
    most: float = math.inf
    zero: bool = False

    def hold(self, value: float) -> bool:
        """Tell whether a value is possible."""
        return self.least <= value <= self.most or (self.zero and value == 0)


_ABOVE: Final = math.nextafter(-60.0, 0.0)
_BELOW: Final = math.nextafter(150.0, 0.0)
_LOW_VOLTAGE: Final = math.nextafter(1000.0, 0.0)
"""Low voltage ends at 1 000 V of alternating current (IEC 60038)."""
_ALTERNATING: Final = Bounds(least=0.0, most=_LOW_VOLTAGE)
_DIRECT: Final = Bounds(least=-_LOW_VOLTAGE, most=_LOW_VOLTAGE)
_ANY: Final = Bounds()
_NOT_NEGATIVE: Final = Bounds(least=0.0)

_RULES: Final[tuple[tuple[str, Bounds], ...]] = (
    (r"_celsius$", Bounds(least=_ABOVE, most=_BELOW)),
    (r"dc_sensor_frequency_hertz$", _NOT_NEGATIVE),
    # A frequency of the mains, or of what takes its place. 0 Hz: an input without a voltage.
    (r"_hertz$", Bounds(least=40.0, most=70.0, zero=True)),
    # Behind transformers a meter may be at medium voltage, up to 35 kV and its highest 40.5 kV
    # (IEC 60038).
    (r"^dc_meter_voltage_volts$", Bounds(least=0.0, most=40_500.0)),
    # Low voltage of direct current ends at 1 500 V.
    (r"_solar_voltage_volts$", Bounds(least=0.0, most=1500.0)),
    # Plants are of 24 to 60 V, some negative against earth, or of 240 to 400 V (ETSI EN 300 132).
    (r"^dc_dcplant_(inverter|input|rectifier_input)_voltage_volts$", _ALTERNATING),
    (r"^dc_dcplant_.*_volts$", Bounds(least=-450.0, most=450.0)),
    (r"^dc_sensor_voltage_volts$|_battery_(cell_)?voltage_volts$", _DIRECT),
    (r"_volts$", _ALTERNATING),
    (r"^dc_(pdu|ats)_.*_amperes$", Bounds(least=0.0, most=1e5)),
    (r"^dc_(pdu|ats)_.*_voltamperes$", Bounds(least=0.0, most=1e9)),
    (r"_amperes$", Bounds(least=-1e5, most=1e5)),
    (r"_power_factor_ratio$", Bounds(least=-1.01, most=1.01)),
    (r"_current_distortion_ratio$", Bounds(least=0.0, most=10.0)),
    # One phase alone is at twice the mean of three above it.
    (r"_imbalance_ratio$", Bounds(least=0.0, most=2.01)),
    (r"_humidity_ratio$", Bounds(least=0.0, most=1.1)),
    (r"_energy_efficiency_ratio$", Bounds(least=0.0, most=100.0)),
    (r"_ratio$", Bounds(least=0.0, most=1.5)),
    (r"_(watts|voltamperes|vars)$", Bounds(least=-1e9, most=1e9)),
    (r"_joules_total$", Bounds(least=0.0, most=METER_WATTS * REGISTER_SECONDS)),
    (
        r"_net_reactive_energy_var_seconds$",
        Bounds(least=-METER_WATTS * REGISTER_SECONDS, most=METER_WATTS * REGISTER_SECONDS),
    ),
    (r"_liters_total$", Bounds(least=0.0, most=METER_LITERS * REGISTER_SECONDS)),
    (r"_kelvins$", Bounds(least=-100.0, most=200.0)),
    (r"_total$|_(seconds|rpm|lux|liters|second)$", _NOT_NEGATIVE),
)
"""The bounds by the end of a metric's full name; the first rule that fits counts."""


@functools.cache
def bounds_of(metric: Metric) -> Bounds:
    """Return the bounds of a metric of devices; without a rule, any number is possible."""
    rules = (bounds for pattern, bounds in _RULES if re.search(pattern, metric.full_name))
    return next(rules, _ANY)


def has_extremes(metric: Metric) -> bool:
    """Tell whether the extreme of a type is no value of this metric.

    A counter passes through every number, and states and data rates have their own.
    """
    return metric.type == "gauge" and bounds_of(metric) is not _ANY

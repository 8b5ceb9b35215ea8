"""Quantities that a simulated device measures, and the metrics that show them.

A device's state is a mapping of quantities to numbers in base units. `measure` finds, for any
metric and its labels, the quantity and the share of it that the metric shows, so that a metric
added to the catalogue is simulated without other changes.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from collectors.base import Metric
from collectors.facility.units import quantity_of

SHARES: Final = (0.338, 0.331, 0.331)
"""The three phases' shares of a load."""
BANKS: Final = (0.55, 0.45)
OUTLETS: Final = 8
PHASES: Final[Mapping[int, tuple[str, ...]]] = {
    1: ("L1",),
    3: ("L1", "L2", "L3", "N", "L1-L2", "L2-L3", "L3-L1"),
}
"""The phases of a single-phase and of a three-phase device."""
_NEUTRAL: Final = 0.02
_BETWEEN: Final = re.compile(r"L\d-L\d")

ORDINARY: Final[Mapping[str, float]] = {
    "hertz": 50.0,
    "power_factor": 0.97,
    "charge": 1.0,
    "load": 0.4,
    "runtime": 1800.0,
    "ran": 7.2e6,
    "volts": 230.0,
    "battery_volts": 432.0,
    "humidity": 0.45,
    "celsius": 24.0,
    "zero": 0.0,
    "one": 1.0,
    "ratio": 0.5,
    "flow": 0.4,
    "bits": 1e9,
    "bytes": 1.5e12,
}
"""Constant values of quantities that a device's state does not contain."""
FIXED: Final = frozenset({"zero", "one"})
"""Quantities that no device measures."""

# By words of the metric's name, the first that fits; else by the metric's quantity.
_BY_NAME: Final[tuple[tuple[str, str], ...]] = (
    ("generator_output", "zero"),
    ("engine_speed", "zero"),
    ("bypass_current", "zero"),
    ("bypass_power", "zero"),
    ("battery_current", "zero"),
    ("exported", "zero"),
    ("battery_voltage", "battery_volts"),
    ("humidity", "humidity"),
    ("run_seconds", "ran"),
    ("power_factor", "power_factor"),
    ("charge", "charge"),
    ("load", "load"),
    ("capacity", "heat"),
    ("demand", "heat"),
    ("supply", "supply"),
    ("return", "return"),
    ("input_power", "input_watts"),
    ("input_current", "input_amperes"),
    ("input_energy", "input_joules"),
)
_BY_QUANTITY: Final[Mapping[str, str]] = {
    **{
        name: name
        for name in (
            "watts",
            "voltamperes",
            "vars",
            "joules",
            "volts",
            "amperes",
            "hertz",
            "celsius",
            "ratio",
            "bytes",
        )
    },
    "seconds": "runtime",
    "cubic_meters_per_second": "flow",
    "bits_per_second": "bits",
    "flag": "one",
}
_SHARED: Final = frozenset(
    {
        "watts",
        "voltamperes",
        "vars",
        "joules",
        "amperes",
        "input_watts",
        "input_amperes",
        "input_joules",
    }
)
_CALM: Final = ("_on_battery", "_on_bypass", "_alarm", "_detected", "_low", "_replace", "_failed")
"""States that are 0 while all is well."""
_STANDS: Final = frozenset(("dc_generator_running", "dc_generator_on_load"))
"""States of an engine that stands, ready to start: the mains are there."""
_EITHER: Final = ("dc_ats_source_selected", "dc_ats_source_preferred")


@dataclass(frozen=True, slots=True)
class State:
    """What one device measures now, in base units, and its outlets' shares of the load."""

    values: Mapping[str, float]
    outlets: tuple[float, ...] = field(default=(1 / OUTLETS,) * OUTLETS)


@dataclass(frozen=True, slots=True)
class Measure:
    """A quantity of the state times a factor.

    `outlet` counts from 0, and is -1 where it is not one outlet's.
    """

    quantity: str
    factor: float = 1.0
    outlet: int = -1

    def of(self, state: State) -> float:
        """Return its value in a state."""
        value = state.values.get(self.quantity)
        if value is None:
            value = ORDINARY.get(self.quantity, 0.0)
        value *= self.factor
        return value if self.outlet < 0 else value * state.outlets[self.outlet % len(state.outlets)]


def measure(metric: Metric, labels: Mapping[str, str], phases: int) -> Measure:
    """Return what a metric with these labels shows on a device of one or three phases."""
    name = metric.full_name
    quantity = next((found for word, found in _BY_NAME if word in name), "") or _BY_QUANTITY.get(
        quantity_of(name), "one"
    )
    if quantity_of(name) == "flag" and name not in _EITHER:
        return Measure("zero" if name.endswith(_CALM) or name in _STANDS else "one")
    if name in _EITHER:  # the load hangs on the first source or the inverters, never on both
        return Measure("zero" if labels.get("source", "").endswith(("2", "B", "mains")) else "one")
    phase = labels.get("phase", "")
    if quantity not in _SHARED:
        return Measure(
            quantity, math.sqrt(3) if quantity == "volts" and _BETWEEN.fullmatch(phase) else 1.0
        )
    factor = 1.0
    if phase == "N":
        factor = _NEUTRAL
    elif phase[:2] in ("L1", "L2", "L3") and phases > 1:
        factor = SHARES[int(phase[1]) - 1]
    elif quantity.endswith("amperes") and phases > 1:
        factor = 1 / phases  # without a phase label it is the mean of the phases
    factor *= BANKS[(_last_number(labels["bank"]) - 1) % len(BANKS)] if "bank" in labels else 1.0
    outlet = _last_number(labels["outlet"]) - 1 if "outlet" in labels else -1
    return Measure(quantity, factor, outlet)


def _last_number(text: str) -> int:
    """Return the last number in a label such as `3`, `1.3` or `AA3`; 1 where there is none."""
    found = re.findall(r"\d+", text)
    return max(int(found[-1]), 1) if found else 1

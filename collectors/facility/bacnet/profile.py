"""BACnet points: which property of which object becomes which metric.

This module also decides which answers of a device are valid readings. Decoding is pure: it turns
plain values into numbers in base units. Source: ANSI/ASHRAE 135, clauses 12 (objects) and 21
(enumerations).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Final, Literal, NamedTuple, get_args

from collectors.base import Metric
from collectors.catalogue.bounds import EXTREMES, has_extremes
from collectors.facility.bacnet.engineering_units import UNIT_NAMES
from collectors.facility.custom_metric import CustomMetric
from collectors.facility.profile import load, metric_named
from collectors.facility.units import UNITS, check_unit, quantity_of
from collectors.strict import Parsed, nearest

ObjectType = Literal[
    "analog-input",
    "analog-output",
    "analog-value",
    "binary-input",
    "binary-output",
    "binary-value",
    "multi-state-input",
    "multi-state-output",
    "multi-state-value",
    "accumulator",
    "pulse-converter",
    "large-analog-value",
    "integer-value",
    "positive-integer-value",
    "loop",
]
Answer = float | str | tuple[int, ...]
"""The plain value of a property: a number, the name of an enumeration's member, or flags."""
Answers = dict[tuple[str, str], Answer]
"""The answers of a device by object (`analog-input,1`) and property.

Properties that the device does not have are missing.
"""

PRESENT_VALUE: Final = "present-value"
UNITS_PROPERTY: Final = "units"
STATES: Final = ("status-flags", "reliability", "out-of-service")
"""Properties that say whether a value is valid."""
REGISTER: Final = ("scale", "max-pres-value")
"""Properties of an accumulator: the meaning of one count, and the count at which it wraps (12.1).
"""

_HEALTHY: Final = ("no-fault-detected",)
_FAULT, _OUT_OF_SERVICE = 1, 3
_FLAGS: Final = 4
_LARGEST_INSTANCE: Final = (1 << 22) - 2


def parse_object(text: str) -> str:
    """Check an object's name such as `analog-input,1` and normalise it; raises ValueError."""
    match = re.fullmatch(r"([a-z-]+)[,:] ?(\d{1,7})", text)
    if match is None or match[1] not in get_args(ObjectType) or int(match[2]) > _LARGEST_INSTANCE:
        raise ValueError(text)
    return f"{match[1]},{int(match[2])}"


def tells_unit(name: str) -> bool:
    """Tell whether objects of this type have the property `units`."""
    return not name.startswith(("binary-", "multi-state-"))


ObjectName = Annotated[
    str,
    Parsed(
        parse_object, f"an object such as analog-input,1 (one of {', '.join(get_args(ObjectType))})"
    ),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One property of one object, and the metric that it becomes.

    The value is `raw * scale` in `unit`. `unit` is needed if the object does not report its unit or
    reports a wrong one. `map` gives the value of each state of a binary object (0, 1) or a
    multi-state object (from 1 on). Raw values in `missing`, below `least` or above `most` are
    rejected. `labels` are labels that the device's config does not give, or that differ from it.
    """

    metric: str
    object: ObjectName
    property: str = PRESENT_VALUE
    unit: str = ""
    scale: float = 1.0
    map: dict[int, float] = field(default_factory=dict)
    missing: list[float] = field(default_factory=list)
    least: float | None = None
    most: float | None = None
    labels: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check the metric, its unit and its labels."""
        try:
            metric = metric_named(self.metric)
        except ValueError as error:
            raise ValueError(f"metric: {error}") from None
        if self.unit:
            check_unit(self.metric, self.unit)
        elif not tells_unit(self.object) and not self.map and quantity_of(self.metric) != "flag":
            raise ValueError(
                f"unit: missing; a {self.object.partition(',')[0]} does not report its unit"
            )
        if not re.fullmatch(r"[a-z]+(-[a-z0-9]+)*", self.property):
            raise ValueError(
                f"property: expected a name such as {PRESENT_VALUE}, got {self.property!r}"
            )
        for label in self.labels:
            if label not in metric.labels or label in ("hub", "site", "row"):
                own = [name for name in metric.labels if name not in ("hub", "site", "row")]
                raise ValueError(
                    f"labels: {label!r} of {self.metric} cannot be set here{nearest(label, own)}"
                )


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """The points of one model of device, or of several controllers with the same program."""

    protocol: Literal["bacnet"]
    title: str
    source: str
    points: list[Point]
    metrics: dict[str, CustomMetric] = field(
        default_factory=dict, metadata={"help": "metrics of the profile's own, dc_custom_..."}
    )

    def __post_init__(self) -> None:
        """Check that there is at least one point."""
        if not self.points:
            raise ValueError("points: a profile without points reads nothing")


def load_profile(name: str, folder: Path | None = None) -> Profile:
    """Load a BACnet profile by its name; raises ConfigError or Problems."""
    return load(name, "bacnet", Profile, folder)


class Value(NamedTuple):
    """The value of a point: a number in the metric's base unit, or the reason why there is none."""

    number: float | None
    why: str = ""


def decode(point: Point, metric: Metric, answers: Mapping[tuple[str, str], Answer]) -> Value:
    """Return the value of a point from a device's answers; never raises."""
    reason = fault_of(point, answers)
    if reason:
        return Value(None, reason)
    raw = answers.get((point.object, point.property))
    if not isinstance(raw, (int, float)):
        return Value(None, "no_value")
    if point.map:
        state = point.map.get(int(raw)) if math.isfinite(raw) else None
        return Value(state, "" if state is not None else "unknown_state")
    if (
        not math.isfinite(raw)
        or raw in point.missing
        or _outside(raw, point)
        or (raw in EXTREMES and has_extremes(metric))
    ):
        return Value(None, "sentinel")
    unit = unit_of(point, metric, answers)
    if unit is None:
        return Value(None, "unit")
    factor, offset = unit
    number = raw * count_scale(point, answers) * point.scale * factor + offset
    return Value(number) if math.isfinite(number) else Value(None, "sentinel")


def fault_of(point: Point, answers: Mapping[tuple[str, str], Answer]) -> str:
    """Return why an object's value is invalid: `out_of_service` or `fault`; empty if valid."""
    flags, reliability, out = (answers.get((point.object, name)) for name in STATES)
    status = flags if isinstance(flags, tuple) and len(flags) == _FLAGS else (0,) * _FLAGS
    if status[_OUT_OF_SERVICE] or out:
        return "out_of_service"
    return (
        "fault"
        if status[_FAULT] or (isinstance(reliability, str) and reliability not in _HEALTHY)
        else ""
    )


def unit_of(
    point: Point, metric: Metric, answers: Mapping[tuple[str, str], Answer]
) -> tuple[float, float] | None:
    """Return factor and offset to the metric's base unit.

    None if the device's unit does not fit the metric.
    """
    if point.unit:
        unit = UNITS[point.unit]
        return unit.factor, unit.offset
    quantity = quantity_of(metric.full_name)
    if quantity == "flag":
        return 1.0, 0.0
    said = UNITS.get(UNIT_NAMES.get(str(answers.get((point.object, UNITS_PROPERTY))), ""))
    return (said.factor, said.offset) if said is not None and said.quantity == quantity else None


def count_scale(point: Point, answers: Mapping[tuple[str, str], Answer]) -> float:
    """Return the value of one count of an accumulator in its unit; 1 for other objects."""
    scale = answers.get((point.object, REGISTER[0]))
    counted = point.object.startswith("accumulator,") and point.property == PRESENT_VALUE
    return float(scale) if counted and isinstance(scale, (int, float)) and scale > 0 else 1.0


def span_of(
    point: Point, metric: Metric, answers: Mapping[tuple[str, str], Answer]
) -> float | None:
    """Return the value at which an energy register wraps to 0, in the metric's base unit.

    None if the device does not report it.
    """
    most, unit = answers.get((point.object, REGISTER[1])), unit_of(point, metric, answers)
    if (
        metric.type != "counter"
        or unit is None
        or not isinstance(most, (int, float))
        or not 0 < most < math.inf
    ):
        return None
    return (most + 1.0) * count_scale(point, answers) * point.scale * unit[0]


def _outside(raw: float, point: Point) -> bool:
    return (point.least is not None and raw < point.least) or (
        point.most is not None and raw > point.most
    )

"""What another program decodes from the same recordings, beside what we do: matched, absent and differing, row by row."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from collectors.facility.snmp_plan import Plan

# The oracle's classes and what its unit is in ours.
FACTORS = {
    "power": 1.0, "current": 1.0, "voltage": 1.0, "power_consumed": 3.6e6, "frequency": 1.0, "temperature": 1.0,
    "humidity": 0.01, "load": 0.01, "charge": 0.01, "runtime": 60.0, "power_factor": 1.0, "airflow": 4.719474432e-4,
}  # fmt: skip


@dataclass
class Comparison:
    """Rows of the oracle: `matched` equal in base units, `absent` with no reading of ours, `differing` with another value."""

    matched: list[str] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)
    differing: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        """Show the counts."""
        return f"matched {len(self.matched)}, absent {len(self.absent)}, differing {len(self.differing)}"


def rows(file: Path, classes: set[str]) -> list[dict[str, object]]:
    """Return the oracle's sensors of some classes."""
    sections = json.loads(file.read_text("utf-8"))["sensors"]
    found = sections["poller"] if isinstance(sections["poller"], dict) else sections["discovery"]
    return [row for row in found["sensors"] if row["sensor_class"] in classes]


def said_units(recording: Path, column: str, units: str, factors: Mapping[str, float]) -> dict[str, float]:
    """Return what a recording says each number of a table's column is in: by the words of the column beside it."""
    found = {}
    for line in recording.read_text("utf-8", "replace").splitlines():
        oid, _, rest = line.partition("|")
        word = rest.partition("|")[2]
        if oid.startswith(f"{units}.") and word in factors:
            found[f"{column}.{oid.removeprefix(f'{units}.')}"] = factors[word]
    return found


def compare(
    file: Path, plan: Plan, values: dict[object, float], classes: set[str], said: Mapping[str, float] | None = None
) -> Comparison:
    """Compare the readings of one round with the oracle's rows, by the object that each is read from.

    `said` holds by object what the device itself says its number is in (1000 for kilowatts): the oracle shows the number and
    leaves the unit out.
    """
    ours = {point.oid: values.get(point.series) for point in plan.points}
    result = Comparison()
    for row in rows(file, classes):
        oid = str(row["sensor_oid"]).lstrip(".")
        kind = str(row["sensor_class"])
        factor = (said or {}).get(oid, FACTORS[kind])
        expected = float(str(row["sensor_current"])) * factor if row["sensor_current"] is not None else None
        line = f"{kind} {oid} {row['sensor_descr']!r} = {row['sensor_current']} (/{row['sensor_divisor']} *{row['sensor_multiplier']})"
        value = ours.get(oid)
        if value is None or expected is None:
            result.absent.append(line)
        elif abs(value - expected) <= 1e-9 * max(1.0, abs(expected)):
            result.matched.append(line)
        else:
            result.differing.append(f"{line}: ours {value}, expected {expected}")
    return result

"""What another program decodes from the same recordings, beside what we do: matched, absent and
differing, row by row.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from collectors.facility.snmp.plan import Plan

# The oracle's classes and what its unit is in ours.
FACTORS = {
    "power": 1.0,
    "current": 1.0,
    "voltage": 1.0,
    "power_consumed": 3.6e6,
    "frequency": 1.0,
    "temperature": 1.0,
    "humidity": 0.01,
    "load": 0.01,
    "charge": 0.01,
    "runtime": 60.0,
    "power_factor": 1.0,
    "airflow": 4.719474432e-4,
}


@dataclass
class Comparison:
    """Rows of the oracle: `matched` equal in base units, `differing` with another value, `absent` with no reading of ours.

    `absent` says of each why it is none; `unexplained` are those of which nothing is said.
    `corrected` are those matched whose scale or unit is not what the oracle takes it for, but what
    the recording or the MIB says.
    """

    matched: list[str] = field(default_factory=list)
    corrected: list[str] = field(default_factory=list)
    absent: list[tuple[str, str]] = field(default_factory=list)
    unexplained: list[str] = field(default_factory=list)
    differing: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        """Show the counts, and why what is absent is."""
        reasons = Counter(reason for _, reason in self.absent)
        told = "".join(f"\n    absent {count}: {reason}" for reason, count in reasons.items())
        return (
            f"matched {len(self.matched)} ({len(self.corrected)} after a correction), absent"
            f" {len(self.absent)}, "
            f"unexplained {len(self.unexplained)}, differing {len(self.differing)}{told}"
        )


def rows(file: Path, classes: set[str]) -> list[dict[str, object]]:
    """Return the oracle's sensors of some classes."""
    sections = json.loads(file.read_text("utf-8"))["sensors"]
    found = sections["poller"] if isinstance(sections["poller"], dict) else sections["discovery"]
    return [row for row in found["sensors"] if row["sensor_class"] in classes]


def objects(recording: Path) -> dict[str, str]:
    """Return what a recording holds, as texts."""
    lines = (
        line.split("|", 2)
        for line in recording.read_text("utf-8", "replace").splitlines()
        if line.count("|") > 1
    )
    return {oid: value for oid, _, value in lines}


def beside(
    recorded: Mapping[str, str], column: str, says: str, factors: Mapping[str, float]
) -> dict[str, float]:
    """Return by object what a recording says each number of a column is in: by the words or numbers
    of the column beside it.
    """
    rows = (
        (oid.removeprefix(f"{says}."), word)
        for oid, word in recorded.items()
        if oid.startswith(f"{says}.")
    )
    return {f"{column}.{row}": factors[word] for row, word in rows if word in factors}


def compare(
    file: Path,
    plan: Plan,
    values: dict[object, float],
    classes: set[str],
    recorded: Mapping[str, str],
    said: Mapping[str, float] | None = None,
    reasons: Mapping[str, str] | None = None,
) -> Comparison:
    """Compare the readings of one round with the oracle's rows, by the object that each is read from.

    `said` holds by object what its number is in, where the oracle shows the number and leaves the
    unit or the decimal digits out. `reasons` says by the beginning of an object, or by a word of
    the oracle's description, why it is not read. An object whose quantity is read from a better one
    is equal within its own, coarser steps.
    """
    ours = {
        point.oid: values.get(point.series)
        for point in (*plan.points, *(one for parts in plan.sums for one in parts))
    }
    result = Comparison()
    for row in rows(file, classes):
        oid = str(row["sensor_oid"]).lstrip(".")
        kind = str(row["sensor_class"])
        factor = (said or {}).get(oid, FACTORS[kind])
        line = (
            f"{kind} {oid} {row['sensor_descr']!r} = {row['sensor_current']}"
            f" (/{row['sensor_divisor']} *{row['sensor_multiplier']})"
        )
        reason = _why_absent(oid, str(row["sensor_descr"]), ours, recorded, reasons or {})
        value, step = ours.get(oid), 0.0
        if value is None and oid in plan.elsewhere:
            value, step = (
                values.get(plan.elsewhere[oid]),
                float(row["sensor_multiplier"] or 1) / float(row["sensor_divisor"] or 1),
            )
        if value is None or row["sensor_current"] is None:
            result.absent.append((line, reason))
            result.unexplained += [] if reason else [line]
            continue
        expected = float(str(row["sensor_current"])) * factor
        if abs(value - expected) <= max(step * factor, 1e-9 * max(1.0, abs(expected))):
            result.matched.append(line)
            result.corrected += [line] if factor != FACTORS[kind] else []
        else:
            result.differing.append(f"{line}: ours {value}, expected {expected}")
    return result


def _why_absent(
    oid: str,
    descr: str,
    ours: Mapping[str, object],
    recorded: Mapping[str, str],
    reasons: Mapping[str, str],
) -> str:
    for known, reason in reasons.items():
        if f"{oid}.".startswith(f"{known}.") or known in descr:
            return reason
    if oid not in recorded:
        return "the recording has no such object"
    return f"{recorded[oid]} is no reading of it, by the profile" if oid in ours else ""

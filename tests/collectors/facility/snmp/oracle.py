"""What another program decodes from the same recordings, beside what we do: row by row."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, Literal

from collectors.facility.snmp.program import Plan
from collectors.strict import read
from tests.support import ROOT, recording

EXPECTED: Final = ROOT / "tests" / "cases" / "recordings"

FACTORS: Final = {
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
"""The oracle's classes that have metrics of ours, and what their unit is in ours."""
OTHERS: Final = {
    "percent": 0.01,
    "waterflow": 1e-3 / 60,
    "pressure": 1e3,
    "cooling": 1.0,
    "fanspeed": 1.0,
    "count": 1.0,
    "delay": 1.0,
    "eer": 1.0,
    "quality_factor": 1.0,
}
"""Classes that have a metric of ours only for some of what the oracle puts into them."""
STATE: Final = "state"
"""A state is compared by whether its object is read: the oracle's numbers are the device's."""

Outcome = Literal["equal", "reason", "absent", "differing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """A column whose numbers are in what the column beside them says, by its words or numbers."""

    column: str
    says: str
    factors: dict[str, float]
    rows: str = field(default="", metadata={"help": "only rows that fit this expression"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What is known of a recording: `tests/cases/recordings/<name>.yaml`.

    `corrected` says by the beginning of an object what its number is in, where the oracle takes it
    for something else; `beside` does so where the device says it in another column. `instead` names
    the object of ours that holds what the oracle reads from another one. `reasons` says by the
    beginning of an object, or by a word of the oracle's description, why it is not read.
    """

    profile: str
    least: int = 0
    corrected: dict[str, float] = field(default_factory=dict)
    beside: list[Beside] = field(default_factory=list)
    instead: dict[str, str] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of the oracle, what came of it, and why."""

    kind: str
    oid: str
    descr: str
    value: float | None
    step: float
    outcome: Outcome = "absent"
    note: str = ""

    def __str__(self) -> str:
        """Show it on one line."""
        return (
            f"{self.outcome:<9} {self.kind} {self.oid} {self.descr!r} = {self.value}"
            f" (step {self.step:g}){': ' if self.note else ''}{self.note}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """All rows of the oracle, compared."""

    rows: Sequence[Row]

    def of(self, outcome: Outcome, classes: Iterable[str] = FACTORS) -> list[Row]:
        """Return the rows of some classes that came out so."""
        return [row for row in self.rows if row.outcome == outcome and row.kind in set(classes)]


def expectations() -> dict[str, Expected]:
    """Return what is expected of each recording, by its name."""
    return {
        path.stem: read(path, Expected, text=path.read_text("utf-8"))
        for path in sorted(EXPECTED.glob("*.yaml"))
    }


def objects(file: Path) -> dict[str, str]:
    """Return what a recording holds, as texts."""
    lines = (
        line.split("|", 2)
        for line in file.read_text("utf-8", "replace").splitlines()
        if line.count("|") > 1
    )
    return {oid: value for oid, _, value in lines}


def compare(
    name: str,
    plan: Plan | None,
    values: Mapping[object, float],
    expected: Expected,
    left_out: Mapping[str, str],
) -> Comparison:
    """Compare the readings of one round with the oracle's rows, by the object of each.

    A device that could not be read has no plan: then all rows are absent. An object may feed
    several series: it is equal if one of them is. An object whose quantity is read from a better
    one is equal within its own, coarser steps.
    """
    plan = plan or Plan()
    file = recording(name)
    recorded = objects(file)
    factors = dict(_said(recorded, expected))
    reasons = {**left_out, **expected.reasons}
    ours: dict[str, list[float | None]] = defaultdict(list)
    for point in (*plan.points, *(one for parts in plan.sums for one in parts)):
        ours[point.oid].append(values.get(point.series))
    found = []
    for row in _rows(file.parent / "expected" / f"{name}.json"):
        near = [value for value in ours.get(row.oid, ()) if value is not None]
        step = 0.0
        if not near:
            near, step = _near(row, plan, values, ours, expected), row.step
        factor = factors.get(row.oid, {**FACTORS, **OTHERS}.get(row.kind, 1.0))
        found.append(
            _judged(row, near, factor, step)
            if near and row.value is not None
            else _absent(row, ours, recorded, reasons)
        )
    return Comparison(rows=found)


def _near(
    row: Row,
    plan: Plan,
    values: Mapping[object, float],
    ours: Mapping[str, Sequence[float | None]],
    expected: Expected,
) -> list[float]:
    """Return our values of a row that is read from another object."""
    instead = ours.get(expected.instead.get(row.oid, ""), ())
    better = values.get(plan.elsewhere[row.oid]) if row.oid in plan.elsewhere else None
    return [value for value in (*instead, better) if value is not None]


def _judged(row: Row, near: Sequence[float], factor: float, step: float) -> Row:
    wanted = (row.value or 0.0) * factor
    room = max(step * factor, 1e-9 * max(1.0, abs(wanted)))
    # The oracle puts shares of the highest speed beside revolutions a minute.
    shares = [100 * value for value in near] if row.kind == "fanspeed" else []
    if row.kind == STATE or any(abs(value - wanted) <= room for value in (*near, *shares)):
        return replace(row, outcome="equal", note="")
    return replace(
        row, outcome="differing", note=f"ours {', '.join(map(str, near))}, expected {wanted:.10g}"
    )


def _absent(
    row: Row, ours: Mapping[str, object], recorded: Mapping[str, str], reasons: Mapping[str, str]
) -> Row:
    for known, reason in reasons.items():
        if f"{row.oid}.".startswith(f"{known}.") or known in row.descr:
            return replace(row, outcome="reason", note=reason)
    if row.oid not in recorded:
        return replace(row, outcome="reason", note="the recording has no such object")
    if row.oid in ours:
        return replace(
            row, outcome="reason", note=f"{recorded[row.oid]} is no reading of it, by the profile"
        )
    return row


def _rows(file: Path) -> Iterator[Row]:
    sections = json.loads(file.read_text("utf-8"))["sensors"]
    poller = sections.get("poller")
    for row in (poller if isinstance(poller, dict) else sections["discovery"])["sensors"]:
        said = row["sensor_current"]
        yield Row(
            kind=row["sensor_class"],
            oid=str(row["sensor_oid"]).lstrip("."),
            descr=str(row["sensor_descr"]),
            value=None if said is None else float(said),
            step=float(row["sensor_multiplier"] or 1) / float(row["sensor_divisor"] or 1),
        )


def _said(recorded: Mapping[str, str], expected: Expected) -> Iterator[tuple[str, float]]:
    """Yield by object what its number is in, where the oracle's class does not tell."""
    for known, factor in expected.corrected.items():
        yield from ((oid, factor) for oid in recorded if f"{oid}.".startswith(f"{known}."))
    for one in expected.beside:
        for oid, word in recorded.items():
            row = oid.removeprefix(f"{one.says}.")
            if row != oid and word in one.factors and re.search(one.rows, row):
                yield f"{one.column}.{row}", one.factors[word]

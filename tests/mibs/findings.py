"""What was found in a MIB for a profile, and what of the profile does not agree with it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from collectors.facility.snmp.profile import SnmpProfile
from collectors.facility.snmp.reading import Reading
from collectors.facility.units import UNITS, quantity_of
from collectors.strict import read
from tests.mibs.units import unit_in
from tests.support import ROOT

FINDINGS: Final = ROOT / "tests" / "cases" / "mibs"
_BESIDE: Final = re.compile(
    r"Thr(e?sh|sld|shld)|Threshold|Hysteresis|Set-?Point|Limit(?!ed)|Peak|Nominal|Rated|Rating",
    re.IGNORECASE,
)
"""Names of objects that stand beside a reading and are none."""
_TEXTS: Final = ("DisplayString", "OCTET STRING", "SnmpAdminString")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One object of a MIB. `units` is its UNITS clause, else what its description says."""

    name: str
    syntax: str
    units: str = ""
    access: str = "read-only"


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What a MIB says of the objects of one profile.

    `checked` says how: by the tool, or by somebody who read the MIB's text. In the second case
    `objects` may be those that were read only.
    """

    mib: str
    checked: Literal["tool", "mib text"]
    objects: dict[str, Found] = field(default_factory=dict)


def findings() -> dict[str, Findings]:
    """Return what was found, by the name of the profile."""
    return {path.stem: read(path, Findings) for path in sorted(FINDINGS.glob("*.yaml"))}


def wanted(profile: SnmpProfile) -> Iterator[tuple[str, Reading | None]]:
    """Yield each object that a profile reads, with the reading if it is one.

    A column stands for all its rows, a scalar is without its `.0`.
    """
    for one in profile.readings:
        yield (one.oid.removesuffix(".0") if one.oid else profile.column_oid(one)), one
    for table in profile.tables.values():
        for name in table.columns:
            yield table.column(name).oid.removesuffix(".0"), None


def problems(
    profile: SnmpProfile, objects: Mapping[str, Found], *, complete: bool = True
) -> Iterator[str]:
    """Yield what of a profile does not agree with a MIB.

    An object that the MIB does not have is a problem only if `objects` is `complete`.
    """
    for oid, reading in wanted(profile):
        found = objects.get(oid)
        if found is None:
            if complete:
                yield f"{oid}: the MIB has no such object"
            continue
        if found.access in ("not-accessible", "write-only", "accessible-for-notify"):
            yield f"{oid} {found.name}: it is {found.access}"
        if reading is not None and reading.constant is None:
            told = [*_of_reading(reading, found), *_of_unit(reading, found)]
            if _as_the_mib(profile, oid, reading, found):
                told = list(_of_reading(reading, found))
            yield from (f"{oid} {found.name}: {what}" for what in told)


def _of_reading(reading: Reading, found: Found) -> Iterator[str]:
    measured = quantity_of(reading.metric) != "flag"
    if measured and _BESIDE.search(found.name):
        yield f"{reading.metric} is read from what its name calls a threshold or a rating"
    is_text = found.syntax.startswith(_TEXTS)
    if is_text and not (reading.text or reading.extract or reading.words):
        yield f"it is a {found.syntax}, and the reading is no text"


def _as_the_mib(profile: SnmpProfile, oid: str, reading: Reading, found: Found) -> bool:
    """Tell whether the profile reads an object in the MIB's unit, beside what some devices send."""
    return any(
        one is not None and one.metric == reading.metric and not [*_of_unit(one, found)]
        for other, one in wanted(profile)
        if other == oid
    )


def _of_unit(reading: Reading, found: Found) -> Iterator[str]:
    said = unit_in(found.units)
    if said is None or not reading.unit or quantity_of(reading.metric) == "flag":
        return
    unit, scale = UNITS[said.name], said.scale
    if unit.quantity != quantity_of(reading.metric):
        yield f"{reading.metric} is read from what is in {found.units!r}"
        return
    ours = UNITS[reading.unit]
    wrong = abs(ours.factor * reading.scale - unit.factor * scale) > 1e-9 * unit.factor * scale
    if not (reading.digits_column or reading.scale_column or reading.divisor_column) and (
        wrong or ours.offset != unit.offset
    ):
        yield f"it is in {found.units!r}, and is read as {reading.scale:g} {reading.unit}"

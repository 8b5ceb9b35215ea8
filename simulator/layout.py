"""Lay out a device's objects from the profile that the collector reads it by.

`lay_out` chooses rows and the texts of their columns so that every reading of the profile finds its
object. It encodes each value with the unit, the scale, the digits and the register's width of the
profile. So a device needs no description besides its profile to be simulated.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from collectors.facility.snmp.branch import bound, starred
from collectors.facility.snmp.profile import SnmpProfile
from collectors.facility.snmp.reading import Reading
from collectors.facility.snmp.table import STAR
from simulator import ber
from simulator.draft import Draft
from simulator.measures import Measure, State
from simulator.readback import misread
from simulator.samples import samples
from simulator.shown import Shown
from simulator.snmp_agent import Objects

_SYSTEM: Final = "1.3.6.1.2.1.1"
_NOTHING: Final = State({})
NOBODY: Final = "1.3.6.1.4.1.0"
"""The sysObjectID of a device whose maker has none."""


@dataclass(frozen=True, slots=True)
class OutletName:
    """An object that names an outlet, which each device does by what it feeds there."""

    number: int
    """From 1."""


Cell = bytes | Shown | OutletName | None


@dataclass(slots=True)
class Layout:
    """The objects of a kind of device, and how each is made from its state."""

    objects: Objects
    cells: tuple[Cell, ...]
    """In the order of the objects; None is the device's name, which is not part of the layout."""

    @classmethod
    def of(cls, cells: Mapping[str, Cell]) -> Layout:
        """Make a layout of objects by OID."""
        parts = {ber.numbers(oid): cell for oid, cell in cells.items()}
        objects = Objects(
            parts, {oid: cell for oid, cell in parts.items() if isinstance(cell, bytes)}
        )
        return cls(objects, tuple(parts[oid] for oid in objects.oids))


def lay_out(
    profile: SnmpProfile,
    *,
    phases: int = 1,
    prefer: Reading | None = None,
    rather: Sequence[Reading] = (),
) -> tuple[Layout, Draft]:
    """Lay out a device of one or three phases.

    If several readings of the profile give the same series, the device has the object of the first
    one. With `prefer` it has the object of that reading, as devices with other firmware do, and
    where there is room those of `rather`.
    """
    profile = bound(profile, "1") if starred(profile) else profile
    first = set(map(id, rather))
    readings = sorted(
        profile.readings,
        key=lambda reading: (reading.sum, reading is not prefer, id(reading) not in first),
    )  # what adds up comes last
    # If the preferred reading adds up, the device has only the parts, and no total beside them.
    without = [
        one
        for one in readings
        if prefer and prefer.sum and one is not prefer and _alike(one, prefer)
    ]
    while True:
        draft = Draft(profile=profile, phases=phases, delta=prefer is not None, prefer=prefer)
        for reading in readings:
            if not any(reading is one for one in without):
                draft.add(reading)
        draft.complete()
        wrong = misread(draft)
        if wrong is None:
            break
        without.append(wrong)
    draft.left_out += without
    cells: dict[str, Cell] = {**_system(profile), **draft.objects.shown}
    cells |= {oid: _said(text) for oid, text in draft.objects.said.items()}
    cells |= {oid: OutletName(number) for oid, number in draft.outlets.items()}
    for oid in profile.watch:
        cells.setdefault(oid, ber.integer(1))
    probes = [one.replace(STAR, "1") for one in profile.match.probes] if profile.match else []
    if probes and not any(f"{oid}.".startswith(f"{one}.") for oid in cells for one in probes):
        probe = probes[0]
        cells[probe if probe.endswith(".0") else f"{probe}.0"] = ber.integer(1)
    settled = {
        oid: cell.encode(_NOTHING) if isinstance(cell, Shown) and cell.is_fixed else cell
        for oid, cell in cells.items()
    }
    return Layout.of(settled), draft


def _alike(one: Reading, other: Reading) -> bool:
    return one.metric == other.metric and one.labels == other.labels


def _system(profile: SnmpProfile) -> dict[str, Cell]:
    """The system group of SNMPv2-MIB (RFC 3418)."""
    match = profile.match
    known = samples(match.sys_descr)[:1] if match and match.sys_descr else []
    description = " ".join(["SIMULATED", *known, profile.title])
    ticks = Shown(Measure("uptime"), 100.0, 0.0, counts=True, bits=32, text=False)
    return {
        f"{_SYSTEM}.1.0": ber.text(description),
        f"{_SYSTEM}.2.0": ber.oid(
            ber.numbers(match.sys_object_id[0] if match and match.sys_object_id else NOBODY)
        ),
        f"{_SYSTEM}.3.0": ticks,
        f"{_SYSTEM}.4.0": ber.text("nobody"),
        f"{_SYSTEM}.5.0": None,
        f"{_SYSTEM}.6.0": ber.text("simulated"),
        f"{_SYSTEM}.7.0": ber.integer(72),
    }


def _said(text: str) -> bytes:
    return ber.integer(int(text)) if re.fullmatch(r"-?\d{1,9}", text) else ber.text(text)

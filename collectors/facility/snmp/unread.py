"""Finds objects of a device that its profile does not read and that may be readings.

A person asks for this; it is not part of a round. A number alone does not show whether it is a
reading, a threshold, a rating or a count. So states, small counts, indices and sentinels are left
out, and the rest is shown by column, for a person who has the MIB.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from collectors.base import CollectError
from collectors.facility.snmp.entries import Entries
from collectors.facility.snmp.guess import STATES
from collectors.facility.snmp.index import split_index

if TYPE_CHECKING:
    from collectors.facility.snmp.channel import Channel
    from collectors.facility.snmp.point import Raw
    from collectors.facility.snmp.profile import SnmpProfile
    from collectors.facility.snmp.program import Plan
    from collectors.facility.snmp.table import Table

_ENTERPRISES: Final = "1.3.6.1.4.1."
_SHORTEST: Final = 7  # the parts of an OID that identify a maker or a standard MIB
# The most parts of the OID that all objects of a maker's branch (True) or of a standard MIB (False)
# are beneath.
_LONGEST: Final = {True: 9, False: 8}
_SENTINELS: Final = frozenset({-1, -(2**31), 2**31 - 1, 2**32 - 1, 2**63 - 1, 2**64 - 1})

_NUMBER: Final = re.compile(rb"-?\d{1,12}(\.\d{1,6})?")
LIMIT: Final = 20_000
"""The most objects that are read."""
SECONDS: Final = 60.0
"""The longest time that a device is read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column or a single object that is not read: its number of rows, and one row."""

    oid: str
    rows: int
    example: str
    value: str


@dataclass(slots=True, kw_only=True)
class Unread:
    """The objects that are not read: possible readings in `columns`, and those left out on purpose.

    `left_out` has the profile's reason for each. `note` says why the device was not read to its
    end; it is empty otherwise.
    """

    columns: list[Column] = field(default_factory=list)
    left_out: list[tuple[Column, str]] = field(default_factory=list)
    note: str = ""


def roots(profile: SnmpProfile) -> list[str]:
    """Return the OIDs to walk: the parts of the device's MIBs that the profile reads from."""
    arcs: dict[tuple[str, ...], list[str]] = {}
    for reading in profile.readings:
        oid = (reading.oid or profile.column_oid(reading)).split(".")
        private = ".".join(oid).startswith(_ENTERPRISES)
        known = arcs.setdefault(tuple(oid[:_SHORTEST]), oid[: _LONGEST[private]])
        same = [mine == other for mine, other in zip(known, oid, strict=False)]
        del known[same.index(False) if False in same else len(same) :]
    return sorted(".".join(common) for common in arcs.values())


async def look(
    channel: Channel, profile: SnmpProfile, plan: Plan, seconds: float = SECONDS
) -> Unread:
    """Walk the MIBs that the profile reads from, within limits, and return the unread objects."""
    found: dict[str, Raw] = {}
    note = ""
    try:
        async with asyncio.timeout(seconds):
            for root in roots(profile):
                beneath: dict[str, Raw] = {}
                try:
                    await channel.walk(root, LIMIT - len(found), into=beneath)
                finally:
                    found |= {f"{root}.{rest}": raw for rest, raw in beneath.items()}
    except TimeoutError:
        note = f"{seconds:g} seconds"
    except CollectError as error:
        note = str(error)
    unread = compare(found, profile, plan)
    unread.note = note or (f"{LIMIT} objects" if len(found) >= LIMIT else "")
    return unread


def compare(found: Mapping[str, Raw], profile: SnmpProfile, plan: Plan) -> Unread:
    """Return the found objects that are not read and may be readings. Pure, no I/O."""
    tables = sorted(profile.tables.values(), key=lambda table: -len(table.oid))
    foreign = {
        profile.column_oid(one): profile.tables[one.table] for one in profile.readings if one.table
    }
    known, entries = _known(profile, plan), Entries(found)
    groups: dict[str, dict[str, Raw]] = {}
    for oid, raw in found.items():
        column, row = _split(oid, tables, foreign) or entries.column_of(oid)
        if oid not in known and column not in known:
            groups.setdefault(column, {})[row] = raw
    unread = Unread()
    for column, rows in groups.items():
        numbers = {row: number for row, raw in rows.items() if (number := _number(raw)) is not None}
        reason = next(
            (
                why
                for beneath, why in profile.left_out.items()
                if f"{column}.".startswith(f"{beneath}.")
            ),
            "",
        )
        if not numbers or not (reason or _may_be_readings(numbers)):
            continue
        row = max(numbers, key=lambda each: abs(numbers[each]))
        one = Column(oid=column, rows=len(numbers), example=row, value=f"{numbers[row]:.10g}")
        if reason:
            unread.left_out.append((one, reason))
        else:
            unread.columns.append(one)
    return unread


def _known(profile: SnmpProfile, plan: Plan) -> set[str]:
    """Return the objects that are read, and the columns that only describe rows."""
    known = {*plan.oids, *plan.elsewhere, *profile.watch}
    for reading in profile.readings:
        if reading.constant is not None and reading.table:
            known.add(profile.column_oid(reading))
    for table in profile.tables.values():
        known |= {table.column(name).oid for name in table.columns}
        known |= {
            f"{table.column(name).oid}.0"
            for name in table.columns
            if table.column(name).index == []
        }
    return known


def _split(
    oid: str, tables: Iterable[Table], foreign: Mapping[str, Table]
) -> tuple[str, str] | None:
    """Return an object's column and row, according to the tables of the profile."""
    for column, table in foreign.items():
        if (
            oid.startswith(f"{column}.")
            and split_index(table, row := oid[len(column) + 1 :]) is not None
        ):
            return column, row
    for table in tables:
        if oid.startswith(f"{table.oid}."):
            number, _, row = oid[len(table.oid) + 1 :].partition(".")
            if split_index(table, row) is not None:
                return f"{table.oid}.{number}", row
    return None


def _number(raw: Raw) -> float | None:
    if isinstance(raw, (int, float)):
        return None if raw in _SENTINELS else raw
    if isinstance(raw, bytes) and _NUMBER.fullmatch(raw.strip()):
        return float(raw)
    return None


def _may_be_readings(numbers: Mapping[str, float]) -> bool:
    """Tell whether a column has more than states, small counts and the rows' own numbers."""
    return any(
        abs(number) > STATES and str(number) not in row.split(".")
        for row, number in numbers.items()
    )

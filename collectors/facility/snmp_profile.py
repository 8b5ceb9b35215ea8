"""What an SNMP device profile may hold.

It says how the device is known, its tables, and which metric each object becomes.

The model follows a MIB's own shape. A *table* is a conceptual table's entry (SMIv2, RFC 2578), with
a name for each part of its index, and names for the columns that say what a row is: a phase, an
outlet's number, a unit, decimal digits. A *reading* is a column of such a table, or a scalar, and
the metric it becomes. `docs/profiles.md` has the whole of it with examples.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated, Literal

from collectors.facility.snmp_reading import Reading
from collectors.facility.snmp_table import Oid, Pattern, Table, check_names
from collectors.facility.units import UNITS
from collectors.strict import Range


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """How a device is known: its sysObjectID (RFC 3418) begins with one of these.

    Where that is ambiguous, more is asked.

    The longest prefix wins; among equals, one that is `after` none of the others, then one that has
    a `probe`.
    """

    sys_object_id: list[Oid]
    sys_descr: Pattern | None = field(default=None, metadata={"help": "sysDescr must hold this"})
    probe: Oid | None = field(
        default=None, metadata={"help": "the device must have this object, or some beneath it"}
    )
    after: list[str] = field(
        default_factory=list,
        metadata={"help": "profiles that are asked before this one, where both could be meant"},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SnmpProfile:
    """A device that speaks SNMP, as one YAML file.

    Read it with `collectors.facility.profile.load`.
    """

    protocol: Literal["snmp"]
    title: str = field(metadata={"help": "what it is, for people"})
    kind: Literal["pdu", "ups", "cooling", "device"] = field(
        metadata={"help": "whose `up` metric it has"}
    )
    source: str = field(default="", metadata={"help": "the MIB or manual that it follows"})
    match: Match | None = None
    max_oids: Annotated[int, Range(1, 64)] = field(
        default=24, metadata={"help": "objects a request at most"}
    )
    also: list[str] = field(
        default_factory=list,
        metadata={"help": "profiles whose readings are taken too, where they are answered"},
    )
    watch: list[Oid] = field(
        default_factory=list,
        metadata={"help": "scalars whose change means other rows: discover anew"},
    )
    left_out: dict[Oid, str] = field(
        default_factory=dict,
        metadata={"help": "what the MIB has beneath these OIDs and is not read, with the reason"},
    )
    tables: dict[str, Table] = field(default_factory=dict)
    readings: list[Reading]

    def __post_init__(self) -> None:
        """Check what readings say of tables."""
        if not self.readings:
            message = "readings: expected at least one"
            raise ValueError(message)
        for number, reading in enumerate(self.readings):
            at = f"readings[{number}]"
            if not reading.table:
                extra = sorted({name for _, name in reading.names()})
                if extra:
                    message = f"{at}: a scalar has no {', '.join(extra)}"
                    raise ValueError(message)
                continue
            if reading.table not in self.tables:
                message = (
                    f"{at}.table: no table {reading.table!r}; expected one of"
                    f" {', '.join(self.tables) or 'none'}"
                )
                raise ValueError(message)
            self._check_reading(at, reading, self.tables[reading.table])

    @staticmethod
    def _check_reading(at: str, reading: Reading, table: Table) -> None:
        for key, name in reading.names():
            check_names(f"{at}.{key}", {name}, {*table.parts(), *table.columns})
            if key == "valid_when" and name in table.parts():
                message = f"{at}.{key}: {name} is part of the index, which never changes; use where"
                raise ValueError(message)
        if reading.unit_column:
            wrong = sorted(set(table.column(reading.unit_column).map.values()) - set(UNITS))
            if wrong:
                message = (
                    f"{at}.unit_column: the column's map gives {', '.join(wrong)}; expected units"
                    " such as W"
                )
                raise ValueError(message)

    def column_oid(self, reading: Reading) -> str:
        """Return the whole OID of a reading's column."""
        return (
            reading.column
            if "." in reading.column
            else f"{self.tables[reading.table].oid}.{reading.column}"
        )


def together(profiles: Sequence[SnmpProfile]) -> SnmpProfile:
    """Put profiles together: the first one decides, the others add tables and readings."""
    first, *others = profiles
    tables, readings, watch, left_out = (
        dict(first.tables),
        list(first.readings),
        list(first.watch),
        dict(first.left_out),
    )
    for number, other in enumerate(others, 2):
        tables |= {f"{number} {name}": table for name, table in other.tables.items()}
        readings += [
            replace(one, table=one.table and f"{number} {one.table}") for one in other.readings
        ]
        watch += other.watch
        left_out |= other.left_out
    return (
        replace(first, tables=tables, readings=readings, watch=watch, left_out=left_out)
        if others
        else first
    )

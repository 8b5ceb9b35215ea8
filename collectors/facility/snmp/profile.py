"""The model of an SNMP device profile.

A profile says how to recognise the device, what tables it has, and which metric each object
becomes. The model has the form of a MIB. A *table* is the entry of a conceptual table (SMIv2,
RFC 2578). It has a name for each part of its index, and names for the columns that describe a row:
a phase, an outlet's number, a unit, decimal digits. A *reading* is a column of such a table, or a
scalar, and the metric that it becomes. `docs/profiles.md` describes profiles with examples.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated, Literal

from collectors.catalogue.devices import Kind
from collectors.facility.custom_metric import CustomMetric
from collectors.facility.snmp.detail import Detail
from collectors.facility.snmp.reading import Reading
from collectors.facility.snmp.table import STAR, Oid, Pattern, Table, check_names
from collectors.facility.units import UNITS
from collectors.strict import Range


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """How to recognise a device: by its sysObjectID (RFC 3418), and by what it answers.

    If several profiles fit, the longest prefix of the sysObjectID wins. Among equal prefixes, a
    profile that is `after` none of the others wins, then one with a `probe`. A device whose
    sysObjectID fits no profile is recognised by the probes alone.
    """

    sys_object_id: list[Oid] = field(
        default_factory=list, metadata={"help": "the beginnings of the sysObjectID that fit"}
    )
    sys_descr: Pattern | None = field(
        default=None, metadata={"help": "a pattern that sysDescr must contain"}
    )
    probe: Oid | list[Oid] | None = field(
        default=None,
        metadata={"help": "the device must have one of these objects, or an object beneath it"},
    )
    after: list[str] = field(
        default_factory=list,
        metadata={"help": "profiles that are tried before this one if both fit"},
    )

    @property
    def probes(self) -> tuple[str, ...]:
        """The objects of which the device must have one; without any, none is asked."""
        if self.probe is None:
            return ()
        return (self.probe,) if isinstance(self.probe, str) else tuple(self.probe)

    def __post_init__(self) -> None:
        """Check that it says something, and that a sysObjectID is whole."""
        if not self.sys_object_id and not self.probe:
            message = "expected sys_object_id, or a probe"
            raise ValueError(message)
        starred = [oid for oid in self.sys_object_id if STAR in oid]
        if starred:
            message = f"sys_object_id: {starred[0]} has a * in it, which only other OIDs may have"
            raise ValueError(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class SnmpProfile:
    """One model of device that speaks SNMP, as one YAML file.

    `collectors.facility.profile.load` reads it.
    """

    protocol: Literal["snmp"]
    title: str = field(metadata={"help": "maker and model, for people"})
    kind: Kind = field(metadata={"help": "the kind of device, whose `up` metric it gets"})
    source: str = field(
        default="", metadata={"help": "the MIB or manual that this profile follows"}
    )
    match: Match | None = None
    generic: bool = field(
        default=False,
        metadata={"help": "it follows a standard MIB, and is used where no maker's profile fits"},
    )
    detail: Detail | None = field(
        default=None,
        metadata={
            "help": "how much is read unless the config says otherwise:"
            " to the inlet, the phase or the outlet"
        },
    )
    max_oids: Annotated[int, Range(1, 64)] = field(
        default=24, metadata={"help": "the most objects in one request"}
    )
    also: list[str] = field(
        default_factory=list,
        metadata={"help": "further profiles whose readings are taken if the device has them"},
    )
    watch: list[Oid] = field(
        default_factory=list,
        metadata={"help": "scalars whose change means that the device must be discovered again"},
    )
    left_out: dict[Oid, str] = field(
        default_factory=dict,
        metadata={"help": "OIDs of the MIB that are not read, with the reason"},
    )
    metrics: dict[str, CustomMetric] = field(
        default_factory=dict, metadata={"help": "metrics of the profile's own, dc_custom_..."}
    )
    tables: dict[str, Table] = field(default_factory=dict)
    readings: list[Reading]

    def __post_init__(self) -> None:
        """Check that readings and tables fit together."""
        if not self.readings:
            message = "readings: expected at least one"
            raise ValueError(message)
        for number, reading in enumerate(self.readings):
            at = f"readings[{number}]"
            if not reading.table:
                extra = sorted({name for _, name in reading.names()})
                if extra:
                    message = f"{at}: a scalar cannot have {', '.join(extra)}"
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
    """Combine profiles: the first one is the base, and the others add tables and readings."""
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

"""What an SNMP device profile may hold.

It says how the device is known, its tables, and which metric each object becomes.

The model follows a MIB's own shape. A *table* is a conceptual table's entry (SMIv2, RFC 2578), with
a name for each part of its index, and names for the columns that say what a row is: a phase, an
outlet's number, a unit, decimal digits. A *reading* is a column of such a table, or a scalar, and
the metric it becomes. `docs/profiles.md` has the whole of it with examples.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated, Final, Literal

from collectors.base import Metric
from collectors.facility.naming import IDENTITY
from collectors.facility.profile import metric_named
from collectors.facility.units import UNITS, check_unit
from collectors.strict import Parsed, Range

_PLACEHOLDER: Final = re.compile(r"\{(\w+)\}")


def parse_oid(text: str) -> str:
    """Parse a numeric OID of at least three parts, no leading dot; raises ValueError."""
    if (
        not re.fullmatch(r"[0-2](\.(0|[1-9]\d{0,9})){2,127}", text)
        or max(map(int, text.split("."))) >= 2**32
    ):
        raise ValueError(text)
    return text


def parse_column(text: str) -> str:
    """Parse a column's number within its table (`5`), or a whole OID for a column of another table.

    Raises ValueError.
    """
    return text if re.fullmatch(r"[1-9]\d{0,9}", text) else parse_oid(text)


def _parse_pattern(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(text) from error


Oid = Annotated[str, Parsed(parse_oid, "a numeric OID such as 1.3.6.1.4.1.318.1.1.26.4.3.1")]
ColumnId = Annotated[str, Parsed(parse_column, "a column's number such as 5, or a whole OID")]
Pattern = Annotated[re.Pattern[str], Parsed(_parse_pattern, "a regular expression")]
Level = Literal["inlet", "phase", "bank", "outlet", "sensor"]
Bits = Annotated[int, Range(8, 64)]


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
class Column:
    """A column that says something of a row: a number, a name, a unit.

    Read at discovery, not every round.

    `index` names the parts of the table's index that find it, where that is fewer than all (the
    outlet's name, say, for a row of outlet and sensor); an empty list makes it a scalar. `map`
    turns the device's numbers into words.
    """

    oid: ColumnId
    index: list[str] | None = None
    map: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Rows that the operator chooses by a pattern.

    A device's `interfaces` pattern is looked for in each of the columns `by`.

    Where the operator gives none, `default` says which rows are taken, as `where` does.
    """

    by: list[str]
    default: dict[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A conceptual table: the OID of its entry, its index, and its columns by name.

    A part of the index whose name ends in `?` is one that only some devices have.

    `unit` is a template saying which of several linked units a row is of, such as `{module}`. The
    device itself is the unit `first_unit` or, where there is none such, the one made of ones only
    (`1`, `1.1`).
    """

    oid: Oid
    index: list[str]
    columns: dict[str, ColumnId | Column] = field(default_factory=dict)
    unit: str = ""
    first_unit: str = ""
    choice: Choice | None = None

    def __post_init__(self) -> None:
        """Check that names are used once and templates name what there is."""
        parts = self.parts()
        if not parts:
            message = "index: expected at least one name"
            raise ValueError(message)
        both = set(parts) & set(self.columns)
        if both or len(set(parts)) < len(parts):
            message = f"columns: {', '.join(sorted(both)) or 'index'} is named twice"
            raise ValueError(message)
        for name, column in self.columns.items():
            if isinstance(column, Column):
                wrong = set(column.index or ()) - set(parts)
                if wrong:
                    message = (
                        f"columns: {name} is indexed by {', '.join(sorted(wrong))}, which the"
                        " table's index has not"
                    )
                    raise ValueError(message)
        _check_names("unit", placeholders(self.unit), {*parts, *self.columns})
        _check_names("choice", self.choice_names(), set(self.columns))

    def parts(self) -> list[str]:
        """Return the names of the index's parts."""
        return [name.removesuffix("?") for name in self.index]

    def choice_names(self) -> set[str]:
        """Return the columns that a choice of rows looks at."""
        return {*self.choice.by, *self.choice.default} if self.choice else set()

    def column(self, name: str) -> Column:
        """Return a named column with all of its parts said: a whole OID and its index."""
        column = self.columns[name]
        if not isinstance(column, Column):
            column = Column(oid=column)
        oid = column.oid if "." in column.oid else f"{self.oid}.{column.oid}"
        return Column(
            oid=oid, index=self.parts() if column.index is None else column.index, map=column.map
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One object that becomes one metric: a `column` of a `table`, or a scalar's `oid`.

    The value is `raw * scale` in `unit`, and comes out in the metric's base unit. Where the device
    itself says the unit, the decimal digits, the scale or a divisor, `unit_column`,
    `digits_column`, `scale_column` and `divisor_column` name the table's columns that hold them (a
    scale below zero divides: the convention of Rittal's CMC III). With `map`, raw values become
    those given, all others `otherwise`; with `constant`, a row that exists becomes that value and
    is not polled.

    `where` keeps rows whose index part or column is one of the values listed; `match` keeps rows
    whose column fits a regular expression, whose named groups become names for `labels`.
    `valid_when` is `where` asked anew in every round, for columns that say whether a reading is to
    be believed. `missing` lists raw values that mean "no reading", and so does any below `least` or
    above `most`. `bits` is the width of a counter's register: where it wraps. Of two readings that
    give the same series, the first that has a value is used; one with `fallback` only where no
    other reading of its metric has a value, so that a total never stands beside its phases. With
    `sum`, the rows that give the same series are added up, and a round in which one of them is
    missing gives none.
    """

    metric: str
    table: str = ""
    column: ColumnId = ""
    oid: Oid = ""
    unit: str = ""
    scale: float = 1.0
    unit_column: str = ""
    digits_column: str = ""
    scale_column: str = ""
    divisor_column: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    where: dict[str, list[str]] = field(default_factory=dict)
    match: dict[str, Pattern] = field(default_factory=dict)
    valid_when: dict[str, list[str]] = field(default_factory=dict)
    missing: list[float] = field(default_factory=list)
    least: float | None = None
    most: float | None = None
    map: dict[int, float] = field(default_factory=dict)
    otherwise: float | None = None
    constant: float | None = None
    text: bool = field(default=False, metadata={"help": "the device sends the number as a text"})
    fallback: bool = field(
        default=False, metadata={"help": "only where no other reading of the metric has a value"}
    )
    bits: Bits | None = None
    sum: bool = field(
        default=False, metadata={"help": "rows that give the same series are added up"}
    )
    level: Level | None = None

    def __post_init__(self) -> None:
        """Check what needs no table: metric, unit, labels, and where the value comes from."""
        metric = _checked(metric_named, "metric", self.metric)
        if bool(self.oid) == bool(self.table and self.column):
            message = "expected either an oid (of a scalar, with its .0), or a table and a column"
            raise ValueError(message)
        wanted = {name for name in metric.labels if name not in IDENTITY}
        if set(self.labels) != wanted:
            message = f"labels: {self.metric} needs {', '.join(sorted(wanted)) or 'no labels'}"
            raise ValueError(message)
        self._check_unit(metric)
        if self.bits is not None and metric.type != "counter":
            message = f"bits: {self.metric} is no counter"
            raise ValueError(message)
        if self.sum and (self.oid or self.bits is not None):
            message = (
                "sum: only for a column of a table, and without bits: a sum of registers wraps"
                " nowhere"
            )
            raise ValueError(message)

    def _check_unit(self, metric: Metric) -> None:
        plain = bool(self.map) or self.constant is not None
        if plain + bool(self.unit) + bool(self.unit_column) != 1:
            message = "expected one of: unit, unit_column, map, constant"
            raise ValueError(message)
        if self.scale == 0:
            message = "scale: expected a number other than 0"
            raise ValueError(message)
        if self.unit:
            check_unit(metric.full_name, self.unit)

    def where_it_is(self) -> Level:
        """Return at which level of the device it measures: as given, else by the metric's name."""
        if self.level:
            return self.level
        words = self.metric.split("_")
        for level in ("outlet", "bank", "phase", "sensor"):
            if level in words:
                return level
        return "inlet"

    def names(self) -> Iterator[tuple[str, str]]:
        """Yield every name that must be an index part or a column, with the key that uses it."""
        groups = {group for pattern in self.match.values() for group in pattern.groupindex}
        for template in self.labels.values():
            yield from (("labels", name) for name in placeholders(template) if name not in groups)
        for key in ("where", "match", "valid_when"):
            yield from ((key, name) for name in getattr(self, key))
        for key in ("unit_column", "digits_column", "scale_column", "divisor_column"):
            if getattr(self, key):
                yield key, getattr(self, key)


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
            _check_names(f"{at}.{key}", {name}, {*table.parts(), *table.columns})
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


def placeholders(template: str) -> set[str]:
    """Return the names a template such as `{module}.{number}` uses."""
    return set(_PLACEHOLDER.findall(template))


def fill(template: str, names: Mapping[str, str]) -> str:
    """Put values into a template. What a device says is only ever a value, never a template."""
    return _PLACEHOLDER.sub(lambda match: names.get(match[1], ""), template)


def _checked(check: Callable[[str], Metric], key: str, value: str) -> Metric:
    try:
        return check(value)
    except ValueError as error:
        message = f"{key}: {error}"
        raise ValueError(message) from None


def _check_names(at: str, used: set[str], known: set[str]) -> None:
    unknown = sorted(used - known)
    if unknown:
        message = (
            f"{at}: no index part or column {unknown[0]!r}; expected one of"
            f" {', '.join(sorted(known))}"
        )
        raise ValueError(message)

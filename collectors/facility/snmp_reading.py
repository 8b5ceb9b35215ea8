"""One reading of an SNMP device profile: an object and the metric it becomes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Annotated, Literal

from collectors.base import Metric
from collectors.facility.naming import IDENTITY
from collectors.facility.profile import metric_named
from collectors.facility.snmp_table import ColumnId, Oid, Pattern, placeholders
from collectors.facility.units import check_unit
from collectors.strict import Range

Level = Literal["inlet", "phase", "bank", "outlet", "sensor"]
Bits = Annotated[int, Range(8, 64)]


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


def _checked(check: Callable[[str], Metric], key: str, value: str) -> Metric:
    try:
        return check(value)
    except ValueError as error:
        message = f"{key}: {error}"
        raise ValueError(message) from None

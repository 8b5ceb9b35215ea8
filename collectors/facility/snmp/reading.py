"""One reading of an SNMP device profile: an object and the metric it becomes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Annotated, Final, Literal

from collectors.base import Metric
from collectors.catalogue.devices import moves_slowly
from collectors.facility.masks import Pattern as BitPattern
from collectors.facility.masks import check_mask
from collectors.facility.profile import metric_named
from collectors.facility.snmp.detail import Level
from collectors.facility.snmp.table import ColumnId, Oid, Pattern, placeholders
from collectors.facility.units import THOUSANDTHS, check_unit
from collectors.labels import IDENTITY
from collectors.strict import Range

_NAMED: Final[tuple[Level, ...]] = ("outlet", "bank", "phase", "sensor")
Bits = Annotated[int, Range(8, 64)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One object that becomes one metric: a `column` of a `table`, or the `oid` of a scalar.

    The value is `raw * scale` in `unit`. It is converted to the metric's base unit. If the device
    reports the unit, the decimal digits, the scale or a divisor, `unit_column`, `digits_column`,
    `scale_column` and `divisor_column` name the table's columns with them. A negative scale divides
    (the convention of Rittal's CMC III). With `map`, each raw value becomes the given one, and all
    others become `otherwise`; with `mask`, the raw value is the number in these bits. With
    `constant`, an existing row has this value and is not polled. `words` is a `map` of texts. A
    text may hold a number and its unit (`text`), or a number that the pattern `extract` finds.

    `where` keeps rows whose index part or column has one of the listed values. `match` keeps rows
    whose column fits a regular expression. The named groups of the expression can be used in
    `labels`. `valid_when` is like `where`, but it is checked in every round: it is for columns that
    say whether a reading is valid. `missing` lists raw values that mean "no reading"; values below
    `least` or above `most` mean the same. `bits` is the width of a counter's register, at which it
    wraps. Of two readings with the same series, the first one with a value is used. A reading with
    `fallback` is used only if no other reading of its metric has a value, so that a total is never
    beside its phases. With `sum`, rows with the same series are added up. A round in which one of
    them is missing gives no sum.
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
    text: bool = field(default=False, metadata={"help": "the device sends the number as text"})
    extract: Pattern | None = field(
        default=None, metadata={"help": "a pattern whose first group is the number in a text"}
    )
    words: dict[str, float] = field(
        default_factory=dict, metadata={"help": "the value of each text, for states sent as text"}
    )
    missing_words: list[str] = field(
        default_factory=list, metadata={"help": "texts that mean that there is no reading"}
    )
    signed: Literal[8, 16, 32] | None = field(
        default=None, metadata={"help": "the bits of a signed number in an unsigned object"}
    )
    mask: BitPattern = field(
        default=0, metadata={"help": "the bits of an integer that are the state, such as 0x80"}
    )
    fallback: bool = field(
        default=False, metadata={"help": "used only if no other reading of the metric has a value"}
    )
    bits: Bits | None = None
    sum: bool = field(default=False, metadata={"help": "rows with the same series are added up"})
    level: Level | None = None
    slow: bool | None = field(
        default=None,
        metadata={"help": "it moves slowly; limits, ratings and the energy of outlets do anyway"},
    )

    def __post_init__(self) -> None:
        """Check everything that needs no table: metric, unit, labels and the value's object."""
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
            message = f"bits: {self.metric} is not a counter"
            raise ValueError(message)
        if self.sum and (self.oid or self.bits is not None):
            message = (
                "sum: only for a column of a table, and without bits: a sum of registers does not"
                " wrap at one value"
            )
            raise ValueError(message)

    def _check_unit(self, metric: Metric) -> None:
        plain = self.is_plain()
        if plain + bool(self.unit) + bool(self.unit_column) != 1 or (self.map and self.words):
            message = "expected one of: unit, unit_column, map, words, constant"
            raise ValueError(message)
        check_mask(self.mask)
        if self.mask and not self.map:
            message = "mask: expected a map of the states in these bits"
            raise ValueError(message)
        if self.extract is not None and not self.extract.groups:
            message = "extract: expected a group around the number, such as ([0-9.]+)"
            raise ValueError(message)
        if self.scale == 0:
            message = "scale: expected a number other than 0"
            raise ValueError(message)
        if self.unit:
            check_unit(metric.full_name, self.unit)

    def is_plain(self) -> bool:
        """Tell whether its value has no unit: a state, or a constant."""
        return bool(self.map or self.words) or self.constant is not None

    def counts_parts(self) -> bool:
        """Tell whether its integer counts parts or multiples of its unit, such as tenths."""
        return (
            self.scale != 1
            or self.unit in THOUSANDTHS
            or bool(self.digits_column or self.scale_column or self.divisor_column)
        )

    def where_it_is(self) -> Level:
        """Return the level of the device that it measures: as given, else by the metric's name."""
        if self.level:
            return self.level
        words = self.metric.split("_")
        return next((level for level in _NAMED if level in words), "inlet")

    def moves_slowly(self) -> bool:
        """Tell whether it may be read less often: as given, else by the metric's name."""
        return moves_slowly(self.metric) if self.slow is None else self.slow

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

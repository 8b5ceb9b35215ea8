"""A conceptual table of an SNMP device profile: its OID, its index and its columns.

Source: SMIv2, RFC 2578.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Annotated, Final

from collectors.strict import Parsed, Regex

_PLACEHOLDER: Final = re.compile(r"\{(\w+)(?:\|((?:[^{}]|\{\w+\})*))?\}")
STAR: Final = "*"
"""The part of an OID that is a maker's number of a product: it is learned from the device."""
_INDEX_PART: Final = re.compile(r"\w+(\?|\$\d{0,3})?", re.ASCII)
_PARTS: Final = range(3, 129)
_OID: Final = re.compile(r"[0-2](\.(0|[1-9]\d{0,9}))+(\.\*)?(\.(0|[1-9]\d{0,9}))*")


def parse_oid(text: str) -> str:
    """Parse a numeric OID with at least three parts and no leading dot; raises ValueError.

    One part may be `*`: a number that is learned from the device.
    """
    parts = text.split(".")
    if not _OID.fullmatch(text) or len(parts) not in _PARTS:
        raise ValueError(text)
    if max(int(part) for part in parts if part != STAR) >= 2**32:
        raise ValueError(text)
    return text


def parse_column(text: str) -> str:
    """Parse a column's number within its table (`5`), or a whole OID for a column of another table.

    Raises ValueError.
    """
    return text if re.fullmatch(r"[1-9]\d{0,9}", text) else parse_oid(text)


Oid = Annotated[str, Parsed(parse_oid, "a numeric OID such as 1.3.6.1.4.1.318.1.1.26.4.3.1")]
ColumnId = Annotated[str, Parsed(parse_column, "a column's number such as 5, or a whole OID")]
Pattern = Regex


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column that describes a row: a number, a name, a unit.

    It is read at discovery, not in every round. `index` names the parts of the table's index that
    this column uses, if it does not use all. For example, a table has rows by outlet and sensor,
    and the outlet's name has an index of the outlet alone. An empty list makes it a scalar. `map`
    turns the device's numbers into words.
    """

    oid: ColumnId
    index: list[str] | None = None
    map: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Rows that the operator chooses by a pattern.

    The `interfaces` pattern of a device is searched in each of the columns `by`. Without a pattern,
    `default` selects the rows, in the same way as `where`.
    """

    by: list[str]
    default: dict[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A conceptual table: the OID of its entry, its index, and its columns by name.

    A part of the index whose name ends in `?` is optional: only some devices have it. One that ends
    in `$` is a string with its length before it, and `$6` one of six octets (RFC 2578, 7.7). `unit`
    is a template for the linked unit that a row belongs to, such as `{module}`. The device itself
    is the unit `first_unit`, or the unit of the first row if `first_unit` is `*`. If there is no
    such unit, it is the one with only ones in it (`1`, `1.1`).
    """

    oid: Oid
    index: list[str]
    columns: dict[str, ColumnId | Column] = field(default_factory=dict)
    unit: str = ""
    first_unit: str = ""
    choice: Choice | None = None

    def __post_init__(self) -> None:
        """Check that names are used once and that templates use existing names."""
        for written in self.index:
            if not _INDEX_PART.fullmatch(written):
                message = f"index: expected a name such as outlet, module? or mac$, got {written!r}"
                raise ValueError(message)
        parts = self.parts()
        if not parts:
            message = "index: expected at least one name"
            raise ValueError(message)
        if self.has_texts() and any(written.endswith("?") for written in self.index):
            message = "index: an optional part and a string cannot be told apart"
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
                        f"columns: {name} is indexed by {', '.join(sorted(wrong))}, which is not"
                        " in the table's index"
                    )
                    raise ValueError(message)
        check_names("unit", placeholders(self.unit), {*parts, *self.columns})
        check_names("choice", self.choice_names(), set(self.columns))

    def parts(self) -> list[str]:
        """Return the names of the index's parts."""
        return list(_names_of(tuple(self.index)))

    def has_texts(self) -> bool:
        """Tell whether a part of the index is a string."""
        return any("$" in written for written in self.index)

    def choice_names(self) -> set[str]:
        """Return the columns that a choice of rows uses."""
        return {*self.choice.by, *self.choice.default} if self.choice else set()

    def column(self, name: str) -> Column:
        """Return a column by its name, with its whole OID and its index."""
        column = self.columns[name]
        if not isinstance(column, Column):
            column = Column(oid=column)
        oid = column.oid if "." in column.oid else f"{self.oid}.{column.oid}"
        return Column(
            oid=oid, index=self.parts() if column.index is None else column.index, map=column.map
        )


@cache
def _names_of(index: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names in an index, without what is written of optional parts and strings."""
    return tuple(re.split(r"[?$]", written)[0] for written in index)


def placeholders(template: str) -> set[str]:
    """Return the names that a template such as `{module}.{number}` or `{name|{number}}` uses."""
    found = set()
    for match in _PLACEHOLDER.finditer(template):
        found |= {match[1], *placeholders(match[2] or "")}
    return found


def fill(template: str, names: Mapping[str, str]) -> str:
    """Put values into a template; of what stands between `|`, the first that is not empty is used.

    A device's answer is used as a value, never as a template.
    """

    def put(match: re.Match[str]) -> str:
        others = (fill(one, names) for one in (match[2] or "").split("|"))
        return names.get(match[1], "") or next(filter(None, others), "")

    return _PLACEHOLDER.sub(put, template)


def check_names(at: str, used: set[str], known: set[str]) -> None:
    """Raise ValueError for the first name that is neither an index part nor a column."""
    unknown = sorted(used - known)
    if unknown:
        message = (
            f"{at}: no index part or column {unknown[0]!r}; expected one of"
            f" {', '.join(sorted(known))}"
        )
        raise ValueError(message)

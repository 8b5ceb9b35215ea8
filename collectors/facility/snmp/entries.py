"""Finds the tables of an unknown device: where an OID's entry ends, its column and its row. Pure.

An entry ends in 1 (RFC 2578, 7.1.12), but so do branches, and the first part of many an index.
X.1.10.1.2.3 may be column 2, row 3 of the table X.1.10, or column 10, row 1.2.3 of the table X. A
table has the same rows in every column, and numbers or texts in a column, not both. So the entry
that fits best is the one that holds the most of the objects it would have as a full table.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collectors.facility.snmp.point import Raw

_INDEX: Final = 4  # the most parts of an index in a table that no profile describes
_MIXED: Final = 0.5
"""How much less an entry counts if one of its columns has numbers and texts."""
_BETTER: Final = 1.75
"""How much better an entry with a shorter row must fit: tables of real devices have gaps too."""

Shape = tuple[str, int]
"""An entry, and the number of parts of its rows."""


class Entries:
    """The possible tables of some objects."""

    def __init__(self, found: Mapping[str, Raw]) -> None:
        self._columns: Final[dict[tuple[str, str], set[str]]] = {}
        """The columns of each possible entry and row."""
        kinds: dict[Shape, dict[str, set[bool]]] = {}
        objects: dict[Shape, int] = {}
        rows: dict[Shape, set[str]] = {}
        for oid, raw in found.items():
            for entry, column, row in _parts(oid):
                self._columns.setdefault((entry, row), set()).add(column)
                shape = entry, row.count(".")
                objects[shape] = objects.get(shape, 0) + 1
                rows.setdefault(shape, set()).add(row)
                of_column = kinds.setdefault(shape, {}).setdefault(column, set())
                of_column.add(isinstance(raw, bytes))
        self._fits: Final[dict[Shape, float]] = {
            shape: count
            / (len(rows[shape]) * len(kinds[shape]))
            * (_MIXED if any(len(kind) > 1 for kind in kinds[shape].values()) else 1.0)
            for shape, count in objects.items()
        }

    def column_of(self, oid: str) -> tuple[str, str]:
        """Return the likely column and row of an object; the row is empty for a scalar.

        A row of a table has more than one column. The entry with the longest row is taken, unless
        another one fits much better.
        """
        likely = [one for one in _parts(oid) if len(self._columns[one[0], one[2]]) > 1]
        if likely:
            best = likely[0]
            for one in likely[1:]:
                if self._fit(one) > _BETTER * self._fit(best):
                    best = one
            return f"{best[0]}.{best[1]}", best[2]
        column, _, row = oid.rpartition(".")
        return (oid, "") if row == "0" else (column, row)

    def _fit(self, one: tuple[str, str, str]) -> float:
        entry, _, row = one
        return self._fits[entry, row.count(".")]


def _parts(oid: str) -> Iterator[tuple[str, str, str]]:
    """Yield each way to split an OID into table entry, column and row, the longest row first."""
    arcs = oid.split(".")
    if arcs[-1] == "0":  # a scalar
        return
    for size in range(min(_INDEX, len(arcs) - 3), 0, -1):
        entry, column, row = arcs[: -size - 1], arcs[-size - 1], arcs[-size:]
        if entry[-1] == "1":
            yield ".".join(entry), column, ".".join(row)

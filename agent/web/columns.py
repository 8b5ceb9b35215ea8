"""Tables whose columns are written by macros of a template; empty columns are left out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from agent.web.format import MISSING

Row = TypeVar("Row")
Column = tuple[str, str, Callable[[Row], str]]
"""The head of a column, its class, and the function that writes its cell for a row."""

_EMPTY: Final = ("", MISSING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A cell: its content, and the class and the head of its column."""

    content: str
    kind: str
    head: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FilledTable:
    """A table of those columns that have a value in some row. The first column names the row."""

    heads: Sequence[tuple[str, str]]
    rows: Sequence[Sequence[Cell]]


def filled_table(columns: Sequence[Column[Row]], rows: Iterable[Row]) -> FilledTable:
    """Write every cell. A column without any value is left out, unless it is the first."""
    cells = [
        [Cell(content=write(row), kind=kind, head=head) for head, kind, write in columns]
        for row in rows
    ]
    shown = [
        number
        for number in range(len(columns))
        if number == 0 or not cells or any(row[number].content not in _EMPTY for row in cells)
    ]
    return FilledTable(
        heads=[columns[number][:2] for number in shown],
        rows=[[row[number] for number in shown] for row in cells],
    )

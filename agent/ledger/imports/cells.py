"""Names in CSV files, so that a spreadsheet shows them and computes nothing."""

from __future__ import annotations

from typing import Final

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""What a formula begins with in a spreadsheet (OWASP, CSV injection)."""
_TEXT: Final = "'"
"""What a spreadsheet takes as: this cell is text."""


def shown_as_text(name: str) -> str:
    """Return a name as a cell that no spreadsheet takes for a formula."""
    is_marked = name.startswith(_TEXT) and name.lstrip(_TEXT).startswith(_FORMULA)
    return _TEXT + name if name.startswith(_FORMULA) or is_marked else name


def name_of(cell: str) -> str:
    """Return the name that a cell shows: the other way of `shown_as_text`."""
    is_marked = cell.startswith(_TEXT) and cell.lstrip(_TEXT).startswith(_FORMULA)
    return cell.removeprefix(_TEXT) if is_marked else cell

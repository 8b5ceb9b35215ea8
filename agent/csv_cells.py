"""Texts in CSV files, so that a spreadsheet shows them and computes nothing.

Names come from outside. A spreadsheet reads a text as a formula if it begins with `=`, `+`, `-` or
`@`, with their full-width forms (in East Asian locales), or with a tab or the end of a line (OWASP,
CSV injection). White space before them is passed over by some. An apostrophe makes a cell text.
"""

from __future__ import annotations

import re
from typing import Final

_MARK: Final = "'"
_FORMULA: Final = re.compile(
    r"'*[\s\ufeff\u200b]*[\t\r\n=+\-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b]"
)
"""A formula, or one that is marked. Full-width and small forms: U+FF1D, U+FE66 and their like."""


def shown_as_text(text: str) -> str:
    """Return a text as a cell that no spreadsheet takes for a formula."""
    return _MARK + text if _FORMULA.match(text) else text


def name_of(cell: str) -> str:
    """Return the text that a cell shows: the other way of `shown_as_text`."""
    return cell.removeprefix(_MARK) if _FORMULA.match(cell) else cell

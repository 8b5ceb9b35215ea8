"""Texts in CSV files, so that a spreadsheet shows them and computes nothing.

Names come from outside. A spreadsheet reads a text as a formula if it begins with `=`, `+`, `-` or
`@`, with their full-width forms (in East Asian locales), or with a tab or the end of a line (OWASP,
CSV injection). White space before them is passed over by some, and so may be letters that show
nothing: controls, and those that Unicode lets a program ignore (UAX 44,
Default_Ignorable_Code_Point). An apostrophe makes a cell text.
"""

from __future__ import annotations

import re
from typing import Final

_MARK: Final = "'"
_UNSEEN: Final = (
    r"\x00-\x1f\x7f-\xa0\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    r"\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8"
    r"\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_FORMULA: Final = re.compile(
    rf"'*[\s{_UNSEEN}]*[\t\r\n=+\-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b]"
)
"""A formula, or one that is marked. Full-width and small forms: U+FF1D, U+FE66 and their like."""


def shown_as_text(text: str) -> str:
    """Return a text as a cell that no spreadsheet takes for a formula."""
    return _MARK + text if _FORMULA.match(text) else text


def name_of(cell: str) -> str:
    """Return the text that a cell shows: the other way of `shown_as_text`."""
    return cell.removeprefix(_MARK) if _FORMULA.match(cell) else cell

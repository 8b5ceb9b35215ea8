"""Text for a terminal: how wide it is, where it breaks, how columns stand straight.

Chinese characters take two columns.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Final

GAP: Final = "  "
INDENT: Final = "    "
_LABEL_WIDTH: Final = 8
_HARD: Final = "\u00a0"
_TOGETHER: Final = re.compile(r"(?<=\d) (?=\d{3}(?!\d))|(?<=[≥≤=]) ")
"""Spaces a line is not broken at: within a number, and behind an operator."""
_NEVER_FIRST: Final = frozenset("，。、；：！？）》”%")
"""A line of Chinese must not begin with these (GB/T 15834); they stay with what they follow."""


def width_of(text: str) -> int:
    """Return how many columns a text takes: wide characters take two, combining ones none."""
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1
        for char in text
    )


def wrap(text: str, width: int) -> list[str]:
    """Break a text into lines of `width` columns: at spaces, or between Chinese characters."""
    lines = [""]
    for piece in _pieces(_TOGETHER.sub(_HARD, text)):
        if width_of(lines[-1] + piece.rstrip()) > width and lines[-1]:
            lines[-1] = lines[-1].rstrip()
            lines.append("")
        lines[-1] += piece
        while (
            width_of(lines[-1]) > width and " " not in lines[-1].strip()
        ):  # one word that is wider than the column
            head, tail = _cut(lines[-1], width)
            if not tail:
                break
            lines[-1:] = [head, tail]
    return [line.rstrip().replace(_HARD, " ") for line in lines]


def _cut(text: str, width: int) -> tuple[str, str]:
    taken = 0
    for n, char in enumerate(text):
        taken += width_of(char)
        if taken > width and n:
            return text[:n], text[n:].lstrip()
    return text, ""


def _pieces(text: str) -> Iterator[str]:
    """Yield the pieces that stay on one line.

    A piece is a word with its space, or one wide character with its punctuation.
    """
    piece = ""
    for char in text:
        wide = unicodedata.east_asian_width(char) in "WF"
        if (
            piece
            and ((wide and char not in _NEVER_FIRST) or piece[-1] == " " or _is_wide_end(piece))
            and char not in _NEVER_FIRST
        ):
            yield piece
            piece = ""
        piece += char
    if piece:
        yield piece


def _is_wide_end(piece: str) -> bool:
    return piece[-1] not in "（《“" and unicodedata.east_asian_width(piece[-1]) in "WF"


def columns(cells: Sequence[str], widths: Sequence[int]) -> Iterator[str]:
    """Yield the lines of a table's row: each cell wrapped to its column's width."""
    wrapped = [wrap(cell, room) for cell, room in zip(cells, widths, strict=True)]
    for n in range(max(map(len, wrapped))):
        texts = [lines[n] if n < len(lines) else "" for lines in wrapped]
        padded = (padded_to(text, room) for text, room in zip(texts, widths, strict=True))
        yield GAP.join(padded).rstrip()


def padded_to(text: str, width: int) -> str:
    """Return a text with spaces behind it up to a width."""
    return text + " " * (width - width_of(text))


def hanging(label: str, text: str, width: int) -> Iterator[str]:
    """Yield a text behind a label, its further lines indented under the first."""
    first = INDENT + padded_to(label, _LABEL_WIDTH)
    for n, line in enumerate(wrap(text, width - width_of(first))):
        yield (first if n == 0 else " " * width_of(first)) + line

"""What our own code says in English, in the reader's language: help texts, answers and errors.

The English text is the key, and stays in the code. A language has it in two folders:

`LANGUAGE/usage/` has the help texts of the command line, each as a whole.

`LANGUAGE/said/` has templates of lines. `{name}` stands for a name or a value, which stays as it
is: `{count}` for a whole number, `{least}` and `{most}` for a number, `{start}` and `{end}` for
times. `{what}` and `{more}` stand for words that another template fits. Of the templates that fit
the whole text, that counts which has more text of its own before its first field, then in all. A
text that none fits stays English as a whole.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from functools import cache
from typing import Final, TextIO

from agent.messages.catalogue import DEFAULT, ROOT, read_messages, spaced
from agent.messages.terminal import spoken
from collectors.base import ConfigError
from collectors.strict import Problems

_WORD: Final = re.compile(r"[A-Za-z]{2}")
"""What no line of numbers has: such lines are many."""
_FIELD: Final = re.compile(r"\{(\w+)\}")
_WORDS: Final = ("what", "more")
_TIME: Final = r"\d{4}-\d\d-\d\d(?:[T ][\d:.]+(?:Z|[+-][\d:]+)?)?"
_NUMBER: Final = r"-?\d[\d.e+-]*"
_FORMS: Final = {"count": r"\d+", "least": _NUMBER, "most": _NUMBER, "start": _TIME, "end": _TIME}
"""What a field takes, where that is not any text."""


@cache
def usage(language: str) -> Mapping[str, str]:
    """Return the help texts of a language by the English ones."""
    return _texts(language, "usage")


@cache
def templates(language: str) -> Mapping[str, str]:
    """Return the templates of errors of a language by the English ones."""
    return _texts(language, "said")


def said(text: str, language: str) -> str:
    """Return a text in a language; unchanged if no template of the language fits it."""
    return text if language == DEFAULT else _said(text, language) or text


def _said(text: str, language: str) -> str | None:
    for pattern, template in _patterns(language):
        if found := pattern.fullmatch(text):
            told = {
                name: _said(value, language) if name in _WORDS else value
                for name, value in found.groupdict().items()
            }
            if None not in told.values():
                return spaced(template, told).format_map(told)
    return None


def tell(text: str, language: str = "", *, to: TextIO | None = None) -> None:
    """Write whole lines to stdout, or `to` a stream, in a language, or in that of the terminal.

    Each line is told by itself, and keeps its indent.
    """
    spoken_here = language or spoken()
    (to or sys.stdout).writelines(
        f"{line[: -len(words)]}{said(words, spoken_here)}\n" if _WORD.search(words) else f"{line}\n"
        for line in text.removesuffix("\n").split("\n")
        for words in (line.lstrip(" "),)
    )


def said_lines(error: Exception, language: str) -> list[str]:
    """Return the lines of an error: words in a language; file, line and key as they are."""
    errors = error.errors if isinstance(error, Problems) else [error]
    return [_said_line(one, language) for one in errors]


def _said_line(error: Exception, language: str) -> str:
    if isinstance(error, ConfigError):
        message = said(error.message, language)
        return str(ConfigError(message, file=error.file, line=error.line, key=error.key))
    return said(str(error), language)


def _texts(language: str, folder: str) -> Mapping[str, str]:
    if language == DEFAULT:
        return {}
    found: dict[str, str] = {}
    for path in sorted((ROOT / language / folder).glob("*.yaml")):
        found |= read_messages(path)
    return found


@cache
def _patterns(language: str) -> list[tuple[re.Pattern[str], str]]:
    known = templates(language)
    return [
        (re.compile(_pattern(english), re.DOTALL), known[english])
        for english in sorted(known, key=_weight, reverse=True)
    ]


def _weight(template: str) -> tuple[int, int]:
    first, *_ = pieces = _FIELD.split(template)[::2]
    return len(first), sum(map(len, pieces))


def _pattern(template: str) -> str:
    pieces = _FIELD.split(template)
    return "".join(
        f"(?P<{piece}>{_FORMS.get(piece, '.+?')})" if number % 2 else re.escape(piece)
        for number, piece in enumerate(pieces)
    )

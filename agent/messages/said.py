"""What our own code says in English, in the reader's language: help texts and one-line errors.

The English text is the key, and stays in the code. A language has it in two folders:

`LANGUAGE/usage/` has the help texts of the command line, each as a whole.

`LANGUAGE/said/` has templates of errors. `{name}` stands for a name or a value, which stays as it
is. `{what}` and `{more}` stand for words that another template fits. The first template that fits
the whole text counts. A text that none fits stays English as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Final

from agent.messages.catalogue import DEFAULT, ROOT, read_messages, spaced
from collectors.base import ConfigError
from collectors.strict import Problems

_FIELD: Final = re.compile(r"\{(\w+)\}")
_WORDS: Final = ("what", "more")


@cache
def usage(language: str) -> Mapping[str, str]:
    """Return the help texts of a language by the English ones."""
    return _texts(language, "usage")


@cache
def templates(language: str) -> Mapping[str, str]:
    """Return the templates of errors of a language by the English ones."""
    return _texts(language, "said")


def said(text: str, language: str) -> str:
    """Return an error text in a language; unchanged if no template of the language fits it."""
    return _said(text, language) or text


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
    return [
        (re.compile(_pattern(english), re.DOTALL), text)
        for english, text in templates(language).items()
    ]


def _pattern(template: str) -> str:
    pieces = _FIELD.split(template)
    return "".join(
        f"(?P<{piece}>.+?)" if number % 2 else re.escape(piece)
        for number, piece in enumerate(pieces)
    )

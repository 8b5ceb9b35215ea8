"""The notes of a PUE in the reader's language.

`agent.pue` writes notes as English sentences, which the JSON and a signed statement keep. This
module finds a sentence among the English messages, and writes it by the same message of another
language.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from agent.messages.catalogue import DEFAULT, Words, words

_PREFIX: Final = "note."
_SITE: Final = "note.of"


def note_text(note: str, w: Words) -> str:
    """Return a note in the language of `w`; unchanged if no English message matches it."""
    for name, pattern in _patterns():
        if found := pattern.fullmatch(note):
            return (
                w(f"note.{name}", **found.groupdict()) if found.groupdict() else w(f"note.{name}")
            )
    return note


def site_note(site: str, note: str, w: Words) -> str:
    """Return a note of one of several sites."""
    return w(_SITE, site=site, note=note_text(note, w))


@cache
def _patterns() -> list[tuple[str, re.Pattern[str]]]:
    english = words(DEFAULT)
    keys = [key for key in sorted(english.keys()) if key.startswith(_PREFIX) and key != _SITE]
    return [
        (key.removeprefix(_PREFIX), re.compile(_pattern(english(key)), re.DOTALL)) for key in keys
    ]


def _pattern(message: str) -> str:
    """Return a regular expression that finds a message's values in its text."""
    pieces = re.split(r"\{(\w+)\}", message)
    return "".join(
        f"(?P<{piece}>.+)" if number % 2 else re.escape(piece)
        for number, piece in enumerate(pieces)
    )

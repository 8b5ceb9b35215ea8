"""The languages of dashboards and alerts.

The code has each text in English. `messages/LANGUAGE.yaml` has it in another language, by the
English. A new file there is a new language: nothing in the code names one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final, Protocol

import yaml

FOLDER: Final = Path(__file__).with_name("messages")
SOURCE: Final = "en"
"""The language of the texts in the code."""

Language = str


class Stated(Protocol):
    """A text from a hub's file, which has its languages itself."""

    def get(self, language: str, /) -> str | None:
        """Return the text in one language; None where it lacks that language."""


@dataclass(frozen=True, slots=True)
class Text:
    """One text in every language.

    `parts` fill the places in braces: a word, another Text, or a text from a hub's file. `context`
    is for a word that has one form in English and two in another language.
    """

    source: str
    parts: Mapping[str, str | Text | Stated] = field(default_factory=dict, hash=False)
    context: str = ""

    @property
    def key(self) -> str:
        """The key of the text in a catalogue."""
        return f"{self.source} [{self.context}]" if self.context else self.source

    def of(self, language: Language) -> str:
        """Return the text in one language; in English where the catalogue lacks it."""
        text = self.source if language == SOURCE else catalogue(language).get(self.key, self.source)
        if not self.parts:
            return text
        return text.format_map({name: said(part, language) for name, part in self.parts.items()})


def said(part: str | Text | Stated, language: Language) -> str:
    """Return a word, a text of the code or a text of a hub's file in one language."""
    if isinstance(part, str):
        return part
    if isinstance(part, Text):
        return part.of(language)
    return only_text(part.get(language) or part.get(SOURCE) or "")


def only_text(text: str) -> str:
    """Return a text of a hub's file so that Grafana finds no variable, legend or markup in it.

    Grafana fills in variables in titles, descriptions and words, and knows no escape for them. So
    the sign before such a name becomes its wide form: a price in `$5` and a limit `< 1.2` stay.
    """
    return _GRAFANAS.sub(lambda found: found[0].translate(_WIDE), text)


def languages(folder: Path = FOLDER) -> tuple[Language, ...]:
    """Return the languages there are, English first."""
    return (SOURCE, *sorted(file.stem for file in folder.glob("*.yaml")))


@cache
def catalogue(language: Language, folder: Path = FOLDER) -> Mapping[str, str]:
    """Return the texts of a language by their keys."""
    loaded: dict[str, str] = yaml.safe_load((folder / f"{language}.yaml").read_text("utf-8"))
    return loaded


LANGUAGES: Final = languages()

_GRAFANAS: Final = re.compile(r"\$(?=[A-Za-z_{])|\[\[|\{\{|<(?=[A-Za-z/!?])")
_WIDE: Final = {ord(sign): chr(ord(sign) + 0xFEE0) for sign in "$[{<"}
"""The wide forms of ASCII's signs stand 0xFEE0 behind them (Unicode, block FF00)."""

NO_DATA: Final = Text("no data")
"""Shown in a panel where a value is missing: words, never a zero."""

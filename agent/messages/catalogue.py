"""Messages by key, read from one folder a language. Only the language that is asked for is read.

`language.yaml` describes the language::

    name: English        # what its own speakers call it
    html: en             # the code in a page's `lang` attribute
    plural:              # forms of a message beside `other`; {} where the language has none
      one: {is: [1]}
    fallback: en         # optional: where data has no text in this language, take this one's

Every other file maps keys to messages. A message is text with the placeholders of `str.format`, or
a mapping of plural forms::

    racks.attention.none: "No rack needs attention."
    standing.racks:
      one: "1 rack needs attention"
      other: "{count} racks need attention"

The value `count` chooses the form: the first one in `plural` whose conditions all hold, else
`other`. Conditions are lists of whole numbers: `is` (the count itself), `last` (its last digit),
`last_two` (its last two digits), and `not_last_two`. Russian's `few`, for example, is `{last: [2,
3, 4], not_last_two: [12, 13, 14]}`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

import yaml

from collectors.base import ConfigError
from collectors.strict.nodes import LOADER

ROOT: Final = Path(__file__).parent
"""Where the packaged languages are."""
DEFAULT: Final = "en"
"""The language of last resort."""
_ABOUT: Final = "language.yaml"
_OTHER: Final = "other"
_GROUP: Final = "\u202f"
"""Narrow no-break space between groups of three digits."""

_HAN_BESIDE: Final = re.compile(r"[\u3400-\u9fff]\{|\}[\u3400-\u9fff]")
_FIELD: Final = re.compile(r"(?<=([\u3400-\u9fff]))?\{(\w+)\}(?=([\u3400-\u9fff])?)")
_LATIN: Final = re.compile(r"[A-Za-z0-9%]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """A language of the catalogue."""

    key: str
    """Its folder's name, and the value of `lang` in an address."""
    name: str
    """What its own speakers call it."""
    html: str
    """The value of a page's `lang` attribute."""


Message = str | Mapping[str, str]
"""A text, or its plural forms."""


Known = TypeVar("Known", bound=str)


class Localised(Protocol):
    """A text of the data in several languages: a mapping, or `agent.hubs.text.Text`."""

    def get(self, language: str, /) -> str | None:
        """Return the text in a language; None where it is missing."""


class Words:
    """The messages of one language: `w("key", count=3)`."""

    def __init__(
        self,
        language: str,
        messages: Mapping[str, Message],
        *,
        plural: Mapping[str, Mapping[str, Sequence[int]]],
        fallback: str,
        languages: Mapping[str, Language],
    ) -> None:
        """Take what `words` has read; `languages` are all languages of the same catalogue."""
        self.language = language
        self.html = languages[language].html
        self.fallback = fallback
        self.languages = languages
        self._messages = messages
        self._plural = plural

    def __call__(self, key: str, **values: object) -> str:
        """Return a message with its values filled in; whole numbers get grouped digits.

        Without values the message is returned with its placeholders: a page's script fills in some
        of them. Raises KeyError for an unknown key.
        """
        message = self._messages[key]
        text = message if isinstance(message, str) else message[self._form(values["count"])]
        if not values:
            return text
        shown = {name: _shown(value) for name, value in values.items()}
        return (spaced(text, shown) if _HAN_BESIDE.search(text) else text).format(**shown)

    def of(self, prefix: str, name: str) -> str:
        """Return the message `PREFIX.NAME` for a value such as a state; without one, the value."""
        message = self._messages.get(f"{prefix}.{name}", name)
        return message if isinstance(message, str) else message[_OTHER]

    def pick(self, texts: Localised | str | None) -> str:
        """Return this language's text of data that gives a text in several languages.

        Where this language is missing, the fallback's text is returned, then English, then any
        language's. A plain string is returned as it is, None as an empty string.
        """
        if texts is None or isinstance(texts, str):
            return texts or ""
        order = (self.language, self.fallback, DEFAULT, *self.languages)
        return str(next((text for key in order if (text := texts.get(key))), ""))

    def nearest(self, known: Iterable[Known]) -> Known:
        """Return which of some languages to use for a text that exists only in those."""
        among = list(known)
        order = (self.language, self.fallback, DEFAULT)
        return next((one for language in order for one in among if one == language), among[0])

    def others(self) -> list[Language]:
        """Return the other languages of the catalogue."""
        return [one for one in self.languages.values() if one.key != self.language]

    def keys(self) -> list[str]:
        """Return every key of the language."""
        return list(self._messages)

    def _form(self, count: object) -> str:
        if not isinstance(count, int):
            return _OTHER
        return next(
            (form for form, rules in self._plural.items() if _holds(rules, abs(count))), _OTHER
        )


def _holds(rules: Mapping[str, Sequence[int]], count: int) -> bool:
    return (
        count in rules.get("is", (count,))
        and count % 10 in rules.get("last", (count % 10,))
        and count % 100 in rules.get("last_two", (count % 100,))
        and count % 100 not in rules.get("not_last_two", ())
    )


def spaced(text: str, values: Mapping[str, object]) -> str:
    """Put a space between a Chinese character and a value that is Latin or a number there."""

    def field(found: re.Match[str]) -> str:
        before, name, behind = found.groups()
        value = str(values.get(name, ""))
        left = " " if before and _LATIN.match(value[:1]) else ""
        right = " " if behind and _LATIN.match(value[-1:]) else ""
        return f"{left}{found[0]}{right}"

    return _FIELD.sub(field, text)


def _shown(value: object) -> object:
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}".replace(",", _GROUP)
    return value


@lru_cache(maxsize=8)
def languages(root: Path = ROOT) -> Mapping[str, Language]:
    """Return the languages by key, English first: one for each folder of the catalogue."""
    folders = sorted(
        (path.parent for path in root.glob(f"*/{_ABOUT}")),
        key=lambda folder: (folder.name != DEFAULT, folder.name),
    )
    found = {}
    for folder in folders:
        about = read_messages(folder / _ABOUT)
        found[folder.name] = Language(key=folder.name, name=about["name"], html=about["html"])
    return found


@lru_cache(maxsize=8)
def words(language: str, root: Path = ROOT) -> Words:
    """Return the messages of a language, or English for one that the catalogue does not have.

    Raises ConfigError for a file that cannot be read or a key that stands in two files.
    """
    known = languages(root)
    language = language if language in known else DEFAULT
    folder = root / language
    about = read_messages(folder / _ABOUT)
    messages: dict[str, Message] = {}
    for path in sorted(folder.glob("*.yaml")):
        if path.name == _ABOUT:
            continue
        found = read_messages(path)
        if twice := messages.keys() & found.keys():
            raise ConfigError(f"{min(twice)} stands in another file too", file=str(path))
        messages |= found
    return Words(
        language,
        messages,
        plural=about.get("plural") or {},
        fallback=about.get("fallback", DEFAULT),
        languages=known,
    )


def choose(asked: str, accept_language: str = "", root: Path = ROOT) -> str:
    """Return the language of the address, else the first known one the browser accepts."""
    known = languages(root)
    if asked in known:
        return asked
    for part in accept_language.split(","):
        tag = part.split(";")[0].strip().lower().split("-")[0]
        if tag in known:
            return tag
    return DEFAULT


def read_messages(path: Path) -> dict[str, Any]:
    """Return what one file of a language maps; raises ConfigError if it cannot be read."""
    try:
        found = LOADER(path.read_bytes()).get_single_data()
    except (OSError, yaml.YAMLError) as error:
        raise ConfigError(f"cannot be read: {error}", file=str(path)) from None
    return found if isinstance(found, dict) else {}

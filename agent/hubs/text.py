"""A text in every language, as a hub's file gives it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from agent.messages.catalogue import languages, spaced, words

T = TypeVar("T")


def _is_language(key: str) -> bool:
    return key in languages()


def in_each_language(write: Callable[[str], T]) -> dict[str, T]:
    """Return what a function gives for each language of the catalogue, English first."""
    return {language: write(language) for language in languages()}


def _refuse_empty(texts: Iterable[tuple[str, str]]) -> None:
    for language, text in texts:
        if not text.strip():
            message = f"{language}: must not be empty"
            raise ValueError(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A text in every language: English and Chinese always, any other of the catalogue if given."""

    en: str
    zh: str
    others: Mapping[str, str] = field(
        default_factory=dict, hash=False, metadata={"rest": _is_language}
    )

    def __post_init__(self) -> None:
        """Refuse an empty text: half a text is a mistake in a file, not a choice."""
        _refuse_empty(self.items())

    @classmethod
    def of(cls, texts: Mapping[str, str]) -> Text:
        """Return a text from a mapping of languages; raises KeyError without English or Chinese."""
        others = {key: text for key, text in texts.items() if key not in ("en", "zh")}
        return cls(en=texts["en"], zh=texts["zh"], others=others)

    @classmethod
    def written(cls, write: Callable[[str], str]) -> Text:
        """Return what a function writes in each language of the catalogue."""
        return cls.of(in_each_language(write))

    def items(self) -> Iterator[tuple[str, str]]:
        """Yield each language with its text."""
        yield "en", self.en
        yield "zh", self.zh
        yield from self.others.items()

    def get(self, language: str, /) -> str | None:
        """Return the text in a language; None where it is missing."""
        return dict(self.items()).get(language)

    def __getitem__(self, language: str) -> str:
        """Return the text in a language; if missing, in its fallback, and at last in English."""
        return self.get(language) or words(language).pick(self)

    def in_each_language(self) -> dict[str, str]:
        """Return the text in every language of the catalogue, with its fallback if missing."""
        return in_each_language(self.__getitem__)

    def with_value(self, value: str | Text) -> Text:
        """Return the text with a value in the place of `{value}`: the same for all, or a text."""

        def filled(language: str, text: str) -> str:
            told = value if isinstance(value, str) else value[language]
            return spaced(text, {"value": told}).replace("{value}", told)

        return Text.of({key: filled(key, text) for key, text in self.items()})


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """A text as a file gives it: in every language, in some, or as one plain text for all."""

    en: str | None = field(default=None, metadata={"alone": True})
    zh: str | None = None
    others: Mapping[str, str] = field(
        default_factory=dict, hash=False, metadata={"rest": _is_language}
    )

    def __post_init__(self) -> None:
        """Refuse an empty text: half a text is a mistake in a file, not a choice."""
        given = self._given()
        if not given:
            raise ValueError("expected a text, or one for a language such as en")
        _refuse_empty(given.items())

    def _given(self) -> dict[str, str]:
        named = {"en": self.en, "zh": self.zh, **self.others}
        return {language: text for language, text in named.items() if text is not None}

    def text(self) -> Text:
        """Return the text. English and Chinese, if left out, are those of the first one given."""
        given = self._given()
        first = next(iter(given.values()))
        return Text.of({"en": first, "zh": first, **given})

"""The board's words."""

from __future__ import annotations

import re
import string

import pytest

from agent.web.text import LANGUAGES, WORDS, Words, choose
from tests.support import ROOT

_NOT_OF_THE_BOARD = {
    "auth.py",
    "connections.py",
    "discovery.py",
    "exposition.py",
    "limits.py",
    "response.py",
    "routes.py",
    "server.py",
    "text.py",
}


def test_every_language_has_every_word() -> None:
    """No language lacks a key that another has, and none is empty but the separator of sentences."""
    keys = set(WORDS["en"])
    for language in LANGUAGES:
        assert set(WORDS[language]) == keys
        assert [
            key for key, said in WORDS[language].items() if not said and key != "sentence"
        ] == []


def test_every_language_fills_in_the_same_values() -> None:
    """A sentence takes the same values in every language."""
    for key, said in WORDS["en"].items():
        fields = {name for _, name, _, _ in string.Formatter().parse(said) if name}
        for language in LANGUAGES:
            other = {
                name for _, name, _, _ in string.Formatter().parse(WORDS[language][key]) if name
            }
            assert other == fields, (language, key)


def test_every_key_the_code_asks_for_is_there() -> None:
    """Each `w("…")` in the board's sources names a word that exists."""
    asked = set()
    for path in (ROOT / "agent" / "web").glob("*.py"):
        if path.name not in _NOT_OF_THE_BOARD:
            asked |= set(re.findall(r"\bw\(\s*\"([^\"{}]+)\"", path.read_text("utf-8")))
    assert len(asked) > 80
    assert asked <= set(WORDS["en"]), asked - set(WORDS["en"])


@pytest.mark.parametrize(
    ("asked", "header", "language"),
    [
        ("zh", "", "zh"),
        ("", "zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("", "fr,en;q=0.5", "en"),
        ("xx", "", "en"),
        ("en", "zh", "en"),
        ("", "\u0000;;,,", "en"),
    ],
)
def test_language_is_the_address_then_the_browsers(asked: str, header: str, language: str) -> None:
    """The address decides, else the browser's first known language, else English."""
    assert choose(asked, header) == language


def test_words_of_unknown_data_are_the_data() -> None:
    """A value that came as data and has no word is shown as it is."""
    assert Words("zh").of("window", "7d") == "7d"

"""The catalogue of messages: what its languages have in common, and what adding one takes."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import yaml

from agent.hubs.text import Text
from agent.messages import catalogue
from agent.messages.catalogue import ROOT, Words, choose, languages, words
from agent.web import board
from agent.web.page import Page
from collectors.base import ConfigError
from tests.agent.web import fixture
from tests.support import ROOT as REPOSITORY

SOURCES = (
    "agent/web",
    "agent/commands",
    "agent/receivers",
    "agent/report",
    "agent/targets",
    "agent/hubs",
    "agent/messages",
)
_KEY = r"[a-z0-9_]+(?:\.[a-z0-9_]+)*"


def _read(language: str) -> dict[str, dict[str, str | Mapping[str, str]]]:
    """Return each file of a language with its messages."""
    return {
        path.name: yaml.safe_load(path.read_text("utf-8"))
        for path in (ROOT / language).glob("*.yaml")
        if path.name != "language.yaml"
    }


def _texts(message: str | Mapping[str, str]) -> list[str]:
    return [message] if isinstance(message, str) else list(message.values())


def _fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def _sources() -> Iterator[str]:
    for folder in SOURCES:
        for path in (REPOSITORY / folder).rglob("*"):
            if path.suffix in (".py", ".html") and path.name != "catalogue.py":
                yield path.read_text("utf-8")


@pytest.mark.parametrize("language", list(languages()))
def test_every_language_has_every_message(language: str) -> None:
    """No language lacks a message of another, and each stands in the file of the same name."""
    english, other = _read("en"), _read(language)
    assert {name: set(found) for name, found in other.items()} == {
        name: set(found) for name, found in english.items()
    }


@pytest.mark.parametrize("language", list(languages()))
def test_no_message_is_empty(language: str) -> None:
    """A message has text; only the separator of sentences may have none."""
    empty = [
        key
        for found in _read(language).values()
        for key, message in found.items()
        for text in _texts(message)
        if not text and key != "sentence"
    ]
    assert empty == []


@pytest.mark.parametrize("language", list(languages()))
def test_every_language_fills_in_the_same_values(language: str) -> None:
    """A message takes the same values in every language; a plural form may leave its count out."""
    other = _read(language)
    for name, found in _read("en").items():
        for key, message in found.items():
            expected = set().union(*map(_fields, _texts(message)))
            for text in _texts(other[name][key]):
                assert expected - _fields(text) <= {"count"}, (language, key)
                assert _fields(text) <= expected, (language, key)


def test_every_key_that_is_asked_for_exists() -> None:
    """Each `w("…")` in the code and the templates names a message."""
    asked = set()
    for source in _sources():
        asked |= set(re.findall(rf"\bw\(\s*[\"']({_KEY})[\"']\s*[,)]", source))
    assert len(asked) > 80
    assert asked <= set(words("en").keys())


def test_every_message_is_used() -> None:
    """Each key stands in the code or a template, whole or by a prefix of `w.of` and the like."""
    whole, prefixes = set(), {"racks.map_as"}  # racks.html gives it to a macro
    for source in _sources():
        whole |= set(re.findall(rf"[\"']({_KEY})[\"']", source))
        prefixes |= set(re.findall(rf"\bw\.of\(\s*[\"']({_KEY})[\"']", source))
        prefixes |= set(re.findall(rf"\(\s*f\"({_KEY})\.\{{", source))
        prefixes |= set(re.findall(rf"\bw\(\s*[\"']({_KEY})\.[\"'] ~", source))
    catalogue = set(words("en").keys())
    unused = {
        key
        for key in catalogue - whole
        if not any(key.startswith(f"{prefix}.") for prefix in prefixes)
    }
    assert unused == set()


@pytest.mark.parametrize(
    ("asked", "header", "language"),
    [
        ("zh", "", "zh"),
        ("", "zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("", "xx,en;q=0.5", "en"),
        ("xx", "", "en"),
        ("en", "zh", "en"),
        ("", "\u0000;;,,", "en"),
    ],
)
def test_the_address_chooses_the_language_before_the_browser(
    asked: str, header: str, language: str
) -> None:
    """The address decides, else the browser's first known language, else English."""
    assert choose(asked, header) == language


def test_a_value_without_a_word_is_shown_as_it_is() -> None:
    """Data that no message names is written as it came."""
    assert words("zh").of("window", "7d") == "7d"
    assert words("zh").of("window", "1d") == "1 天"


def _language(root: Path, key: str, about: str, messages: str) -> Words:
    folder = root / key
    folder.mkdir()
    (folder / "language.yaml").write_text(about, "utf-8")
    (folder / "common.yaml").write_text(messages, "utf-8")
    return words(key, root)


def test_the_catalogue_chooses_the_plural_form(tmp_path: Path) -> None:
    """Russian has one form for 1 and 21, one for 2 to 4 and 22, and one for the rest."""
    about = """
name: Русский
html: ru
plural:
  one: {last: [1], not_last_two: [11]}
  few: {last: [2, 3, 4], not_last_two: [12, 13, 14]}
"""
    w = _language(
        tmp_path, "ru", about, "racks: {one: '{count} a', few: '{count} b', other: '{count} c'}"
    )
    said = [w("racks", count=count) for count in (0, 1, 2, 4, 5, 11, 12, 21, 22, 111, 124)]
    assert said == [
        "0 c",
        "1 a",
        "2 b",
        "4 b",
        "5 c",
        "11 c",
        "12 c",
        "21 a",
        "22 b",
        "111 c",
        "124 b",
    ]


def test_whole_numbers_are_written_in_groups() -> None:
    """A count of thousands is written as all other numbers of a page."""
    assert words("en")("racks.count", count=27584) == "27\u202f584 in service"


def test_a_key_in_two_files_is_refused(tmp_path: Path) -> None:
    """Two files of a language cannot both give a message."""
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "racks.yaml").write_text("racks: Racks", "utf-8")
    with pytest.raises(ConfigError, match="racks stands in another file too"):
        _language_in(tmp_path)


def _language_in(root: Path) -> Words:
    (root / "en" / "language.yaml").write_text("{name: English, html: en}", "utf-8")
    (root / "en" / "site.yaml").write_text("racks: Racks", "utf-8")
    return words("en", root)


def test_data_is_told_in_the_nearest_language(tmp_path: Path) -> None:
    """Data is told in the page's language, else in the one it falls back to, else in English."""
    w = _language(tmp_path, "yue", "{name: 粵語, html: yue, fallback: zh}", "racks: 機櫃")
    assert w.pick(Text(en="Guiyang", zh="贵阳")) == "贵阳"
    assert w.pick({"en": "Guiyang"}) == "Guiyang"
    assert w.pick({"yue": "貴陽", "en": "Guiyang"}) == "貴陽"
    assert w.pick("as it is") == "as it is"
    assert w.pick(None) == ""
    assert w.nearest(("en", "zh")) == "zh"


def test_a_third_language_takes_no_code(tmp_path: Path) -> None:
    """A folder with translated files is a language: a page is drawn in it and offers the others."""
    for key in ("en", "zh"):
        (tmp_path / key).symlink_to(ROOT / key)
    made = tmp_path / "qps"
    made.mkdir()
    (made / "language.yaml").write_text("{name: Pseudo, html: qps-ploc, plural: {}}", "utf-8")
    for name, found in _read("en").items():
        pseudo = {
            key: f"⟦{message if isinstance(message, str) else message['other']}⟧"
            for key, message in found.items()
        }
        (made / name).write_text(yaml.safe_dump(pseudo, allow_unicode=True), "utf-8")
    page = Page(fixture.view(), w=words("qps", tmp_path))
    html = board.draw(page)
    assert '<html lang="qps-ploc">' in html
    assert "⟦Skip to the content⟧" in html
    assert (
        'hreflang="en" lang="en">English</a> '
        '<a href="/?lang=zh" hreflang="zh" lang="zh-Hans">中文</a>' in html
    )


def test_a_language_that_is_not_there_is_english() -> None:
    """Whoever asks for an unknown language gets English."""
    assert words("xx").language == catalogue.DEFAULT

"""Numbers and states that devices send as text."""

from __future__ import annotations

import math
import re

import pytest

from collectors.facility.snmp.texts import Texts, number_in


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("24 C", 24.0),
        ("12.094 Amps", 12.094),
        ("12.5A", 12.5),
        ("31.5 %", 31.5),
        ("+23,4 °C", 23.4),
        ("-7.25", -7.25),
        (" 230 V ", 230.0),
        (".5 A", 0.5),
        ("1.5e3", 1500.0),
    ],
)
def test_a_number_with_its_unit_is_that_number(text: str, number: float) -> None:
    """A number at the beginning of a text is taken, whatever unit stands behind it."""
    assert number_in(text) == number


@pytest.mark.parametrize(
    "text",
    ["", "N/A", "C 24", "12:30", "2026-11-28", "10.0.0.7", "1,234", "1,234.5 W", "0xff", "3 of 4"],
)
def test_a_text_with_more_than_a_number_is_none(text: str) -> None:
    """A date, a time, an address, a count of others, and thousands that may be decimals are
    none.
    """
    assert number_in(text) is None


def test_a_pattern_finds_the_number_in_a_list() -> None:
    """The first group of the pattern is the number; a text that it does not fit has none."""
    fourth = Texts(extract=re.compile(r"^(?:[^,]*,){3}([\d.]+)"))
    assert fourth.number("12,0,7,31.5,9") == 31.5
    assert fourth.number("12,0") is None


def test_words_for_no_reading_are_no_number_and_no_mistake() -> None:
    """Such a word is told from a text that is no number, whatever its case."""
    texts = Texts(missing=frozenset({"n/a", ""}))
    found = [texts.number(text) for text in ("N/A ", "", "12 V", "error")]
    assert math.isnan(found[0] or 0.0)
    assert math.isnan(found[1] or 0.0)
    assert found[2:] == [12.0, None]


def test_words_are_states() -> None:
    """Each word has its value; another has that of all others, or none."""
    states = {"normal": 0.0, "alarm": 1.0}
    assert Texts(words=states).number("ALARM") == 1.0
    assert Texts(words=states).number("unknown") is None
    assert Texts(words=states, otherwise=1.0).number("unknown") == 1.0

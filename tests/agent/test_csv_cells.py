"""Names in CSV files: what is marked as text, and that the mark comes off again."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.csv_cells import name_of, shown_as_text

BEGINS = "=+-@\uff1d\uff0b\uff0d\uff20\t\r\n"
"""OWASP's list: four signs, the same in full width, tab and ends of lines."""


@pytest.mark.parametrize("letter", BEGINS)
@pytest.mark.parametrize("before", ["", " ", "\u3000", "\ufeff"])
def test_what_begins_a_formula_is_marked(letter: str, before: str) -> None:
    """The cell's first letter is an apostrophe, which makes it text; white space does not hide."""
    assert shown_as_text(f"{before}{letter}1") == f"'{before}{letter}1"


@pytest.mark.parametrize(
    "unseen",
    [
        "NULL",
        "ESCAPE",
        "SOFT HYPHEN",
        "COMBINING GRAPHEME JOINER",
        "ARABIC LETTER MARK",
        "HANGUL FILLER",
        "ZERO WIDTH SPACE",
        "ZERO WIDTH JOINER",
        "RIGHT-TO-LEFT OVERRIDE",
        "WORD JOINER",
        "VARIATION SELECTOR-16",
        "TAG SPACE",
    ],
)
def test_a_letter_that_shows_nothing_does_not_hide_a_formula(unseen: str) -> None:
    """Whether a spreadsheet drops it or not, the cell is text."""
    name = f"{unicodedata.lookup(unseen)}=1"
    assert shown_as_text(name) == f"'{name}"
    assert name_of(f"'{name}") == name


@pytest.mark.parametrize("name", ["", "A07", "a=b", "机柜-1", "'quoted", " A07", "1-2"])
def test_other_names_stay_as_they_are(name: str) -> None:
    """A sign further inside computes nothing."""
    assert shown_as_text(name) == name


@given(st.text(alphabet=st.sampled_from(f"'a 1\u3000{BEGINS}"), max_size=6))
def test_the_name_comes_back(name: str) -> None:
    """An export that is imported again has the same names, also those that look marked."""
    assert name_of(shown_as_text(name)) == name

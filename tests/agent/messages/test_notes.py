"""What a PUE rests on, in the reader's language."""

from __future__ import annotations

import pytest

from agent.messages.catalogue import words
from agent.messages.notes import note_text, site_note


@pytest.mark.parametrize(
    ("note", "chinese"),
    [
        ("class 2 assumed for meters that state none", "未标明准确度等级的电能表按 2 级计"),
        (
            "not in the inventory, so not counted at it_input: m-1, m-2",
            "不在清单中，未计入计量点 it_input：m-1, m-2",
        ),
        (
            "72% of the uncovered time was below the median load",
            "未覆盖时间中有 72% 低于负载中位数",
        ),
        (
            "rejected readings: main (2 glitch), ups-1 (1 leap)",
            "拒收的读数：main (2 glitch), ups-1 (1 leap)",
        ),
        ("what nobody has translated", "what nobody has translated"),
    ],
)
def test_a_note_is_said_in_chinese(note: str, chinese: str) -> None:
    """The values of a note are kept; one that no message says stays as it is."""
    assert note_text(note, words("zh")) == chinese
    assert note_text(note, words("en")) == note


def test_a_note_of_a_site_names_the_site() -> None:
    """Of several sites, each note is led by its site."""
    note = "IT energy is not metered for the whole site"
    assert site_note("贵安", note, words("zh")) == "贵安：未对全站 IT 电能进行计量"
    assert site_note("A", note, words("en")) == f"A: {note}"

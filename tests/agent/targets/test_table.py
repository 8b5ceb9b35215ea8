"""The scoreboard on a terminal: what stands first, and what is never broken."""

from __future__ import annotations

import re

import pytest

from agent.hubs.loader import load_registry
from agent.targets.columns import width_of
from agent.targets.scoreboard import scoreboard
from agent.targets.table import render

NOW = 1_796_083_200.0
"""2026-12-01T00:00:00Z."""


@pytest.mark.parametrize("width", [40, 80, 100, 160])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_date_is_broken_and_no_line_is_too_wide(language: str, width: int) -> None:
    """From 80 columns on every date stands whole, and every line fits."""
    text = render(scoreboard(load_registry(), {}, NOW), language, width)
    lines = text.splitlines()
    assert max(map(width_of, lines)) <= max(80, width)
    assert [line for line in lines if re.search(r"\d{4}-\d\d(-\d?)?(\s|$)", line)] == []


def test_all_hubs_are_seen_at_a_glance() -> None:
    """Before the first hub there is a line for each, with how many promises are in which state."""
    hubs = scoreboard(load_registry(), {}, NOW)
    glance = render(hubs, "en", 100).split("\n\n\n")[0]
    assert glance.startswith("At a glance\n")
    for hub in hubs:
        assert hub.name.en[:30] in glance
    assert "At a glance" not in render(hubs[:1], "en", 100)

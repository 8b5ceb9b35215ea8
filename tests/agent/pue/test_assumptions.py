"""What an explained PUE takes for granted."""

from __future__ import annotations

from pathlib import Path

import pytest

from agent.pue.explain import explain
from tests.support.ledger import HEAD, SITE, bench, day

SUNNY = (
    "meters: [{meter: main, point: utility}, {meter: sun, point: renewable},"
    " {meter: it, point: it_input}]"
)
LISTED = (
    "meters: [{meter: main, point: utility, share: 0.8}, {meter: it, point: it_input},"
    " {meter: cold, point: cooling, factor: 0.4}]"
)


@pytest.mark.parametrize(
    ("text", "told", "not_told"),
    [
        (
            LISTED,
            [
                "every supply",
                "at it_input see all IT",
                "main: the stated share",
                "cold: the stated",
            ],
            ["none is listed", "nothing is lost", "first reading", "uncovered", "battery"],
        ),
        (
            SUNNY,
            ["no battery carries the site", "every supply"],
            ["a battery gives"],
        ),
        (
            "meters: [{meter: cold, point: cooling}, {meter: it, point: it_input}]",
            ["nothing is lost between the parts"],
            ["every supply", "share", "weight"],
        ),
    ],
)
def test_what_is_taken_for_granted(
    tmp_path: Path, text: str, told: list[str], not_told: list[str]
) -> None:
    """Each sentence is there only where its case is: a share, a weight, a sum of parts."""
    with bench(tmp_path, HEAD + text, now=day(24).timestamp()) as b:
        for meter, kwh in (("main", 150.0), ("it", 100.0), ("cold", 20.0)):
            b.put(meter, {day(h): kwh for h in range(24)})
        b.pue.refresh()
        found = explain(b.pue, SITE, day().timestamp(), day(24).timestamp()).assumptions
    for each in told:
        assert any(each in sentence for sentence in found)
    for each in not_told:
        assert not any(each in sentence for sentence in found)


def test_beginnings_and_silences(tmp_path: Path) -> None:
    """A meter that began later without `since`, and uncovered hours, are among them."""
    with bench(tmp_path, HEAD + SUNNY, now=day(24).timestamp()) as b:
        b.put("main", {day(h): 130.0 for h in range(24) if h not in (5, 6)})
        b.put("it", {day(h): 100.0 for h in range(24)})
        b.put("sun", {day(h): 10.0 for h in range(12, 24)})
        b.pue.refresh()
        found = explain(b.pue, SITE, day().timestamp(), day(24).timestamp()).assumptions
    assert any(sentence.startswith("sun: before its first reading") for sentence in found)
    assert any("uncovered time" in sentence for sentence in found)

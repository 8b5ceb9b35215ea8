"""Breakers of an inventory, and every mistake in them."""

from __future__ import annotations

import pytest

from tests.agent.inventory.loading import load, mistakes

POWER = """
sites: [{site: a}, {site: b}]
breakers:
- {breaker: main-a, site: a, capacity_watts: 200000, pair: main-b}
- {breaker: main-b, site: a, capacity_watts: 200000, pair: main-a}
- {breaker: A-a, site: a, rated_amperes: 100, pair: A-b, upstream: main-a}
- {breaker: A-b, site: a, rated_amperes: 100, pair: A-a, upstream: main-b}
racks:
- {rack: r, site: a, feeds: {
    A: {pdu: p, capacity_watts: 7360, breaker: A-a, phase: L2}, B: {pdu: q, breaker: A-b}}}
"""


def test_breakers() -> None:
    """Amperes carry their capacity at a power factor of 1; the supply path leads outwards."""
    stock = load(POWER)
    assert stock.breakers["A-a"].capacity == 100 * 230 * 3
    assert [breaker.breaker for breaker in stock.supply_path("A-b")] == ["A-b", "main-b"]
    assert stock.supply_path("none") == ()
    assert stock.racks["r"].feeds["A"].phase == "L2"


@pytest.mark.parametrize(
    ("watts", "capacity"),
    [(50_000, 50_000), (80_000, 100 * 230 * 3)],
)
def test_the_smaller_rating_of_a_breaker_holds(watts: float, capacity: float) -> None:
    """100 A carry 69 kW; a stated capacity below that holds instead of it."""
    text = POWER.replace(
        "rated_amperes: 100, pair: A-b", f"rated_amperes: 100, capacity_watts: {watts}, pair: A-b"
    )
    assert load(text).breakers["A-a"].capacity == capacity


def test_two_feeds_may_be_behind_one_breaker() -> None:
    """They fail together, which the failover figure says; that is no wrong pair."""
    stock = load(POWER.replace("q, breaker: A-b", "q, breaker: A-a"))
    assert {feed.breaker for feed in stock.racks["r"].feeds.values()} == {"A-a"}


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        (
            "breaker: A-a, phase",
            "breaker: A-aa, phase",
            9,
            "racks[0].feeds.A.breaker: unknown breaker 'A-aa'; did you mean A-a?",
        ),
        (
            "rated_amperes: 100, pair: A-b",
            "rated_amperes: 100, pair: A-c",
            6,
            "breakers[2].pair: unknown breaker 'A-c'",
        ),
        (
            "pair: A-a, upstream",
            "upstream",
            6,
            "breakers[2].pair: A-b states no pair, not A-a; a pair is mutual",
        ),
        (
            "7360",
            "70000",
            9,
            "feeds.A.capacity_watts: 70000 is above the 69000 W of its breaker A-a",
        ),
        (
            "- {breaker: A-b, site: a",
            "- {breaker: A-b, site: b",
            6,
            "breakers[2].pair: A-b is at site b, not a",
        ),
        (
            "- {rack: r, site: a",
            "- {rack: r, site: b",
            9,
            "feeds.A.breaker: A-a is at site a, not b",
        ),
        (
            "200000, pair: main-b}",
            "200000, pair: main-b, upstream: A-a}",
            6,
            "A-a is fed by main-a is fed by A-a: a circle",
        ),
        ("upstream: main-a", "upstream: A-a", 6, "upstream: a breaker cannot be its own upstream"),
        (
            "q, breaker: A-b",
            "q, breaker: main-a",
            9,
            (
                "feeds.A.breaker: is behind A-a, whose pair is A-b; the rack's other feed is"
                " behind main-a"
            ),
        ),
        (
            "pair: A-b, upstream: main-a",
            "phases: 2, upstream: main-a",
            6,
            "phases: expected 1 or 3",
        ),
        ("rated_amperes: 100, pair: A-b", "pair: A-b", 6, "rated_amperes: missing"),
        (
            "site: a, rated_amperes: 100, pair: A-b",
            "site: c, rated_amperes: 100, pair: A-b",
            6,
            "unknown site 'c'",
        ),
        (
            "racks:",
            "- {breaker: A-a, site: a, rated_amperes: 5}\nracks:",
            8,
            "A-a is given twice (first in line 6)",
        ),
        ("phase: L2", "phase: L4", 10, "expected one of L1, L2, L3"),
        (
            "pair: A-a, upstream: main-b",
            "pair: A-a, upstream: A-a",
            7,
            "A-a feeds A-b, so both fail together",
        ),
    ],
)
def test_each_mistake_about_breakers_is_one_line(old: str, new: str, line: int, words: str) -> None:
    """Each mistake in the stated supply is refused with its line."""
    assert old in POWER
    found = mistakes(POWER.replace(old, new, 1))
    assert any(one.startswith(f"inventory.yaml:{line}: ") and words in one for one in found), found


def test_breakers_in_csv() -> None:
    """A rack list may repeat amperes; two breakers are a pair where every rack has both."""
    head = "site,rack,pdu_a,breaker_a,breaker_a_amperes,pdu_b,breaker_b,breaker_b_amperes\n"
    stock = load(
        head + "a,r,p,RPP-A,63,q,RPP-B,63\na,s,t,RPP-A,63,u,RPP-B,63\na,x,v,RPP-C,63,,,\n",
        "racks.csv",
    )
    assert {
        name: (breaker.rated_amperes, breaker.pair) for name, breaker in stock.breakers.items()
    } == {
        "RPP-A": (63, "RPP-B"),
        "RPP-B": (63, "RPP-A"),
        "RPP-C": (63, ""),
    }
    mixed = load(head + "a,r,p,RPP-A,63,q,RPP-B,63\na,s,t,RPP-A,63,,,\n", "racks.csv")
    assert [breaker.pair for breaker in mixed.breakers.values()] == ["", ""]
    for row, words in (
        (
            "a,r,p,RPP-A,63,q,RPP-B,63\na,s,t,RPP-A,32,,,\n",
            "racks.csv:3: breaker: RPP-A is one of 63 A at site a in line 2",
        ),
        ("a,r,p,RPP-A,,,,\n", "racks.csv:2: racks[2].feeds.A.breaker: unknown breaker 'RPP-A'"),
        ("a,r,p,,63,,,\n", "racks.csv:2: breaker_a_amperes: given without breaker_a"),
        ("a,r,p,X,lots,,,\n", "racks.csv:2: breaker_a_amperes: expected a number"),
    ):
        assert any(one.startswith(words) for one in mistakes(head + row, "racks.csv")), mistakes(
            head + row, "racks.csv"
        )

"""Check the breakers of an inventory: which feeds which, which pairs, and what feeds the racks.

A wrong pair is worse than none: the failover load would be that of a supply that does not exist.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from agent.inventory.model import Breaker, Feed, Rack
from collectors.strict import nearest


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong with a breaker or a rack: its key within the item, and a sentence."""

    key: str
    message: str


def breaker_mistakes(breaker: Breaker, breakers: Mapping[str, Breaker]) -> Iterator[Mistake]:
    """Yield what is wrong with one breaker among all."""
    for key, name in (("pair", breaker.pair), ("upstream", breaker.upstream)):
        if not name:
            continue
        other = breakers.get(name)
        if other is None:
            yield Mistake(key, f"unknown breaker {name!r}{nearest(name, breakers)}")
        elif other.site != breaker.site:
            yield Mistake(key, f"{name} is at site {other.site}, not {breaker.site}")
        elif key == "pair" and other.pair != breaker.breaker:
            yield Mistake(
                key,
                f"{name} states {other.pair or 'no pair'}, not {breaker.breaker}; a pair is mutual",
            )
    path = _path(breaker.breaker, breakers)
    names = [one.breaker for one in path]
    end = path[-1].upstream if path else breaker.upstream
    if end in names:  # a circle: only the first of its members by name reports it
        members = names[names.index(end) :]
        if breaker.breaker == min(members):
            yield Mistake("upstream", f"{' is fed by '.join((*members, end))}: a circle")
    elif breaker.pair in names:
        yield Mistake("pair", f"{breaker.pair} feeds {breaker.breaker}, so both fail together")


def rack_mistakes(rack: Rack, breakers: Mapping[str, Breaker]) -> Iterator[Mistake]:
    """Yield what is wrong with the breakers of a rack's feeds."""
    for name, feed in rack.feeds.items():
        if not feed.breaker:
            continue
        key = f"feeds.{name}.breaker"
        breaker = breakers.get(feed.breaker)
        if breaker is None:
            yield Mistake(key, f"unknown breaker {feed.breaker!r}{nearest(feed.breaker, breakers)}")
        elif breaker.site != rack.site:
            yield Mistake(key, f"{feed.breaker} is at site {breaker.site}, not {rack.site}")
        elif feed.capacity_watts is not None and feed.capacity_watts > breaker.capacity:
            yield Mistake(
                f"feeds.{name}.capacity_watts",
                f"{feed.capacity_watts:g} is above the {breaker.capacity:g} W"
                f" of its breaker {feed.breaker}",
            )
    yield from _wrong_pairs(rack.feeds, breakers)


def _wrong_pairs(feeds: Mapping[str, Feed], breakers: Mapping[str, Breaker]) -> Iterator[Mistake]:
    """Yield the feeds behind a breaker whose pair feeds no other feed of the rack.

    A breaker that feeds another feed of the rack as well is not judged: the rack has no pair there.
    """
    paths = {
        name: _path(feed.breaker, breakers)
        for name, feed in feeds.items()
        if feed.breaker in breakers
    }
    for name, path in paths.items():
        others = {
            breaker.breaker
            for other, theirs in paths.items()
            if other != name
            for breaker in theirs
        }
        wrong = next(
            (one for one in path if one.pair and not {one.breaker, one.pair} & others), None
        )
        if others and wrong is not None:
            yield Mistake(
                f"feeds.{name}.breaker",
                f"is behind {wrong.breaker}, whose pair is {wrong.pair};"
                f" the rack's other feed is behind {' and '.join(sorted(others))}",
            )


def _path(name: str, breakers: Mapping[str, Breaker]) -> list[Breaker]:
    """Return a breaker, the one that feeds it, and so on; each once, so a circle ends."""
    found: dict[str, Breaker] = {}
    while name in breakers and name not in found:
        found[name] = breakers[name]
        name = breakers[name].upstream
    return list(found.values())

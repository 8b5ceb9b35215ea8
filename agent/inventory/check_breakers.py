"""Check the supply that an inventory states: which breaker hangs on which, what carries whose load, and what racks hang on.

A wrong pair is worse than none: the failover figure would be that of a supply nobody has.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from collectors.strict import nearest

if TYPE_CHECKING:
    from agent.inventory.model import Breaker, Feed, Rack


class Mistake(NamedTuple):
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
    above = dict(_above(breaker.breaker, breakers))
    end = next(reversed(above.values()), breaker).upstream
    if end in above:  # a circle, told once: by that of its members that comes first by name
        members = list(above)[list(above).index(end) :]
        if breaker.breaker == min(members):
            yield Mistake("upstream", f"{' hangs on '.join((*members, end))}: a circle")
    elif breaker.pair in above:
        yield Mistake("pair", f"{breaker.pair} feeds {breaker.breaker}, and both die at once")


def rack_mistakes(rack: Rack, breakers: Mapping[str, Breaker]) -> Iterator[Mistake]:
    """Yield what is wrong with what a rack's feeds hang on."""
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
                f"{feed.capacity_watts:g} is above the {breaker.capacity:g} W of its breaker {feed.breaker}",
            )
    yield from _wrong_pairs(rack.feeds, breakers)


def _wrong_pairs(feeds: Mapping[str, Feed], breakers: Mapping[str, Breaker]) -> Iterator[Mistake]:
    """Yield the feeds whose breaker is to be carried by one that no other feed of the rack hangs on."""
    chains = {
        name: dict(_above(feed.breaker, breakers))
        for name, feed in feeds.items()
        if feed.breaker in breakers
    }
    for name, chain in chains.items():
        others: set[str] = set()
        for other, theirs in chains.items():
            others |= theirs.keys() if other != name else set()
        for breaker in chain.values():
            if (
                others
                and breaker.pair
                and breaker.breaker not in others
                and breaker.pair not in others
            ):
                yield Mistake(
                    f"feeds.{name}.breaker",
                    f"is behind {breaker.breaker}, whose pair is {breaker.pair}; the rack's other feed is behind {' and '.join(sorted(others))}",
                )
                break


class CsvBreakers:
    """The breakers of a rack list: their ratings are repeated by every rack, and two are a pair where all racks say so."""

    def __init__(self) -> None:
        self._amperes: dict[str, tuple[str, float, int]] = {}
        self._beside: dict[str, set[str]] = {}

    def add(self, site: str, line: int, named: Mapping[str, float | None]) -> Iterator[Mistake]:
        """Take the breakers of one rack with their amperes, where it states them; yields what contradicts an earlier line."""
        for name, amperes in named.items():
            self._beside.setdefault(name, set()).update(named.keys() - {name} or {""})
            if amperes is not None:
                known = self._amperes.setdefault(name, (site, amperes, line))
                if known[:2] != (site, amperes):
                    yield Mistake(
                        "breaker",
                        f"{name} is one of {known[1]:g} A at site {known[0]} in line {known[2]}",
                    )

    def items(self) -> Iterator[tuple[int, dict[str, str]]]:
        """Yield the line and the fields of every breaker whose rating is stated."""
        for name, (site, amperes, line) in self._amperes.items():
            (pair, *more) = self._beside[name]
            mutual = not more and pair in self._amperes and self._beside[pair] == {name}
            yield (
                line,
                {
                    "breaker": name,
                    "site": site,
                    "rated_amperes": f"{amperes:g}",
                    **({"pair": pair} if mutual else {}),
                },
            )


def _above(name: str, breakers: Mapping[str, Breaker]) -> Iterable[tuple[str, Breaker]]:
    """Return a breaker and those it hangs on, outwards, each once."""
    found: dict[str, Breaker] = {}
    while name in breakers and name not in found:
        found[name] = breakers[name]
        name = breakers[name].upstream
    return found.items()

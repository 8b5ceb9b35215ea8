"""Check the supplies of an inventory against each other, and the breakers against them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from agent.inventory.check_breakers import Mistake
from agent.inventory.model import Breaker, Supply
from collectors.strict import nearest


def supply_mistakes(supply: Supply, supplies: Mapping[str, Supply]) -> Iterator[Mistake]:
    """Yield what is wrong with one supply among all."""
    for key, name in supply.fed_by():
        yield from _unfit(key, name, supply.site, supplies)
    if supply.joins:
        yield from _unfit("joins", supply.joins, supply.site, supplies)
    if _feeds_itself(supply, supplies):
        yield Mistake("upstream", f"{supply.supply} is fed by itself: a circle")


def breaker_mistakes(breaker: Breaker, supplies: Mapping[str, Supply]) -> Iterator[Mistake]:
    """Yield what is wrong with the supply that a breaker names, and with its own name."""
    if breaker.breaker in supplies:
        yield Mistake("breaker", f"{breaker.breaker} is the name of a supply")
    if breaker.supply:
        yield from _unfit("supply", breaker.supply, breaker.site, supplies)


def _unfit(key: str, name: str, site: str, supplies: Mapping[str, Supply]) -> Iterator[Mistake]:
    other = supplies.get(name)
    if other is None:
        yield Mistake(key, f"unknown supply {name!r}{nearest(name, supplies)}")
    elif other.site != site:
        yield Mistake(key, f"{name} is at site {other.site}, not {site}")


def _feeds_itself(supply: Supply, supplies: Mapping[str, Supply]) -> bool:
    """Tell whether power that leaves a supply may come back to it."""
    seen: set[str] = set()
    waiting = [name for _, name in supply.fed_by()]
    while waiting:
        name = waiting.pop()
        if name == supply.supply:
            return True
        if name in supplies and name not in seen:
            seen.add(name)
            waiting += [above for _, above in supplies[name].fed_by()]
    return False

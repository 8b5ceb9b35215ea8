"""What feeds what at a site: the lines of its one-line diagram, with what they carry."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from agent.web.views.breakers import BreakerView
from agent.web.views.diagram_rows import Told
from agent.web.views.supplies import SupplyPartView


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A line from one breaker or supply to another; `open` where it does not carry."""

    above: str
    below: str
    watts: float | None
    told: Told
    open: bool = False


def _feeds(one: BreakerView, parts: Mapping[str, SupplyPartView]) -> Iterator[Link]:
    """Yield the lines that come into a breaker or a supply, and of a solar plant the one out."""
    name, part = one.breaker, parts.get(one.breaker)
    watts, told = power(one)
    if part is None:
        if one.upstream:
            yield Link(above=one.upstream, below=name, watts=watts, told=told)
        return
    if part.input_watts is not None:
        watts, told = part.input_watts, "metered"
    elif part.kind in {"ups", "switchboard"} and told == "metered":
        watts, told = None, "unmetered"  # what it delivers is not what comes in on this line
    for source, above in part.inputs.items():
        used = source == part.selected
        yield Link(
            above=above,
            below=name,
            watts=watts if used else None,
            told=told if used else "unmetered",
            open=not used,
        )
    if part.upstream and not part.inputs:
        yield Link(above=part.upstream, below=name, watts=watts, told=told)
    if part.joins:
        yield Link(above=name, below=part.joins, watts=part.power_watts, told=told)


def links(known: Mapping[str, BreakerView], parts: Mapping[str, SupplyPartView]) -> list[Link]:
    """Return every line of a site."""
    return _carried([link for name in known for link in _feeds(known[name], parts)], known)


def _carried(links: Sequence[Link], known: Mapping[str, BreakerView]) -> list[Link]:
    """Return the same lines; the only line out of what is measured carries all of its power."""
    out = Counter(link.above for link in links)
    found = []
    for link in links:
        one = known.get(link.above)
        if link.told == "unmetered" and not link.open and out[link.above] == 1 and one is not None:
            watts, told = power(one)
            found.append(replace(link, watts=watts, told=told))
        else:
            found.append(link)
    return found


def power(one: BreakerView) -> tuple[float | None, Told]:
    """Return a breaker's power, at least, and how much of it is known."""
    if one.coverage_ratio is None:
        return None, "unmetered"
    if not one.coverage_ratio:
        return None, "silent"
    return one.power_watts.get("lower"), "metered" if one.coverage_ratio >= 1 else "part"


def around(at: str, known: Mapping[str, BreakerView], links: Iterable[Link]) -> set[str]:
    """Return what hangs on a breaker or a supply, and what is above it, each input of a switch."""
    found = {at}
    links = list(links)
    for outwards in (True, False):
        waiting = [at]
        while waiting:
            name = waiting.pop()
            fresh = {
                link.below if outwards else link.above
                for link in links
                if (link.above if outwards else link.below) == name
            }
            waiting += fresh - found
            found |= fresh
    return found & set(known)


def levels_of(chosen: Collection[str], links: Iterable[Link]) -> dict[str, int]:
    """Return the column of each: one more than the deepest of what feeds it."""
    above: dict[str, list[str]] = {name: [] for name in chosen}
    for link in links:
        if link.below in above and link.above in above:
            above[link.below].append(link.above)
    found: dict[str, int] = {}

    def level(name: str, passed: frozenset[str]) -> int:
        if name not in found:
            deepest = (level(one, passed | {name}) for one in above[name] if one not in passed)
            found[name] = 1 + max(deepest, default=-1)
        return found[name]

    for name in chosen:
        level(name, frozenset())
    return found

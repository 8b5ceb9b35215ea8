"""How a site is supplied: sources, switches, UPSs and breakers as a tree, and what a loss would do.

The tree follows what the inventory states: `upstream` of breakers and UPSs, `supply` of the topmost
breakers. A transfer switch stands under the input that it says it uses.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from agent.inventory.model import Rack
from agent.web.format import natural
from agent.web.view import BoardView
from agent.web.views import addition, breakers, diagram, loss, supplies
from agent.web.views.addition import AdditionView, way_up
from agent.web.views.breakers import BreakerView
from agent.web.views.diagram import DiagramView
from agent.web.views.loss import LossView
from agent.web.views.supplies import SupplyPartView

MOST: Final = 120
"""Lines that are shown at once. Of a larger tree, two levels are shown; a reader opens a part."""


_BOUNDS: Final = ("lower", "upper")


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplyLineView:
    """One breaker or supply in the tree."""

    breaker: BreakerView
    """A supply is shown as a breaker is: with its power, its capacity, and what feeds it."""
    part: SupplyPartView | None
    """The supply; None for a breaker."""
    depth: int
    """How many breakers are above it."""
    below: int
    """How many breakers it feeds, through others as well."""
    racks: int
    """How many racks have a feed behind it."""
    bar_ratio: float | None
    """Its power (lower bound) over that of the largest breaker; None if no feed behind answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplyView:
    """What `/api/sites/{site}/supply` answers."""

    site: str
    at: str
    """The breaker whose part is shown; empty for the whole site."""
    lines: Sequence[SupplyLineView]
    more: int
    """Lines that are left out."""
    diagram: DiagramView | None
    loss: LossView | None
    addition: AdditionView | None
    rows: Sequence[str]
    """The rows of the site, by name."""


def read(
    view: BoardView, site: str, at: str = "", lose: str = "", *, add: str = "", row: str = ""
) -> SupplyView:
    """Return how a site is supplied, from the top or from the breaker `at` down.

    `lose` is a breaker or a supply whose loss is to be computed; empty for none. `add` are
    kilowatts that the racks of a row are to draw more.
    """
    parts = supplies.read(view, site)
    known = _known(view, site, parts)
    members = view.inventory.racks_by_site.get(site, ()) if view.inventory is not None else ()
    at = at if at in known else ""
    lines = list(_lines(known, parts, at, _racks_behind(known, members)))
    lost = loss.read(view, site, lose, known, parts, members) if lose in known else None
    return SupplyView(
        site=site,
        at=at,
        lines=lines[:MOST],
        more=max(0, len(lines) - MOST),
        diagram=diagram.read(view, site, at, known, parts, lost),
        loss=lost,
        addition=addition.read(view, site, row, addition.kilowatts(add), known),
        rows=sorted({one.row for one in members if one.row}, key=natural),
    )


def _known(
    view: BoardView, site: str, parts: Mapping[str, SupplyPartView]
) -> Mapping[str, BreakerView]:
    """Return the supplies as breakers, and the breakers with what feeds them."""
    listed = view.inventory.breakers if view.inventory is not None else {}
    found = {name: _as_breaker(part) for name, part in parts.items()}
    for one in breakers.read(view, site):
        stated = listed.get(one.breaker)
        fed = stated.supply if stated is not None and stated.supply in parts else ""
        found[one.breaker] = replace(one, upstream=fed) if fed else one
    return _paired(found, parts)


def _paired(
    known: Mapping[str, BreakerView], parts: Mapping[str, SupplyPartView]
) -> Mapping[str, BreakerView]:
    """Return the same with the pair of each supply, and what it carries if that one is lost.

    Two supplies are a pair if all that one of them feeds has its pair below the other one.
    """
    found = dict(known)
    for name in sorted(parts, key=lambda each: -len(list(way_up(known, each)))):
        below = [one for one in found.values() if one.upstream == name]
        others = {found[one.pair].upstream if one.pair in found else "" for one in below}
        pair = others.pop() if len(others) == 1 else ""
        if pair not in parts or pair == name:
            continue
        both = [parts[each].power_watts for each in (name, pair)]
        capacity = parts[name].capacity_watts
        told = None not in both and capacity
        ratio = sum(filter(None, both)) / capacity if told and capacity else 0.0
        failover = dict.fromkeys(_BOUNDS, ratio) if told else {}
        found[name] = replace(found[name], pair=pair, failover_load_ratio=failover)
    return found


def _as_breaker(part: SupplyPartView) -> BreakerView:
    watts, capacity = part.power_watts, part.capacity_watts
    ratio = {} if watts is None or not capacity else dict.fromkeys(_BOUNDS, watts / capacity)
    return BreakerView(
        breaker=part.supply,
        pair="",
        upstream=part.upstream,
        capacity_watts=capacity,
        coverage_ratio={"metered": 1.0, "silent": 0.0, "unmetered": None}[part.heard],
        power_watts={} if watts is None else dict.fromkeys(_BOUNDS, watts),
        load_ratio=ratio,
        failover_load_ratio={},
        headroom_watts=None,
        phase_imbalance_ratio=None,
        phase_load_ratio={},
    )


def _lines(
    known: Mapping[str, BreakerView],
    parts: Mapping[str, SupplyPartView],
    at: str,
    racks: Mapping[str, int],
) -> Iterator[SupplyLineView]:
    """Yield the tree, a breaker before those it feeds."""
    children: dict[str, list[str]] = {}
    for name, one in known.items():
        children.setdefault(one.upstream if one.upstream in known else "", []).append(name)
    below = {name: len(_downstream(name, children)) - 1 for name in known}
    most = max((one.power_watts.get("lower", 0.0) for one in known.values()), default=0.0)

    def walk(names: Iterable[str], depth: int) -> Iterator[SupplyLineView]:
        for name in sorted(names, key=natural):
            one = known[name]
            watts = one.power_watts.get("lower")
            yield SupplyLineView(
                breaker=one,
                part=parts.get(name),
                depth=depth,
                below=below[name],
                racks=racks.get(name, 0),
                bar_ratio=watts / most if watts is not None and most and _heard(one) else None,
            )
            if len(known) <= MOST or depth < 1 or name in parts:
                yield from walk(children.get(name, ()), depth + 1)

    yield from walk([at] if at else children.get("", ()), 0)


def _heard(one: BreakerView) -> bool:
    return bool(one.coverage_ratio)


def _downstream(name: str, children: Mapping[str, Sequence[str]]) -> set[str]:
    """Return a breaker and all breakers below it."""
    found, waiting = {name}, [name]
    while waiting:
        fresh = set(children.get(waiting.pop(), ())) - found
        found |= fresh
        waiting += fresh
    return found


def _racks_behind(known: Mapping[str, BreakerView], members: Iterable[Rack]) -> Mapping[str, int]:
    found: dict[str, int] = {}
    for rack in members:
        behind = {name for feed in rack.feeds.values() for name in way_up(known, feed.breaker)}
        for name in behind:
            found[name] = found.get(name, 0) + 1
    return found

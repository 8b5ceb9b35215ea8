"""How a site is supplied: its breakers as a tree, and what the loss of one would do.

The tree follows `upstream` of the inventory's breakers. The effect of a loss is computed from the
feeds of the racks: the load of a lost feed moves to the rack's other feeds in equal parts, and so
to the breakers above these, up to the top.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from agent.inventory.model import Rack
from agent.web.format import natural
from agent.web.view import BoardView
from agent.web.views import addition, breakers
from agent.web.views.addition import AdditionView, way_up
from agent.web.views.breakers import BreakerView
from agent.web.views.families import by_label
from collectors.catalogue import facility

MOST: Final = 120
"""Lines that are shown at once. Of a larger tree, two levels are shown; a reader opens a part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplyLineView:
    """One breaker in the tree."""

    breaker: BreakerView
    depth: int
    """How many breakers are above it."""
    below: int
    """How many breakers it feeds, through others as well."""
    racks: int
    """How many racks have a feed behind it."""
    bar_ratio: float | None
    """Its power (lower bound) over that of the largest breaker; None if no feed behind answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AfterView:
    """A breaker that carries more after a loss."""

    breaker: str
    before_ratio: float | None
    """Upper bound of its load before the loss."""
    after_ratio: float
    """Upper bound of its load after the loss."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LossView:
    """What happens if a breaker is lost. Racks are sorted by name, A2 before A10."""

    breaker: str
    racks: int
    """Racks that lose a feed."""
    dark: Sequence[str]
    """Racks without any feed left."""
    over: Sequence[str]
    """Racks that draw more than their remaining feeds can carry."""
    unknown: Sequence[str]
    """Racks that cannot be judged, because a power or a capacity is not known."""
    breakers: Sequence[AfterView]
    """Breakers that then carry more than their capacity, the worst first."""
    untold: Sequence[str]
    """Breakers that carry more then, and cannot be judged: a load or a capacity is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplyView:
    """What `/api/sites/{site}/supply` answers."""

    site: str
    at: str
    """The breaker whose part is shown; empty for the whole site."""
    lines: Sequence[SupplyLineView]
    more: int
    """Lines that are left out."""
    loss: LossView | None
    addition: AdditionView | None
    rows: Sequence[str]
    """The rows of the site, by name."""


def read(
    view: BoardView, site: str, at: str = "", lose: str = "", *, add: str = "", row: str = ""
) -> SupplyView:
    """Return how a site is supplied, from the top or from the breaker `at` down.

    `lose` is a breaker whose loss is to be computed; empty for none. `add` are kilowatts that the
    racks of a row are to draw more.
    """
    known = {one.breaker: one for one in breakers.read(view, site)}
    members = view.inventory.racks_by_site.get(site, ()) if view.inventory is not None else ()
    at = at if at in known else ""
    lines = list(_lines(known, at, _racks_behind(known, members)))
    return SupplyView(
        site=site,
        at=at,
        lines=lines[:MOST],
        more=max(0, len(lines) - MOST),
        loss=_loss(view, site, lose, known, members) if lose in known else None,
        addition=addition.read(view, site, row, addition.kilowatts(add), known),
        rows=sorted({one.row for one in members if one.row}, key=natural),
    )


def _lines(
    known: Mapping[str, BreakerView], at: str, racks: Mapping[str, int]
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
                depth=depth,
                below=below[name],
                racks=racks.get(name, 0),
                bar_ratio=watts / most if watts is not None and most and _heard(one) else None,
            )
            if depth < 1 or len(known) <= MOST:
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


# ------------------------------------------------------------------ what a loss would do


def _loss(
    view: BoardView,
    site: str,
    lose: str,
    known: Mapping[str, BreakerView],
    members: Iterable[Rack],
) -> LossView:
    watts = by_label(view, facility.PDU_POWER, site, "pdu")
    added: dict[str, float] = {}
    racks, dark, over, unknown = 0, [], [], []
    lost_way = set(way_up(known, lose))
    for rack in members:
        if rack.state != "in_service":
            continue
        lost = [feed for feed in rack.feeds.values() if lose in way_up(known, feed.breaker)]
        if not lost:
            continue
        racks += 1
        kept = [feed for feed in rack.feeds.values() if feed not in lost]
        drawn = [watts.get(feed.pdu) for feed in rack.feeds.values()]
        if not kept:
            dark.append(rack.rack)
            continue
        moved = sum(watts.get(feed.pdu, 0.0) for feed in lost) / len(kept)
        for feed in kept:
            for name in way_up(known, feed.breaker):
                added[name] = added.get(name, 0.0) + moved
        capacities = [feed.capacity_watts for feed in kept]
        if None in drawn or None in capacities:
            unknown.append(rack.rack)
        elif any(
            (watts.get(feed.pdu) or 0.0) + moved > (feed.capacity_watts or 0.0) for feed in kept
        ):
            over.append(rack.rack)
    return LossView(
        breaker=lose,
        racks=racks,
        dark=sorted(dark, key=natural),
        over=sorted(over, key=natural),
        unknown=sorted(unknown, key=natural),
        breakers=list(_after(known, lost_way, added)),
        untold=sorted(
            (name for name in added if name not in lost_way and _load(known[name]) is None),
            key=natural,
        ),
    )


def _load(one: BreakerView) -> tuple[float, float] | None:
    """Return a breaker's power, at most, and its capacity; None where one is not known."""
    most = one.power_watts.get("upper")
    return (most, one.capacity_watts) if most is not None and one.capacity_watts else None


def _after(
    known: Mapping[str, BreakerView], lost_way: Container[str], added: Mapping[str, float]
) -> Iterator[AfterView]:
    """Yield the breakers that are over their capacity after a loss, the worst first."""
    found = []
    for name, watts in added.items():
        load = _load(known[name])
        if load is None:
            continue
        before, capacity = load
        # A breaker above both the lost feed and the other one carries the same as before.
        after = before if name in lost_way else before + watts
        if after > capacity:
            found.append(
                AfterView(
                    breaker=name, before_ratio=before / capacity, after_ratio=after / capacity
                )
            )
    yield from sorted(found, key=lambda each: -each.after_ratio)

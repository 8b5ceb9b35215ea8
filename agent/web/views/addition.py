"""What more power in a row would do: which racks and breakers break, and when the row is full.

The row's racks in service share the power in equal parts, and so do the feeds of a rack. If one
side is lost, the other one carries the whole part of a rack.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from agent.inventory.model import Rack
from agent.racks.capacity import spare_watts
from agent.web.format import natural
from agent.web.view import BoardView
from agent.web.views import rows
from agent.web.views.breakers import BreakerView
from agent.web.views.families import by_label
from agent.web.views.rows import RowView
from collectors.catalogue import facility

MOST_KILOWATTS: Final = 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class BeyondView:
    """A breaker that goes beyond a limit, by the upper bounds of its load."""

    breaker: str
    pair_lost: bool
    """Whether it does so only if its pair is lost."""
    before_ratio: float
    after_ratio: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AdditionView:
    """What happens if a row draws more. Racks are sorted by name, A2 before A10."""

    row: str
    watts: float
    racks: int
    """The row's racks in service."""
    each_watts: float
    over: Sequence[str]
    """Racks that then draw more than they are rated for."""
    failover: Sequence[str]
    """Racks of which one feed then carries too little for all."""
    unknown: Sequence[str]
    """Racks that cannot be judged, because their power, or both limits, are not known."""
    breakers: Sequence[BeyondView]
    unknown_breakers: Sequence[str]
    """Breakers on the way whose capacity or load is not known."""
    headroom_watts: float | None
    """What can be added to the row as it is."""
    full_before: float | None
    """When the row is full in power as it grows, seconds since the epoch; None for no such day."""
    full_after: float | None
    """The same with what is added, at the same pace."""


def kilowatts(text: str) -> float:
    """Return the watts of a number of kilowatts that somebody typed; 0 for what is none."""
    try:
        found = float(text.replace(",", "."))
    except ValueError:
        return 0.0
    return found * 1000 if 0 < found <= MOST_KILOWATTS else 0.0


def read(
    view: BoardView, site: str, row: str, watts: float, known: Mapping[str, BreakerView]
) -> AdditionView | None:
    """Return what so many watts more in a row would do; None for a row without racks in service."""
    listed = view.inventory.racks_by_site.get(site, ()) if view.inventory is not None else ()
    members = [one for one in listed if one.row == row and one.state == "in_service"]
    if not members or not watts:
        return None
    each = watts / len(members)
    drawn = by_label(view, facility.PDU_POWER, site, "pdu")
    found = {rack.rack: _judge(view, rack, drawn, each) for rack in members}
    beyond, unknown = _breakers(view, site, members, each, known)
    of_row = next((one for one in rows.read(view, site) if one.row == row), None)
    return AdditionView(
        row=row,
        watts=watts,
        racks=len(members),
        each_watts=each,
        over=_named(found, "over"),
        failover=_named(found, "failover"),
        unknown=_named(found, "unknown"),
        breakers=beyond,
        unknown_breakers=unknown,
        headroom_watts=of_row.headroom_watts if of_row is not None else None,
        full_before=_full(of_row),
        full_after=_full_after(of_row, watts, view.now()),
    )


def _named(found: Mapping[str, set[str]], what: str) -> list[str]:
    return sorted((rack for rack, said in found.items() if what in said), key=natural)


def _judge(view: BoardView, rack: Rack, drawn: Mapping[str, float], each: float) -> set[str]:
    """Return what is to be said of a rack that draws so much more."""
    feeds = [drawn.get(feed.pdu) for feed in rack.feeds.values() if feed.pdu]
    known = [watts for watts in feeds if watts is not None]
    spare, rated = spare_watts(rack), rack.rated_power_watts
    if not feeds or len(known) < len(feeds) or (rated is None and not spare):
        return {"unknown"}
    after = sum(known) + each
    limit = view.limits.of(rack.site, rack.row, rack.rack).failover_load_ratio
    said = set()
    if rated is not None and after > rated:
        said.add("over")
    if spare and after > limit * spare:
        said.add("failover")
    return said


def way_up(known: Mapping[str, BreakerView], name: str) -> Iterator[str]:
    """Yield a breaker, the one that feeds it, and so on."""
    seen: set[str] = set()
    while name in known and name not in seen:
        seen.add(name)
        yield name
        name = known[name].upstream


def _breakers(
    view: BoardView,
    site: str,
    members: Iterable[Rack],
    each: float,
    known: Mapping[str, BreakerView],
) -> tuple[list[BeyondView], list[str]]:
    """Return the breakers that go beyond a limit, the worst first, and those nobody can judge."""
    now: dict[str, float] = {}
    lost: dict[str, float] = {}
    for rack in members:
        ways = [set(way_up(known, feed.breaker)) for feed in rack.feeds.values()]
        for name in set().union(*ways):
            share = each * sum(name in way for way in ways) / len(ways)
            now[name] = now.get(name, 0.0) + share
            others = [way for way in ways if name not in way]
            moves = others and all(known[name].pair in way for way in others)
            lost[name] = lost.get(name, 0.0) + (each if moves else share)
    limit = view.limits.of(site).failover_load_ratio
    beyond, unknown = [], []
    for name in sorted(now, key=natural):
        one = known[name]
        before = one.load_ratio.get("upper")
        if not one.capacity_watts or before is None or not math.isfinite(before):
            unknown.append(name)
            continue
        after = before + now[name] / one.capacity_watts
        paired = one.failover_load_ratio.get("upper")
        if after > 1:
            beyond.append(_beyond(name, before, after, pair_lost=False))
        elif paired is not None and paired + lost[name] / one.capacity_watts > limit:
            after = paired + lost[name] / one.capacity_watts
            beyond.append(_beyond(name, paired, after, pair_lost=True))
        elif one.pair and paired is None:
            unknown.append(name)  # nobody knows what it carries if its pair is lost
    return sorted(beyond, key=lambda found: -found.after_ratio), unknown


def _beyond(name: str, before: float, after: float, *, pair_lost: bool) -> BeyondView:
    return BeyondView(breaker=name, pair_lost=pair_lost, before_ratio=before, after_ratio=after)


def _full(row: RowView | None) -> float | None:
    return row.full.get("power", {}).get("expected") if row is not None else None


def _full_after(row: RowView | None, watts: float, now: float) -> float | None:
    """Return when a row is full that draws so much more now and grows as before."""
    full = _full(row)
    if row is None or row.power_watts is None or not row.power_capacity_watts:
        return None
    left = row.power_capacity_watts - row.power_watts
    if left <= watts:
        return now
    if full is None or full <= now:
        return full
    return now + (full - now) * (left - watts) / left

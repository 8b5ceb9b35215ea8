"""A site's panel of racks: the map, the ways to choose a part of it, and racks needing attention.

The number of racks decides how they are drawn, unless the address asks for some rows, for every
rack, or for a rack by its name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from agent.web.view import BoardView
from agent.web.views import floor, heat, racks, search
from agent.web.views.floor import FloorView
from agent.web.views.heat import Show, Stretch
from agent.web.views.rack import RackView, counted, pending, unheard, urgent
from agent.web.views.racks import RackSummaryView

Kind = Literal["tiles", "squares", "blocks", "floor"]
MAPS: Final = ("rows", "racks", "floor")
"""What an address may ask for: blocks of rows, every rack, or the racks in their places."""
TILES: Final = 160
"""Up to this many racks are drawn as a tile each, with its name. A block holds at most as many."""
SQUARES: Final = 2000
"""Up to this many racks are drawn as a small square each; more are drawn as blocks."""
_WIDE: Final = 400
"""The panel of more racks than this takes the whole width, even of a wall screen."""
_TABLE: Final = 200
"""Up to this many racks have their values in a table on the page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockView:
    """Many racks drawn as one tile: neighbouring rows, or a site."""

    name: str
    first: str
    last: str
    """The first and last row it holds; both are empty for a site."""
    key: str
    """The block's name in an address: its rows, or the site."""
    racks: int
    live: int
    """Racks in service."""
    known: int
    """Those of them that have the value which racks are coloured by."""
    needing: int
    critical: bool
    """Whether a need of one of them has a critical alert."""
    value: float | None
    level: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HallView:
    """The blocks of one hall; its name is empty if the names of rows have none."""

    hall: str
    blocks: Sequence[BlockView]


@dataclass(frozen=True, slots=True, kw_only=True)
class WayView:
    """The rows that are shown, and their neighbours on either side."""

    here: Stretch
    before: Stretch | None
    after: Stretch | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundView:
    """A rack that was searched for, and the name it was found by."""

    rack: RackView
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatPanelView:
    """A site's racks as its panel draws them."""

    site: str
    summary: RackSummaryView
    show: Show
    kind: Kind
    asked: str
    """The chosen map, one of `MAPS`."""
    maps: Sequence[str]
    """The maps to choose from; empty where there is no choice."""
    floor: FloorView | None
    """The racks in their places, where that map is asked for."""
    count: int
    """How many racks are shown."""
    rows: Mapping[str, Sequence[RackView]]
    """The racks that are shown, by row."""
    halls: Sequence[HallView]
    """The same racks as blocks; empty unless `kind` is `blocks`."""
    way: WayView | None
    """The chosen rows and their neighbours; None if all rows are shown."""
    text: str | None
    """The text that was searched for; None without a search."""
    found: Sequence[FoundView]
    urgent: Sequence[RackView]
    pending: Sequence[RackView]
    """Racks over a limit for less time than its alert waits."""
    unheard: Sequence[RackView]
    """Racks of which nothing is known now, because none of their PDUs answers."""
    key: str
    """The rows that the address asks for."""

    @property
    def members(self) -> list[RackView]:
        """The racks that are shown."""
        return [one for found in self.rows.values() for one in found]

    @property
    def longest(self) -> int:
        """How many racks the longest row has."""
        return max(map(len, self.rows.values()))

    @property
    def found_names(self) -> frozenset[str]:
        """The names of the racks that were found."""
        return frozenset(one.rack.rack for one in self.found)

    @property
    def wide(self) -> bool:
        """Whether the panel takes the whole width."""
        return self.count > (TILES if self.kind == "floor" else _WIDE)

    @property
    def tabled(self) -> bool:
        """Whether every rack's values stand in a table."""
        return self.count <= _TABLE


def read(
    view: BoardView,
    site: str,
    members: Sequence[RackView],
    query: Mapping[str, str],
    *,
    whole: bool,
) -> HeatPanelView | None:
    """Return the panel of a site's racks; None where it has none.

    `query` has the parameters of the address. Only on the site's own page (`whole`) can they choose
    rows, a map, or a rack by its name.
    """
    if not members:
        return None
    show = heat.show_of(query.get("racks"))
    by_row = racks.by_row(members)
    near = heat.asked_for(query.get("row", ""), list(by_row)) if whole else ()
    rows = {row: by_row[row] for row in near} if near else by_row
    count = sum(map(len, rows.values()))
    asked = _asked(query, count)
    kind: Kind = "squares" if asked == "racks" else "blocks"
    if count <= TILES:
        kind = "tiles"
    shown = [one for found in rows.values() for one in found]
    listed = view.inventory.racks if view.inventory is not None else {}
    has_places = any(rack.x is not None for rack in listed.values() if rack.site == site)
    plan = floor.read(shown, listed) if whole and asked == "floor" and has_places else None
    if plan is not None:
        kind = "floor"
    text = query.get("find") if whole else None
    return HeatPanelView(
        site=site,
        summary=racks.summary(view, site, members),
        show=show,
        kind=kind,
        asked=_asked(query, len(members)),
        maps=_maps(len(members), query, has_places=has_places) if whole else (),
        floor=plan,
        count=count,
        rows=rows,
        halls=_halls(rows, show) if kind == "blocks" else (),
        way=_way(near, by_row) if near else None,
        text=text,
        found=[FoundView(rack=one, name=name) for one, name in search.find(view, text or "", site)],
        urgent=urgent(shown),
        pending=pending(shown),
        unheard=unheard(shown),
        key=heat.stretch_key(near) if near else "",
    )


def _maps(count: int, query: Mapping[str, str], *, has_places: bool) -> Sequence[str]:
    """Return the maps to choose from; few racks are always drawn by row, or on the floor."""
    if count > TILES and "row" not in query:
        return MAPS if has_places else MAPS[:2]
    return (MAPS[0], MAPS[2]) if has_places else ()


def _asked(query: Mapping[str, str], count: int) -> str:
    """Return the map that the address asks for; without one, the number of racks decides."""
    return query.get("map") or ("racks" if count <= SQUARES else "rows")


def _halls(rows: Mapping[str, Sequence[RackView]], show: Show) -> list[HallView]:
    return [
        HallView(
            hall=hall,
            blocks=[
                block(
                    [one for row in stretch for one in rows[row]],
                    show,
                    key=heat.stretch_key(stretch),
                    rows=stretch,
                )
                for stretch in found
            ],
        )
        for hall, found in heat.stretches(rows, TILES)
    ]


def block(
    members: Sequence[RackView], show: Show, *, key: str, rows: Stretch = (), name: str = ""
) -> BlockView:
    """Return many racks as one tile; `name` is the name of a site."""
    value = heat.value_of_all(members, show)
    counts = counted(members)
    return BlockView(
        name=name,
        first=rows[0] if rows else "",
        last=rows[-1] if rows else "",
        key=key,
        racks=len(members),
        live=counts.live,
        known=sum(heat.value_of(one, show) is not None for one in members if one.live),
        needing=counts.needing,
        critical=counts.critical > 0,
        value=value,
        level=heat.level_of(value, show, members[0].limits),
    )


def _way(near: Stretch, by_row: Mapping[str, Sequence[RackView]]) -> WayView:
    """Return the rows that are shown with their neighbours: blocks of rows, or single rows."""
    found = [stretch for _, cut in heat.stretches(by_row, TILES) for stretch in cut]
    if near not in found:
        found = [(row,) for row in by_row]
    if near not in found:
        return WayView(here=near, before=None, after=None)
    at = found.index(near)
    return WayView(
        here=near,
        before=found[at - 1] if at else None,
        after=found[at + 1] if at + 1 < len(found) else None,
    )

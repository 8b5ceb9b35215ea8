"""The floor of a site: racks in their places, where the inventory states them.

A place is as large as neighbours in a row are apart, so coordinates may be in metres or in floor
tiles. Long empty stretches are drawn short, so that a distant room or a mistyped place leaves the
rest readable.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from agent.inventory.model import Rack
from agent.web.format import natural
from agent.web.views.heat import Stretch, halls
from agent.web.views.rack import RackView

_SIZE: Final = 10.0
"""Width of a place in the drawing."""
_GAP: Final = 0.08
"""Share of a place that is left free around a rack."""
_DEEPEST: Final = 2.0
"""A rack is drawn at most this many times as deep as wide; the rest of its place is the aisle."""
_CLOSEST: Final = 0.1
"""Places nearer than this, in the inventory's unit, are taken for one."""
_FARTHEST: Final = 6.0
"""A gap of more places than this is drawn as this many."""
_RARE: Final = 20
"""One gap in so many may be a mistake: it does not decide how large a place is."""
ROWS: Final = 300
"""Of more rows than this the rooms are drawn, if the names of the rows have any."""
RACKS: Final = 1200
"""Of more racks than this the rows are drawn, each of which leads to its racks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FloorRackView:
    """A rack, and where its rectangle is in the drawing."""

    rack: RackView
    x: float
    y: float
    width: float
    height: float
    front: str
    """The direction of its front: N, E, S or W; empty where the inventory does not state it."""

    @property
    def edge(self) -> tuple[float, float, float, float]:
        """The line of its front: x1, y1, x2, y2."""
        left, top, right, bottom = self.x, self.y, self.x + self.width, self.y + self.height
        sides = {
            "N": (left, top, right, top),
            "E": (right, top, right, bottom),
            "S": (left, bottom, right, bottom),
            "W": (left, top, left, bottom),
        }
        return sides[self.front]


@dataclass(frozen=True, slots=True, kw_only=True)
class FloorRowView:
    """A row of racks, or all rows of a room, and the rectangle that it fills in the drawing."""

    rows: Stretch
    racks: Sequence[RackView]
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FloorView:
    """The racks that have a place, or their rows, and the size of the drawing."""

    racks: Sequence[FloorRackView]
    """Empty where there are too many: then `rows` has them."""
    rows: Sequence[FloorRowView]
    width: float
    height: float
    unplaced: int
    """Racks that are shown and have no place."""
    same: Sequence[str]
    """Racks that stand where another one stands; only one of them is seen."""
    shortened: bool
    """Whether an empty stretch is drawn shorter than it is."""


def read(shown: Sequence[RackView], listed: Mapping[str, Rack]) -> FloorView | None:
    """Return where the racks stand; None where no rack has a place.

    North is up: a larger `y` of the inventory is higher on the page.
    """
    placed = [
        (one, stated.x, stated.y, stated.facing)
        for one in shown
        if (stated := listed.get(one.rack)) is not None
        and stated.x is not None
        and stated.y is not None
    ]
    if not placed:
        return None
    at = [(each[1], each[2]) for each in placed]
    wide, high = _apart(at), _apart([(y, x) for x, y in at])
    scale = _SIZE / wide
    depth = high * scale
    deep = min(depth, _DEEPEST * _SIZE)
    xs, cut_x = _axis({x for x, _ in at}, wide, _SIZE)
    ys, cut_y = _axis({-y for _, y in at}, high, depth)
    racks = [
        FloorRackView(
            rack=one,
            x=round(xs[x] + _SIZE * _GAP, 2),
            y=round(ys[-y] + (depth - deep) / 2 + deep * _GAP, 2),
            width=round(_SIZE * (1 - 2 * _GAP), 2),
            height=round(deep * (1 - 2 * _GAP), 2),
            front=facing,
        )
        for one, x, y, facing in placed
    ]
    return FloorView(
        racks=racks if len(racks) <= RACKS else (),
        rows=_rows(racks) if len(racks) > RACKS else (),
        width=round(max(xs.values()) + _SIZE, 2),
        height=round(max(ys.values()) + depth, 2),
        unplaced=len(shown) - len(placed),
        same=_same(racks),
        shortened=cut_x or cut_y,
    )


def _apart(places: Sequence[tuple[float, float]]) -> float:
    """Return how far the nearest neighbours of a line are apart; 1 where there are none.

    Places are in one line if the second coordinate is the same. If no line has two, all are one.
    """
    lines: dict[int, set[float]] = {}
    for along, across in places:
        lines.setdefault(round(across / _CLOSEST), set()).add(along)
    gaps = _gaps(lines.values()) or _gaps([{along for along, _ in places}])
    return gaps[len(gaps) // _RARE] if gaps else 1.0


def _gaps(lines: Iterable[set[float]]) -> list[float]:
    """Return the distances of neighbours, the least first."""
    return sorted(
        after - before
        for line in lines
        for before, after in pairwise(sorted(line))
        if after - before >= _CLOSEST
    )


def _axis(values: Iterable[float], place: float, size: float) -> tuple[dict[float, float], bool]:
    """Return where each coordinate is in the drawing, and whether a gap was shortened."""
    found: dict[float, float] = {}
    at, before, cut = 0.0, None, False
    for value in sorted(values):
        gap = 0.0 if before is None else (value - before) / place
        cut = cut or gap > _FARTHEST
        at += min(gap, _FARTHEST) * size
        found[value], before = at, value
    return found, cut


def _same(racks: Sequence[FloorRackView]) -> list[str]:
    """Return the racks that stand where another one stands, in natural order."""
    by_place: dict[tuple[float, float], list[str]] = {}
    for one in racks:
        by_place.setdefault((round(one.x), round(one.y)), []).append(one.rack.rack)
    together = (names for names in by_place.values() if len(names) > 1)
    return sorted((name for names in together for name in names), key=natural)


def _rows(racks: Iterable[FloorRackView]) -> list[FloorRowView]:
    """Return the rows, each as the rectangle around its racks; of very many rows their rooms."""
    by_row: dict[str, list[FloorRackView]] = {}
    for one in racks:
        by_row.setdefault(one.rack.row, []).append(one)
    found = []
    for stretch in _stretches(list(by_row)):
        members = [one for row in stretch for one in by_row[row]]
        left, top = min(one.x for one in members), min(one.y for one in members)
        right = max(one.x + one.width for one in members)
        bottom = max(one.y + one.height for one in members)
        found.append(
            FloorRowView(
                rows=stretch,
                racks=[one.rack for one in members],
                x=left,
                y=top,
                width=round(right - left, 2),
                height=round(bottom - top, 2),
            )
        )
    return found


def _stretches(rows: Sequence[str]) -> list[Stretch]:
    """Return each row alone, or all rows of each room where there are very many."""
    rooms = halls(rows) if len(rows) > ROWS else []
    if len(rooms) > 1:
        return [tuple(members) for _, members in rooms]
    return [(row,) for row in rows]

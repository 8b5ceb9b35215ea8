"""The floor of a site: racks in their places, where the inventory states them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from agent.inventory.model import Rack
from agent.web.views.rack import RackView

_SIZE: Final = 10.0
"""Width of a place in the drawing."""
_GAP: Final = 0.08
"""Share of a place that is left free around a rack."""
_DEEPEST: Final = 2.0
"""A rack is drawn at most this many times as deep as wide; the rest of its place is the aisle."""
_CLOSEST: Final = 0.1
"""Places nearer than this, in the inventory's unit, are taken for one."""


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
class FloorView:
    """The racks that have a place, and the size of the drawing."""

    racks: Sequence[FloorRackView]
    width: float
    height: float
    unplaced: int
    """Racks that are shown and have no place."""


def read(shown: Sequence[RackView], listed: Mapping[str, Rack]) -> FloorView | None:
    """Return where the racks stand; None where no rack has a place.

    North is up: a larger `y` of the inventory is higher on the page. A place is as large as the
    distance of the nearest neighbours, so coordinates may be in metres or in floor tiles.
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
    xs, ys = [each[1] for each in placed], [each[2] for each in placed]
    wide, high = _apart(xs), _apart(ys)
    left, top = min(xs), max(ys)
    scale = _SIZE / wide
    depth = high * scale
    deep = min(depth, _DEEPEST * _SIZE)
    racks = [
        FloorRackView(
            rack=one,
            x=round((x - left) * scale + _SIZE * _GAP, 2),
            y=round((top - y) * scale + (depth - deep) / 2 + deep * _GAP, 2),
            width=round(_SIZE * (1 - 2 * _GAP), 2),
            height=round(deep * (1 - 2 * _GAP), 2),
            front=facing,
        )
        for one, x, y, facing in placed
    ]
    return FloorView(
        racks=racks,
        width=round((max(xs) - left) * scale + _SIZE, 2),
        height=round((top - min(ys)) * scale + depth, 2),
        unplaced=len(shown) - len(placed),
    )


def _apart(values: Iterable[float]) -> float:
    """Return how far the nearest neighbours are apart; 1 where all are in one line."""
    gaps = (after - before for before, after in pairwise(sorted(set(values))))
    return min((gap for gap in gaps if gap >= _CLOSEST), default=1.0)

"""Meters that stand at 0 while what they feed draws power: that cannot be.

The energy that IT draws has passed the UPSs, and before them what supplies the site. So if one of
several meters of a point stands at 0, and the others cannot carry what is measured behind them, it
is stuck, whatever its register and its power say. Where the others can, it may rest: a second feed
in standby, a generator. It is a pure function of one hour.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from agent.inventory.model import IT_POINTS
from agent.ledger.energy import (
    CELL_MS,
    CELLS,
    FULL_MASK,
    HOUR_MS,
    JOULES_PER_KWH,
    floor_hour,
)
from agent.ledger.store.site_hours import SiteHour
from agent.pue.boundary import Boundary
from agent.pue.places import Place
from agent.pue.point_sums import PlaceHour

_SURELY: Final = 0.95
"""Meters surely cannot carry what is behind them if they count less than this share of it."""

_NOTHING: Final = 0.001
"""A meter stands at 0 if it counts less than this share of what is measured behind."""

_STEPS: Final = 3
"""Joules are missing if they are more than this many steps of a register that stands still."""

_LEAST: Final = JOULES_PER_KWH
"""Joules. No less than this is missing in an hour: what registers count is early or late."""

_PATH: Final = ("ups_input", *reversed(IT_POINTS))
"""The points that IT's energy passes one after the other, behind what supplies the site."""


_SLACK: Final = CELLS // 2
"""Cells. For so long a meter may count again until it is told."""


class Passed(NamedTuple):
    """Points whose meters stand side by side, and the points that their energy passes later."""

    points: tuple[str, ...]
    behind: tuple[str, ...]


class AtRest(NamedTuple):
    """A place that stands at 0 and cannot, and in which cells of the hour, as bits."""

    point: str
    place: Place
    mask: int


def passed(boundary: Boundary) -> Iterator[Passed]:
    """Yield the points that something is measured behind, the innermost first.

    Racks' own PDUs are not among them: one of many may be off. Nor is a supply of a site with
    renewables, whose battery may give for hours.
    """
    path = [point for point in _PATH if boundary.places.get(point)]
    for n in reversed(range(len(path) - 1)):
        if path[n] != "pdu_output":
            yield Passed((path[n],), tuple(path[n + 1 :]))
    supplies = tuple(p for p in ("utility", "generator") if boundary.places.get(p))
    if path and supplies and not boundary.places.get("renewable"):
        yield Passed(supplies, tuple(path))


def is_suspect(rows: Mapping[str, SiteHour], one: Passed) -> bool:
    """Tell, at little cost, whether points may count less than what is measured behind them."""
    needed = _needed([rows[point] for point in one.behind if point in rows])
    carried = [rows[point].joules for point in one.points if point in rows]
    lacking = (
        joules - sum(each[n] for each in carried)
        for n, joules in needed.items()
        if sum(each[n] for each in carried) < _SURELY * joules
    )
    return sum(lacking) > _LEAST


def at_rest(
    told: Mapping[str, Sequence[PlaceHour]],
    behind: Sequence[SiteHour],
    hour: int,
    step: Mapping[Place, float],
) -> list[AtRest]:
    """Return which places of an hour stand at 0 and cannot.

    `told` is what the meters of points side by side told, and `behind` what was counted behind
    them. `step` is that of their registers, in joules.
    """
    needed = _needed(behind)
    every = [(point, one) for point, places in told.items() for one in places]
    known = FULL_MASK
    for _, one in every:
        known &= 0 if one.cells is None else one.cells.mask
    resting: dict[tuple[int, ...], list[int]] = {}
    for cell, joules in needed.items():
        still = tuple(
            n for n, (_, one) in enumerate(every) if _stands_still(one, hour, cell, joules)
        )
        if still and known >> cell & 1:
            resting.setdefault(still, []).append(cell)
    carried = {cell: sum(_joules(one, cell) for _, one in every) for cell in needed}
    lacks = sum(1 << cell for cell, joules in needed.items() if carried[cell] < _SURELY * joules)
    found = []
    for still, cells in resting.items():
        lacking = sum(needed[cell] - carried[cell] for cell in cells)
        least = sum(_STEPS * step.get(every[n][1].place, 0.0) for n in still) + _LEAST
        if lacking > max(least, (1 - _SURELY) * sum(needed[cell] for cell in cells)):
            mask = sum(1 << cell for cell in cells)
            mask |= (mask << 1 | mask >> 1) & lacks & known  # it began or ended in a cell
            found += [
                AtRest(point, one.place, mask) for point, one in _named([every[n] for n in still])
            ]
    return found


def is_resting(cells: Mapping[int, int], now: int) -> bool:
    """Tell whether a meter has stood at 0 for an hour, and still does at a time in milliseconds.

    `cells` is in how many cells of each hour it did. The batteries of UPSs carry a site for
    minutes: while they do, the meter is right.
    """
    hour = floor_hour(now - 1)
    stood = cells.get(hour, 0) + cells.get(hour - HOUR_MS, 0)
    return stood >= max(CELLS, CELLS + (now - hour) // CELL_MS - _SLACK)


def _named(still: Sequence[tuple[str, PlaceHour]]) -> Sequence[tuple[str, PlaceHour]]:
    """Return those that should not rest: a generator is off while the utility supplies."""
    return [one for one in still if one[0] != "generator"] or still


def _needed(behind: Sequence[SiteHour]) -> dict[int, float]:
    """Return the joules that any point behind counted, by cell, where it was heard."""
    found: dict[int, float] = {}
    for row in behind:
        for cell in range(CELLS):
            if row.mask >> cell & 1 and row.joules[cell] > found.get(cell, 0.0):
                found[cell] = row.joules[cell]
    return found


def _stands_still(one: PlaceHour, hour: int, cell: int, drawn: float) -> bool:
    return (
        one.place.factor > 0
        and bool(one.place.cells_in(hour) >> cell & 1)
        and _joules(one, cell) < _NOTHING * drawn
    )


def _joules(one: PlaceHour, cell: int) -> float:
    return 0.0 if one.cells is None else one.cells.joules[cell] * one.place.factor

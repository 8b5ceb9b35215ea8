"""Meters that stand at 0 while what they feed draws power: that cannot be.

The energy that IT draws has passed the UPSs, and before them what supplies the site. So if one of
several meters of a point stands at 0, and the others cannot carry what is measured behind them, it
is stuck, whatever its register and its power say. Where the others can, it may rest: a second feed
in standby, a generator, the utility while the sun shines. It is a pure function of one hour.
"""

from __future__ import annotations

import math
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
from agent.ledger.meters import SELF_FED
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


_FAR_BELOW: Final = 0.8
"""Supplies that may rest by turns, as the sun shines or a generator runs, are contradicted in a
single cell if they count less than this share of what is measured behind them."""

_WHOLE: Final = 0.95
"""A meter ran throughout a cell if it counts this share of what it does in the cell beyond."""

_FEW: Final = 2
"""So many cells of an hour are contradicted by a meter that is dead for minutes."""

_SLACK: Final = CELLS // 2
"""Cells. For so long a meter may count again until it is told."""


class Passed(NamedTuple):
    """Points whose meters stand side by side, and the points that their energy passes later.

    What is counted at `sold` has left again before.
    """

    points: tuple[str, ...]
    behind: tuple[str, ...]
    sold: tuple[str, ...] = ()

    @property
    def every(self) -> tuple[str, ...]:
        """All points that are looked at."""
        return (*self.points, *self.behind, *self.sold)


class AtRest(NamedTuple):
    """A place that stands at 0 and cannot, and in which cells of the hour, as bits."""

    point: str
    place: Place
    mask: int


def passed(boundary: Boundary) -> Iterator[Passed]:
    """Yield the points that something is measured behind, the innermost first.

    Racks' own PDUs are not among them: one of many may be off. Nor are the supplies of a site with
    a battery that may give for hours.
    """
    path = [point for point in _PATH if boundary.places.get(point)]
    for n in reversed(range(len(path) - 1)):
        if path[n] != "pdu_output":
            yield Passed((path[n],), tuple(path[n + 1 :]))
    if path and boundary.supplies:
        yield Passed(boundary.supplies, tuple(path), boundary.sold)


def is_suspect(rows: Mapping[str, SiteHour], one: Passed) -> bool:
    """Tell, at little cost, whether points may count less than what is measured behind them."""
    needed = _needed([rows[point] for point in one.behind if point in rows])
    carried = [0.0] * CELLS
    for points, sign in ((one.points, 1), (one.sold, -1)):
        for joules in (rows[point].joules for point in points if point in rows):
            carried = [so_far + sign * each for so_far, each in zip(carried, joules, strict=True)]
    lacking = (joules - carried[n] for n, joules in needed.items() if carried[n] < _SURELY * joules)
    return sum(lacking) > (_LEAST if SELF_FED.isdisjoint(one.points) else 0.0)


def at_rest(
    told: Mapping[str, Sequence[PlaceHour]],
    behind: Sequence[SiteHour],
    hour: int,
    step: Mapping[Place, float],
    sold: Sequence[PlaceHour] = (),
) -> list[AtRest]:
    """Return which places of an hour stand at 0 and cannot.

    `told` is what the meters of points side by side told, and `behind` what was counted behind
    them. `sold` is what was told of energy that left the site. `step` is that of the registers, in
    joules.
    """
    needed = _needed(behind)
    every = [(point, one) for point, places in told.items() for one in places]
    known = FULL_MASK
    for one in (*(one for _, one in every), *sold):
        known &= 0 if one.cells is None else one.cells.mask
    resting: dict[tuple[int, ...], list[int]] = {}
    for cell, joules in needed.items():
        still = tuple(
            n for n, (_, one) in enumerate(every) if _stands_still(one, hour, cell, joules)
        )
        if any(_joules(one, cell) for one in sold):  # a battery sells what the sun gave before
            still = tuple(n for n in still if every[n][0] != "renewable")
        if still and known >> cell & 1:
            resting.setdefault(still, []).append(cell)
    carried = {
        cell: sum(_joules(one, cell) for _, one in every) - sum(_joules(one, cell) for one in sold)
        for cell in needed
    }
    lacks = sum(1 << cell for cell, joules in needed.items() if carried[cell] < _SURELY * joules)
    found = []
    of_sold = sum(step.get(one.place, 0.0) for one in sold)
    for still, cells in resting.items():
        lacking = sum(needed[cell] - carried[cell] for cell in cells)
        least = _STEPS * (of_sold + sum(step.get(every[n][1].place, 0.0) for n in still)) + _LEAST
        if lacking > max(least, (1 - _SURELY) * sum(needed[cell] for cell in cells)):
            mask = sum(1 << cell for cell in cells)
            mask |= (mask << 1 | mask >> 1) & lacks & known  # it began or ended in a cell
            found += [
                AtRest(point, one.place, mask) for point, one in _named([every[n] for n in still])
            ]
    if not SELF_FED.isdisjoint(told):
        for rest in found:
            known &= ~rest.mask
        found += _far_below(every, needed, carried, known, sum(step.values()))
    return found


def _far_below(
    every: Sequence[tuple[str, PlaceHour]],
    needed: Mapping[int, float],
    carried: Mapping[int, float],
    known: int,
    least: float,
) -> Iterator[AtRest]:
    """Yield the utility's meter that fell in one or two cells that no supplies can have carried.

    One that rests while the sun shines, or a generator runs, cannot be told by its register alone
    from one that is dead for minutes. Where more cells of an hour are so, a load went up and down
    that is not known as well behind: its readings are far apart.
    """
    supplies = [(point, one) for point, one in every if point == "utility"]
    far = [
        cell
        for cell, joules in needed.items()
        if carried[cell] < min(_FAR_BELOW * joules, joules - least) and known >> cell & 1
    ]
    if not supplies or not far or far[-1] - far[0] >= _FEW:
        return
    for cell in far:
        point, one = max(supplies, key=lambda each: _fall(each[1], cell, far))
        if _fall(one, cell, far) >= (needed[cell] - carried[cell]) / 2:
            yield AtRest(point, one.place, with_edges(one, 1 << cell) & known)


def _fall(one: PlaceHour, cell: int, far: Sequence[int]) -> float:
    """Return by how much a meter counts less in a cell than in the less of those around `far`."""
    around = (_joules(one, n) for n in (far[0] - 1, far[-1] + 1) if 0 <= n < CELLS)
    return min(around) - _joules(one, cell)


def is_resting(cells: Mapping[int, int], now: int) -> bool:
    """Tell whether a meter has stood at 0 for an hour, and still does at a time in milliseconds.

    `cells` is in how many cells of each hour it did. The batteries of UPSs carry a site for
    minutes: while they do, the meter is right.
    """
    hour = floor_hour(now - 1)
    stood = cells.get(hour, 0) + cells.get(hour - HOUR_MS, 0)
    return stood >= max(CELLS, CELLS + (now - hour) // CELL_MS - _SLACK)


def _named(still: Sequence[tuple[str, PlaceHour]]) -> Sequence[tuple[str, PlaceHour]]:
    """Return those that should not rest: a generator is off while the utility supplies.

    Solar cells stand at 0 each night, so they are named only if no utility meter stands at 0.
    """
    for lawful in (("generator", "renewable"), ("generator",)):
        named = [one for one in still if one[0] not in lawful]
        if named:
            return named
    return still


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


def with_edges(one: PlaceHour, zero: int) -> int:
    """Add the cells within which the meter fell or rose: it counts less than in the cell beyond."""
    mask = zero
    for n in range(CELLS):
        for inner, beyond in ((n + 1, n - 1), (n - 1, n + 1)):
            if one.cells is None or inner < 0 or not zero >> inner & 1 or zero >> n & 1:
                continue
            usual = one.cells.joules[beyond] if 0 <= beyond < CELLS else math.inf
            if one.cells.joules[n] < _WHOLE * usual:
                mask |= 1 << n
    return mask

"""What the meters that stand side by side say together, by cell, and what is held against them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from agent.ledger.energy import CELLS, FULL_MASK, HourCells
from agent.pue.fallen import Around
from agent.pue.places import Place
from agent.pue.point_sums import PlaceHour, sum_places

Told = Mapping[str, Sequence[PlaceHour]]
"""What each place of some points said of an hour."""


class Group(NamedTuple):
    """Points whose meters stand side by side, and the points that are held against them.

    A supply is held against IT behind it (`load`) and the overhead; any other meter against the
    points that feed it. What is counted at `sold` has left again, of what feeds it.
    """

    points: tuple[str, ...]
    load: tuple[str, ...] = ()
    rest: tuple[str, ...] = ()
    sold: tuple[str, ...] = ()

    @property
    def every(self) -> tuple[str, ...]:
        """All points that are looked at."""
        return (*self.points, *self.load, *self.rest, *self.sold)


class Beside(NamedTuple):
    """What stands side by side in an hour, summed by cell; meters that are subtracted apart.

    `known` are the cells, as bits, of which each of them told something, and what falls with them.
    `load` is the most that any point behind counted, where it told anything.
    """

    own: Mapping[Place, HourCells]
    added: Sequence[float]
    subtracted: Sequence[float]
    load: Sequence[float]
    rest: Sequence[float]
    known: int

    def of(self, place: Place) -> list[Around | None]:
        """Return the energies of each cell of the hour about one of the meters."""
        own = self.own.get(place)
        if own is None:
            return [None] * CELLS
        factor = abs(place.factor)
        beside, rest = self.added, self.rest
        if place.factor < 0:  # what it is subtracted from falls with it
            beside, rest = self.subtracted, self.added
        return [
            Around(
                own=own.joules[n] * factor,
                others=max(0.0, beside[n] - own.joules[n] * factor),
                load=self.load[n],
                rest=rest[n],
            )
            if self.known >> n & 1
            else None
            for n in range(CELLS)
        ]


def beside(group: Group, told: Told) -> Beside:
    """Sum what the places of a group told of an hour."""
    every = [one for point in group.points for one in told.get(point, ())]
    own = {one.place: one.cells for one in every if one.cells is not None}
    rest = [sum_places(told.get(point, ())) for point in (*group.rest, *group.sold)]
    load = [row for point in group.load if (row := sum_places(told.get(point, ()))) is not None]
    known = FULL_MASK if len(own) == len(every) and None not in rest else 0
    for mask in (*(cells.mask for cells in own.values()), *(row.mask for row in rest if row)):
        known &= mask
    if group.load:
        heard = 0
        for row in load:
            heard |= row.mask
        known &= heard
    return Beside(
        own=own,
        added=_summed(_drawn(own, is_added=True)),
        subtracted=_summed(_drawn(own, is_added=False)),
        load=[
            max((row.joules[n] for row in load if row.mask >> n & 1), default=0.0)
            for n in range(CELLS)
        ],
        rest=_summed(
            row.joules if n < len(group.rest) else [-joules for joules in row.joules]
            for n, row in enumerate(rest)
            if row is not None
        ),
        known=known,
    )


def _summed(rows: Iterable[Sequence[float]]) -> Sequence[float]:
    """Add up rows of cells."""
    return [sum(values) for values in zip(*rows, strict=True)] or [0.0] * CELLS


def _drawn(own: Mapping[Place, HourCells], *, is_added: bool) -> Iterator[Sequence[float]]:
    """Yield the joules by cell of the meters that are added, or of those that are subtracted."""
    for place, cells in own.items():
        if place.factor and (place.factor > 0) == is_added:
            yield [joules * abs(place.factor) for joules in cells.joules]

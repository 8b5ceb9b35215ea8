"""Whether a utility meter that counted less for minutes rested, or may have been dead.

If it rested, the meters beside it counted more in that time, or what they feed drew less. Else what
it lacks is in doubt. It is judged by the cells of the site's sums, each time a window is asked for.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from statistics import fmean
from typing import Final, NamedTuple

from agent.inventory.model import IT_PATH, NOT_IT
from agent.ledger.doubts import Lull
from agent.ledger.energy import CELL_MS, CELLS, HOUR_MS, floor_hour
from agent.ledger.ledger import Ledger
from agent.ledger.store.site_hours import ChangedHour, SiteHour
from agent.ledger.stretches import CountedTime
from agent.pue.boundaries import Boundaries
from agent.pue.boundary import Boundary
from agent.pue.fallen import BELIEVED
from agent.pue.hour_sums import facility_cells
from agent.pue.places import Place

_BESIDE: Final = CELLS // 2
"""Cells at least before a lull and after it with which it is compared, else as many as it has."""

_FAR: Final = 3 * CELLS
"""Cells on either side of a lull that tell how far the metered overhead goes down."""

_Asked = tuple[str, float, Lull]
"""A site, the factor of one of its meters, and what that lacks."""


class _Cell(NamedTuple):
    """What came in and stayed, what IT drew, and what other meters did, in joules."""

    supply: float
    load: float
    overhead: float


class LullJudge:
    """Judges lulls by the sums of their site; keeps what it found until these change."""

    def __init__(self, ledger: Ledger, boundaries: Boundaries) -> None:
        self._ledger, self._boundaries = ledger, boundaries
        self._generation = 0
        self._missing: dict[_Asked, float] = {}

    def forget(self) -> None:
        """Forget everything: other meters may count."""
        self._missing.clear()

    def refresh(self) -> None:
        """Forget what is judged by hours that have changed."""
        with self._ledger.reader.read() as tables:
            if not self._missing:
                self._generation = tables.site_hours.last_generation()
                return
            self._generation, changed = tables.site_hours.changed_since(self._generation)
        for asked in list(self._missing) if changed else ():
            site, _, one = asked
            if any(ChangedHour(site, hour) in changed for hour in _hours(one)):
                del self._missing[asked]

    def limit(
        self, site: str, place: Place, one: Lull, start: int, end: int, counted: CountedTime | None
    ) -> float:
        """Return the limit of error, in joules, of what a meter counted from `start` to `end`.

        It is 0 where others took over what it did not count, or nobody drew it.
        """
        limit = one.limit(start, end, counted)
        if not limit:
            return 0.0
        lacking = one.joules * abs(place.factor)
        asked = site, place.factor, one
        if asked not in self._missing:
            boundary = self._boundaries.by_site[site]
            self._missing[asked] = self._missed(boundary, place, one)
        return limit if self._missing[asked] > (1.0 - BELIEVED) * lacking else 0.0

    def _missed(self, boundary: Boundary, place: Place, one: Lull) -> float:
        """Return how many joules of a site are missing in a lull, beside what it draws less.

        That is against the time before, or after, whichever is more. It is 0 where a battery may
        give, and where nothing of the time is covered. What others count more in a cell than the
        meter lacks there carries nothing in other cells: it may be a false reading. The metered
        overhead explains nothing below what it was at other times: its meter may be dead as well.
        Overhead that is subtracted from IT rests only if as much less comes in.
        """
        if not boundary.supplies:
            return 0.0
        cells = self._cells(boundary, one)
        first = (one.start - cells.start) // CELL_MS
        last = -((cells.start - one.end) // CELL_MS)
        within = [cell for cell in cells.of[first:last] if cell is not None]
        if not within:
            return 0.0
        count = max(_BESIDE, last - first)
        sides = (_usual(reversed(cells.of[:first]), count), _usual(cells.of[last:], count))
        known = [side for side in sides if side is not None]
        if not known or (len(known) < len(sides) and one.end - one.start > HOUR_MS):
            return math.inf
        lacking = one.joules * abs(place.factor)
        share = (last - first) / len(within)
        if place.factor < 0:
            fallen = (sum(usual.supply - now.supply for now in within) for usual in known)
            return lacking - share * min(fallen)
        most = lacking * CELL_MS / (one.end - one.start)
        stopped = cells.lowest_overhead(first, last) - fmean(now.overhead for now in within)
        return max(
            share * sum(max(_lost(usual, now), -most) for now in within) for usual in known
        ) + (last - first) * max(0.0, stopped)

    def _cells(self, boundary: Boundary, one: Lull) -> _Cells:
        hours = _hours(one)
        overhead = [point for point in NOT_IT if boundary.places.get(point)]
        points = {
            *boundary.facility_points,
            *boundary.supplies,
            *boundary.sold,
            *IT_PATH,
            *overhead,
        }
        with self._ledger.reader.read() as tables:
            known = tables.site_hours.between(boundary.site, points, hours[0], hours[-1] + 1)
        found = [cell for hour in hours for cell in _of_hour(boundary, hour, known.get(hour, {}))]
        return _Cells(hours[0], found)


def _lost(usual: _Cell, now: _Cell) -> float:
    """Return what comes in less than usual, in joules of a cell, beside what is drawn less."""
    lost = _Cell(*(was - cell for was, cell in zip(usual, now, strict=True)))
    of_load = (usual.supply - usual.overhead) / usual.load if usual.load > 0 else 0.0
    return lost.supply - of_load * lost.load - lost.overhead


class _Cells(NamedTuple):
    """The cells of some hours from a time on; None where anything is not known."""

    start: int
    of: Sequence[_Cell | None]

    def lowest_overhead(self, first: int, last: int) -> float:
        """Return the least mean of the overhead over as many cells as some, apart from these.

        It is 0 where none are known.
        """
        outside = (range(first), range(last + 1, len(self.of) + 1))
        count = last - first
        runs = [
            [one.overhead for one in self.of[n : n + count] if one is not None]
            for cells in outside
            for n in cells[: max(0, len(cells) - count)]
        ]
        return min((fmean(run) for run in runs if len(run) == count), default=0.0)


def _hours(one: Lull) -> Sequence[int]:
    """Return the hours of a lull, and those with which it is compared."""
    beside = _FAR * CELL_MS
    return range(floor_hour(one.start - beside), one.end + beside, HOUR_MS)


def _of_hour(
    boundary: Boundary, hour: int, points: Mapping[str, SiteHour]
) -> Iterator[_Cell | None]:
    known = facility_cells(hour, points, boundary)
    load = [points[point] for point in IT_PATH if point in points]
    overhead = [points[point] for point in NOT_IT if point in points]
    for n in range(CELLS):
        drawn = [row.joules[n] for row in load if row.mask >> n & 1]
        if not (known >> n & 1 and drawn):
            yield None
            continue
        came = sum(points[point].joules[n] for point in boundary.supplies if point in points)
        left = sum(points[point].joules[n] for point in boundary.sold if point in points)
        others = sum(row.joules[n] for row in overhead if row.mask >> n & 1)
        yield _Cell(came - left, max(drawn), others)


def _usual(cells: Iterable[_Cell | None], count: int) -> _Cell | None:
    """Return the mean of the first cells that are known, of so many; None where none is."""
    known = list(islice((one for one in cells if one is not None), count))
    return _Cell(*(fmean(values) for values in zip(*known, strict=True))) if known else None

"""How a PUE came about: its meters, hours and sums, so that anyone can do them again by hand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import fsum
from typing import Literal, NamedTuple

from agent.ledger.energy import CELL_MS, CELLS, HOUR_MS, floor_hour
from agent.ledger.store.site_hours import SiteHour
from agent.pue.assumptions import assumptions
from agent.pue.boundary import Boundary
from agent.pue.explanation import CountedHour, Explanation, MeterShare, PointSum
from agent.pue.formulas import formulas
from agent.pue.hour_sums import counted_cells, facility_over
from agent.pue.model import PueResult
from agent.pue.places import Place
from agent.pue.pue import Pue


class _MeterAt(NamedTuple):
    """A meter at a point; one that is subtracted from another point is a meter there as well."""

    point: str
    meter: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hour:
    """One hour of the window, and the cells of it that are inside, as bits."""

    start: int
    points: Mapping[str, SiteHour]
    asked: int


def explain(pue: Pue, site: str, start: float, end: float) -> Explanation:
    """Explain the PUE of a site between two times (seconds since the epoch).

    Raises KeyError for a site that is not known.
    """
    result = pue.between(site, start, end)
    return _Explaining(pue, pue.boundary(site), result).explanation()


class _Explaining:
    """One explanation while it is made."""

    def __init__(self, pue: Pue, boundary: Boundary, result: PueResult) -> None:
        self._hours, self._boundary, self._result = pue.hours, boundary, result
        self._start, self._end = round(result.start * 1000), round(result.end * 1000)
        self._point_joules: dict[str, list[float]] = defaultdict(list)
        self._covered_cells: dict[str, int] = defaultdict(int)
        self._meter_joules: dict[_MeterAt, list[float]] = defaultdict(list)
        self._due: dict[_MeterAt, int] = defaultdict(int)
        self._deleted: set[_MeterAt] = set()
        self._counted: list[CountedHour] = []
        self._points = [
            point
            for point in boundary.places
            if point != "bought" or point in boundary.facility_points
        ]

    def explanation(self) -> Explanation:
        for hour in self._window():
            mask = counted_cells(
                hour.start, hour.points, self._boundary, self._result.it_point, hour.asked
            )
            for point, row in hour.points.items():
                self._covered_cells[point] += (row.mask & hour.asked).bit_count()
            if mask:
                self._add(hour, mask)
        points = tuple(self._point_sum(point) for point in self._points)
        return Explanation(
            result=self._result,
            points=points,
            hours=tuple(self._counted),
            formulas=tuple(formulas(self._result, points)),
            assumptions=tuple(assumptions(self._boundary, self._result)),
        )

    def _window(self) -> Iterator[_Hour]:
        """Yield the hours of the window in order of time."""
        found = self._hours.hours(self._result.site, floor_hour(self._start), self._end)
        for start in sorted(found):
            asked = sum(
                1 << n for n in range(CELLS) if self._start <= start + n * CELL_MS < self._end
            )
            yield _Hour(start=start, points=found[start], asked=asked)

    def _add(self, hour: _Hour, mask: int) -> None:
        """Add an hour's counted cells."""
        inside = [n for n in range(CELLS) if mask >> n & 1]
        sums = {
            point: fsum(hour.points[point].joules[n] for n in inside)
            for point in self._points
            if point in hour.points and hour.points[point].mask & mask == mask
        }
        for point, joules in sums.items():
            self._point_joules[point].append(joules)
        self._counted.append(
            CountedHour(
                time=hour.start / 1000,
                cells=len(inside),
                facility_joules=facility_over(hour.points, self._boundary, mask),
                it_joules=sums[self._result.it_point],
                points=sums,
            )
        )
        for point in sums:
            for place in self._boundary.places[point]:
                self._due[_MeterAt(point, place.name)] += place.counted_in(
                    hour.start, hour.start + HOUR_MS
                )
        told = self._hours.places_in_hour(self._result.site, hour.start, sums)
        for point, places in told.items():
            for one in places:
                key = _MeterAt(point, one.place.name)
                if one.cells is None:
                    self._deleted.add(key)
                else:
                    self._meter_joules[key].append(fsum(one.cells.joules[n] for n in inside))

    def _point_sum(self, point: str) -> PointSum:
        cells = max(1, (self._end - self._start) // CELL_MS)
        return PointSum(
            point=point,
            facility_sign=self._sign(point),
            is_it=point == self._result.it_point,
            joules=fsum(self._point_joules[point]),
            coverage=min(1.0, self._covered_cells[point] / cells),
            meters=tuple(self._share(point, place) for place in self._boundary.places[point]),
        )

    def _share(self, point: str, place: Place) -> MeterShare:
        key = _MeterAt(point, place.name)
        told = self._meter_joules[key]
        return MeterShare(
            meter=place.name,
            point=point,
            replaced=place.names[1:],
            factor=place.factor,
            accuracy_class=place.accuracy,
            energy=fsum(told),
            counted=fsum(told) * place.factor,
            hours=len(told),
            kept=key not in self._deleted and len(told) == self._due[key],
            since=None if place.since is None else place.since / 1000,
            until=None if place.until is None else place.until / 1000,
            since_is_assumed=place.is_assumed,
        )

    def _sign(self, point: str) -> Literal[1, 0, -1]:
        if point not in self._boundary.facility_points:
            return 0
        return -1 if point == "export" else 1

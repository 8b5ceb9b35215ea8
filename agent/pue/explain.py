"""How a figure came about: the meters, hours and sums behind a PUE, so that anyone can do them again by hand.

Everything is over the cells that counted, those in which every meter of both boundaries was heard throughout. So the meters'
energies, each times its factor, add up to their point's, the points' to facility and IT energy, and so do the hours'.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import fsum
from typing import TYPE_CHECKING, Final, Literal

from agent.ledger.energy import CELL_MS, CELLS, HOUR_MS
from agent.pue.windows import counted_cells, facility_over

if TYPE_CHECKING:
    from agent.pue.boundary import Boundary, Part
    from agent.pue.model import PueResult
    from agent.pue.pue import Pue
    from agent.pue.site_hours import SiteHour

_KWH: Final = 3.6e6


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterShare:
    """One place of measurement: what it counted in the covered time, and how much of that counts at its point.

    `counted` is `energy` times `factor`; `factor` is below 0 for what is taken off. `kept` says that every counted hour of it is
    still in the ledger: of a single PDU they are let go of after weeks, and then only the point's sum is left.
    """

    meter: str
    point: str
    replaced: tuple[str, ...]
    factor: float
    accuracy_class: float
    energy: float
    counted: float
    hours: int
    kept: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PointSum:
    """What a point came to in the covered time, in joules, and its own coverage of the window.

    `facility_sign` is how it counts in facility energy, 0 where it does not; `is_it` whether it is the point of IT energy. A point
    that is neither is summed over those hours in which it was heard throughout the counted cells.
    """

    point: str
    facility_sign: Literal[1, 0, -1]
    is_it: bool
    joules: float
    coverage: float
    meters: tuple[MeterShare, ...]

    @property
    def unexplained(self) -> float:
        """Joules of the point's sum that its meters, as far as they are kept, do not show."""
        return self.joules - fsum(meter.counted for meter in self.meters)


@dataclass(frozen=True, slots=True, kw_only=True)
class HourSum:
    """One hour: how many of its twelve cells counted, and both energies over them, in joules."""

    time: float
    cells: int
    facility_joules: float
    it_joules: float
    points: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """A PUE with all it was made of."""

    result: PueResult
    points: tuple[PointSum, ...]
    hours: tuple[HourSum, ...]
    formulas: tuple[str, ...]
    """The figures written out with their numbers, in kilowatt-hours."""


def explain(pue: Pue, site: str, start: float, end: float) -> Explanation:
    """Explain the PUE of a site between two times (seconds since the epoch); raises KeyError for a site that is not known."""
    result = pue.between(site, start, end)
    boundary = pue.boundary(site)
    return _Sums(pue, boundary, result).explained()


class _Sums:
    """The sums of one explanation, while they are made."""

    def __init__(self, pue: Pue, boundary: Boundary, result: PueResult) -> None:
        self.pue, self.boundary, self.result = pue, boundary, result
        self.start, self.end = round(result.start * 1000), round(result.end * 1000)
        self.points: dict[str, list[float]] = defaultdict(list)
        self.covered: dict[str, int] = defaultdict(int)
        self.meters: dict[tuple[str, str], list[float]] = defaultdict(list)
        self.gone: set[tuple[str, str]] = set()
        self.hours: list[HourSum] = []

    def explained(self) -> Explanation:
        wanted = [
            point
            for point in self.boundary.parts
            if point != "bought" or point in self.boundary.facility_points
        ]
        for hour, rows, asked in self._rows():
            mask = counted_cells(rows, self.boundary, self.result.it_point, asked)
            for point, row in rows.items():
                self.covered[point] += (row.mask & asked).bit_count()
            if mask:
                self._hour(hour, rows, mask, wanted)
        points = tuple(self._point(point) for point in wanted)
        return Explanation(
            result=self.result,
            points=points,
            hours=tuple(self.hours),
            formulas=tuple(_formulas(self.result, points)),
        )

    def _rows(self) -> Iterator[tuple[int, Mapping[str, SiteHour], int]]:
        found = self.pue.hours.hours(self.result.site, self.start - self.start % HOUR_MS, self.end)
        for hour in sorted(found):
            yield (
                hour,
                found[hour],
                sum(1 << n for n in range(CELLS) if self.start <= hour + n * CELL_MS < self.end),
            )

    def _hour(self, hour: int, rows: Mapping[str, SiteHour], mask: int, wanted: list[str]) -> None:
        inside = [n for n in range(CELLS) if mask >> n & 1]
        sums = {
            point: fsum(rows[point].joules[n] for n in inside)
            for point in wanted
            if point in rows and rows[point].mask & mask == mask
        }
        for point, joules in sums.items():
            self.points[point].append(joules)
        self.hours.append(
            HourSum(
                time=hour / 1000,
                cells=len(inside),
                facility_joules=facility_over(rows, self.boundary, mask),
                it_joules=sums[self.result.it_point],
                points=sums,
            )
        )
        for point, told in self.pue.hours.meters_of(self.result.site, hour, sums).items():
            for part, cells in told:
                if cells is None:
                    self.gone.add((point, part.name))
                else:
                    self.meters[point, part.name].append(fsum(cells.joules[n] for n in inside))

    def _point(self, point: str) -> PointSum:
        cells = max(1, (self.end - self.start) // CELL_MS)
        return PointSum(
            point=point,
            facility_sign=self._sign(point),
            is_it=point == self.result.it_point,
            joules=fsum(self.points[point]),
            coverage=min(1.0, self.covered[point] / cells),
            meters=tuple(self._meter(point, part) for part in self.boundary.parts[point]),
        )

    def _meter(self, point: str, part: Part) -> MeterShare:
        told = self.meters[point, part.name]
        return MeterShare(
            meter=part.name,
            point=point,
            replaced=part.names[1:],
            factor=part.factor,
            accuracy_class=part.accuracy,
            energy=fsum(told),
            counted=fsum(told) * part.factor,
            hours=len(told),
            kept=(point, part.name) not in self.gone and len(told) == len(self.points[point]),
        )

    def _sign(self, point: str) -> Literal[1, 0, -1]:
        if point not in self.boundary.facility_points:
            return 0
        return -1 if point == "export" else 1


def _formulas(result: PueResult, points: tuple[PointSum, ...]) -> Iterator[str]:
    """Write the sums out with their numbers."""
    for point in points:
        if point.facility_sign or point.is_it:
            yield f"{point.point} = {' + '.join(_term(meter) for meter in point.meters)} = {point.joules / _KWH:.3f} kWh"
    terms = [
        f"{'-' if p.facility_sign < 0 else '+'} {p.joules / _KWH:.3f} ({p.point})"
        for p in points
        if p.facility_sign
    ]
    if result.it_joules > 0 and terms:
        yield f"facility = {' '.join(terms).removeprefix('+ ')} = {result.facility_joules / _KWH:.3f} kWh"
        ratio = f"{result.facility_joules / _KWH:.3f} / {result.it_joules / _KWH:.3f}"
        yield f"PUE = facility / IT = {ratio} = {result.facility_joules / result.it_joules:.4f}"


def _term(meter: MeterShare) -> str:
    factor = "" if meter.factor == 1.0 else f" x {meter.factor:g}"
    return f"{meter.energy / _KWH:.3f}{factor} ({meter.meter})"

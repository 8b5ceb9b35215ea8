"""The first hour of a site: energies over exactly the time that all its meters cover.

It answers the same question as the cells of five minutes do, before there are many of them, from
the readings themselves. Power comes first here: a register that counts in steps of 0.1 kWh says
little about ten minutes. At a site of very many meters it is left to the cells.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from agent.ledger.energy import CELL_MS, Segment
from agent.ledger.known_readings import known_readings
from agent.ledger.meter_hours import meter_energy
from agent.ledger.segments import merge
from agent.ledger.store.database import Tables
from agent.pue.boundary import Boundary
from agent.pue.places import Place
from agent.pue.site_hours import SiteHours
from agent.pue.sums import NOTHING, EnergySum, Sum

_MAX_METERS: Final = 500
_LEAST_MS: Final = 10_000
"""Over less than this, a register's step would say more than its rate."""


class _Interval(NamedTuple):
    """A stretch of time, in milliseconds."""

    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """The power of one place over time."""

    point: str
    place: Place
    segments: list[Segment]

    def joules(self, intervals: Iterable[_Interval]) -> float:
        """Return the energy over some intervals, as it counts at the point."""
        return self.place.factor * sum(
            segment.joules(max(one.start, segment.start), min(one.end, segment.end))
            for one in intervals
            for segment in self.segments
            if segment.start < one.end and one.start < segment.end
        )


def common_sum(hours: SiteHours, boundary: Boundary, it_point: str, start: int, end: int) -> Sum:
    """Sum both energies over the time that every meter of both boundaries covers."""
    points = dict.fromkeys((*boundary.facility_points, it_point))
    wanted = [(point, place) for point in points for place in boundary.places.get(point, ())]
    if not boundary.facility_points or not wanted or len(wanted) > _MAX_METERS:
        return NOTHING
    common = [_Interval(start, end)]
    lines: list[_Line] = []
    with hours.ledger.reader.read() as tables:
        for point, place in wanted:
            segments = _segments(tables, hours, boundary.site, place, start, end)
            lines.append(_Line(point=point, place=place, segments=segments))
            common = _intersect(common, [_Interval(one.start, one.end) for one in segments])
            if not common:
                return NOTHING
    covered = sum(one.end - one.start for one in common)
    if covered < _LEAST_MS:
        return NOTHING
    facility, it = EnergySum(), EnergySum()
    renewable = 0.0
    for line in lines:
        joules = line.joules(common)
        weighted = abs(joules) * line.place.accuracy
        if line.point in boundary.facility_points:
            counted = -joules if line.point == "export" else joules
            facility = facility.plus(EnergySum(joules=counted, class_joules=weighted))
            renewable += _renewable_share(line) * counted
        if line.point == it_point:
            it = it.plus(EnergySum(joules=joules, class_joules=weighted))
    return Sum(cells=covered / CELL_MS, facility=facility, it=it, renewable=max(0.0, renewable))


def _renewable_share(line: _Line) -> float:
    """Return how much of the energy at a place is renewable; what leaves the site counts whole."""
    if line.point == "utility":
        return line.place.renewable
    return 1.0 if line.point in ("renewable", "export") else 0.0


def _segments(
    tables: Tables, hours: SiteHours, site: str, place: Place, start: int, end: int
) -> list[Segment]:
    """Return the power of a place between two times."""
    found: list[Segment] = []
    for number in hours.numbers(site, place):
        limits = hours.limits(number)
        meter = meter_energy(known_readings(tables, number, start, end, limits), limits)
        found = merge(found, merge(meter.drawn, meter.register.segments))
    if place.kind == "export":
        first = min(end, hours.first_read(site, place) or end)
        if start < first:  # before its first reading, nothing is subtracted
            found = [Segment(start, first, 0.0, 0.0), *found]
    return found


def _intersect(one: Sequence[_Interval], other: Sequence[_Interval]) -> list[_Interval]:
    """Return what two lists of intervals, each in order of time, have in common.

    Intervals that adjoin are joined.
    """
    found: list[_Interval] = []
    n = m = 0
    while n < len(one) and m < len(other):
        start, end = max(one[n].start, other[m].start), min(one[n].end, other[m].end)
        if start < end:
            if found and found[-1].end == start:
                found[-1] = _Interval(found[-1].start, end)
            else:
                found.append(_Interval(start, end))
        if one[n].end < other[m].end:
            n += 1
        else:
            m += 1
    return found

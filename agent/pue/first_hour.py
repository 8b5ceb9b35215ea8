"""The first hour of a site: energies over exactly the time that all its meters cover.

It answers the same question as the cells of five minutes do, before there are many of them, from
the readings themselves. Power comes first here: a register that counts in steps of 0.1 kWh says
little about ten minutes. At a site of very many meters it is left to the cells.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

from agent.ledger.energy import CELL_MS, Segment
from agent.ledger.known_readings import known_readings
from agent.ledger.meter_hours import meter_energy
from agent.ledger.register_steps import step_of
from agent.ledger.segments import merge
from agent.ledger.store.database import Tables
from agent.ledger.thinning import thinned
from agent.pue.boundary import Boundary
from agent.pue.class_errors import ClassErrors
from agent.pue.places import Place
from agent.pue.site_hours import SiteHours
from agent.pue.sums import NOTHING, EnergySum, Integrated, Sum
from agent.pue.uncertainty import STEP_VARIANCE

_MAX_METERS: Final = 500
_LEAST_MS: Final = 10_000
"""Milliseconds. Over a shorter time, a register's step decides more than its rate."""


class _Interval(NamedTuple):
    """A stretch of time, in milliseconds."""

    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Power:
    """The power of one place over time, and what is uncertain of it.

    `step` is that of a register which told some of it, in joules. `thinned` tells how well readings
    of power tell the energy, in joules by the start of each cell; `repeats` is how often these
    repeat themselves.
    """

    segments: list[Segment] = field(default_factory=list)
    step: int = 0
    thinned: Mapping[int, float] = field(default_factory=dict)
    repeats: float = 1.0

    def joules(self, intervals: Iterable[_Interval]) -> float:
        """Return the energy over some intervals."""
        return sum(
            segment.joules(max(one.start, segment.start), min(one.end, segment.end))
            for one in intervals
            for segment in self.segments
            if segment.start < one.end and one.start < segment.end
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """One place of a point over the time that all meters cover.

    `joules` is its energy as it counts. `facility` and `it` say by which sign it counts in each: 1,
    -1 or 0.
    """

    point: str
    place: Place
    power: _Power
    joules: float
    facility: int
    it: int


def common_sum(hours: SiteHours, boundary: Boundary, it_point: str, start: int, end: int) -> Sum:
    """Sum both energies over the time that every meter of both boundaries covers."""
    points = dict.fromkeys((*boundary.facility_points, it_point))
    wanted = [
        (point, place)
        for point in points
        for place in boundary.places.get(point, ())
        if place.counted_in(start, end)
    ]
    if not boundary.facility_points or not wanted or len(wanted) > _MAX_METERS:
        return NOTHING
    common = [_Interval(_beginning(boundary, it_point, start), end)]
    powers: list[_Power] = []
    with hours.ledger.reader.read() as tables:
        for _, place in wanted:
            power = _power(tables, hours, boundary.site, place, _Interval(start, end))
            if place.since is not None and common[0].start < place.since:  # not in service yet
                before = Segment(common[0].start, place.since, 0.0, 0.0)
                power = replace(power, segments=[before, *power.segments])
            powers.append(power)
            common = _intersect(common, [_Interval(one.start, one.end) for one in power.segments])
            if not common:
                return NOTHING
    covered = sum(one.end - one.start for one in common)
    if covered < _LEAST_MS:
        return NOTHING
    lines = [
        _Line(
            point=point,
            place=place,
            power=power,
            joules=place.factor * power.joules(common),
            facility=(-1 if point == "export" else 1) if point in boundary.facility_points else 0,
            it=int(point == it_point),
        )
        for (point, place), power in zip(wanted, powers, strict=True)
    ]
    return _sum(lines, common)


def _sum(lines: Sequence[_Line], common: Sequence[_Interval]) -> Sum:
    """Sum some lines over the intervals that all of them cover."""
    whole = sum(line.facility * line.joules for line in lines)
    it = _energy(line for line in lines if line.it)
    others = _energy(line for line in lines if line.facility and not line.it)
    renewable = sum(line.facility * _renewable_share(line) * line.joules for line in lines)
    return Sum(
        cells=sum(one.end - one.start for one in common) / CELL_MS,
        facility=replace(others, joules=whole),
        it=it,
        integrated=Integrated(
            variance=_variance(lines, whole / it.joules if it.joules > 0 else 1.0, common)
        ),
        renewable=renewable,
    )


def _energy(lines: Iterable[_Line]) -> EnergySum:
    errors = ClassErrors.of((line.place, line.joules) for line in lines)
    return EnergySum(joules=errors.joules, common=errors.common, own=errors.own)


def _variance(lines: Sequence[_Line], pue: float, common: Sequence[_Interval]) -> float:
    """Return the variance of facility energy less PUE times IT energy, by steps and by power.

    A register's step counts where each interval begins and where it ends.
    """
    steps = 0.0
    cells: defaultdict[int, float] = defaultdict(float)
    for line in lines:
        factor = (line.facility - pue * line.it) * line.place.factor
        steps += 2.0 * len(common) * (factor * line.power.step) ** 2 * STEP_VARIANCE
        for cell, joules in line.power.thinned.items():
            if any(one.start < cell + CELL_MS and cell < one.end for one in common):
                cells[cell] += factor * joules
    repeats = max(line.power.repeats for line in lines)
    return steps + repeats * sum(joules * joules for joules in cells.values())


def _beginning(boundary: Boundary, it_point: str, start: int) -> int:
    """Return from when on, at the earliest, both boundaries are metered at all."""
    for point in (it_point, *boundary.always_needed):
        since = [place.since for place in boundary.places.get(point, ())]
        start = max(start, min((0 if time is None else time for time in since), default=0))
    return start


def _renewable_share(line: _Line) -> float:
    """Return how much of the energy at a place is renewable; what leaves the site counts whole."""
    if line.point == "utility":
        return line.place.renewable
    return 1.0 if line.point in ("renewable", "export") else 0.0


def _power(tables: Tables, hours: SiteHours, site: str, place: Place, asked: _Interval) -> _Power:
    """Return the power of a place between two times."""
    found: list[Segment] = []
    steps, repeats = [0], [1.0]
    cells: dict[int, float] = {}
    for number in hours.numbers(site, place):
        limits = hours.limits(number)
        meter = meter_energy(known_readings(tables, number, *asked, limits), limits)
        known = merge(meter.drawn, meter.register.segments)
        if len(known) > len(meter.drawn):
            steps.append(step_of(reading.value for reading in meter.register.accepted))
        for hour, told in thinned(meter.power).items():
            cells.update({hour + n * CELL_MS: each for n, each in enumerate(told.joules) if each})
            repeats.append(told.repeats)
        found = merge(found, known)
    if place.kind == "export":
        first = min(asked.end, hours.first_read(site, place) or asked.end)
        if asked.start < first:  # before its first reading, nothing is subtracted
            found = [Segment(asked.start, first, 0.0, 0.0), *found]
    return _Power(segments=found, step=max(steps), thinned=cells, repeats=max(repeats))


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

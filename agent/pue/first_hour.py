"""The first hour of a site: energies over exactly the time that all its meters cover, from the readings themselves.

It answers the same question as the cells of five minutes do, before there are many of them. Power comes first here: a
register that counts in steps of 0.1 kWh says little about ten minutes. At a site of very many meters it is left to the cells.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from agent.ledger.energy import CELL_MS, Segment, merge, power_segments, register_segments
from agent.ledger.recompute import ENERGY, POWER
from agent.ledger.store import load_readings
from agent.pue.windows import NOTHING, Sum

if TYPE_CHECKING:
    import sqlite3

    from agent.ledger.meters import Limits
    from agent.pue.boundary import Boundary, Part
    from agent.pue.site_hours import SiteHours

_MAX_METERS: Final = 500
_LEAST_MS: Final = 10_000
"""Below this a register's steps would say more than its rate."""

Stretch = tuple[int, int]


def common_sum(hours: SiteHours, boundary: Boundary, it_point: str, start: int, end: int) -> Sum:
    """Sum both energies over the time that every meter of both boundaries covers between two times."""
    points = boundary.facility_points
    wanted = [
        (point, part)
        for point in dict.fromkeys((*points, it_point))
        for part in boundary.parts.get(point, ())
    ]
    if not points or not wanted or len(wanted) > _MAX_METERS:
        return NOTHING
    common: list[Stretch] = [(start, end)]
    lines: list[tuple[str, Part, list[Segment]]] = []
    with hours.ledger.reader.read() as db:
        for point, part in wanted:
            meters = [
                (number, hours.limits(number)) for number in hours.numbers(boundary.site, part)
            ]
            segments = _segments(db, meters, start, end)
            if part.kind == "export":  # before it is metered, nothing is taken off
                first = min(end, hours.exports_since(boundary.site, part) or end)
                segments = (
                    [Segment(start, first, 0.0, 0.0), *segments] if start < first else segments
                )
            lines.append((point, part, segments))
            common = _intersect(common, [(s.start, s.end) for s in segments])
            if not common:
                return NOTHING
    covered = sum(b - a for a, b in common)
    if covered < _LEAST_MS:
        return NOTHING
    facility = it = facility_class = it_class = green = 0.0
    for point, part, segments in lines:
        joules = part.factor * sum(
            s.joules(max(a, s.start), min(b, s.end))
            for a, b in common
            for s in segments
            if s.start < b and a < s.end
        )
        if point in points:
            sign = -1.0 if point == "export" else 1.0
            facility += sign * joules
            green += joules * (
                part.renewable
                if point == "utility"
                else sign
                if point in ("renewable", "export")
                else 0.0
            )
            facility_class += abs(joules) * part.accuracy
        if point == it_point:
            it += joules
            it_class += abs(joules) * part.accuracy
    return Sum(covered / CELL_MS, facility, it, facility_class, it_class, max(0.0, green))


def _segments(
    db: sqlite3.Connection, meters: Sequence[tuple[int, Limits]], start: int, end: int
) -> list[Segment]:
    found: list[Segment] = []
    for meter, (rating, wrap) in meters:
        register, _ = register_segments(
            load_readings(db, meter, ENERGY, start, end), rating=rating, wrap=wrap
        )
        found = merge(
            found, merge(power_segments(load_readings(db, meter, POWER, start, end)), register)
        )
    return found


def _intersect(one: Sequence[Stretch], other: Sequence[Stretch]) -> list[Stretch]:
    """Return what two lists of stretches, each in order of time, have in common; adjoining stretches are joined."""
    found: list[Stretch] = []
    n = m = 0
    while n < len(one) and m < len(other):
        a, b = max(one[n][0], other[m][0]), min(one[n][1], other[m][1])
        if a < b:
            if found and found[-1][1] == a:
                found[-1] = (found[-1][0], b)
            else:
                found.append((a, b))
        if one[n][1] < other[m][1]:
            n += 1
        else:
            m += 1
    return found

"""What trends are made of: the edges of their intervals, and the mean power of each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Final
from zoneinfo import ZoneInfo

from agent.ledger.energy import CELL_MS, HOUR_MS, floor_hour
from agent.pue.boundary import Boundary
from agent.pue.hour_sums import Points
from agent.pue.model import PowerPoint

_HOURLY_UNTIL_DAYS: Final = 3
_BY_CELL_UNTIL_HOURS: Final = 12
_CHOSEN_HOURLY_UNTIL_DAYS: Final = 8
"""A week that somebody looks into is shown by the hour."""


def trend_edges(end: int, days: float, zone: ZoneInfo) -> list[int]:
    """Return the bounds of the hours of the last days or, over three days, of the local days.

    The last one is `end`; times are in milliseconds.
    """
    start = end - round(days * 24) * HOUR_MS
    if days <= _HOURLY_UNTIL_DAYS:
        return [*range(floor_hour(start), end, HOUR_MS), end]
    return _whole_days(start, end, zone)


def edges_between(start: int, end: int, zone: ZoneInfo) -> list[int]:
    """Return the bounds of the intervals of a time: cells, hours or local days, by its length."""
    length = end - start
    if length > _CHOSEN_HOURLY_UNTIL_DAYS * 24 * HOUR_MS:
        return _whole_days(start, end, zone)
    step = CELL_MS if length <= _BY_CELL_UNTIL_HOURS * HOUR_MS else HOUR_MS
    return [*range(start - start % step, end, step), end]


def _whole_days(start: int, end: int, zone: ZoneInfo) -> list[int]:
    day = dt.datetime.fromtimestamp(start / 1000, zone).replace(
        hour=0, minute=0, second=0, microsecond=0
    )
    edges = []
    while (at := round(day.timestamp() * 1000)) < end:
        edges.append(at)
        day += dt.timedelta(days=1)
    return [*edges, end]


def power_step(hours: float) -> int:
    """Return the interval of a power trend: five minutes, or over twelve hours an hour."""
    return CELL_MS if hours <= _BY_CELL_UNTIL_HOURS else HOUR_MS


def power_points(
    rows: Mapping[int, Points], boundary: Boundary, it_point: str, times: range
) -> list[PowerPoint]:
    """Return the mean power of intervals that start at `times`, one step of them long."""
    found = []
    for start in times:
        points = rows.get(floor_hour(start), {})
        first = (start % HOUR_MS) // CELL_MS
        cells = range(first, first + times.step // CELL_MS)
        found.append(
            PowerPoint(
                time=start / 1000,
                facility_watts=_facility_watts(points, boundary, cells),
                it_watts=_mean_watts(points, it_point, cells),
            )
        )
    return found


def _facility_watts(points: Points, boundary: Boundary, cells: range) -> float | None:
    """Return the mean power that came in, less what left; None where a point is not covered."""
    found: float | None = None
    for point in boundary.facility_points:
        if point == "export" and point not in points:
            continue  # not metered yet
        mean = _mean_watts(points, point, cells)
        if mean is None:
            return None
        found = (found or 0.0) + (-mean if point == "export" else mean)
    return found


def _mean_watts(points: Points, point: str, cells: range) -> float | None:
    """Return the mean power over the covered cells of some; None where none is covered."""
    row = points.get(point)
    if row is None:
        return None
    joules = [row.joules[n] for n in cells if row.mask >> n & 1]
    return sum(joules) * 1000.0 / (CELL_MS * len(joules)) if joules else None

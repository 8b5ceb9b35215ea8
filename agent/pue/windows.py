"""Stretches of time PUE is given for, and sums over them; windows end and begin on cells of five minutes."""

from __future__ import annotations

import datetime as dt
from array import array
from collections.abc import Iterable, Mapping
from functools import cache
from operator import add
from typing import TYPE_CHECKING, Final, NamedTuple, Union
from zoneinfo import ZoneInfo

from agent.inventory.model import NOT_IT
from agent.ledger.energy import CELL_MS, CELLS, FULL_MASK, HOUR_MS

if TYPE_CHECKING:
    from agent.pue.boundary import Boundary
    from agent.pue.site_hours import SiteHour, SiteHours
    from collectors.catalogue.limits import Window

DAY_MS: Final = 24 * HOUR_MS
_FIXED: Final[Mapping[str, int]] = {"1h": HOUR_MS, "1d": DAY_MS, "30d": 30 * DAY_MS}
_LEAP_DAY: Final = (2, 29)
_MOST_SPANS: Final = 64
"""How many sums of several days, and parts of hours, are remembered of a site."""


def bounds(window: Window, end: int, zone: ZoneInfo) -> tuple[int, int]:
    """Return a window's first and last millisecond; years are counted in the site's zone."""
    if window in _FIXED:
        return end - _FIXED[window], end
    local = dt.datetime.fromtimestamp(end / 1000, zone)
    if window == "ytd":
        start = dt.datetime(local.year, 1, 1, tzinfo=zone)
        if start == local:  # midnight of New Year belongs to the year that ends
            start = start.replace(year=local.year - 1)
    else:
        day = 28 if (local.month, local.day) == _LEAP_DAY else local.day
        start = local.replace(year=local.year - 1, day=day)
    return round(start.timestamp() * 1000), end


def year_end(start: int, zone: ZoneInfo) -> int:
    """Return when the local year ends that begins at `start`."""
    year = dt.datetime.fromtimestamp(start / 1000, zone).year
    return round(dt.datetime(year + 1, 1, 1, tzinfo=zone).timestamp() * 1000)


class Sum(NamedTuple):
    """Energies over the cells covered at both boundaries, in joules; `*_class` are weighted by accuracy class (percent).

    `*_noise` are variances in square joules. `runs` counts the stretches of covered time; `first` and `last` are 1 where the sum
    begins and ends covered, so that what adjoins is one run. `sides` are those of `sides_of`, three numbers each.
    """

    cells: float = 0.0
    facility: float = 0.0
    it: float = 0.0
    facility_class: float = 0.0
    it_class: float = 0.0
    green: float = 0.0
    facility_noise: float = 0.0
    it_noise: float = 0.0
    runs: float = 0.0
    first: float = 0.0
    last: float = 0.0
    sides: tuple[float, ...] = ()

    def then(self, other: Sum) -> Sum:
        """Add the sum of what follows this in time without a hole."""
        if not other.cells:
            return self._replace(last=0.0) if self.last else self
        runs = self.runs + other.runs - (1.0 if self.last and other.first else 0.0)
        sides = (
            tuple(map(add, self.sides, other.sides))
            if self.sides and other.sides
            else self.sides or other.sides
        )
        return Sum._make(
            (*map(add, self[:_ADDED], other[:_ADDED]), runs, self.first, other.last, sides)
        )


_ADDED: Final = 8
_PLAIN: Final = 11
"""So many fields of a sum are simply added up, and so many are one number each."""

NOTHING: Final = Sum()

OVERHEADS: Final = ("cooling", "ups", "distribution", "lighting", "other")
"""Where energy goes that IT does not get, as far as it is metered."""


def sides_of(boundary: Boundary, it_point: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return what is summed beside PUE, each with the points it takes; the second point is taken off the first.

    Of each a Sum holds its amount, what it is compared with (facility energy for `reused`, IT energy for all others) and the
    cells, both over the cells in which it is covered.
    """
    return _sides_of(boundary.method, boundary.electrical, tuple(boundary.parts), it_point)


@cache
def _sides_of(
    method: str, electrical: tuple[str, ...], metered: tuple[str, ...], it_point: str
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    found: list[tuple[str, tuple[str, ...]]] = [
        (name, (name,)) for name in ("reused", "water") if name in metered
    ]
    if method == "incoming":
        found.append(("carbon", ("carbon",)))
    way = [point for point in electrical if point in metered]
    way = way[: way.index(it_point) + 1] if it_point in way else []
    if way[:1] == ["ups_input"]:
        found.append(("ups", (way[0], way[1])))
        way = way[1:]
    if way[1:]:
        found.append(("distribution", (way[0], it_point)))
    return (*found, *((point, (point,)) for point in NOT_IT if point in metered))


def counted_cells(
    points: Mapping[str, SiteHour], boundary: Boundary, it_point: str, mask: int = FULL_MASK
) -> int:
    """Return those cells of `mask` in which every meter of both boundaries was heard throughout, as bits."""
    it = points.get(it_point)
    if it is None or not boundary.facility_points:
        return 0
    mask &= it.mask
    for point in boundary.facility_points:
        found = points.get(point)
        if found is not None:
            mask &= found.mask
        elif (
            point != "export"
        ):  # an hour of which no export is told is one before any was metered: nothing to take off
            return 0
    return mask


def reduce_hour(
    points: Mapping[str, SiteHour], boundary: Boundary, it_point: str, asked: int = FULL_MASK
) -> Sum:
    """Sum one hour over the cells of those `asked` for in which every meter of both boundaries was heard."""
    mask = counted_cells(points, boundary, it_point, asked)
    if not mask:
        return NOTHING
    it = points[it_point]
    told = [(point, points[point]) for point in boundary.facility_points if point in points]
    facility = facility_class = noise = 0.0
    cells = float(mask.bit_count())
    for point, found in told:
        joules = _over(found, mask)
        facility += -joules if point == "export" else joules
        facility_class += abs(joules) * found.accuracy
        noise += found.noise * cells
    it_joules = _over(it, mask)
    return Sum(
        cells,
        facility,
        it_joules,
        facility_class,
        it_joules * it.accuracy,
        _green(points, mask),
        noise,
        it.noise * cells,
        float((mask & ~(mask << 1)).bit_count()),
        float(bool(mask & asked & -asked)),
        float(mask >= 1 << (asked.bit_length() - 1)),
        _sides(points, boundary, it_point, mask),
    )


def _sides(
    points: Mapping[str, SiteHour], boundary: Boundary, it_point: str, mask: int
) -> tuple[float, ...]:
    found: list[float] = []
    for name, taken in sides_of(boundary, it_point):
        hours = [points.get(point) for point in taken]
        of = mask
        for hour in hours:
            of &= hour.mask if hour is not None else 0
        if not of:
            found += (0.0, 0.0, 0.0)
            continue
        amounts = [_over(hour, of) for hour in hours if hour is not None]
        base = (
            facility_over(points, boundary, of) if name == "reused" else _over(points[it_point], of)
        )
        found += (amounts[0] - sum(amounts[1:]), base, float(of.bit_count()))
    return tuple(found)


def facility_over(points: Mapping[str, SiteHour], boundary: Boundary, mask: int) -> float:
    """Return the facility's energy over some cells, all of them covered."""
    told = [(point, points[point]) for point in boundary.facility_points if point in points]
    return sum(
        -_over(hour, mask) if point == "export" else _over(hour, mask) for point, hour in told
    )


def _green(points: Mapping[str, SiteHour], mask: int) -> float:
    """Return the renewable energy used on site: what leaves the site is taken off it."""
    green = points.get("green")
    if green is None or green.mask & mask != mask:
        return 0.0
    exported = _over(points["export"], mask) if "export" in points else 0.0
    return max(0.0, _over(green, mask) - exported)


def _over(hour: SiteHour, mask: int) -> float:
    if mask == FULL_MASK:
        return sum(hour.joules)
    return sum(value for n, value in enumerate(hour.joules) if mask >> n & 1)


def in_time(sums: Iterable[Sum]) -> Sum:
    """Add sums that follow each other in time, without a hole between them."""
    found: Sum | None = None
    for one in sums:
        found = one if found is None else found.then(one)
    return NOTHING if found is None else found


_Packed = Union["array[float]", None]
"""A sum of one hour as kept in memory: a year of a hub's hours would take hundreds of megabytes as tuples of floats."""


def _packed(total: Sum) -> _Packed:
    return array("d", (*total[:_PLAIN], *total.sides)) if total.cells else None


def _unpacked(values: _Packed) -> Sum:
    return NOTHING if values is None else Sum._make((*values[:_PLAIN], tuple(values[_PLAIN:])))


class Sums:
    """Sums over any stretch of time, from hours and days kept in memory; follows the database as it changes."""

    def __init__(self, hours: SiteHours) -> None:
        self.hours = hours
        self._boundaries: dict[str, Boundary] = {}
        self._generation: int | None = None
        self._oldest: dict[str, int] = {}
        self._of_hour: dict[tuple[str, str], dict[int, _Packed]] = {}
        self._of_day: dict[tuple[str, str], dict[int, Sum]] = {}
        self._of_days: dict[tuple[str, str], dict[tuple[int, int], Sum]] = {}
        self._parted: dict[tuple[str, int], Mapping[str, SiteHour]] = {}

    def update(self) -> None:
        """Take in what has changed in the database since the last call."""
        self._generation, changed = self.hours.changed(self._generation)
        if changed:
            self._parted.clear()
        for site, boundary in self.hours.boundaries.items():
            if self._boundaries.get(site) != boundary:
                self._boundaries[site] = boundary
                self._oldest.pop(site, None)  # read anew when asked
        by_site: dict[str, list[int]] = {}
        for site, hour in changed:
            if hour >= self._oldest.get(site, hour + 1):
                by_site.setdefault(site, []).append(hour)
        for site, hours in by_site.items():
            self._reload(site, sorted(hours))

    def _reload(self, site: str, hours: list[int]) -> None:
        if len(hours) * HOUR_MS > (hours[-1] - hours[0]) // 2:
            found = self.hours.hours(site, hours[0], hours[-1] + 1)
        else:
            found = {hour: self.hours.hour(site, hour) for hour in hours}
        for hour, points in found.items():
            self._put(site, hour, points)

    def _put(self, site: str, hour: int, points: Mapping[str, SiteHour]) -> None:
        boundary = self._boundaries[site]
        for it_point in boundary.it_candidates:
            key = site, it_point
            self._of_hour.setdefault(key, {})[hour] = _packed(
                reduce_hour(points, boundary, it_point)
            )
            if self._of_day.setdefault(key, {}).pop(hour // DAY_MS, None) is not None:
                self._of_days.pop(key, None)

    def _reach(self, site: str, start: int) -> None:
        """Have every hour from `start` on in memory."""
        oldest = self._oldest.get(site)
        if oldest is None:
            for it_point in self._boundaries[site].it_candidates:
                self._of_hour[site, it_point], self._of_day[site, it_point] = {}, {}
                self._of_days.pop((site, it_point), None)
        if oldest is not None and oldest <= start:
            return
        for hour, points in self.hours.hours(
            site, start, oldest if oldest is not None else 1 << 62
        ).items():
            self._put(site, hour, points)
        self._oldest[site] = start

    def boundary(self, site: str) -> Boundary | None:
        """Return a site's boundary, or None where there is no such site."""
        return self._boundaries.get(site)

    def over(self, site: str, it_point: str, start: int, end: int) -> Sum:
        """Sum from `start` to `end`, which must lie on cells."""
        self._reach(site, start - start % DAY_MS)
        total: Sum | None = None
        at = start
        while at < end:
            if at % DAY_MS == 0 and at + DAY_MS <= end:
                until = end - end % DAY_MS
                found = self._days(site, it_point, at // DAY_MS, until // DAY_MS)
            elif at % HOUR_MS == 0 and at + HOUR_MS <= end:
                until = at + HOUR_MS
                found = _unpacked(self._of_hour.get((site, it_point), {}).get(at))
            else:
                hour = at - at % HOUR_MS
                until = min(hour + HOUR_MS, end)
                mask = sum(1 << n for n in range(CELLS) if at <= hour + n * CELL_MS < until)
                found = reduce_hour(
                    self._part_of(site, hour), self._boundaries[site], it_point, mask
                )
            total = found if total is None else total.then(found)
            at = until
        return NOTHING if total is None else total

    def _part_of(self, site: str, hour: int) -> Mapping[str, SiteHour]:
        """Return an hour of which only a part is asked for: windows of all lengths end within the same one."""
        found = self._parted.get((site, hour))
        if found is None:
            if len(self._parted) >= _MOST_SPANS * len(self._boundaries):
                self._parted.clear()
            found = self._parted[site, hour] = self.hours.hour(site, hour)
        return found

    def _days(self, site: str, it_point: str, first: int, end: int) -> Sum:
        """Return the sum of whole days, remembered until one of them changes: a year's is asked for in every round."""
        of_days = self._of_days.setdefault((site, it_point), {})
        found = of_days.get((first, end))
        if found is None:
            found = in_time(self._day(site, it_point, day) for day in range(first, end))
            if len(of_days) >= _MOST_SPANS:
                of_days.clear()
            of_days[first, end] = found
        return found

    def _day(self, site: str, it_point: str, day: int) -> Sum:
        of_day = self._of_day.setdefault((site, it_point), {})
        found = of_day.get(day)
        if found is None:
            hours = self._of_hour.get((site, it_point), {})
            found = in_time(
                _unpacked(hours.get(hour))
                for hour in range(day * DAY_MS, (day + 1) * DAY_MS, HOUR_MS)
            )
            of_day[day] = found
        return found

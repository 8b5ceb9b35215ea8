"""Sums over any stretch of time, from hours and days that are kept in memory."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from agent.ledger.energy import CELL_MS, CELLS, HOUR_MS
from agent.pue.boundary import Boundary
from agent.pue.hour_sums import Points, alone, counted_cells, hour_sum
from agent.pue.kept_sums import MOST_KEPT, Days, HourSummed, KeptSums
from agent.pue.periods import DAY_MS
from agent.pue.silences import Slice
from agent.pue.site_hours import SiteHours
from agent.pue.sums import NOTHING, Alone, Sum

_FOREVER: Final = 1 << 62
_SLICED_BY_HOUR_MS: Final = 3 * DAY_MS
_FEWEST_PERIODS: Final = 3


class WindowSums:
    """Sums over any stretch of time; follows the database as it changes."""

    def __init__(self, hours: SiteHours) -> None:
        self._hours = hours
        self._boundaries: dict[str, Boundary] = {}
        self._generation: int | None = None
        self._oldest: dict[str, int] = {}
        self._kept: dict[str, dict[str, KeptSums]] = {}
        self._partly_asked: dict[str, dict[int, Points]] = {}

    def update(self) -> None:
        """Take in what has changed in the database since the last call."""
        self._generation, changed = self._hours.changed(self._generation)
        if changed:
            self._partly_asked.clear()
        for site, boundary in self._hours.boundaries.items():
            if self._boundaries.get(site) != boundary:
                self._boundaries[site] = boundary
                self._oldest.pop(site, None)  # read again when asked for
        by_site: dict[str, list[int]] = {}
        for site, hour in changed:
            if hour >= self._oldest.get(site, hour + 1):
                by_site.setdefault(site, []).append(hour)
        for site, hours in by_site.items():
            self._reload(site, sorted(hours))

    def _reload(self, site: str, hours: list[int]) -> None:
        if len(hours) * HOUR_MS > (hours[-1] - hours[0]) // 2:
            found = self._hours.hours(site, hours[0], hours[-1] + 1)
        else:
            found = {hour: self._hours.hour(site, hour) for hour in hours}
        for hour, points in found.items():
            self._put(site, hour, points)

    def _put(self, site: str, hour: int, points: Points) -> None:
        boundary = self._boundaries[site]
        for it_point, kept in self._kept[site].items():
            kept.put(hour, _summed(hour, points, boundary, it_point))

    def _reach(self, site: str, it_point: str, start: int) -> KeptSums:
        """Have every hour from `start` on in memory."""
        oldest = self._oldest.get(site)
        boundary = self._boundaries[site]
        if oldest is None:
            self._kept[site] = {}
        if it_point not in self._kept[site]:  # it must reach as far back as the others reach
            kept = self._kept[site][it_point] = KeptSums(boundary, it_point)
            if oldest is not None:
                for hour, points in self._hours.hours(site, oldest, _FOREVER).items():
                    kept.put(hour, _summed(hour, points, boundary, it_point))
        if oldest is None or start < oldest:
            until = _FOREVER if oldest is None else oldest
            for hour, points in self._hours.hours(site, start, until).items():
                self._put(site, hour, points)
            self._oldest[site] = start
        return self._kept[site][it_point]

    def boundary(self, site: str) -> Boundary:
        """Return a site's boundary; raises KeyError."""
        return self._boundaries[site]

    def over(self, site: str, it_point: str, start: int, end: int) -> Sum:
        """Sum from `start` to `end`, which must lie on cells."""
        kept = self._reach(site, it_point, start - start % DAY_MS)
        total: Sum | None = None
        at = start
        while at < end:
            if at % DAY_MS == 0 and at + DAY_MS <= end:
                until = end - end % DAY_MS
                found = kept.over_days(Days(at // DAY_MS, until // DAY_MS))
            elif at % HOUR_MS == 0 and at + HOUR_MS <= end:
                until = at + HOUR_MS
                found = kept.hour(at)
            else:
                until = min(at - at % HOUR_MS + HOUR_MS, end)
                found = self._part(site, it_point, at, until)
            total = found if total is None else total.then(found)
            at = until
        return NOTHING if total is None else total

    def counted_ms(self, site: str, it_point: str, start: int, end: int) -> int:
        """Return how many of the milliseconds between two times count at both boundaries."""
        return self._reach(site, it_point, start - start % DAY_MS).counted_ms(start, end)

    def each(self, site: str, it_point: str, start: int, end: int) -> Iterator[Sum]:
        """Yield the sum of each whole hour between two times, or over some days of each day."""
        kept = self._reach(site, it_point, start - start % DAY_MS)
        step = HOUR_MS if end - start <= _SLICED_BY_HOUR_MS else DAY_MS
        return kept.each(start, end, step)

    def slices(self, site: str, it_point: str, start: int, end: int) -> list[Slice]:
        """Return the hours between two times, or over some days, each day's hours together.

        At either end there may be a part of an hour.
        """
        kept = self._reach(site, it_point, start - start % DAY_MS)
        first, last = -(-start // HOUR_MS) * HOUR_MS, end - end % HOUR_MS
        if first > last:
            return [self._part_slice(site, it_point, start, end)]
        step = HOUR_MS if end - start <= _SLICED_BY_HOUR_MS else DAY_MS
        edges = [first, *range(first - first % step + step, last, step), last]
        found = [
            self._part_slice(site, it_point, one, other)
            if one in kept.partial and step == HOUR_MS
            else kept.slice(one, other)
            for one, other in pairwise(edges)
            if one < other
        ]
        if start < first:
            found.insert(0, self._part_slice(site, it_point, start, first))
        if last < end:
            found.append(self._part_slice(site, it_point, last, end))
        return found

    def mean(self, site: str, it_point: str, start: int, end: int, period: int) -> list[Slice]:
        """Return each hour of a day or week over all of a window that has more than three of them.

        `period` is the length of the day or week, in milliseconds.
        """
        if end - start <= _FEWEST_PERIODS * period:
            return []
        kept = self._reach(site, it_point, start - start % DAY_MS)
        first, last = -(-start // HOUR_MS) * HOUR_MS, end - end % HOUR_MS
        hours = range(first, first + period, HOUR_MS)
        return [kept.same_hours(range(hour, last, period)) for hour in hours]

    def _part(self, site: str, it_point: str, start: int, end: int) -> Sum:
        """Sum a part of an hour."""
        hour, points = self._points_of(site, start)
        return hour_sum(hour, points, self._boundaries[site], it_point, _cells(hour, start, end))

    def _part_slice(self, site: str, it_point: str, start: int, end: int) -> Slice:
        """Return an hour, or a part of one, as a slice; look at its cells if some do not count."""
        boundary = self._boundaries[site]
        hour, points = self._points_of(site, start)
        asked = _cells(hour, start, end)
        left = alone(hour, points, boundary, it_point, asked)
        each = [
            hour_sum(hour, points, boundary, it_point, 1 << n)
            for n in range(CELLS)
            if left is not None and asked >> n & 1
        ]
        pues = [one.facility.joules / one.it.joules for one in each if one.it.joules > 0]
        return Slice(
            start=start,
            cells=asked.bit_count(),
            counted=self._part(site, it_point, start, end),
            alone=left or Alone(),
            lowest=min(pues, default=None),
            highest=max(pues, default=None),
        )

    def _points_of(self, site: str, time: int) -> tuple[int, Points]:
        """Return the hour of a time and its points: windows of all lengths end within the same."""
        hour = time - time % HOUR_MS
        asked = self._partly_asked.setdefault(site, {})
        points = asked.get(hour)
        if points is None:
            if len(asked) >= MOST_KEPT:
                asked.clear()
            points = asked[hour] = self._hours.hour(site, hour)
        return hour, points


def _cells(hour: int, start: int, end: int) -> int:
    """Return the cells of an hour that begin between two times, as bits."""
    return sum(1 << n for n in range(CELLS) if start <= hour + n * CELL_MS < end)


def _summed(hour: int, points: Points, boundary: Boundary, it_point: str) -> HourSummed:
    return HourSummed(
        total=hour_sum(hour, points, boundary, it_point),
        mask=counted_cells(hour, points, boundary, it_point),
        alone=alone(hour, points, boundary, it_point),
    )

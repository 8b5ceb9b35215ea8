"""The sums of one site's hours and days that are kept in memory."""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from typing import Final, NamedTuple

from agent.ledger.energy import CELL_MS, CELLS, FULL_MASK, HOUR_MS
from agent.pue.boundary import Boundary
from agent.pue.periods import DAY_MS
from agent.pue.sides import sides_of
from agent.pue.silences import Slice
from agent.pue.sums import Alone, PackedSum, Sum, add_in_time, add_packed, pack, unpack

MOST_KEPT: Final = 64
"""At most this many sums of several days are kept of a site, and at most this many parts of
hours."""


class Days(NamedTuple):
    """Whole days, by number since the epoch; the end is not part of them."""

    first: int
    end: int


class HourSummed(NamedTuple):
    """What is kept of an hour: its sum, the cells that count, and what one boundary told alone."""

    total: Sum
    mask: int
    alone: Alone | None


class KeptSums:
    """What is kept in memory of one site, where its IT is metered at one point."""

    __slots__ = ("_names", "alone", "days", "hours", "partial", "spans")

    def __init__(self, boundary: Boundary, it_point: str) -> None:
        self._names = tuple(side.name for side in sides_of(boundary, it_point))
        self.hours: dict[int, PackedSum] = {}
        self.alone: dict[int, Alone] = {}
        self.days: dict[int, Sum] = {}
        self.spans: dict[Days, Sum] = {}
        self.partial: dict[int, int] = {}
        """The cells that count, as bits, of hours of which not all do."""

    def put(self, hour: int, summed: HourSummed) -> None:
        """Keep the sum of an hour, in place of what was known of it and of its day."""
        self.hours[hour] = pack(summed.total)
        self.partial.pop(hour, None)
        if 0 < summed.mask < FULL_MASK:
            self.partial[hour] = summed.mask
        if summed.alone is not None:
            self.alone[hour] = summed.alone
        else:
            self.alone.pop(hour, None)
        if self.days.pop(hour // DAY_MS, None) is not None:
            self.spans.clear()

    def hour(self, hour: int) -> Sum:
        """Return the sum of an hour."""
        return unpack(self.hours.get(hour), self._names)

    def counted_ms(self, start: int, end: int) -> int:
        """Return how many of the milliseconds between two times count."""
        counted, at = 0, start
        while at < end:
            if at % DAY_MS == 0 and at + DAY_MS <= end:
                counted += round(self._day(at // DAY_MS).cells) * CELL_MS
                at += DAY_MS
                continue
            hour = at - at % HOUR_MS
            until = min(hour + HOUR_MS, end)
            if self.hours.get(hour) is not None:
                counted += _counted_ms(self.partial.get(hour, FULL_MASK), at - hour, until - hour)
            at = until
        return counted

    def over_days(self, days: Days) -> Sum:
        """Return the sum of whole days; it is kept, since a year's is asked for in every round."""
        found = self.spans.get(days)
        if found is None:
            found = add_in_time(self._day(day) for day in range(days.first, days.end))
            if len(self.spans) >= MOST_KEPT:
                self.spans.clear()
            self.spans[days] = found
        return found

    def each(self, start: int, end: int, step: int) -> Iterator[Sum]:
        """Yield the sums of all whole hours, or of all whole days, between two times."""
        for at in range(-(-start // step) * step, end - end % step, step):
            yield self._day(at // DAY_MS) if step == DAY_MS else self.hour(at)

    def slice(self, start: int, end: int) -> Slice:
        """Return whole hours of one day as a slice."""
        hours = range(start, end, HOUR_MS)
        is_day = end - start == DAY_MS and start % DAY_MS == 0
        return Slice(
            start=start,
            cells=len(hours) * CELLS,
            counted=self._day(start // DAY_MS)
            if is_day
            else add_in_time(self.hour(hour) for hour in hours),
            alone=reduce(
                Alone.plus, (self.alone[hour] for hour in hours if hour in self.alone), Alone()
            ),
        )

    def same_hours(self, hours: range) -> Slice:
        """Return the same hour of many days or weeks as one slice."""
        total = add_packed(self.hours.get(hour) for hour in hours)
        return Slice(
            start=hours.start,
            cells=len(hours) * CELLS,
            counted=unpack(total, self._names),
            alone=reduce(
                Alone.plus, (self.alone[hour] for hour in hours if hour in self.alone), Alone()
            ),
        )

    def _day(self, day: int) -> Sum:
        found = self.days.get(day)
        if found is None:
            hours = range(day * DAY_MS, (day + 1) * DAY_MS, HOUR_MS)
            total = add_packed(self.hours.get(hour) for hour in hours)
            found = self.days[day] = unpack(total, self._names)
        return found


def _counted_ms(mask: int, start: int, end: int) -> int:
    """Return how much of the cells of `mask` lies between two offsets in the hour."""
    if mask == FULL_MASK:
        return end - start
    return sum(
        max(0, min(end, (n + 1) * CELL_MS) - max(start, n * CELL_MS))
        for n in range(CELLS)
        if mask >> n & 1
    )

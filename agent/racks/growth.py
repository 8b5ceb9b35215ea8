"""What weeks say of racks and rows: power that full racks never drew, and when a row will be full at the pace of the last half year.

Stranded is the rated power of a rack without free units less its highest hour of the last 28 days; a rack of which fewer than half of
these days are known strands nothing that anybody could sell.

A row is full in space when all its units are taken, in power when its racks draw what they are rated for, in failover when what
its feeds and breakers carry with a side lost is used up. The pace is the line of Theil and Sen through the daily figures
(`agent.targets.forecast`), with its range of 80 %; a row that is known for less than two weeks, or does not grow, has no day.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import math
import sqlite3
import time
from array import array
from collections.abc import Callable, Iterator, Mapping, MutableSequence, Sequence
from typing import TYPE_CHECKING, ClassVar, Final

from agent.racks.breakers import Sharing
from agent.racks.collector import spare_watts
from agent.racks.days import LEAST_DAYS, Days
from agent.racks.rows import rows_of
from agent.targets.forecast import DAY, Point, When, trend
from collectors.base import Reading, Schedule
from collectors.catalogue import rack as catalogue
from collectors.catalogue.limits import FAILOVER_LIMIT

if TYPE_CHECKING:
    from agent.inventory.model import Inventory, Rack
    from agent.ledger.ledger import Ledger
    from agent.racks.days import RackKey
    from agent.racks.rows import RowKey

log = logging.getLogger(__name__)

IN_SIGHT: Final = 10 * 365 * DAY
"""A day further off than this is none: a flat line meets every limit some day."""
MOST_POINTS: Final = 40
"""Of a row's days; the pairs of points grow with their square, and a hub has thousands of rows."""


class GrowthCollector:
    """Stranded power and the rows' days, from what the ledger keeps; computed anew when a day is over, off the event loop."""

    name: ClassVar[str] = "growth"
    device = ""

    def __init__(
        self,
        inventory: Inventory,
        ledger: Ledger,
        hub: str,
        *,
        clock: Callable[[], float] = time.time,
        interval: float = 60.0,
    ) -> None:
        self._inventory, self._hub, self._clock = inventory, hub, clock
        self._days = Days(ledger, inventory)
        self._readings: Sequence[Reading] | None = None
        self._next = 0.0
        self._behind: dict[str, set[RackKey]] = {}
        for rack in inventory.all_racks.values():
            if rack.state == "in_service":
                for one in (
                    above for feed in rack.feeds.values() for above in inventory.above(feed.breaker)
                ):
                    self._behind.setdefault(one.breaker, set()).add((rack.site, rack.rack))
        limit = 1000 + len(inventory.racks) + 9 * len(rows_of(inventory))
        self.schedule = Schedule(interval=interval, timeout=600.0, max_samples=limit)

    async def collect(self) -> Sequence[Reading]:
        """Return what the last computation came to."""
        now = self._clock()
        if (
            not self._next - 3600 <= now < self._next
        ):  # else the clock was set back, or the hour is over
            self._next = (now // 3600 + 1) * 3600
            try:
                self._readings = await asyncio.to_thread(self._compute, now)
            except sqlite3.Error as error:
                log.warning(
                    "growth: the ledger's days cannot be read (%s); told is what is known from before",
                    error,
                )
        return self._readings or ()

    def _compute(self, now: float) -> Sequence[Reading]:
        if not self._days.refresh(now) and self._readings is not None:
            return self._readings
        highest = self._days.highest(now)
        readings = list(self._stranded(highest))
        rows = rows_of(self._inventory)
        watts: dict[RowKey, _Values] = {key: _Values() for key in rows}
        units: dict[RowKey, _Values] = {key: _Values() for key in rows}
        for day, found in self._days.rows():
            noon = dt.datetime.combine(day, dt.time(12), dt.UTC).timestamp()
            for key in found.keys() & rows.keys():
                watts[key].add(noon, found[key].watts)
                units[key].add(noon, found[key].units)
        for key, racks in rows.items():
            readings += self._row(key, racks, watts[key], units[key], highest)
        return readings

    def _stranded(self, highest: Mapping[RackKey, float]) -> Iterator[Reading]:
        for rack in self._inventory.racks.values():
            rated, peak = rack.rated_power_watts, highest.get((rack.site, rack.rack))
            if rated is None or peak is None or rack.used is None or rack.used < rack.height_units:
                continue
            series = catalogue.RACK_STRANDED.series(self._hub, rack.site, rack.row, rack.rack)
            yield series, max(0.0, rated - peak)

    def _row(
        self,
        key: RowKey,
        racks: Sequence[Rack],
        watts: _Values,
        units: _Values,
        highest: Mapping[RackKey, float],
    ) -> Iterator[Reading]:
        limits = (
            ("space", float(sum(rack.height_units for rack in racks)), units),
            ("power", sum(rack.rated_power_watts or math.inf for rack in racks), watts),
            ("failover", self._carried(racks, highest), watts),
        )
        for kind, limit, values in limits:
            found = full_at(values.points(), limit)
            for bound, value in found._asdict().items() if found is not None else ():
                if value is not None:
                    yield catalogue.ROW_FULL.series(self._hub, *key, kind, bound), value

    def _carried(self, racks: Sequence[Rack], highest: Mapping[RackKey, float]) -> float:
        """Return what the row's feeds and breakers carry with a side lost, the highest hours of other rows behind them taken off."""
        spare = [spare_watts(rack) for rack in racks]
        if not all(spare):
            return math.inf
        each = [
            min(FAILOVER_LIMIT * watts, rack.rated_power_watts or math.inf)
            for watts, rack in zip(spare, racks, strict=True)
        ]
        return Sharing(racks, self._inventory).total(each, self._left(racks, highest))

    def _left(self, racks: Sequence[Rack], highest: Mapping[RackKey, float]) -> dict[str, float]:
        """Return what the breakers of a row carry for it; of another row's rack that is not known, its rating is taken off."""
        own = {rack.rack for rack in racks}
        found: dict[str, float] = {}
        names = {
            one.breaker
            for rack in racks
            for feed in rack.feeds.values()
            for one in self._inventory.above(feed.breaker)
        }
        for name in names:
            breaker = self._inventory.breakers[name]
            pair = self._inventory.breakers.get(breaker.pair)
            capacity = (
                min(breaker.capacity, pair.capacity) if pair is not None else breaker.capacity
            )
            behind = self._behind[name] | self._behind.get(breaker.pair, set())
            others = sum(self._drawn(key, highest) for key in behind if key[1] not in own)
            found[name] = max(0.0, FAILOVER_LIMIT * capacity - others)
        return found

    def _drawn(self, key: RackKey, highest: Mapping[RackKey, float]) -> float:
        return highest.get(key, self._inventory.all_racks[key[1]].rated_power_watts or math.inf)


class _Values:
    """A row's figures by day, packed: a hub has thousands of rows."""

    __slots__ = ("_times", "_values")

    def __init__(self) -> None:
        self._times: MutableSequence[float] = array("d")
        self._values: MutableSequence[float] = array("d")

    def add(self, time: float, value: float | None) -> None:
        """Take the figure of one day, where it is known."""
        if value is not None:
            self._times.append(time)
            self._values.append(value)

    def points(self) -> list[Point]:
        """Return them in order of time."""
        return [Point(time, value) for time, value in zip(self._times, self._values, strict=True)]


def full_at(points: Sequence[Point], limit: float) -> When | None:
    """Return when a growing figure reaches a limit; None where too little is known, or nothing limits it.

    What is at its limit already was so at the last value.
    """
    if (
        len(points) < LEAST_DAYS
        or math.isinf(limit)
        or points[-1].time - points[0].time < LEAST_DAYS * DAY - DAY
    ):
        return None
    last = points[-1]
    if last.value >= limit:
        return When(last.time, last.time, last.time)
    line = trend(_even(points))
    if line is None:
        return None
    return When(
        *(
            at if at is not None and at <= last.time + IN_SIGHT else None
            for at in line.reaches(limit)
        )
    )


def _even(points: Sequence[Point]) -> Sequence[Point]:
    """Return at most MOST_POINTS: the medians of stretches of whole days, and the last as it is."""
    size = math.ceil((len(points) - 1) / (MOST_POINTS - 1))
    if size <= 1:
        return points
    before = points[:-1]
    stretches = (before[first : first + size] for first in range(0, len(before), size))
    middles = (sorted(some, key=lambda point: point.value)[len(some) // 2] for some in stretches)
    return [*middles, points[-1]]

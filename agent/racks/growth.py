"""Stranded power of racks, and when each row will be full if it fills as in the last half year.

Stranded power is the rated power of a rack without free units, less its highest hour of the last 28
days. A rack of which fewer than half of these days are known has no stranded power.

A row is full in space when all its units are taken; in power when its racks draw their rated power;
in failover when it draws all that its feeds and breakers carry with one side lost. The days come
from the daily figures by `agent.targets.forecast`, with its range. A row that is known for less
than two weeks, or does not grow, has no such day.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import math
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from agent.inventory.model import Inventory, Rack
from agent.ledger.ledger import Ledger
from agent.racks.capacity import spare_watts
from agent.racks.days import Days, RackKey
from agent.racks.fullness import DailyValues, full_at
from agent.racks.rows import RowKey, rows_of
from agent.racks.shared_supply import SharedSupply
from collectors.base import Reading, Schedule
from collectors.catalogue import rack as catalogue

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _RowDays:
    watts: DailyValues = field(default_factory=DailyValues)
    units: DailyValues = field(default_factory=DailyValues)


class GrowthCollector:
    """Stranded power, and the days on which rows are full, from the days that the ledger keeps.

    They are computed once an hour, off the event loop, where a new day is known.
    """

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
        self._rows = rows_of(inventory)
        self._readings: Sequence[Reading] | None = None
        self._next = 0.0
        self._racks_behind: dict[str, set[RackKey]] = {}
        """By breaker, the racks in service behind it."""
        for rack in inventory.all_racks.values():
            if rack.state == "in_service":
                for name in self._breakers_of(rack):
                    self._racks_behind.setdefault(name, set()).add((rack.site, rack.rack))
        limit = 1000 + len(inventory.racks) + 9 * len(self._rows)
        self.schedule = Schedule(interval=interval, timeout=600.0, max_samples=limit)

    def _breakers_of(self, rack: Rack) -> set[str]:
        """Return every breaker upstream of a rack."""
        return {
            breaker.breaker
            for feed in rack.feeds.values()
            for breaker in self._inventory.supply_path(feed.breaker)
        }

    async def collect(self) -> Sequence[Reading]:
        """Return the results of the last computation; computes anew once an hour."""
        now = self._clock()
        # The second condition: the clock was set back by more than an hour.
        if now >= self._next or now < self._next - 3600:
            self._next = (now // 3600 + 1) * 3600
            try:
                self._readings = await asyncio.to_thread(self._compute, now)
            except sqlite3.Error as error:
                log.warning(
                    "growth: the ledger's days cannot be read (%s); the last results stay", error
                )
        return self._readings or ()

    def _compute(self, now: float) -> Sequence[Reading]:
        if not self._days.refresh(now) and self._readings is not None:
            return self._readings
        highest = self._days.highest(now)
        readings = list(self._stranded(highest))
        rows = {key: _RowDays() for key in self._rows}
        for day, found in self._days.rows():
            noon = dt.datetime.combine(day, dt.time(12), dt.UTC).timestamp()
            for key in found.keys() & rows.keys():
                rows[key].watts.add(noon, found[key].watts)
                rows[key].units.add(noon, found[key].units)
        for key, racks in self._rows.items():
            readings += self._row(key, racks, rows[key], highest)
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
        days: _RowDays,
        highest: Mapping[RackKey, float],
    ) -> Iterator[Reading]:
        limits = (
            ("space", float(sum(rack.height_units for rack in racks)), days.units),
            ("power", sum(rack.rated_power_watts or math.inf for rack in racks), days.watts),
            ("failover", self._failover_watts(racks, highest), days.watts),
        )
        for kind, limit, values in limits:
            found = full_at(values.points(), limit)
            for bound, value in found._asdict().items() if found is not None else ():
                if value is not None:
                    yield catalogue.ROW_FULL.series(self._hub, *key, kind, bound), value

    def _failover_watts(self, racks: Sequence[Rack], highest: Mapping[RackKey, float]) -> float:
        """Return what a row may draw so that it runs on with one side lost; infinite if unknown."""
        spare = [spare_watts(rack) for rack in racks]
        if not all(spare):
            return math.inf
        each = [
            min(self._failover_limit(rack.site) * watts, rack.rated_power_watts or math.inf)
            for watts, rack in zip(spare, racks, strict=True)
        ]
        return SharedSupply(racks, self._inventory).total(each, self._for_row(racks, highest))

    def _for_row(self, racks: Sequence[Rack], highest: Mapping[RackKey, float]) -> dict[str, float]:
        """Return what each breaker of a row carries for it: less what the racks of other rows draw.

        They count by their highest hour; a rack whose hours are unknown, by its rated power.
        """
        names = {rack.rack for rack in racks}
        found: dict[str, float] = {}
        for name in set().union(*(self._breakers_of(rack) for rack in racks)):
            breaker = self._inventory.breakers[name]
            pair = self._inventory.breakers.get(breaker.pair)
            capacity = (
                min(breaker.capacity, pair.capacity) if pair is not None else breaker.capacity
            )
            behind = self._racks_behind[name] | self._racks_behind.get(breaker.pair, set())
            others = sum(self._drawn(key, highest) for key in behind if key[1] not in names)
            share = self._failover_limit(breaker.site)
            found[name] = max(0.0, share * capacity - others)
        return found

    def _failover_limit(self, site: str) -> float:
        return self._inventory.limits.of(site).failover_load_ratio

    def _drawn(self, key: RackKey, highest: Mapping[RackKey, float]) -> float:
        _, name = key
        return highest.get(key, self._inventory.all_racks[name].rated_power_watts or math.inf)

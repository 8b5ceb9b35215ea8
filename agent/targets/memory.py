"""What a KPI was earlier: kept in the ledger once an hour, and given back beside what is measured.

Lower bounds are kept under a name of their own, because a count of a part must never be read as a
count of all. Of annual KPIs only values of nearly a whole year are kept: interim ones decide
nothing.

The ledger thins old values to the last one of each day in UTC, but a deadline falls elsewhere in
that day. So the values of the last two days before a deadline are also kept under the deadline's
own name, and the last of them stays for good.
"""

from __future__ import annotations

import asyncio
import bisect
import logging
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

from agent.targets.forecast import DAY, Point
from agent.targets.model import Evidence, Key
from collectors.catalogue.limits import FRESH_SECONDS, MIN_COVERAGE

log = logging.getLogger(__name__)

HOUR: Final = 3600.0
_BOUND: Final = ">="
"""Stands behind a KPI's key where its value is a lower bound."""


class KpiHistory(Protocol):
    """What keeps earlier values of a KPI: the ledger. Both calls may block."""

    def add_history(self, kpi: str, hub: str, scope: str, time: float, value: float) -> None:
        """Remember a value; of one hour the last stays."""

    def history(self, kpi: str, hub: str, scope: str) -> Sequence[tuple[float, float]]:
        """Return what is remembered as (time, value), in order of time."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What must be known to judge by a KPI."""

    annual: bool
    """Whether a whole year decides."""
    dues: tuple[float, ...]
    """The moments by which it was promised (seconds since the epoch)."""


class Memory:
    """The earlier values of those KPIs that facts are judged by."""

    def __init__(self, history: KpiHistory, wanted: Mapping[Key, Wanted]) -> None:
        self._history = history
        self._wanted = wanted
        self._recalled: dict[tuple[Key, bool], tuple[Point, ...]] = {}
        self._next = 0.0

    async def refresh(self, measured: Mapping[Key, Sequence[Evidence]], now: float) -> None:
        """Once an hour, keep what is measured and read back what is kept.

        It runs off the event loop, since SQL may wait.
        """
        if self._next - HOUR <= now < self._next:
            return  # neither is the hour over, nor was the clock set back
        self._next = (now // HOUR + 1) * HOUR
        try:
            self._recalled = await asyncio.to_thread(self._exchange, measured)
        except sqlite3.Error as error:
            log.warning(
                "targets: the ledger's history cannot be read (%s); earlier values are used",
                error,
            )

    def _exchange(
        self, measured: Mapping[Key, Sequence[Evidence]]
    ) -> dict[tuple[Key, bool], tuple[Point, ...]]:
        for key, found in measured.items():
            for item in found:
                if item.coverage is None or item.coverage >= MIN_COVERAGE:
                    self._remember(key, item)
        recalled = {}
        for key, wanted in self._wanted.items():
            for bound in (False, True):
                points = self._recall(key, wanted, bound=bound)
                if points:
                    recalled[key, bound] = tuple(points)
        return recalled

    def _remember(self, key: Key, item: Evidence) -> None:
        hub, kpi, scope = key
        name = kpi + _BOUND if item.at_least else kpi
        self._history.add_history(name, hub, scope, item.time, item.value)
        for due in self._wanted[key].dues if key in self._wanted else ():
            if 0 < due - item.time <= FRESH_SECONDS:
                self._history.add_history(_before(name, due), hub, scope, item.time, item.value)

    def _recall(self, key: Key, wanted: Wanted, *, bound: bool) -> list[Point]:
        hub, kpi, scope = key
        name = kpi + _BOUND if bound else kpi
        rows = dict(self._history.history(name, hub, scope))
        for due in wanted.dues:
            rows.update(self._history.history(_before(name, due), hub, scope))
        # It is at least that, or the value would not have been kept.
        coverage = MIN_COVERAGE if wanted.annual else None
        return thin([Point(time, rows[time], coverage) for time in sorted(rows)], wanted.dues)

    def beside(self, measured: Mapping[Key, Sequence[Evidence]]) -> dict[Key, list[Evidence]]:
        """Return what is measured, each value with its earlier ones.

        Earlier values of what nothing measures any more are given back as well.
        """
        result: dict[Key, list[Evidence]] = {}
        told = set()
        for key, found in measured.items():
            for item in found:
                told.add((key, item.at_least))
                earlier = self._recalled.get((key, item.at_least), ())
                result.setdefault(key, []).append(replace(item, history=earlier))
        for (key, bound), points in self._recalled.items():
            if (key, bound) not in told:
                last = points[-1]
                ended = Evidence(
                    value=last.value,
                    time=last.time,
                    coverage=last.coverage,
                    at_least=bound,
                    history=points[:-1],
                )
                result.setdefault(key, []).append(ended)
        return result


def thin(points: Sequence[Point], dues: Iterable[float] = ()) -> list[Point]:
    """Keep the last value of each day (UTC) and before each deadline, and all of two days."""
    if not points:
        return []
    recent = points[-1].time - FRESH_SECONDS
    ends = sorted(dues)

    def stretch(point: Point) -> tuple[float, int]:
        return point.time // DAY, bisect.bisect_right(ends, point.time)

    following = [*map(stretch, points[1:]), None]
    return [
        point
        for point, after in zip(points, following, strict=True)
        if point.time > recent or stretch(point) != after
    ]


def _before(name: str, due: float) -> str:
    return f"{name} before {int(due)}"

"""What a KPI was earlier: remembered in the ledger once an hour, and given back beside what is measured now.

Lower bounds are remembered under a name of their own, since what was counted of a part must never be read as a count of all.
Of annual KPIs only values of nearly a whole year are remembered: interim ones decide nothing.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from dataclasses import replace
from typing import TYPE_CHECKING, Final, Protocol

from agent.kpi.judge import Evidence, Point
from agent.kpi.model import MIN_COVERAGE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from agent.hubs.scoreboard import Key

log = logging.getLogger(__name__)

HOUR: Final = 3600.0
_BOUND: Final = ">="
"""What is put behind a KPI's key where its value is a lower bound."""


class KpiHistory(Protocol):
    """Who keeps earlier values of a KPI: the ledger. Both calls may block."""

    def add_history(self, kpi: str, hub: str, scope: str, time: float, value: float) -> None:
        """Remember a value; of one hour the last stays."""

    def history(self, kpi: str, hub: str, scope: str) -> Sequence[tuple[float, float]]:
        """Return what is remembered as (time, value), in order of time."""


class Memory:
    """The earlier values of those KPIs that facts are judged by."""

    def __init__(self, history: KpiHistory, keys: Iterable[tuple[Key, bool]]) -> None:
        self._history = history
        self._keys = dict(keys)
        """Which KPIs to recall, and whether a whole year decides them."""
        self._recalled: dict[tuple[Key, bool], tuple[Point, ...]] = {}
        self._next = 0.0

    async def refresh(self, measured: Mapping[Key, Sequence[Evidence]], now: float) -> None:
        """Once an hour: remember what is measured and recall all there is, off the event loop since SQL may wait."""
        if self._next - HOUR <= now < self._next:  # else the clock was set back, or the hour is over
            return
        self._next = (now // HOUR + 1) * HOUR
        try:
            self._recalled = await asyncio.to_thread(self._exchange, measured)
        except sqlite3.Error as error:
            log.warning("targets: the ledger's history cannot be read (%s); judged by what is known from before", error)

    def _exchange(self, measured: Mapping[Key, Sequence[Evidence]]) -> dict[tuple[Key, bool], tuple[Point, ...]]:
        for (hub, kpi, scope), found in measured.items():
            for item in found:
                if item.coverage is None or item.coverage >= MIN_COVERAGE:
                    self._history.add_history(_name(kpi, bound=item.at_least), hub, scope, item.time, item.value)
        recalled = {}
        for (hub, kpi, scope), annual in self._keys.items():
            coverage = MIN_COVERAGE if annual else None  # at least that, or it would not have been remembered
            for bound in (False, True):
                rows = self._history.history(_name(kpi, bound=bound), hub, scope)
                if rows:
                    recalled[(hub, kpi, scope), bound] = tuple(Point(time, value, coverage) for time, value in rows)
        return recalled

    def beside(self, measured: Mapping[Key, Sequence[Evidence]]) -> dict[Key, list[Evidence]]:
        """Return what is measured with its earlier values, and those earlier values that nothing measures any more."""
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
                ended = Evidence(value=last.value, time=last.time, coverage=last.coverage, at_least=bound, history=points[:-1])
                result.setdefault(key, []).append(ended)
        return result


def _name(kpi: str, *, bound: bool) -> str:
    return kpi + _BOUND if bound else kpi

"""What other hubs' own agents measure, read from a database that federates them.

The database is a Prometheus or VictoriaMetrics, so one place shows all hubs. Once a round three
recorded series are read: the KPIs' values, their coverage, and whether they are lower bounds. Once
an hour the days behind them are read, for the trends. Nothing is emitted again, because a value has
one source. The server drops series that are no longer written, so a hub whose agents are silent has
no value.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import ClassVar, Final

from agent.hubs.model import Registry
from agent.promapi import PrometheusApi, Series
from agent.targets.forecast import DAY, YEARS, Point
from agent.targets.memory import HOUR
from agent.targets.model import Evidence, Key
from collectors.base import Reading, Schedule
from collectors.catalogue import agent, recorded

_MAX_BYTES: Final = 32 * 2**20
_SIMULATED: Final = (
    f"max by (hub) (hub:{agent.SIMULATED.full_name}:max or {agent.SIMULATED.full_name}) > 0"
)
"""The hubs whose agents read simulated devices: as a hub's rules record it, or as it is scraped."""
_QUESTIONS: Final = 4
"""The readings of one round: value, coverage, bound, and the earlier days."""


class Federation:
    """The values of hubs, by query.

    It is a collector without readings: the runner schedules it on a worker thread and reports its
    failures.
    """

    name: ClassVar[str] = "federation"

    def __init__(
        self,
        registry: Registry,
        url: str,
        *,
        interval: float = 60.0,
        timeout: float = 10.0,
        token: str = "",
        ca_file: Path | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.device = ""
        self.schedule = Schedule(interval=interval, timeout=timeout)
        self._api = PrometheusApi(
            url, timeout=timeout / _QUESTIONS, token=token, ca_file=ca_file, max_bytes=_MAX_BYTES
        )
        self._kpis = {(hub, kpi) for hub in registry.hubs for kpi in registry.kpis}
        self._clock = clock
        self._next = 0.0
        self._days: dict[Key, tuple[Point, ...]] = {}
        self._found: dict[Key, Evidence] = {}
        self._asked = 0.0
        self._lifetime = 2.5 * interval

    def collect(self) -> Sequence[Reading]:
        """Ask for everything once.

        What is known stays until it is answered again, or is too old.
        """
        now = self._clock()
        values = self._ask(recorded.KPI_VALUE, now)
        coverages, bounds = (
            self._ask(recorded.KPI_COVERAGE, now),
            self._ask(recorded.KPI_BOUND, now),
        )
        if not self._next - HOUR <= now < self._next:
            self._days = {
                key: _days(found, now)
                for key, found in self._keyed(
                    self._api.range(recorded.KPI_VALUE, now - YEARS, now - HOUR, DAY)
                )
            }
            self._next = now + HOUR
        self._found = {
            key: Evidence(
                value=value,
                time=now,
                coverage=coverages.get(key),
                at_least=bounds.get(key, 0.0) > 0,
                history=self._days.get(key, ()),
            )
            for key, value in values.items()
        }
        self._asked = now
        return ()

    def _ask(self, expr: str, now: float) -> dict[Key, float]:
        return {
            key: found.points[-1][1]
            for key, found in self._keyed(self._api.instant(expr, now))
            if math.isfinite(found.points[-1][1])
        }

    def _keyed(self, answer: Iterable[Series]) -> Iterable[tuple[Key, Series]]:
        """Yield the series of hubs and KPIs that this registry knows."""
        for found in answer:
            key = Key(
                found.labels.get("hub", ""),
                found.labels.get("kpi", ""),
                found.labels.get("scope", ""),
            )
            if (key.hub, key.kpi) in self._kpis and key.scope and found.points:
                yield key, found

    def beside(self, measured: Mapping[Key, Sequence[Evidence]]) -> dict[Key, Sequence[Evidence]]:
        """Return what is measured here, and of all else what the server said, while it is fresh.

        The server's value of the whole hub replaces what is measured here of a part. It stands
        beside earlier values of the whole that were measured here.
        """
        now = self._clock()
        if now - self._asked > self._lifetime:
            return dict(measured)
        found: dict[Key, Sequence[Evidence]] = {key: [item] for key, item in self._found.items()}
        for key, items in measured.items():
            told = self._found.get(key)
            whole = [item for item in items if not item.at_least]
            if told is None or told.at_least or any(_is_new(item, now) for item in whole):
                found[key] = items
            else:
                found[key] = [*whole, told]
        return found


def _is_new(item: Evidence, now: float) -> bool:
    """Tell whether a value was measured within the hour: history is kept by the hour."""
    return now - item.time < HOUR


def _days(found: Series, now: float) -> tuple[Point, ...]:
    """Return the earlier values; that of now has its coverage, and is no earlier one."""
    return tuple(
        Point(moment, value)
        for moment, value in found.points
        if math.isfinite(value) and moment < now - HOUR
    )


def judged_by(
    registry: Registry, url: str, *, timeout: float = 30.0
) -> dict[Key, Sequence[Evidence]]:
    """Ask a server once, for a command; raises CollectError."""
    federation = Federation(registry, url, timeout=timeout)
    federation.collect()
    return federation.beside({})


def simulated_hubs(registry: Registry, url: str, *, timeout: float = 30.0) -> frozenset[str]:
    """Ask a server which hubs have simulated devices, and those above them; raises CollectError."""
    told = PrometheusApi(url, timeout=timeout).instant(_SIMULATED, time.time())
    return frozenset(
        hub.key for found in told for hub in registry.lineage(found.labels.get("hub", ""))
    )

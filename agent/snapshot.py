"""The latest sample of every series: what a scrape, the board and the KPIs read.

A good batch replaces all that its source had said before, so a series that is gone from a device is gone at once. A source
that falls silent expires as a whole. All of it runs on the event-loop thread, so there are no locks.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from collectors.base import Batch, Metric, Series

_SWEEP_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What a collector or device has said last: wall-clock seconds, and the monotonic second at which it expires."""

    time: float
    expires: float
    series: Sequence[Series]


class Family:
    """The live series of one metric, with the text they were last rendered to."""

    __slots__ = ("metric", "rows", "text")

    def __init__(self, metric: Metric) -> None:
        self.metric: Final = metric
        self.rows: Final[dict[Series, float]] = {}
        self.text: str | None = None
        """The rendered samples; None after a change. Kept here so that a scrape renders only what changed."""


class Snapshot:
    """The latest value of every live series, by metric."""

    def __init__(self, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._families: dict[str, Family] = {}
        self._sources: dict[tuple[str, str], Source] = {}
        self._next_sweep = 0.0

    def update(self, batch: Batch) -> None:
        """Take a batch in place of all that its source had said before."""
        key = (batch.collector, batch.device)
        old = self._sources.get(key)
        families = self._families
        touched: Family | None = None
        for series, value in batch.readings:
            metric = series.metric
            if touched is None or touched.metric is not metric:
                # By name: two sources may declare one name, and a page may have each family only once.
                touched = families.get(metric.full_name)
                if touched is None:
                    touched = families[metric.full_name] = Family(metric)
            rows = touched.rows
            if rows.get(series) != value:
                rows[series] = value
                touched.text = None
        current = [series for series, _ in batch.readings]
        if old is not None and old.series != current:
            self._drop(set(old.series).difference(current))
        self._sources[key] = Source(time=batch.time, expires=self._monotonic() + batch.lifetime, series=current)

    def forget(self, collector: str, device: str) -> None:
        """Drop a source and its series, as when a reload takes a device away."""
        source = self._sources.pop((collector, device), None)
        if source is not None:
            self._drop(source.series)

    def _drop(self, gone: Sequence[Series] | set[Series]) -> None:
        for series in gone:
            name = series.metric.full_name
            family = self._families.get(name)
            if family is not None and family.rows.pop(series, None) is not None:
                family.text = None
                if not family.rows:
                    del self._families[name]

    def sweep(self) -> None:
        """Drop what has expired; cheap enough to call before every read, since it looks at most once a second."""
        now = self._monotonic()
        if now < self._next_sweep:
            return
        self._next_sweep = now + _SWEEP_SECONDS
        for key in [key for key, source in self._sources.items() if source.expires <= now]:
            self.forget(*key)

    def live(self) -> list[Family]:
        """Return the families that have live series, in the order of their names."""
        self.sweep()
        return sorted(self._families.values(), key=lambda family: family.metric.full_name)

    def families(self) -> Iterator[tuple[Metric, Mapping[Series, float]]]:
        """Yield every metric that has live series, with them."""
        for family in self.live():
            yield family.metric, family.rows

    def family(self, metric: Metric) -> Mapping[Series, float]:
        """Return the live series of one metric; empty where there are none."""
        self.sweep()
        found = self._families.get(metric.full_name)
        return found.rows if found is not None else {}

    def value(self, series: Series) -> float | None:
        """Return the latest value of one series, or None where it is missing."""
        return self.family(series.metric).get(series)

    def sources(self) -> Mapping[tuple[str, str], Source]:
        """Return who has said something that is still current, by collector and device."""
        self.sweep()
        return self._sources

    def __len__(self) -> int:
        return sum(len(family.rows) for family in self._families.values())

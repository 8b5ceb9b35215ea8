"""The latest sample of every series: what a scrape, the board and the KPIs read.

A good batch replaces all earlier readings of its source, so a series that a device no longer has
disappears at once. If a source sends nothing more, all its series expire together. Everything runs
on the event-loop thread, so there are no locks.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from collectors.base import Batch, Metric, Series

_SWEEP_SECONDS: Final = 1.0
_UNSCRAPED_SECONDS: Final = 600.0
"""Seconds without a scrape after which rendered lines are deleted.

They take half of a big gateway's memory.
"""


class LiveValues(Protocol):
    """The part of a snapshot that is needed to compute values from the latest readings."""

    def family(self, metric: Metric) -> Mapping[Series, float]:
        """Return the live series of one metric with their values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The last readings of a collector or device.

    `time` is in wall-clock seconds, `expires` in monotonic seconds.
    """

    time: float
    expires: float
    series: Sequence[Series]


class Family:
    """The live series of one metric, and while pages are scraped, the text line of each."""

    __slots__ = ("changed", "lines", "metric", "rows")

    def __init__(self, metric: Metric, changed: dict[Series, None] | None = None) -> None:
        self.metric: Final = metric
        self.changed = changed
        """If the metric is followed: the series whose values have changed."""
        self.rows: Final[dict[Series, float]] = {}
        self.lines: dict[Series, str] | None = None
        """Rendered lines, or None while nothing scrapes.

        `Snapshot.update` keeps them current, so that a scrape only joins them.
        """

    def text(self) -> str:
        """Return the samples as text."""
        if self.lines is None:
            self.lines = {
                series: f"{series.prefix}{value!r}\n" for series, value in self.rows.items()
            }
        return "".join(self.lines.values())

    def own(self, series: Series) -> Series:
        """Return this family's series with the same text, where two declared one name."""
        name = series.prefix.partition("{")[0].rstrip()
        return self.metric.sample_series(name, series.labels, series.values)


class Snapshot:
    """The latest value of every live series, by metric."""

    def __init__(self, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._families: dict[str, Family] = {}
        self._sources: dict[tuple[str, str], Source] = {}
        self._followed: dict[str, dict[Series, None]] = {}
        self._next_sweep = 0.0
        self._scraped = monotonic()

    def update(self, batch: Batch) -> None:
        """Replace all earlier readings of a batch's source by the batch."""
        key = (batch.collector, batch.device)
        families = self._families
        metric: Metric | None = None
        family: Family
        current: list[Series] = []
        for read, value in batch.readings:
            if read.metric is not metric:
                metric = read.metric
                # By name: two sources may declare one name, and a page may have each family only
                # once.
                family = families.get(metric.full_name) or families.setdefault(
                    metric.full_name, Family(metric, self._followed.get(metric.full_name))
                )
            series = read if family.metric is metric else family.own(read)
            current.append(series)
            if family.rows.get(series) != value:
                family.rows[series] = value
                if family.changed is not None:
                    family.changed[series] = None
                if family.lines is not None:
                    family.lines[series] = f"{series.prefix}{value!r}\n"
        old = self._sources.get(key)
        if old is not None and old.series != current:
            self._drop(set(old.series).difference(current))
        self._sources[key] = Source(
            time=batch.time, expires=self._monotonic() + batch.lifetime, series=current
        )

    def forget(self, collector: str, device: str) -> None:
        """Delete a source and its series, as when a reload removes a device."""
        source = self._sources.pop((collector, device), None)
        if source is not None:
            self._drop(source.series)

    def _drop(self, gone: Sequence[Series] | set[Series]) -> None:
        for series in gone:
            name = series.metric.full_name
            family = self._families.get(name)
            if family is not None and family.rows.pop(series, None) is not None:
                if family.changed is not None:
                    family.changed[series] = None
                if family.lines is not None:
                    family.lines.pop(series, None)
                if not family.rows:
                    del self._families[name]

    def sweep(self) -> None:
        """Delete expired sources.

        It checks at most once a second, so it may be called before every read.
        """
        now = self._monotonic()
        if now < self._next_sweep:
            return
        self._next_sweep = now + _SWEEP_SECONDS
        if now > self._scraped + _UNSCRAPED_SECONDS:
            for family in self._families.values():
                family.lines = None
        for key in [key for key, source in self._sources.items() if source.expires <= now]:
            self.forget(*key)

    def live(self) -> list[Family]:
        """Return the families that have live series, in the order of their names."""
        self.sweep()
        return sorted(self._families.values(), key=lambda family: family.metric.full_name)

    def page(self) -> Iterator[tuple[Metric, str]]:
        """Yield every metric that has live series, with its samples as text."""
        self._scraped = self._monotonic()
        for family in self.live():
            yield family.metric, family.text()

    def families(self) -> Iterator[tuple[Metric, Mapping[Series, float]]]:
        """Yield every metric that has live series, with them."""
        for family in self.live():
            yield family.metric, family.rows

    def family(self, metric: Metric) -> Mapping[Series, float]:
        """Return the live series of one metric; empty where there are none."""
        self.sweep()
        found = self._families.get(metric.full_name)
        return found.rows if found is not None else {}

    def follow(self, metric: Metric) -> dict[Series, None]:
        """Return a mapping that from now on collects each changed series of a metric.

        New and deleted series are collected as well. The caller empties the mapping. So a reader of
        tens of thousands of devices looks only at those that changed. A metric can have one such
        reader.
        """
        changed = self._followed.setdefault(metric.full_name, {})
        family = self._families.get(metric.full_name)
        if family is not None:
            family.changed = changed
        return changed

    def value(self, series: Series) -> float | None:
        """Return the latest value of one series, or None where it is missing."""
        return self.family(series.metric).get(series)

    def sources(self) -> Mapping[tuple[str, str], Source]:
        """Return the sources that have not expired, by collector and device."""
        self.sweep()
        return self._sources

    def __len__(self) -> int:
        return sum(len(family.rows) for family in self._families.values())

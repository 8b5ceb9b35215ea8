"""The latest sample of every series: what a scrape, the board and the KPIs read.

A good batch replaces all earlier readings of its source, so a series that a device no longer has
disappears at once. If a source sends nothing more, all its series expire together. Everything runs
on the event-loop thread, so there are no locks.

Values stay in the columns in which their batch brought them. A family is a view of the columns that
have its metric.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Final, Protocol

from agent.families import ANEW, Chosen, Family, Group, Source, Values
from agent.followed import Followed
from agent.page_plan import Header, PagePlans
from agent.part import WHOLE, Part
from collectors.base import Batch, Metric, Series
from collectors.batch import Shape
from collectors.head import Head

_SWEEP_SECONDS: Final = 1.0
_UNSCRAPED_SECONDS: Final = 600.0
"""Seconds without a scrape after which rendered lines are deleted.

They take half of a big gateway's memory.
"""


class LiveValues(Protocol):
    """The part of a snapshot that is needed to compute values from the latest readings."""

    def family(self, metric: Metric) -> Mapping[Series, float]:
        """Return the live series of one metric with their values."""


class Snapshot:
    """The latest value of every live series, by metric."""

    def __init__(self, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._families: Final[dict[str, Family]] = {}
        self._sources: Final[dict[tuple[str, str], Source]] = {}
        self._groups: Final[dict[Shape, Group]] = {}
        self._by_head: Final[dict[Head, tuple[Source, ...]]] = {}
        self._followed: Final = Followed()
        self._masked: Final[set[Source]] = set()
        self._plans: Final = PagePlans()
        self._series = 0
        self._next_sweep = 0.0
        self._scraped = monotonic()
        self._has_lines = False
        """Whether somebody has scraped, so that lines are kept."""

    def update(self, batch: Batch) -> None:
        """Replace all earlier readings of a batch's source by the batch."""
        source = self._sources.get(batch.source)
        expires = self._monotonic() + batch.lifetime
        if source is None or not source.is_of(batch.layout):
            before = self._followed_values(source)
            if source is not None:
                self._unlink(source)
            source = self._sources[batch.source] = Source(batch.layout, batch.values)
            self._link(source)
            self._followed.note(before, self._followed_values(source))
        else:
            self._groups[source.layout.shape].note_changes(source, source.chosen(batch.values))
            source.replace(batch.values)
        source.time, source.expires = batch.time, expires
        self._next_sweep = min(self._next_sweep, expires)

    def forget(self, collector: str, device: str) -> None:
        """Delete a source and its series, as when a reload removes a device."""
        source = self._sources.pop((collector, device), None)
        if source is not None:
            self._followed.note(self._followed_values(source), {})
            self._unlink(source)

    def _link(self, source: Source) -> None:
        """Take in a source; of two with the same series, the newest one keeps it."""
        for other in self._beside(source):
            common = source.common(other)
            if common:
                self._unlink(other, still=True)
                other.leave_out(common)
                self._join(other)
                self._masked.add(other)
        self._join(source)

    def _beside(self, source: Source) -> list[Source]:
        """Return the other sources with series of the same devices."""
        found = (self._by_head.get(head, ()) for head in source.layout.heads)
        return list(dict.fromkeys(other for some in found for other in some))

    def _join(self, source: Source) -> None:
        """Index a source by its shape and by its heads."""
        self._plans.clear()
        shape = source.layout.shape
        group = self._groups.get(shape)
        if group is None:
            group = self._groups[shape] = Group()
            for number, run in enumerate(shape.runs):
                name = run.metric.full_name
                family = self._families.get(name)
                if family is None:
                    # By name: two sources may declare one name, and a page may have each family
                    # only once.
                    family = self._families[name] = Family(run.metric, self._by_head)
                family.add(group, number, run)
            group.followed = self._followed.runs(shape)
        group.sources[source] = None
        self._series += len(source.layout)
        for head in source.layout.heads:
            self._by_head[head] = (*self._by_head.get(head, ()), source)

    def _unlink(self, source: Source, *, still: bool = False) -> None:
        """Take a source out of the indexes; `still` if it goes back in with fewer series."""
        self._plans.clear()
        shape = source.layout.shape
        group = self._groups[shape]
        del group.sources[source]
        self._series -= len(source.layout)
        if not group.sources:
            del self._groups[shape]
            for name in {run.metric.full_name for run in shape.runs}:
                if self._families[name].remove(group):
                    del self._families[name]
        for head in source.layout.heads:
            rest = tuple(one for one in self._by_head[head] if one is not source)
            if rest:
                self._by_head[head] = rest
            else:
                del self._by_head[head]
        self._masked.discard(source)
        if not still and self._masked:
            heads = set(source.layout.heads)
            for other in self._masked:
                if not heads.isdisjoint(other.whole.heads):
                    other.whole = ANEW  # its next batch may show all of its series again

    def _followed_values(self, source: Source | None) -> dict[Series, float]:
        if source is None or not self._followed:
            return {}
        return dict(self._groups[source.layout.shape].followed_values(source))

    def sweep(self) -> None:
        """Delete expired sources.

        It looks at them when the first of them may have expired, and at most once a second. So it
        may be called before every read, also where a hub has a hundred thousand sources.
        """
        now = self._monotonic()
        if now < self._next_sweep:
            return
        if now > self._scraped + _UNSCRAPED_SECONDS and self._has_lines:
            self._has_lines = False
            for source in self._sources.values():
                source.lines = None
        for key in [key for key, source in self._sources.items() if source.expires <= now]:
            self.forget(*key)
        soonest = min((source.expires for source in self._sources.values()), default=math.inf)
        if self._has_lines:
            soonest = min(soonest, self._scraped + _UNSCRAPED_SECONDS)
        self._next_sweep = max(soonest, now + _SWEEP_SECONDS)

    def live(self) -> list[Family]:
        """Return the families that have live series, in the order of their names."""
        self.sweep()
        return sorted(self._families.values(), key=lambda family: family.metric.full_name)

    def small_page(self, header: Header) -> bytes | None:
        """Return the whole page at once; None where there are too many series for that."""
        self.sweep()
        return self._plans.page(header, len(self), self.live)

    def page(self, part: Part = WHOLE) -> Iterator[tuple[Metric, bytes]]:
        """Yield every metric that has live series in a part, with some of its samples as text.

        A metric with many series comes several times in a row, each time with other samples. What
        expires or changes between two pieces is seen by the later one.
        """
        self._scraped, self._has_lines = self._monotonic(), True
        self._next_sweep = min(self._next_sweep, self._scraped + _UNSCRAPED_SECONDS)
        chosen = Chosen(part) if part.of > 1 else None
        for family in self.live():
            if part.has(family.metric):
                for piece in family.pieces(chosen):
                    yield family.metric, piece

    def families(self) -> Iterator[tuple[Metric, Mapping[Series, float]]]:
        """Yield every metric that has live series, with them."""
        for family in self.live():
            yield family.metric, Values(family)

    def family(self, metric: Metric) -> Mapping[Series, float]:
        """Return the live series of one metric; empty where there are none."""
        self.sweep()
        found = self._families.get(metric.full_name)
        return Values(found) if found is not None else {}

    def follow(self, metric: Metric) -> dict[Series, float]:
        """Return a mapping that from now on collects each changed series of a metric.

        Each comes with the highest value that it had meanwhile: a value may have come and gone
        between two looks. New and deleted series are collected as well. The caller empties the
        mapping.
        So a reader of tens of thousands of devices looks only at those that changed. A metric can
        have one such reader.
        """
        changed = self._followed.begin(metric)
        for shape, group in self._groups.items():
            group.followed = self._followed.runs(shape)
        return changed

    def value(self, series: Series) -> float | None:
        """Return the latest value of one series, or None where it is missing."""
        return self.family(series.metric).get(series)

    def sources(self) -> Mapping[tuple[str, str], Source]:
        """Return the sources that have not expired, by collector and device."""
        self.sweep()
        return self._sources

    def __len__(self) -> int:
        return self._series

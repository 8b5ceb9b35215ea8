"""Which series are pushed at present, and which have ended.

A series ends when the next batch of its source does not have it, when its source is silent for
nearly two intervals (its device is down, its collector fails, a reload has removed it), or when the
agent ends. It has not ended while another source has it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from agent.sinks.base import Ending
from agent.sinks.pushed_series import Pushed, Source
from agent.status import LIFETIME_INTERVALS
from collectors.base import Batch
from collectors.batch import NOTHING, Layout

SILENT_INTERVALS: Final = 1.9
"""Intervals that a source may be silent. So one lost round is no end, and an end is noticed before
two intervals are over."""
_LATER: Final = 0.001
"""The least time, in seconds, from the last sample of a series to its end."""


@dataclass(slots=True, kw_only=True, eq=False)
class _Source:
    """The series of a source that were pushed last."""

    layout: Layout
    time: float
    """That of its last batch, which no steady clock tells."""
    due: float
    """When it has been silent for too long."""
    patience: float
    """How long it may be silent, in seconds."""


class Presence:
    """Remembers the series of each source until they end. Times are of one steady clock.

    `changed` hears of each source that comes, has other series, or ends: then it has none.
    """

    def __init__(self, changed: Callable[[Pushed], None] = lambda _: None) -> None:
        self._sources: Final[dict[Source, _Source]] = {}
        self._changed: Final = changed
        self._next = math.inf

    def note(self, batch: Batch, now: float) -> Ending | None:
        """Take note of a batch; return the series that it has no more, if there are any."""
        patience = batch.lifetime * SILENT_INTERVALS / LIFETIME_INTERVALS
        due = now + patience
        self._next = min(self._next, due)
        known = self._sources.get(batch.source)
        if known is None:
            known = _Source(layout=batch.layout, time=batch.time, due=due, patience=patience)
            self._sources[batch.source] = known
            self._changed(_pushed(batch.source, known))
            return None
        before, last = known.layout, known.time
        known.layout, known.time = batch.layout, batch.time
        known.due, known.patience = due, patience
        if before is batch.layout:
            return None
        self._changed(_pushed(batch.source, known))
        gone = self._nowhere(before)
        when = max(batch.time, last + _LATER)
        return _ending(batch.source, gone, when) if len(gone) else None

    def silent(self, now: float) -> list[Ending]:
        """Return the series of all sources that are silent for too long, and forget these.

        Their end is so long behind their last sample, however late it is noticed.
        """
        if now < self._next:
            return []
        gone = [key for key, source in self._sources.items() if source.due <= now]
        ends = {key: self._sources[key].time + self._sources[key].patience for key in gone}
        endings = self._forgotten(ends)
        self._next = min((one.due for one in self._sources.values()), default=math.inf)
        return endings

    def all(self, wall: float) -> list[Ending]:
        """Return the series of all sources, and forget everything: the agent ends."""
        return self._forgotten(dict.fromkeys(self._sources, wall))

    def present(self) -> list[Pushed]:
        """Return what is pushed at present."""
        return [_pushed(key, source) for key, source in self._sources.items()]

    def _forgotten(self, ends: Mapping[Source, float]) -> list[Ending]:
        gone = [(key, self._sources.pop(key)) for key in ends]
        for key, source in gone:
            self._changed(Pushed(source=key, patience=source.patience, layout=NOTHING))
        endings = []
        for key, source in gone:
            left = self._nowhere(source.layout)
            if len(left):
                endings.append(_ending(key, left, max(ends[key], source.time + _LATER)))
        return endings

    def _nowhere(self, layout: Layout) -> Layout:
        """Return those series of a layout that no source has; itself where that is all of them."""
        heads = set(layout.heads)
        others = [
            one.layout for one in self._sources.values() if not heads.isdisjoint(one.layout.heads)
        ]
        if not others:
            return layout
        return Layout(
            tuple(
                one for one in layout.series if all(other.position(one) is None for other in others)
            )
        )


def _pushed(key: Source, source: _Source) -> Pushed:
    return Pushed(source=key, patience=source.patience, layout=source.layout)


def _ending(source: Source, layout: Layout, when: float) -> Ending:
    collector, device = source
    return Ending(collector=collector, device=device, layout=layout, time=when)

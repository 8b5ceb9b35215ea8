"""What a worker has read, as frames: names once, then values alone.

Sources, metrics and shapes get numbers, from 0 on, in the order in which they are first told. A
layout is told when a source's series change; until then a batch is its source's number, two times
and an array of values. All numbers begin anew with each job.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from agent.workers.frames import Kind, frame
from collectors.base import Batch, Metric, Series
from collectors.batch import MOST_HEADS, Layout, Shape
from collectors.head import Head

BATCH: Final = struct.Struct("=Idd")
"""A batch's source, its time and its lifetime in seconds; the values follow."""
ROUND: Final = struct.Struct("=IBBdd")
"""A source, how its last round went (0, 1; 2 before the first), flags, last success, duration."""
LATE: Final = 1
HEARD: Final = 2
WAITS: Final = 4
MOST_SHAPES: Final = 10_000
"""After this many shapes all are forgotten: a device that keeps changing its series must not fill
the memory."""

Source = tuple[str, str]


class Encoder:
    """Writes batches and what else is known of devices as frames; `write` takes each frame."""

    def __init__(self, write: Callable[[bytes], None]) -> None:
        self._write: Final = write
        self._metrics: Final[dict[Metric, int]] = {}
        self._sources: Final[dict[Source, int]] = {}
        self._shapes: Final[dict[Shape, int]] = {}
        self._layouts: Final[dict[int, Layout]] = {}

    def batch(self, batch: Batch) -> None:
        """Write a batch, and before it the names that are new."""
        number = self.source(batch.source)
        if self._layouts.get(number) is not batch.layout:
            self._layout(number, batch.layout)
        head = BATCH.pack(number, batch.time, batch.lifetime)
        self._write(frame(Kind.BATCH, head + batch.values.tobytes()))

    def forget(self, source: Source) -> None:
        """Forget the layout of a source that is no longer read."""
        number = self._sources.get(source)
        if number is not None:
            self._layouts.pop(number, None)

    def round(
        self,
        source: Source,
        *,
        ok: bool | None,
        flags: int,
        last_success: float | None,
        duration: float | None,
    ) -> None:
        """Write how a round went; what is not known is written as a negative number."""
        went = 2 if ok is None else int(ok)
        success = -1.0 if last_success is None else last_success
        took = -1.0 if duration is None else duration
        body = ROUND.pack(self.source(source), went, flags, success, took)
        self._write(frame(Kind.ROUND, body))

    def texts(self, source: Source, texts: Iterable[str]) -> None:
        """Write what a device's last round said, in words."""
        self._json(Kind.TEXTS, [self.source(source), *texts])

    def about(
        self, source: Source, up_series: Iterable[Series], rollovers: Mapping[Series, float]
    ) -> None:
        """Write which series say whether a device answers, and where its registers wrap."""
        ups = [self._series(one) for one in up_series]
        spans = [[*self._series(one), value] for one, value in rollovers.items()]
        self._json(Kind.ABOUT, [self.source(source), ups, spans])

    def source(self, source: Source) -> int:
        """Return the number of a source; it is told before it is first used."""
        number = self._sources.get(source)
        if number is None:
            number = self._sources[source] = len(self._sources)
            self._json(Kind.SOURCE, source)
        return number

    def _layout(self, number: int, layout: Layout) -> None:
        """Write a source's layout as a shape and its heads.

        A layout of more than MOST_HEADS heads is written series by series.
        """
        self._layouts[number] = layout
        if len(layout.heads) > MOST_HEADS:
            self._json(Kind.LAYOUT, [number, -1, [self._series(one) for one in layout.series]])
            return
        heads = list(map(_told, layout.heads))
        self._json(Kind.LAYOUT, [number, self._shape(layout), heads])

    def _shape(self, layout: Layout) -> int:
        number = self._shapes.get(layout.shape)
        if number is None:
            if len(self._shapes) >= MOST_SHAPES:
                self._shapes.clear()
                self._write(frame(Kind.FORGET_SHAPES))
            number = self._shapes[layout.shape] = len(self._shapes)
            places = {head: n for n, head in enumerate(layout.heads)}
            rows = [[*self._own(one), places[one.head]] for one in layout.series]
            self._json(Kind.SHAPE, rows)
        return number

    def _own(self, series: Series) -> list[object]:
        """Return what a series has beside its head; its names only if they are not its metric's."""
        named = type(series) is not Series
        names = [series.name, *series.labels] if named else []
        return [self._metric(series.metric), series.rest, names]

    def _series(self, series: Series) -> list[object]:
        return [*self._own(series), _told(series.head)]

    def _metric(self, metric: Metric) -> int:
        number = self._metrics.get(metric)
        if number is None:
            number = self._metrics[metric] = len(self._metrics)
            about = [metric.namespace, metric.subsystem, metric.name, metric.type, metric.help]
            self._json(Kind.METRIC, [*about, metric.labels])
        return number

    def _json(self, kind: Kind, body: object) -> None:
        self._write(frame(kind, json.dumps(body, ensure_ascii=True).encode()))


def _told(head: Head) -> list[object]:
    return [head.labels, head.values, head.begins]

"""Turn a worker's frames back into batches, and into how its devices are doing.

The frames come from another process of the same program. So an impossible frame is a fault of the
program: it raises BadFrame.
"""

from __future__ import annotations

import json
import struct
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from agent.workers.encode import BATCH, HEARD, LATE, ROUND, WAITS, Source
from agent.workers.frames import BadFrame, Kind
from collectors.base import Batch, Metric, Series
from collectors.batch import Layout, Row, Shape, shape_of
from collectors.head import Head, head_of, shared


@dataclass(frozen=True, slots=True, kw_only=True)
class Went:
    """How the last round of a device went; the fields mean what they mean in `CollectorHealth`."""

    source: Source
    ok: bool | None
    late: bool
    heard: bool
    waits: bool
    """Whether it waits for its discovery, and is asked in every second turn only."""
    last_success: float | None
    duration: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """The error and the notice of a device's last round; sent when they change."""

    source: Source
    last_error: str
    last_reason: str
    notice: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Knows:
    """A device's up series, and at how many joules its registers wrap; sent when they change."""

    source: Source
    up_series: Sequence[Series]
    rollovers: Mapping[Series, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulse:
    """How a worker itself is doing, once a second."""

    cpu_seconds: float
    resident_bytes: int
    lag_seconds: float
    stretch: float
    late_rounds: Mapping[str, int]
    """Since the worker's start, by the collector's name."""
    counts: Sequence[tuple[str, tuple[str, ...], float]] = ()
    """Counters and their labels, and by how much each has grown since the last pulse."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line for the log."""

    logger: str
    level: int
    message: str
    arguments: tuple[object, ...]


Told = Batch | Went | Said | Knows | Pulse | Line


@dataclass(slots=True, eq=False)
class Metrics:
    """The metrics of this process by their definition: a worker's series then use the same ones."""

    known: dict[tuple[object, ...], Metric] = field(default_factory=dict)

    def add(self, metrics: Iterable[Metric]) -> None:
        """Add metrics that this process has already."""
        for one in metrics:
            self.known.setdefault(_key(one), one)

    def named(self, about: Sequence[Any]) -> Metric:
        """Return the metric of a definition, made if new; raises TypeError or ValueError."""
        namespace, subsystem, name, kind, text, labels = about
        made = Metric(
            namespace=namespace,
            subsystem=subsystem,
            name=name,
            type=kind,
            help=text,
            labels=tuple(labels),
        )
        return self.known.setdefault(_key(made), made)


def _key(metric: Metric) -> tuple[object, ...]:
    return metric.full_name, metric.measurement, metric.type, metric.help, metric.labels


class Decoder:
    """Decodes the frames of one job."""

    def __init__(self, metrics: Metrics) -> None:
        self._known: Final = metrics
        self._metrics: Final[list[Metric]] = []
        self._sources: Final[list[Source]] = []
        self._shapes: Final[list[Shape]] = []
        self._layouts: Final[dict[int, Layout]] = {}

    def told(self, kind: Kind, body: bytes) -> Told | None:
        """Return the message of a frame; None if it only defines names. Raises BadFrame."""
        try:
            if kind is Kind.BATCH:
                return self._batch(body)
            if kind is Kind.ROUND:
                return self._went(body)
            return self._rare(kind, body)
        except (ValueError, TypeError, LookupError, AttributeError, struct.error) as error:
            raise BadFrame(f"{kind.name}: {error}") from None

    def _batch(self, body: bytes) -> Batch:
        number, time, lifetime = BATCH.unpack_from(body)
        values = array("d")
        values.frombytes(body[BATCH.size :])
        layout = self._layouts[number]
        if len(values) != len(layout):
            raise BadFrame(f"{len(values)} values of {len(layout)} series")
        collector, device = self._sources[number]
        return Batch(
            collector=collector,
            device=device,
            time=time,
            lifetime=lifetime,
            columns=(layout, values),
        )

    def _went(self, body: bytes) -> Went:
        number, ok, flags, success, took = ROUND.unpack(body)
        return Went(
            source=self._sources[number],
            ok=None if ok > 1 else bool(ok),
            late=bool(flags & LATE),
            heard=bool(flags & HEARD),
            waits=bool(flags & WAITS),
            last_success=None if success < 0 else success,
            duration=None if took < 0 else took,
        )

    def _rare(self, kind: Kind, body: bytes) -> Told | None:
        if kind is Kind.FORGET_SHAPES:
            self._shapes.clear()
            return None
        data = json.loads(body)
        if kind is Kind.LINE:
            logger, level, message, arguments = data
            return Line(logger=logger, level=level, message=message, arguments=tuple(arguments))
        if kind is Kind.PULSE:
            counts = tuple((name, tuple(labels), more) for name, labels, more in data.pop("counts"))
            return Pulse(**data, counts=counts)
        if kind is Kind.TEXTS:
            number, error, reason, notice = data
            return Said(
                source=self._sources[number], last_error=error, last_reason=reason, notice=notice
            )
        if kind is Kind.ABOUT:
            number, ups, spans = data
            return Knows(
                source=self._sources[number],
                up_series=tuple(self._series(one) for one in ups),
                rollovers={self._series(one[:-1]): float(one[-1]) for one in spans},
            )
        self._name(kind, data)
        return None

    def _name(self, kind: Kind, data: list[Any]) -> None:
        if kind is Kind.METRIC:
            self._metrics.append(self._known.named(data))
        elif kind is Kind.SOURCE:
            collector, device = data
            self._sources.append((collector, device))
        elif kind is Kind.SHAPE:
            self._shapes.append(
                shape_of(
                    Row(self._metrics[number], shared(tuple(rest)), tuple(names), place)
                    for number, rest, names, place in data
                )
            )
        elif kind is Kind.LAYOUT:
            number, shape, parts = data
            self._layouts[number] = (
                Layout(tuple(self._series(one) for one in parts))
                if shape < 0
                else self._shaped(self._shapes[shape], tuple(_head(*one) for one in parts))
            )
        else:
            raise BadFrame("not a frame of a worker")

    @staticmethod
    def _shaped(shape: Shape, heads: tuple[Head, ...]) -> Layout:
        """Return a layout of a shape; its series are made when somebody asks for them."""
        if max((row.head for row in shape.rows), default=-1) >= len(heads):
            raise BadFrame("a layout with too few heads")
        return Layout(shape=shape, heads=heads)

    def _series(self, told: Sequence[Any]) -> Series:
        number, rest, names, head = told
        return _made(self._metrics[number], _head(*head), tuple(rest), tuple(names))


def _head(labels: Sequence[str], values: Sequence[str], begins: str) -> Head:
    return head_of(tuple(labels), tuple(values), begins)


def _made(metric: Metric, head: Head, rest: tuple[str, ...], names: tuple[str, ...]) -> Series:
    if names:
        return metric.sample_series(names[0], names[1:], (*head.values, *rest))
    return metric.placed(head, rest)

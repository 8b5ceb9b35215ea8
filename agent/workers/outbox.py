"""What a worker sends to the agent: batches, how rounds went, and how the worker itself is doing.

The agent may be slow. Then the socket fills, and `full` says so: no further rounds begin until it
has taken what waits. So what waits is bounded, and rounds are late, which is counted.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from prometheus_client.metrics import Counter

from agent.health import Progress
from agent.process import resident_bytes
from agent.selfmetrics import SelfMetrics
from agent.task import Task
from agent.workers.encode import HEARD, LATE, WAITS, Encoder
from agent.workers.frames import Kind, frame
from collectors.abilities import HasRegisters
from collectors.base import Batch, Series
from collectors.catalogue import agent as catalogue

_MOST_BYTES: Final = 2**20
"""While more than this waits to be sent, no further round begins."""
_AT_ONCE: Final = 2**16
"""When this many bytes have been collected, they go out without a wait."""
_WAIT_SECONDS: Final = 0.1
"""Frames written within this time go out together: to wake the agent costs more than a frame."""


@dataclass(slots=True, eq=False)
class _Known:
    """What was last sent about a device, of the data that are sent only when they change."""

    registers: HasRegisters | None
    """Its collector, if that has registers."""
    texts: tuple[str, ...] = ("", "", "")
    up_series: Sequence[Series] = ()
    rollovers: Mapping[Series, float] | None = None


class Outbox:
    """Sends what the runner of a worker reads. It takes the place of a snapshot."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport: Final = transport
        self._loop: Final = asyncio.get_running_loop()
        self._some: Final[list[bytes]] = []
        self._size = 0
        self._timer: asyncio.TimerHandle | None = None
        self._encoder = Encoder(self.write)
        self._known: Final[dict[Task, _Known]] = {}
        self._counted: Final[dict[tuple[str, tuple[str, ...]], float]] = {}

    def begin(self, generation: int) -> None:
        """Start over for another job: forget all numbers, and tell the agent its generation."""
        self._encoder = Encoder(self.write)
        self._known.clear()
        self._counted.clear()
        self.write(frame(Kind.BEGIN, generation.to_bytes(8, "big")))

    def full(self) -> bool:
        """Tell whether so much waits to be sent that nothing more should be read."""
        return self._size + self._transport.get_write_buffer_size() > _MOST_BYTES

    def write(self, data: bytes) -> None:
        """Send a frame, soon."""
        self._some.append(data)
        self._size += len(data)
        if self._size >= _AT_ONCE:
            self._flush()
        elif self._timer is None:
            self._timer = self._loop.call_later(_WAIT_SECONDS, self._flush)

    def _flush(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._some and not self._transport.is_closing():
            self._transport.write(b"".join(self._some))
        self._some.clear()
        self._size = 0

    def update(self, batch: Batch) -> None:
        """Send a batch."""
        self._encoder.batch(batch)

    def forget(self, collector: str, device: str) -> None:
        """Forget what is known of a source."""
        self._encoder.forget((collector, device))

    def told(self, task: Task) -> None:
        """Send how a device's last round went, and before it the texts and series that changed."""
        known = self._known.get(task)
        if known is None:
            one = task.collector
            known = _Known(registers=one if isinstance(one, HasRegisters) else None)
            self._known[task] = known
        source = task.source
        texts = (task.last_error, task.last_reason, task.notice)
        if texts != known.texts:
            known.texts = texts
            self._encoder.texts(source, texts)
        ups = task.up_series()
        registers = known.registers
        rollovers = registers.register_rollovers if registers is not None else None
        if ups != known.up_series or _differ(rollovers, known.rollovers):
            known.up_series, known.rollovers = ups, rollovers
            self._encoder.about(source, ups, rollovers or {})
        self._encoder.round(
            source,
            ok=task.ok,
            flags=LATE * task.late + HEARD * task.heard + WAITS * task.waits_for_place,
            last_success=task.last_success,
            duration=task.duration,
        )

    def pulse(self, progress: Progress, metrics: SelfMetrics) -> None:
        """Send how this worker is doing."""
        body = {
            "cpu_seconds": time.process_time(),
            "resident_bytes": resident_bytes(),
            "lag_seconds": progress.lag_seconds,
            "stretch": progress.stretch,
            "late_rounds": dict(progress.late_rounds),
            "counts": list(self._grown(metrics)),
        }
        self.write(frame(Kind.PULSE, json.dumps(body).encode()))

    def _grown(self, metrics: SelfMetrics) -> Iterator[tuple[str, list[str], float]]:
        for name, counter in counters_of(metrics).items():
            for family in counter.collect():
                for sample in family.samples:
                    if sample.name != name:
                        continue  # the time at which the counter was made
                    labels = [sample.labels[one] for one in _LABELS[name]]
                    before = self._counted.get((name, tuple(labels)), 0.0)
                    if sample.value > before:
                        self._counted[name, tuple(labels)] = sample.value
                        yield name, labels, sample.value - before


def _differ(one: Mapping[Series, float] | None, other: Mapping[Series, float] | None) -> bool:
    return one is not other and one != other


_COUNTED: Final = (
    catalogue.COLLECTOR_ERRORS,
    catalogue.COLLECTOR_SKIPPED,
    catalogue.SAMPLES_DROPPED,
)
_LABELS: Final = {one.full_name: one.labels for one in _COUNTED}


def counters_of(metrics: SelfMetrics) -> Mapping[str, Counter]:
    """Return the counters of collectors' rounds, by their name."""
    found = (metrics.errors, metrics.skipped, metrics.dropped)
    return {one.full_name: counter for one, counter in zip(_COUNTED, found, strict=True)}


class LogLines(logging.Handler):
    """Sends each line of the log to the agent, whose handlers write it."""

    def __init__(self, outbox: Outbox, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._outbox: Final = outbox
        self._loop: Final = loop

    def emit(self, record: logging.LogRecord) -> None:
        """Send a line; it may come from any thread."""
        message, arguments = str(record.msg), _simple(record.args)
        if record.exc_info:
            text = logging.Formatter().formatException(record.exc_info)
            message += "\n" + text.replace("%", "%%" if arguments else "%")
        body = json.dumps([record.name, record.levelno, message, arguments]).encode()
        self._loop.call_soon_threadsafe(self._outbox.write, frame(Kind.LINE, body))


def _simple(arguments: object) -> list[object]:
    """Return the arguments of a line as numbers and texts."""
    if not isinstance(arguments, tuple):
        return []
    return [one if isinstance(one, (int, float, str)) else str(one) for one in arguments]

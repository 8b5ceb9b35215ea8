"""All worker processes of an agent: which devices each reads, and what they tell of them."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain, repeat
from typing import Final

from agent.config import Built
from agent.health import CollectorHealth, Progress
from agent.inventory.shard import owner
from agent.loading import Loaded
from agent.selfmetrics import SelfMetrics
from agent.task import sources_of
from agent.workers.decode import Knows, Line, Metrics, Pulse, Said, Told, Went
from agent.workers.encode import Source
from agent.workers.job import Job
from agent.workers.outbox import counters_of
from agent.workers.remote import Remote, remote
from agent.workers.worker import Worker
from collectors.abilities import Divides
from collectors.base import Batch, Collector, Context, Schedule
from collectors.catalogue import agent as catalogue

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """The devices of one worker: their numbers in each section, and their `Remote` stand-ins."""

    sections: Sequence[tuple[Built, Sequence[int]]]
    devices: Sequence[Remote]


class Crew:
    """Lets worker processes read devices, and hands on their readings like this process's own."""

    def __init__(self, metrics: SelfMetrics) -> None:
        self.workers: Final[list[Worker]] = []
        self.all_heard: Final = asyncio.Event()
        """Set once every device was read, or is known not to answer."""
        self._counters: Final = counters_of(metrics)
        self._known: Final = Metrics()
        self._known.add(
            (
                catalogue.COLLECTOR_SUCCESS,
                catalogue.COLLECTOR_DURATION,
                catalogue.COLLECTOR_LAST_SUCCESS,
            )
        )
        self._parts: Sequence[Part] = ()
        self._context: Context | None = None
        self._log_level = "info"
        self._devices: dict[Source, Remote] = {}
        self._unheard = 0
        self._generation = 0
        self._keep: Callable[[Batch], None] = _nobody
        self._ending: Final[set[asyncio.Task[None]]] = set()

    def take(self, loaded: Loaded, count: int) -> Loaded:
        """Divide the devices of a config among `count` workers; return the config for this process.

        A `Remote` stands in it for each of these devices. Reading begins with the next `start`.
        """
        for built in loaded.sections:
            self._known.add(built.kind.metrics)
        found = divided(loaded.sections, count)
        self._parts = found.parts
        self._context = replace(loaded.context, processes=max(1, len(found.parts)))
        self._log_level = loaded.config.file.log_level
        former = self._devices
        self._devices = {one.source: one for part in self._parts for one in part.devices}
        for source, one in self._devices.items():
            if source in former:
                one.follow(former[source])
        return replace(loaded, collectors=found.collectors, sections=())

    def reads(self, collector: Collector) -> bool:
        """Tell whether a collector only stands for a device that a worker reads."""
        return isinstance(collector, Remote)

    def start(self, keep: Callable[[Batch], None]) -> None:
        """Give every worker its job, starting and ending workers as needed.

        `keep` takes every batch.
        """
        self._keep = keep
        self._unheard = len(self._devices)
        self.all_heard.clear()
        self._note_heard(0)
        self._generation += 1
        while len(self.workers) > len(self._parts):
            ending = asyncio.get_running_loop().create_task(self.workers.pop().close())
            self._ending.add(ending)
            ending.add_done_callback(self._ending.discard)
        while len(self.workers) < len(self._parts):
            self.workers.append(Worker(len(self.workers) + 1, self._known, self._told))
        for worker, part in zip(self.workers, self._parts, strict=True):
            worker.begin(partial(self._job, part, self._generation), part.devices)

    async def stop(self) -> None:
        """Take no more of what the workers read, until the next `start`."""
        self._keep = _nobody
        for worker in self.workers:
            worker.ignore()

    async def close(self) -> None:
        """End all workers."""
        await asyncio.gather(*(worker.close() for worker in self.workers), *self._ending)

    def health(self) -> Sequence[CollectorHealth]:
        """Return how every device is doing."""
        # Parts that were taken and not yet started have no worker.
        stretches = chain((worker.stretch for worker in self.workers), repeat(1.0))
        return [
            one.health(stretch)
            for part, stretch in zip(self._parts, stretches, strict=False)
            for one in part.devices
        ]

    def progress(self) -> Progress:
        """Return how many devices were read, and whether the workers keep up with them."""
        late: Counter[str] = Counter()
        for worker in self.workers:
            late.update(worker.late_rounds)
        devices = self._devices.values()
        return Progress(
            devices=len(devices),
            heard=sum(one.heard for one in devices),
            silent=sum(one.ok is False for one in devices),
            late_rounds=late,
            lag_seconds=max((worker.lag for worker in self.workers), default=0.0),
            stretch=max((worker.stretch for worker in self.workers), default=1.0),
            workers=[worker.health() for worker in self.workers],
        )

    def sources(self) -> set[Source]:
        """Return the keys under which the snapshot keeps what the workers report."""
        return {source for key in self._devices for source in sources_of(*key)}

    def _job(self, part: Part, generation: int) -> Job:
        assert self._context is not None
        silent = frozenset(one.source for one in part.devices if one.ok is False)
        return Job(
            generation=generation,
            sections=[
                (built.kind.name, _kind_of(built).part(built.config, numbers))
                for built, numbers in part.sections
            ],
            context=self._context,
            silent=silent,
            log_level=self._log_level,
        )

    def _told(self, told: Told) -> None:
        """Handle one message of a worker."""
        if isinstance(told, Batch):
            try:
                self._keep(told)
            except Exception:  # a fault of ours in one batch must not cost the worker
                log.exception("a batch of %s %s is lost", *told.source)
        elif isinstance(told, Went):
            self._went(told)
        elif isinstance(told, Line):
            _write(told)
        elif isinstance(told, Pulse):
            for name, labels, more in told.counts:
                self._counters[name].labels(*labels).inc(more)
        elif (device := self._devices.get(told.source)) is None:
            return
        elif isinstance(told, Said):
            device.last_error, device.last_reason = told.last_error, told.last_reason
            device.notice = told.notice
        elif isinstance(told, Knows):
            device.up_series, device.register_rollovers = told.up_series, told.rollovers

    def _went(self, told: Went) -> None:
        device = self._devices.get(told.source)
        if device is None:
            return
        device.late, device.waits = told.late, told.waits
        if told.ok is not None:  # a new worker has read nothing yet; what was known before stays
            device.ok, device.told_at = told.ok, device.now()
            device.duration = told.duration
            device.last_success = told.last_success or device.last_success
        if told.heard and not device.heard:
            device.heard = True
            self._note_heard(1)

    def _note_heard(self, more: int) -> None:
        self._unheard -= more
        if self._unheard <= 0:
            self.all_heard.set()


def _nobody(_batch: Batch) -> None:
    """Drop a batch: between `stop` and `start`, nobody takes any."""


def _write(line: Line) -> None:
    """Write a worker's line to this process's log."""
    logger = logging.getLogger(line.logger)
    if logger.isEnabledFor(line.level):
        record = logger.makeRecord(
            line.logger, line.level, "", 0, line.message, line.arguments, None
        )
        logger.handle(record)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Divided:
    """The parts of all workers, and the collectors that this process knows."""

    parts: Sequence[Part]
    collectors: Sequence[Collector]


def _kind_of(built: Built) -> Divides:
    assert isinstance(built.kind, Divides)
    return built.kind


def divided(sections: Sequence[Built], count: int) -> _Divided:
    """Divide the devices of all sections among so many workers.

    The name of an endpoint decides its worker. So a reload moves only the devices it has to, and
    all devices behind one endpoint stay together.
    """
    own: list[Collector] = []
    found: Mapping[int, tuple[list[tuple[Built, list[int]]], list[Remote]]]
    found = {number: ([], []) for number in range(1, count + 1)}
    schedules: dict[Schedule, Schedule] = {}
    for built in sections:
        if not found or not can_be_divided(built):
            own += built.collectors
            continue
        numbers: dict[int, list[int]] = {}
        for at, endpoint in enumerate(_kind_of(built).endpoints(built.config)):
            number = owner(endpoint, count)
            numbers.setdefault(number, []).append(at)
            one = remote(built.collectors[at], schedules)
            found[number][1].append(one)
            own.append(one)
        # A worker makes its collectors from the config, so those made here are not kept.
        kept = replace(built, collectors=())
        for number, some in numbers.items():
            found[number][0].append((kept, some))
    parts = [Part(sections=some, devices=devices) for some, devices in found.values()]
    return _Divided(parts=[part for part in parts if part.devices], collectors=own)


def can_be_divided(built: Built) -> bool:
    """Tell whether several processes may read the devices of a section."""
    kind = built.kind
    return isinstance(kind, Divides) and len(kind.endpoints(built.config)) == len(built.collectors)

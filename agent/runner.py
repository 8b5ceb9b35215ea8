"""Runs every collector on its schedule: interval, jitter, deadline, isolation, limits, duration and success.

The schedule is APScheduler's. Collectors of one interval are dealt over phases of it by a hash of their names: that is
their jitter, it keeps thousands of devices from being asked at once, and one device's samples stay evenly spaced. One scheduler job
serves a phase, so a gateway of fifty thousand devices has some hundred jobs.
"""

from __future__ import annotations

import asyncio
import inspect
import itertools
import logging
import math
import time
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from agent.health import CollectorHealth
from agent.workers import Workers
from collectors.abilities import Closes, ClosesLater, CountsDropped, HasUpSeries, Immediate
from collectors.base import (
    BadReply,
    Batch,
    CollectError,
    Collector,
    NoData,
    Reading,
    Refused,
    Series,
    Unreachable,
)
from collectors.catalogue import agent as catalogue

if TYPE_CHECKING:
    from agent.selfmetrics import SelfMetrics
    from agent.snapshot import Snapshot

log = logging.getLogger(__name__)

LIFETIME_INTERVALS: Final = 2.5
"""A series expires after this many intervals of silence."""
_PHASE_SECONDS: Final = 0.25
_MAX_PHASES: Final = 240
_MAX_CONCURRENT: Final = 1024
_DRAIN_LIMIT: Final = 10_000_000
_GOODBYE: Final = 2.0
_CLOCK_STEP: Final = 1.0
_CLOCK_WATCH: Final = 5.0
_REASONS: Final = {
    Unreachable: "unreachable",
    Refused: "refused",
    BadReply: "bad_reply",
    NoData: "no_data",
}


@dataclass(slots=True, kw_only=True, eq=False)
class Task:
    """A collector with what the runner knows of it."""

    collector: Collector
    status: tuple[Series, Series, Series]
    derived: bool = False
    immediate: bool = False
    ups: HasUpSeries | None = None
    counts: CountsDropped | None = None
    busy: bool = False
    gone: bool = False
    ok: bool | None = None
    last_success: float | None = None
    last_error: str = ""
    duration: float | None = None
    dropped_before: dict[str, int] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """How the log names it."""
        return f"{self.collector.name} {self.collector.device}".rstrip()


class Runner:
    """Runs collectors and hands each batch on once: to the snapshot and to the consumers."""

    def __init__(
        self,
        *,
        snapshot: Snapshot,
        metrics: SelfMetrics,
        wall_clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.consumers: list[Callable[[Batch], None]] = []
        self._snapshot = snapshot
        self._metrics = metrics
        self._wall = wall_clock
        self._monotonic = monotonic
        self._tasks: list[Task] = []
        self._workers = Workers()
        self._slots = asyncio.Semaphore(_MAX_CONCURRENT)
        self._scheduler: Any = None
        self._rounds: set[asyncio.Task[None]] = set()
        self._clock_watch: asyncio.Task[None] | None = None
        self.ready = asyncio.Event()

    def add(self, collectors: Iterable[Collector], *, derived: bool = False) -> None:
        """Add collectors; `derived` ones read what the others have said, so a single round runs them last."""
        for collector in collectors:
            labels = (collector.name, collector.device)
            status = (
                catalogue.COLLECTOR_SUCCESS.series(*labels),
                catalogue.COLLECTOR_DURATION.series(*labels),
                catalogue.COLLECTOR_LAST_SUCCESS.series(*labels),
            )
            self._tasks.append(
                Task(
                    collector=collector,
                    status=status,
                    derived=derived,
                    immediate=isinstance(collector, Immediate) and collector.immediate,
                    ups=collector if isinstance(collector, HasUpSeries) else None,
                    counts=collector if isinstance(collector, CountsDropped) else None,
                )
            )

    def health(self) -> Sequence[CollectorHealth]:
        """Tell how every collector does."""
        return [
            CollectorHealth(
                collector=task.collector.name,
                device=task.collector.device,
                ok=task.ok,
                last_success=task.last_success,
                last_error=task.last_error,
                duration=task.duration,
                interval=task.collector.schedule.interval,
            )
            for task in self._tasks
        ]

    async def run_once(self) -> None:
        """Run every collector once, the derived ones after all others."""
        await asyncio.gather(*(self._round(task) for task in self._tasks if not task.derived))
        for (
            task
        ) in self._tasks:  # in order: targets are judged by what racks and PUE have just said
            if task.derived:
                await self._round(task)

    def start(self) -> None:
        """Begin: every collector at once, then each on its schedule."""
        from apscheduler.schedulers.asyncio import AsyncIOScheduler  # noqa: PLC0415 - 5 MB that `check` does without

        logging.getLogger("apscheduler").setLevel(logging.ERROR)
        self._scheduler = AsyncIOScheduler(
            timezone=UTC,
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )
        self._schedule(self._tasks)
        self._scheduler.start()
        self._spawn(self._first_round())
        self._clock_watch = asyncio.create_task(self._watch_clock())

    def _schedule(self, tasks: Sequence[Task]) -> None:
        """Give every task its job. It runs once at once; its second round comes half an interval to one and a half after that."""
        from agent.schedule import GridTrigger  # noqa: PLC0415 - with the scheduler

        now = datetime.now(UTC)
        for (interval, phase), some in _phases(tasks).items():
            first = now + timedelta(seconds=phase if phase > interval / 2 else interval + phase)
            self._scheduler.add_job(
                self._fire,
                GridTrigger(first, interval),
                args=[some],
                name=f"every {interval:g} s, phase {phase:g} s",
            )

    async def replace(self, old: Iterable[Collector], new: Sequence[Collector]) -> None:
        """Put derived collectors in the place of others, while all else goes on; what only the old ones said is dropped."""
        gone = {id(collector) for collector in old}
        leaving = [task for task in self._tasks if id(task.collector) in gone]
        self._tasks = [task for task in self._tasks if id(task.collector) not in gone]
        for task in leaving:
            task.gone = True
            await _close(task)
        before = len(self._tasks)
        self.add(new, derived=True)
        for task in leaving:
            key = (task.collector.name, task.collector.device)
            if key not in self.keys():
                self._snapshot.forget(*key)
                self._snapshot.forget(*_status_key(task))
        added = self._tasks[before:]
        for task in added:
            await self._round(task)
        if self._scheduler is not None:
            self._schedule(added)

    async def stop(self) -> None:
        """End the schedule, cancel what runs, and close the collectors. Stuck threads are left behind."""
        if self._clock_watch is not None:
            self._clock_watch.cancel()
        if self._scheduler is not None:
            self._scheduler.shutdown(wait=False)
            self._scheduler = None
        for round_ in list(self._rounds):
            round_.cancel()
        if self._rounds:
            await asyncio.wait(self._rounds, timeout=1.0)
        # All at once: each may have to say goodbye to its device.
        await asyncio.gather(*(_close(task) for task in self._tasks))

    def keys(self) -> set[tuple[str, str]]:
        """Return the sources of the snapshot that are this runner's."""
        own = {(task.collector.name, task.collector.device) for task in self._tasks}
        return own | {_status_key(task) for task in self._tasks}

    async def _first_round(self) -> None:
        try:
            await self.run_once()
        finally:
            self.ready.set()

    def _spawn(self, round_: Any) -> None:  # noqa: ANN401 - a coroutine
        spawned = asyncio.create_task(round_)
        self._rounds.add(spawned)
        spawned.add_done_callback(self._rounds.discard)

    async def _fire(self, tasks: Sequence[Task]) -> None:
        for task in tasks:
            if task.gone:
                continue
            if task.immediate:
                self._round_now(task)
            elif task.busy:
                self._metrics.skipped.labels(task.collector.name).inc()
            else:
                self._spawn(self._round(task))

    async def _watch_clock(self) -> None:
        """Keep the schedule through steps of the wall clock, by which APScheduler counts.

        After a step back a job's next time lies an hour or a decade ahead; it is brought within one interval.
        """
        watch = min([_CLOCK_WATCH, *(task.collector.schedule.interval for task in self._tasks)])
        offset = self._wall() - self._monotonic()
        while True:
            await asyncio.sleep(watch)
            now_offset = self._wall() - self._monotonic()
            if abs(now_offset - offset) < _CLOCK_STEP:
                continue
            log.warning("the clock stepped by %+.0f s; the schedule goes on", now_offset - offset)
            offset = now_offset
            now = datetime.now(UTC)
            for job in self._scheduler.get_jobs():
                if job.next_run_time > now + timedelta(seconds=job.trigger.interval):
                    job.reschedule(job.trigger.moved(now))

    async def _round(self, task: Task) -> None:
        """Run one collector once and hand on what it read; nothing it does can reach another."""
        if task.immediate:
            self._round_now(task)
            return
        async with self._slots:
            task.busy = True
            began = self._monotonic()
            readings: list[Reading] | None = None
            error: Exception | None = None
            try:
                readings = await self._collect(task)
            except Exception as raised:  # noqa: BLE001 - a collector may raise anything; it costs only itself
                error = raised
            self._finish(task, began, readings, error)

    def _round_now(self, task: Task) -> None:
        """The same for a collector that never waits: no task, no deadline, a tenth of the cost."""
        began = self._monotonic()
        readings: list[Reading] | None = None
        error: Exception | None = None
        try:
            raw, over = _step(task.collector, task.collector.schedule.max_samples)
            readings = self._checked(task, raw, over)
        except Exception as raised:  # noqa: BLE001 - as above
            error = raised
        self._finish(task, began, readings, error)

    def _finish(
        self, task: Task, began: float, readings: list[Reading] | None, error: Exception | None
    ) -> None:
        if isinstance(error, NoData):
            readings, error = [], None
        if task.gone:  # replaced while it ran
            return
        now = self._wall()
        task.duration = max(0.0, self._monotonic() - began)
        self._note(task, error, now)
        self._publish(task, readings, now)

    async def _collect(self, task: Task) -> list[Reading]:
        """Call the collector under its deadline. A thread that outlives it keeps the task busy, so there is at most one."""
        collector, limit = task.collector, task.collector.schedule.max_samples
        work: asyncio.Future[tuple[list[Any], int]]
        if inspect.iscoroutinefunction(collector.collect):
            work = asyncio.ensure_future(_materialise(collector, limit))
        else:
            work = self._workers.submit(lambda: _take(collector.collect(), limit))  # type: ignore[arg-type]
        work.add_done_callback(lambda done: _finished(task, done))
        done, _ = await asyncio.wait({work}, timeout=collector.schedule.timeout)
        if not done:
            if isinstance(work, asyncio.Task):
                work.cancel()
            raise Unreachable(f"no result within {collector.schedule.timeout:g} s")
        raw, over = work.result()
        return self._checked(task, raw, over)

    def _checked(self, task: Task, raw: list[Any], over: int) -> list[Reading]:
        """Take only what is a reading; raises BadReply for junk."""
        try:
            readings = [(s, f) for s, v in raw if math.isfinite(f := float(v))]
            junk = [s for s, _ in readings if type(s) is not Series]
        except (TypeError, ValueError) as error:
            raise BadReply(f"returned what is no reading: {error}") from None
        if junk:
            raise BadReply(f"returned what is no reading: {repr(junk[0])[:80]}")
        name = task.collector.name
        if over:
            self._metrics.dropped.labels(name, "limit").inc(over)
            log.warning(
                "%s: %d samples over its limit of %d were dropped", task.label, over, len(raw)
            )
        if len(readings) < len(raw):
            self._metrics.dropped.labels(name, "not_finite").inc(len(raw) - len(readings))
        for reason, total in task.counts.dropped.items() if task.counts is not None else ():
            more = total - task.dropped_before.get(reason, 0)
            if more > 0:
                self._metrics.dropped.labels(name, reason).inc(more)
                task.dropped_before[reason] = total
        return readings

    def _note(self, task: Task, error: Exception | None, now: float) -> None:
        """Keep the state, and log a change of it once."""
        if error is None:
            if task.ok is False:
                log.info("%s: back", task.label)
            task.ok, task.last_success, task.last_error = True, now, ""
            return
        reason = _REASONS.get(type(error), "error") if isinstance(error, CollectError) else "error"
        self._metrics.errors.labels(task.collector.name, reason).inc()
        text = str(error) if isinstance(error, CollectError) else f"{type(error).__name__}: {error}"
        task.last_error = (text.splitlines() or [type(error).__name__])[0][:300]
        if task.ok is not False:
            unexpected = None if isinstance(error, CollectError) else error
            log.warning(
                "%s: %s",
                task.label,
                task.last_error,
                exc_info=unexpected if log.isEnabledFor(logging.DEBUG) else None,
            )
        task.ok = False

    def _publish(self, task: Task, readings: list[Reading] | None, now: float) -> None:
        success, duration, last = task.status
        status: list[Reading] = [
            (success, 1.0 if task.ok else 0.0),
            (duration, task.duration or 0.0),
        ]
        if task.last_success is not None:
            status.append((last, task.last_success))
        # Whether a device answers is told apart from what it last said: that stays until it expires, this changes at once.
        # Which series that is, a device may know only once it has said what it is.
        up = task.ups.up_series if task.ups is not None else ()
        status += [(series, 1.0 if task.ok else 0.0) for series in up]
        if readings and up:
            readings = [reading for reading in readings if reading[0] not in up]
        collector, lifetime = task.collector, task.collector.schedule.interval * LIFETIME_INTERVALS
        if readings is not None:
            self._snapshot.update(
                Batch(
                    collector=collector.name,
                    device=collector.device,
                    time=now,
                    lifetime=lifetime,
                    readings=readings,
                )
            )
        name, device = _status_key(task)
        self._snapshot.update(
            Batch(collector=name, device=device, time=now, lifetime=lifetime, readings=status)
        )
        batch = Batch(
            collector=collector.name,
            device=collector.device,
            time=now,
            lifetime=lifetime,
            readings=[*(readings or ()), *status],
        )
        for consumer in self.consumers:
            try:
                consumer(batch)
            except Exception:
                log.exception("a consumer of batches failed")


def _status_key(task: Task) -> tuple[str, str]:
    return f"{task.collector.name}:status", task.collector.device


def _phases(tasks: Sequence[Task]) -> dict[tuple[float, float], list[Task]]:
    """Deal the tasks of each interval over its phases, by a hash that is the same at every start."""
    dealt: dict[tuple[float, float], list[Task]] = {}
    for task in tasks:
        interval = task.collector.schedule.interval
        count = max(1, min(_MAX_PHASES, int(interval / _PHASE_SECONDS)))
        phase = zlib.crc32(task.label.encode("utf-8", "replace")) % count * interval / count
        # The kernel's files stand no queue: one wake-up reads them all. What is derived comes with them, late in the interval.
        dealt.setdefault((interval, phase if task.collector.device else interval), []).append(task)
    return dealt


def _step(collector: Collector, limit: int) -> tuple[list[Any], int]:
    """Run a coroutine that never awaits, without a loop."""
    coroutine: Any = collector.collect()
    try:
        coroutine.send(None)
    except StopIteration as end:
        return _take(end.value, limit)
    coroutine.close()
    raise RuntimeError("awaits, though it says it is immediate")


async def _materialise(collector: Collector, limit: int) -> tuple[list[Any], int]:
    return _take(await collector.collect(), limit)  # type: ignore[misc]


def _take(result: Iterable[Any], limit: int) -> tuple[list[Any], int]:
    """Take at most `limit` readings, and count the rest; a generator runs here, where its collector runs."""
    if isinstance(result, list):
        return (result, 0) if len(result) <= limit else (result[:limit], len(result) - limit)
    rest = iter(result)
    taken = list(itertools.islice(rest, limit))
    return taken, sum(1 for _ in itertools.islice(rest, _DRAIN_LIMIT))


def _finished(task: Task, work: asyncio.Future[Any]) -> None:
    task.busy = False
    if not work.cancelled():
        work.exception()  # it has been seen: asyncio need not log it


async def _close(task: Task) -> None:
    collector = task.collector
    try:
        if isinstance(collector, ClosesLater):
            await asyncio.wait_for(collector.aclose(), _GOODBYE)
        elif isinstance(collector, Closes):
            collector.close()
    except Exception as error:  # noqa: BLE001 - it is being thrown away
        log.debug("%s: closing: %s", task.label, error)

"""When collectors run: their phases in an interval, on a grid that survives clock steps.

The schedule is APScheduler's. Collectors of one interval are distributed over its phases by a hash
of their names. So thousands of devices are not polled at the same moment, and the samples of one
device stay evenly spaced. One job serves a phase: fifty thousand devices need some hundred jobs.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import math
import zlib
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger

from agent.task import Task

log = logging.getLogger(__name__)

PHASE_SECONDS: Final = 0.25
MAX_PHASES: Final = 240
_CLOCK_STEP: Final = 1.0
"""Seconds by which the wall clock must jump to count as a step."""
_CLOCK_WATCH: Final = 15.0
"""Seconds without a round after which the wall clock is looked at, unless an interval is shorter.
So what goes on after a step back comes within two intervals, before values of 15 s expire (37.5 s).
"""
_GRACE: Final = 1.0
"""Seconds that a round may be late before that: where all is well, it is the rounds that look."""


def phases(tasks: Sequence[Task]) -> dict[tuple[float, float], list[Task]]:
    """Distribute tasks over the phases of their intervals: (interval, phase) in seconds to tasks.

    The hash is the same at every start. Collectors without a device read the kernel or what others
    have reported; they share the last phase, for one wake-up reads them all.
    """
    found: dict[tuple[float, float], list[Task]] = {}
    for task in tasks:
        interval = task.collector.schedule.interval
        count = max(1, min(MAX_PHASES, int(interval / PHASE_SECONDS)))
        phase = zlib.crc32(task.label.encode("utf-8", "replace")) % count * interval / count
        found.setdefault((interval, phase if task.collector.device else interval), []).append(task)
    return found


class GridTrigger(BaseTrigger):  # type: ignore[misc] # APScheduler has no types
    """Fires at `first` and every `interval` seconds after it.

    APScheduler's own interval trigger goes through every missed time: after a step of ten years
    ahead it would be busy for minutes. This one continues at the next time of its grid.
    """

    __slots__ = ("first", "interval")

    def __init__(self, first: datetime, interval: float) -> None:
        self.first: Final = first
        self.interval: Final = interval

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        """Return the first time of the grid after `previous_fire_time` and not before `now`."""
        if previous_fire_time is None:
            return max(self.first, self._at_or_after(now))
        return max(previous_fire_time + timedelta(seconds=self.interval), self._at_or_after(now))

    def moved(self, now: datetime) -> GridTrigger:
        """Return the same grid, begun anew within one interval of `now`."""
        phase = (self.first - now).total_seconds() % self.interval
        return GridTrigger(now + timedelta(seconds=phase), self.interval)

    def _at_or_after(self, now: datetime) -> datetime:
        steps = math.ceil((now - self.first).total_seconds() / self.interval)
        return self.first + timedelta(seconds=steps * self.interval)


def _is_no_stop(record: logging.LogRecord) -> bool:
    """Return False for a job that a stop cancels, which APScheduler tells as an error."""
    return not record.exc_info or not isinstance(record.exc_info[1], asyncio.CancelledError)


class _Scheduler(AsyncIOScheduler):  # type: ignore[misc] # APScheduler has no types
    """APScheduler whose timer begins what is due at once.

    Its own timer, which may be that of another thread, takes a second pass through the event loop
    for it.
    """

    def _start_timer(self, wait_seconds: float | None) -> None:
        self._stop_timer()
        if wait_seconds is not None:
            self._timeout = self._eventloop.call_later(wait_seconds, self._due)

    def _due(self) -> None:
        self._start_timer(self._process_jobs())


class Timetable:
    """Calls `fire` with the tasks that are due, in spite of steps of the wall clock."""

    def __init__(
        self,
        fire: Callable[[Sequence[Task]], Awaitable[None]],
        *,
        wall_clock: Callable[[], float],
        monotonic: Callable[[], float],
    ) -> None:
        self._fire: Final = fire
        self._wall: Final = wall_clock
        self._monotonic: Final = monotonic
        self._watch_seconds = _CLOCK_WATCH
        self._watch: asyncio.TimerHandle | None = None
        self._stopped = False
        self._offset = 0.0
        logging.getLogger("apscheduler").setLevel(logging.ERROR)
        logging.getLogger("apscheduler.executors.default").addFilter(_is_no_stop)
        self._numbers: Final = itertools.count()
        self._scheduler: Final = _Scheduler(
            timezone=UTC,
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
        )

    def start(self) -> None:
        """Begin to call `fire`."""
        self._scheduler.start()
        self._offset = self._wall() - self._monotonic()
        self._look_at_clock()

    def add(self, tasks: Sequence[Task]) -> None:
        """Give tasks their jobs.

        The caller runs the first round at once. So a job's first time is half an interval to one
        and a half intervals from now.
        """
        now = self._now()
        for (interval, phase), some in phases(tasks).items():
            first = now + timedelta(seconds=phase if phase > interval / 2 else interval + phase)
            self._scheduler.add_job(
                self._begin,
                GridTrigger(first, interval),
                args=[some],
                id=str(next(self._numbers)),
                name=f"every {interval:g} s, phase {phase:g} s",
            )
            self._watch_seconds = min(self._watch_seconds, interval)

    def stop(self) -> None:
        """Call `fire` no more, not even for what is due already."""
        self._stopped = True
        if self._watch is not None:
            self._watch.cancel()
        self._scheduler.shutdown(wait=False)

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._wall(), UTC)

    async def _begin(self, tasks: Sequence[Task]) -> None:
        if self._stopped:  # APScheduler ends its jobs a pass later
            return
        self._look_at_clock()
        await self._fire(tasks)

    def _look_at_clock(self) -> None:
        """Keep the schedule going through steps of the wall clock, by which APScheduler counts.

        After a step back a job's next time lies an hour or a decade ahead; it is brought within one
        interval. Each round looks. So an agent is not woken for it, unless its rounds have ceased.
        """
        if self._watch is not None:
            self._watch.cancel()
        loop = asyncio.get_running_loop()
        self._watch = loop.call_later(self._watch_seconds + _GRACE, self._look_at_clock)
        step = self._wall() - self._monotonic() - self._offset
        if abs(step) < _CLOCK_STEP:
            return
        log.warning("the clock stepped by %+.0f s; the schedule goes on", step)
        self._offset += step
        now = self._now()
        for job in self._scheduler.get_jobs():
            if job.next_run_time > now + timedelta(seconds=job.trigger.interval):
                job.reschedule(job.trigger.moved(now))

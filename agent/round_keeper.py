"""Rounds as they are run: each is timed, counted, and noted, and what it read is handed on.

`rounds` calls one collector once. Here stands what follows from it for the agent: whether its own
lag kept the round from being read in time, how the collector is doing now, and who gets its batch.
"""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from agent.health import Progress
from agent.readings import NO_READINGS, Round
from agent.rotation import Rotation
from agent.rounds import read, read_now, was_late
from agent.selfmetrics import SelfMetrics
from agent.status import Consumer, HandedOn, Keeps, count_dropped, note, publish, publish_parts
from agent.steadyloop import Pulse, pulse_of
from agent.task import Task
from agent.threads import Threads
from collectors.base import Late, NoData, Unreachable
from collectors.places import Places

_REST_SECONDS: Final = 60.0
"""Seconds after which a collector that found nothing looks again.

Of some forty collectors of a node, half find nothing: it has no such hardware.
"""
_EMPTY: Final = 2
_SHARE: Final = 0.02
"""While the agent starts, a collector that reads what others have reported takes at most this share
of the time. Each of its rounds is of all devices, and most of them are still to come."""


class RoundKeeper:
    """Runs rounds, of devices by a rotation, and keeps account of them."""

    def __init__(
        self,
        *,
        snapshot: Keeps,
        metrics: SelfMetrics,
        places: Places,
        wall_clock: Callable[[], float],
        monotonic: Callable[[], float],
        threads: Threads,
    ) -> None:
        self.consumers: Final[list[Consumer]] = []
        self.told: Callable[[Task], None] | None = None
        """Called after each round, to tell how it went."""
        self.late: Final[Counter[str]] = Counter()
        """Rounds that were not read in time, by the collector's name."""
        self.unheard = 0
        """Devices that were not read yet, nor are known not to answer."""
        self.all_heard: Final = asyncio.Event()
        self.starting = False
        """Whether devices have their first round."""
        self.rotation: Final = Rotation(
            self.run, skipped=self.skip, places=places, monotonic=monotonic
        )
        self._snapshot: Final = snapshot
        self._metrics: Final = metrics
        self._wall: Final = wall_clock
        self._monotonic: Final = monotonic
        self._threads: Final = threads
        self._pulse: Pulse | None = None

    def strain(self) -> Progress:
        """Return whether rounds are in time, without a look at the devices."""
        return Progress(
            late_rounds=self.late + self.rotation.late_rounds,
            lag_seconds=self.rotation.lag,
            stretch=self.rotation.stretch,
        )

    def progress(self, polled: Sequence[Task]) -> Progress:
        """Return how many of these devices were read, and whether rounds are in time."""
        return replace(
            self.strain(),
            devices=len(polled),
            heard=sum(task.heard for task in polled),
            silent=sum(task.ok is False for task in polled),
        )

    def skip(self, task: Task) -> None:
        """Count a round that could not begin, and hand on the status of the last one again.

        So a series that says "failing" lives as long as the failure does. A call on a thread that
        is late by a whole interval is interrupted.
        """
        self._metrics.skipped.labels(task.collector.name).inc()
        if task.ok is not None:
            self._publish(task, None, self._wall())
            if self.told is not None:
                self.told(task)
        if task.ok is False:
            self._threads.give_up(task.source, "no result within an interval after its deadline")

    async def run(self, task: Task) -> None:
        """Run one collector once and hand on what it read; nothing it does can reach another."""
        if task.immediate:
            self.run_now(task)
            return
        task.busy = True
        if self._pulse is None:
            self._pulse = pulse_of(asyncio.get_running_loop())
        began, asked = self._monotonic(), self._pulse.now()
        try:
            outcome: Round | Exception = await read(task, self._threads)
        except Exception as raised:  # a collector may raise anything
            outcome = raised
        if was_late(
            outcome,
            took=self._pulse.now() - asked,
            paused=self._pulse.now() - self._pulse.paused_at,
            schedule=task.collector.schedule,
            excused=task.excused,
        ):
            # A late answer is an answer, so only silent rounds are counted.
            task.excused = task.excused + 1 if isinstance(outcome, Unreachable) else 0
            outcome = Late("not read in time")
        if task.derived:
            task.left_out = self._rounds_to_leave_out(task, self._monotonic() - began)
        if isinstance(outcome, Round) and outcome.parts:
            await publish_parts(task, outcome, self._wall(), **self._to(task))
        self._finish(task, began, outcome)

    def run_now(self, task: Task) -> None:
        """Run a collector that never waits; as `run`, without a task."""
        began = self._monotonic()
        try:
            outcome: Round | Exception = read_now(task)
        except Exception as raised:  # a collector may raise anything
            outcome = raised
        self._finish(task, began, outcome)

    def _finish(self, task: Task, began: float, outcome: Round | Exception) -> None:
        """Count a round, note how it went, and hand on its readings."""
        if task.gone:  # replaced while it ran
            return
        if isinstance(outcome, Late):
            task.late = True
            self.late[task.collector.name] += 1
        else:
            self._note(task, began, outcome)
        if self.told is not None:
            self.told(task)

    def _note(self, task: Task, began: float, outcome: Round | Exception) -> None:
        if not task.derived:
            _rest(task, nothing=isinstance(outcome, NoData))
        if isinstance(outcome, NoData):
            outcome = NO_READINGS
        done: Round | None
        now = self._wall()
        task.duration = max(0.0, self._monotonic() - began)
        task.late = False
        if isinstance(outcome, Round):
            task.excused = 0
            count_dropped(task, outcome, self._metrics)
            if task.polled and (task.ok or task.waits_for_place):
                self.rotation.measured(task)
            note(task, None, now, self._metrics)
            done = outcome
        else:
            note(task, outcome, now, self._metrics)
            done = None
        self._publish(task, done, now)
        if not task.heard and (done is None or task.discovered):
            task.heard = True
            self.count_heard(1)

    def _publish(self, task: Task, done: Round | None, now: float) -> None:
        publish(task, done, now, **self._to(task))

    def _to(self, task: Task) -> HandedOn:
        interval = task.collector.schedule.interval
        return {
            "stretch": self.rotation.stretch_of(interval) * (1 + task.left_out),
            "snapshot": self._snapshot,
            "consumers": self.consumers,
        }

    def _rounds_to_leave_out(self, task: Task, took: float) -> int:
        """Return how many of its next rounds a derived collector leaves out after one of `took` s.

        Once the start is over it leaves out none: the runner calls it then, so nothing is late.
        """
        if not self.starting:
            return 0
        return max(0, math.ceil(took / _SHARE / task.collector.schedule.interval) - 1)

    def count_heard(self, more: int) -> None:
        """Note that so many more devices were read, or are known not to answer."""
        self.unheard -= more
        if self.unheard <= 0:
            self.all_heard.set()


def _rest(task: Task, *, nothing: bool) -> None:
    """Leave out some of the next rounds of a collector that would tell nothing new.

    One of this machine found nothing twice; or a device answers, and waits for its discovery.
    """
    task.empty = task.empty + 1 if nothing else 0
    interval = task.collector.schedule.interval
    rests = task.own and task.empty >= _EMPTY
    task.left_out = max(0, int(_REST_SECONDS / interval) - 1) if rests else 0
    if task.waits_for_place:
        task.left_out = 1

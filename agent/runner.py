"""Runs every collector on its schedule and hands each batch on once.

The runner owns schedule, deadline, isolation, limits, duration and success of all collectors, so
that a collector needs no more than `collect`. Beside it: `schedule` says when a collector is due,
`rotation` when a device is, `rounds` calls it, `round_keeper` notes how it went.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Coroutine, Iterable, Sequence
from typing import TYPE_CHECKING, Final

from agent.health import CollectorHealth, Progress
from agent.round_keeper import RoundKeeper
from agent.selfmetrics import SelfMetrics
from agent.status import Consumer, Keeps, hand_on, health_of, take_over
from agent.task import Task
from agent.threads import Threads
from collectors.abilities import Closes, ClosesLater
from collectors.base import Batch, Collector
from collectors.places import Places

if TYPE_CHECKING:  # APScheduler takes 5 MB; `check` and `collect` do without
    from agent.elsewhere import Elsewhere
    from agent.schedule import Timetable

log = logging.getLogger(__name__)

_CLOSE_SECONDS: Final = 2.0
"""How long closing one collector may take."""


class Runner:
    """Runs collectors and hands each batch on: to the snapshot, then to the consumers."""

    def __init__(
        self,
        *,
        snapshot: Keeps,
        metrics: SelfMetrics,
        places: Places | None = None,
        wall_clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
        threads: Threads | None = None,
        elsewhere: Elsewhere | None = None,
    ) -> None:
        self.ready: Final = asyncio.Event()
        """Set once every device was read, or is known not to answer."""
        self._snapshot: Final = snapshot
        self._wall: Final = wall_clock
        self._monotonic: Final = monotonic
        self._keeper: Final = RoundKeeper(
            snapshot=snapshot,
            metrics=metrics,
            places=places or Places(),
            wall_clock=wall_clock,
            monotonic=monotonic,
            threads=threads or Threads(),
        )
        self._rotation: Final = self._keeper.rotation
        self._elsewhere: Final = elsewhere
        self._tasks: list[Task] = []
        self._under_way: Final[set[asyncio.Task[None]]] = set()
        self._timetable: Timetable | None = None

    @property
    def consumers(self) -> list[Consumer]:
        """Who gets each batch, after the snapshot."""
        return self._keeper.consumers

    def add(
        self,
        collectors: Iterable[Collector],
        *,
        derived: bool = False,
        silent: Collection[tuple[str, str]] = (),
    ) -> None:
        """Add collectors; `derived` ones read what the others have reported, so they run last.

        `silent` are the sources that are known not to answer, so that it is not logged again.
        """
        for one in collectors:
            ok = False if (one.name, one.device) in silent else None
            self._tasks.append(Task(collector=one, derived=derived, ok=ok))

    def know(self, said: Iterable[CollectorHealth]) -> None:
        """Take over what an earlier runner logged: notices and failures are logged on a change."""
        take_over(self._tasks, said)

    def report(self, told: Callable[[Task], None], *, hold_while: Callable[[], bool]) -> None:
        """Call `told` after each round; begin no round while `hold_while` returns True."""
        self._keeper.told = told
        self._rotation.hold_while(hold_while)

    def health(self) -> Sequence[CollectorHealth]:
        """Return how every collector is doing."""
        others = self._elsewhere.health() if self._elsewhere is not None else ()
        return [*others, *(health_of(task) for task in self._tasks)]

    def progress(self) -> Progress:
        """Return how many devices were read, and whether the agent keeps up with them."""
        own = self._keeper.progress([task for task in self._tasks if task.polled])
        return Progress.joined((own, self._elsewhere.progress())) if self._elsewhere else own

    def strain(self) -> Progress:
        """Return whether the agent keeps up with its devices, without a look at each of them."""
        return self._keeper.strain()

    def sources(self) -> set[tuple[str, str]]:
        """Return the keys under which the snapshot keeps what this runner's collectors report."""
        own = {source for task in self._tasks for source in task.sources}
        return own | self._elsewhere.sources() if self._elsewhere is not None else own

    async def run_once(self) -> None:
        """Run every collector once, the derived ones after all others and in their order."""
        await self._run_own()
        await self._rotation.once([task for task in self._tasks if task.polled])
        await self._run_derived()

    async def _run_own(self) -> None:
        """Run what reads neither a device nor what others have reported."""
        own = (task for task in self._tasks if not task.derived and not task.polled)
        await asyncio.gather(*map(self._keeper.run, own))

    async def _run_derived(self) -> None:
        for task in [task for task in self._tasks if task.derived]:
            # In their order: targets are judged by what racks and PUE have just reported.
            await self._keeper.run(task)

    def start(self) -> None:
        """Begin: every collector as soon as it can be, then each on its schedule."""
        others = [task for task in self._tasks if not task.polled]
        if others:
            from agent.schedule import Timetable

            self._timetable = Timetable(
                self._fire, wall_clock=self._wall, monotonic=self._monotonic
            )
            self._timetable.add(others)
            self._timetable.start()
        _tell_shared_notices(self.health())
        polled = [task for task in self._tasks if task.polled]
        self._keeper.unheard = len(polled)
        self._keeper.count_heard(0)
        self._keeper.starting = True
        self._rotation.start(polled)
        if self._elsewhere is not None:
            self._elsewhere.start(self._take)
        self._spawn(self._first_round())

    async def replace(self, old: Iterable[Collector], new: Sequence[Collector]) -> None:
        """Replace derived collectors while all others go on.

        Drop what only the old ones reported.
        """
        gone = {id(collector) for collector in old}
        leaving = [task for task in self._tasks if id(task.collector) in gone]
        added = [Task(collector=one, derived=True) for one in new]
        self._tasks = [task for task in self._tasks if id(task.collector) not in gone] + added
        for task in leaving:
            task.gone = True
            await _close(task)
        still = self.sources()
        for task in leaving:
            for source in task.sources:
                if source not in still:
                    self._snapshot.forget(*source)
        for task in added:
            await self._keeper.run(task)
        if self._timetable is not None:
            self._timetable.add(added)

    async def stop(self) -> None:
        """End the schedule, cancel what runs, close the collectors.

        Stuck threads are left behind.
        """
        if self._timetable is not None:
            self._timetable.stop()
            self._timetable = None
        await self._rotation.stop()
        if self._elsewhere is not None:
            await self._elsewhere.stop()
        for round_ in list(self._under_way):
            round_.cancel()
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=1.0)
        # All at the same time: each may need a moment to end its session with a device.
        await asyncio.gather(*(_close(task) for task in self._tasks))
        self._tasks = []  # a job of the schedule may still hold this runner, but no descriptors

    async def _first_round(self) -> None:
        try:
            await self._run_own()
            await self._keeper.all_heard.wait()
            if self._elsewhere is not None:
                await self._elsewhere.all_heard.wait()
            self._keeper.starting = False
            await self._run_derived()
        finally:
            self.ready.set()

    def _take(self, batch: Batch) -> None:
        """Hand on a batch of a device that another process reads."""
        hand_on(batch, self._snapshot, self.consumers)

    def _spawn(self, round_: Coroutine[object, object, None]) -> None:
        spawned = asyncio.create_task(round_)
        self._under_way.add(spawned)
        spawned.add_done_callback(self._under_way.discard)

    async def _fire(self, tasks: Sequence[Task]) -> None:
        """Run the tasks that are due; one that is still busy skips this round."""
        for task in tasks:
            if task.gone:
                continue
            if task.left_out:
                task.left_out -= 1
            elif task.busy:
                self._keeper.skip(task)
            elif task.immediate:
                self._keeper.run_now(task)
            else:
                self._spawn(self._keeper.run(task))


def _tell_shared_notices(said: Iterable[CollectorHealth]) -> None:
    """Log once what many collectors have to say alike."""
    for name, notice in dict.fromkeys((one.collector, one.shared_notice) for one in said):
        if notice:
            log.warning("%s: %s", name, notice)


async def _close(task: Task) -> None:
    collector = task.collector
    try:
        if isinstance(collector, ClosesLater):
            await asyncio.wait_for(collector.aclose(), _CLOSE_SECONDS)
        elif isinstance(collector, Closes):
            collector.close()
    except Exception as error:  # nothing depends on it any more
        log.debug("%s: closing: %s", task.label, error)

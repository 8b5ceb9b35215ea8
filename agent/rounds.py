"""One round of one collector: called within its deadline, and not again where it stood still."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Coroutine
from typing import Any, Final

from agent.interrupt import Interrupted
from agent.readings import Returned, Round, checked, take
from agent.standstill import begin_step, end_step
from agent.task import Task
from agent.threads import Threads
from collectors.base import CollectError, Collector, Late, Schedule, Unreachable

log = logging.getLogger(__name__)

_AFTER_PAUSE: Final = 5.0
"""Seconds after a pause in which a silent device does not count as silent: the network may need a
moment."""
MOST_EXCUSED: Final = 3
"""Silent rounds in a row that a pause excuses. In each the device had its whole time-out, so on a
machine that pauses again and again it must be told as silent at some time."""
_REST_SECONDS: Final = 60.0
"""Seconds for which a collector that stood still is not called; doubled each time in a row."""
_MOST_REST_SECONDS: Final = 3600.0
_MOST_DOUBLED: Final = 6


class StoodStill(CollectError):
    """A coroutine that kept the event loop from all others, and was interrupted."""


class LeftOut(CollectError):
    """The collector is not called for a while, for it stood still."""


async def read(task: Task, threads: Threads) -> Round:
    """Call a collector within its deadline: a coroutine on the loop, all else on a thread.

    Raises Unreachable when the deadline passes, and LeftOut while the collector rests. The time
    counts from when the collector is called, so the wait for a thread is not in it. If no thread is
    free for the whole time-out, it raises Late. A thread that outlives its deadline keeps the task
    busy. So a collector that hangs has one thread at most, even if a reload has replaced it.
    """
    collector, limit = task.collector, task.collector.schedule.max_samples
    timeout = collector.schedule.timeout
    work: asyncio.Future[Returned]
    _heed_rest(task)
    earlier = threads.at_work(task.source)
    if earlier is not None and not await _done_within(timeout, earlier):
        task.busy = False
        raise Unreachable("a call from before the reload has not come back")
    if task.is_coroutine:
        work = asyncio.ensure_future(_await(task, limit))
    else:
        work = threads.submit(lambda: _call(collector, limit), key=task.source)
    work.add_done_callback(lambda done: _ended(task, done))
    try:
        done = await _done_within(timeout, work)
        if not done and not isinstance(work, asyncio.Task):
            done = await _wait_for_thread(task, threads, work)
    except asyncio.CancelledError:  # the runner stops; a thread goes on, and stays known as such
        if isinstance(work, asyncio.Task):
            work.cancel()
        raise
    if not done:
        if isinstance(work, asyncio.Task):
            work.cancel()
        raise Unreachable(f"no result within {timeout:g} s")
    return checked(work.result(), task.layout, task.part_layouts)


async def _wait_for_thread(task: Task, threads: Threads, work: asyncio.Future[Returned]) -> bool:
    """Give a call that had to wait for a thread the rest of its whole time; tell whether it ended.

    Raises Late where it still waits.
    """
    threads.settle()
    if work.done():
        return True
    began = threads.began(task.source)
    if began is None:
        threads.give_up(task.source, "no thread was free")
        raise Late("no thread was free")
    left = began + task.collector.schedule.timeout - asyncio.get_running_loop().time()
    return await _done_within(max(0.0, left), work)


async def _done_within(timeout: float, work: asyncio.Future[Any]) -> bool:
    """Wait until work is done, for `timeout` seconds at most; tell whether it is.

    It does what `asyncio.wait` does, of a single future and at two thirds of the cost.
    """
    loop = asyncio.get_running_loop()
    over: asyncio.Future[None] = loop.create_future()

    def end(_: object = None) -> None:
        if not over.done():
            over.set_result(None)

    timer = loop.call_later(timeout, end)
    work.add_done_callback(end)
    try:
        await over
    finally:
        timer.cancel()
        work.remove_done_callback(end)
    return work.done()


def was_late(
    outcome: Round | Exception, *, took: float, paused: float, schedule: Schedule, excused: int = 0
) -> bool:
    """Tell whether our own lag was in a round, so that it says nothing of the device.

    `took` are the seconds of the round, by a clock that goes on while the process does not run;
    `paused` those since the end of the last pause. Values that took longer than the interval may be
    as old as that, and the next round is due. A device that was silent around a pause may have
    answered in it. `excused` are its rounds that were so excused in a row before this one.
    """
    if isinstance(outcome, Round):
        return took > max(schedule.interval, schedule.timeout)
    if not isinstance(outcome, Unreachable) or excused >= MOST_EXCUSED:
        return False
    return paused <= took + _AFTER_PAUSE


def read_now(task: Task) -> Round:
    """Run a coroutine that never awaits, in place: no task, no deadline, a tenth of the cost."""
    collector = task.collector
    _heed_rest(task)
    coroutine = collector.collect()
    if not isinstance(coroutine, Coroutine):
        raise TypeError("says it is immediate, but collect is no coroutine function")
    step = begin_step("" if task.derived else task.label)
    try:
        try:
            coroutine.send(None)
        except StopIteration as end:
            returned = take(end.value, collector.schedule.max_samples)
        else:
            coroutine.close()
            raise RuntimeError("awaits, though it says it is immediate")
        finally:
            end_step(step)
    except Interrupted as interrupted:
        raise _stood_still(task, interrupted) from None
    task.stood_still = 0
    return checked(returned, task.layout)


def _heed_rest(task: Task) -> None:
    """Raise LeftOut while the collector rests, for it stood still; the error says why."""
    if task.stood_still and asyncio.get_running_loop().time() < task.rests_until:
        task.busy = False
        raise LeftOut(task.last_error)


def _stood_still(task: Task, interrupted: Interrupted) -> StoodStill:
    """Have a collector rest that never yielded: each further try would cost all others seconds.

    What the agent itself computes of the readings is never interrupted: it would be left half done.
    """
    rest = min(_REST_SECONDS * 2**task.stood_still, _MOST_REST_SECONDS)
    task.stood_still = min(task.stood_still + 1, _MOST_DOUBLED)
    task.rests_until = asyncio.get_running_loop().time() + rest
    said = f"kept all others waiting: {interrupted}; not called for {rest:g} s"
    log.warning("%s: %s", task.label, said)
    return StoodStill(said)


async def _await(task: Task, limit: int) -> Returned:
    step = begin_step("" if task.derived else task.label)
    try:
        try:
            result = task.collector.collect()
            returned = take(await result if isinstance(result, Awaitable) else result, limit)
        finally:
            end_step(step)
    except Interrupted as interrupted:
        raise _stood_still(task, interrupted) from None
    task.stood_still = 0
    return returned


def _call(collector: Collector, limit: int) -> Returned:
    result = collector.collect()
    if isinstance(result, Awaitable):
        raise TypeError("collect returned an awaitable, but is no coroutine function")
    return take(result, limit)


def _ended(task: Task, work: asyncio.Future[Returned]) -> None:
    task.busy = False
    if not work.cancelled():
        work.exception()  # mark it as seen, so that asyncio does not log it

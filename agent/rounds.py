"""One round of one collector: called within its deadline, and only readings are taken."""

from __future__ import annotations

import asyncio
import inspect
import itertools
import math
from array import array
from collections.abc import Awaitable, Coroutine, Iterable
from dataclasses import dataclass
from typing import Any, Final

from agent.task import Task
from agent.workers import Workers
from collectors.base import BadReply, Collector, Late, Reading, Schedule, Series, Unreachable
from collectors.batch import NOTHING, Layout, columns_of

_MAX_SERIES: Final = 200
_DRAIN_LIMIT: Final = 10_000_000
"""Readings over a collector's limit are counted up to this many; an endless generator must end."""
_AFTER_PAUSE: Final = 5.0
"""Seconds after a pause in which a silent device is not blamed: the network may need a moment."""
MOST_EXCUSED: Final = 3
"""Silent rounds in a row that a pause excuses. In each the device had its whole time-out, so on a
machine that pauses again and again it must be told as silent at some time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """What a collector returned: at most its limit of items, and how many more there were.

    `first_over` is the first of the others.
    """

    items: list[Any]
    over: int = 0
    first_over: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """The readings of a round as columns, and how many samples were left out of it."""

    layout: Layout
    values: array[float]
    over_limit: int = 0
    first_over: str = ""
    """The series of the first sample over the limit."""
    not_finite: int = 0
    twice: int = 0
    """Values of series that had one already; the first one counts."""
    wrong_name: int = 0
    first_wrong_name: str = ""
    """The names of the first series that the text formats do not take."""


NO_READINGS: Final = Round(layout=NOTHING, values=array("d"))


async def read(task: Task, workers: Workers) -> Round:
    """Call a collector within its deadline: a coroutine on the loop, all else on a worker thread.

    Raises Unreachable when the deadline passes. It begins when the collector is called, so the wait
    for a thread is not in it; where that takes the whole time-out, it raises Late. A thread that
    outlives its deadline keeps the task busy, so a collector that hangs has one thread at most,
    also if a reload has put another in its place.
    """
    collector, limit = task.collector, task.collector.schedule.max_samples
    timeout = collector.schedule.timeout
    work: asyncio.Future[Returned]
    earlier = workers.at_work(task.source)
    if earlier is not None:
        await asyncio.wait({earlier}, timeout=timeout)
        if not earlier.done():
            task.busy = False
            raise Unreachable("a call from before the reload has not come back")
    if inspect.iscoroutinefunction(collector.collect):
        work = asyncio.ensure_future(_await(collector, limit))
    else:
        work = workers.submit(lambda: _call(collector, limit), key=task.source)
    work.add_done_callback(lambda done: _ended(task, done))
    try:
        done, _ = await asyncio.wait({work}, timeout=timeout)
        if not done and not isinstance(work, asyncio.Task):
            done = await _wait_for_thread(task, workers, work)
    except asyncio.CancelledError:  # the runner stops; a thread goes on, and stays known as such
        if isinstance(work, asyncio.Task):
            work.cancel()
        raise
    if not done:
        if isinstance(work, asyncio.Task):
            work.cancel()
        raise Unreachable(f"no result within {timeout:g} s")
    return checked(work.result(), task.layout)


async def _wait_for_thread(
    task: Task, workers: Workers, work: asyncio.Future[Returned]
) -> set[asyncio.Future[Returned]]:
    """Give a call that had to wait for a thread the rest of its whole time.

    Raises Late where it still waits.
    """
    began = workers.began(task.source)
    if began is None:
        workers.give_up(task.source, "no thread was free")
        raise Late("no thread was free")
    left = began + task.collector.schedule.timeout - asyncio.get_running_loop().time()
    done, _ = await asyncio.wait({work}, timeout=max(0.0, left))
    return done


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
    coroutine = collector.collect()
    if not isinstance(coroutine, Coroutine):
        raise TypeError("says it is immediate, but collect is no coroutine function")
    try:
        coroutine.send(None)
    except StopIteration as end:
        return checked(_take(end.value, collector.schedule.max_samples), task.layout)
    coroutine.close()
    raise RuntimeError("awaits, though it says it is immediate")


def checked(returned: Returned, before: Layout = NOTHING) -> Round:
    """Take the readings as columns and count what is not a finite number.

    `before` is the layout of the round before. Raises BadReply for anything but readings.
    """
    twice = not_finite = 0
    misnamed: list[Series] = []
    readings: list[Reading] = returned.items
    try:
        layout, values = columns_of(readings, before)
        if not math.isfinite(sum(values)):
            readings = [reading for reading in readings if math.isfinite(reading[1])]
            not_finite = len(returned.items) - len(readings)
            layout, values = columns_of(readings, before)
    except (TypeError, ValueError, LookupError, AttributeError, OverflowError) as error:
        raise BadReply(f"returned something that is not a reading: {error}") from None
    if layout is not before:
        misnamed = [series for series in layout.series if not series.is_allowed]
        good = [reading for reading in readings if reading[0].is_allowed] if misnamed else readings
        single = _first_of_each(good)
        twice = len(good) - len(single)
        if misnamed or twice:
            layout, values = columns_of(single, before)
    return Round(
        layout=layout,
        values=values,
        twice=twice,
        wrong_name=len(misnamed),
        first_wrong_name=misnamed[0].line_key if misnamed else "",
        over_limit=returned.over,
        first_over=_series_text(returned.first_over),
        not_finite=not_finite,
    )


def _first_of_each(readings: list[Reading]) -> list[Reading]:
    """Return the readings without later values of a series: page and push must say the same."""
    found: dict[Series, float] = {}
    for series, value in readings:
        found.setdefault(series, value)
    return list(found.items())


async def _await(collector: Collector, limit: int) -> Returned:
    result = collector.collect()
    return _take(await result if isinstance(result, Awaitable) else result, limit)


def _call(collector: Collector, limit: int) -> Returned:
    result = collector.collect()
    if isinstance(result, Awaitable):
        raise TypeError("collect returned an awaitable, but is no coroutine function")
    return _take(result, limit)


def _take(result: Iterable[Any], limit: int) -> Returned:
    """Take at most `limit` readings and count the rest.

    A generator runs here, on its collector's thread.
    """
    if isinstance(result, list):
        if len(result) <= limit:
            return Returned(items=result)
        return Returned(items=result[:limit], over=len(result) - limit, first_over=result[limit])
    rest = iter(result)
    taken = list(itertools.islice(rest, limit))
    first = next(rest, None)
    more = sum(1 for _ in itertools.islice(rest, _DRAIN_LIMIT))
    return Returned(items=taken, over=more + (first is not None), first_over=first)


def _series_text(reading: object) -> str:
    series = reading[0] if isinstance(reading, tuple) and reading else None
    return series.prefix.strip()[:_MAX_SERIES] if isinstance(series, Series) else ""


def _ended(task: Task, work: asyncio.Future[Returned]) -> None:
    task.busy = False
    if not work.cancelled():
        work.exception()  # mark it as seen, so that asyncio does not log it

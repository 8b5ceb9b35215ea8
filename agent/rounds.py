"""One round of one collector: called within its deadline, and only readings are taken."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import itertools
import logging
import math
from array import array
from collections.abc import Awaitable, Coroutine, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from agent.interrupt import Interrupted
from agent.standstill import step_of
from agent.task import Task
from agent.threads import Threads
from collectors.base import (
    BadReply,
    CollectError,
    Collector,
    Late,
    Reading,
    Schedule,
    Series,
    Unreachable,
)
from collectors.batch import NOTHING, Columns, Layout, Parted, columns_of

log = logging.getLogger(__name__)

_MAX_SERIES: Final = 200
_DRAIN_LIMIT: Final = 10_000_000
"""Readings over a collector's limit are counted up to this many; an endless generator must end."""
_AFTER_PAUSE: Final = 5.0
"""Seconds after a pause in which a silent device does not count as silent: the network may need a
moment."""
MOST_EXCUSED: Final = 3
"""Silent rounds in a row that a pause excuses. In each the device had its whole time-out, so on a
machine that pauses again and again it must be told as silent at some time."""


class StoodStill(CollectError):
    """A coroutine that kept the event loop from all others, and was interrupted."""


class LeftOut(CollectError):
    """The collector is not called for a while, for it stood still."""


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
    parts: Mapping[str, Columns] = field(default_factory=dict)
    """Readings that are handed on apart, by the key of their part."""


_REST_SECONDS: Final = 60.0
"""Seconds for which a collector that stood still is not called; doubled each time in a row."""
_MOST_REST_SECONDS: Final = 3600.0
_MOST_DOUBLED: Final = 6

NO_READINGS: Final = Round(layout=NOTHING, values=array("d"))


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
    if earlier is not None:
        await asyncio.wait({earlier}, timeout=timeout)
        if not earlier.done():
            task.busy = False
            raise Unreachable("a call from before the reload has not come back")
    if inspect.iscoroutinefunction(collector.collect):
        work = asyncio.ensure_future(_await(task, limit))
    else:
        work = threads.submit(lambda: _call(collector, limit), key=task.source)
    work.add_done_callback(lambda done: _ended(task, done))
    try:
        done, _ = await asyncio.wait({work}, timeout=timeout)
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


async def _wait_for_thread(
    task: Task, threads: Threads, work: asyncio.Future[Returned]
) -> set[asyncio.Future[Returned]]:
    """Give a call that had to wait for a thread the rest of its whole time.

    Raises Late where it still waits.
    """
    began = threads.began(task.source)
    if began is None:
        threads.give_up(task.source, "no thread was free")
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
    _heed_rest(task)
    coroutine = collector.collect()
    if not isinstance(coroutine, Coroutine):
        raise TypeError("says it is immediate, but collect is no coroutine function")
    with _interruptible(task):
        try:
            coroutine.send(None)
        except StopIteration as end:
            returned = _take(end.value, collector.schedule.max_samples)
        else:
            coroutine.close()
            raise RuntimeError("awaits, though it says it is immediate")
    return checked(returned, task.layout)


def checked(
    returned: Returned, before: Layout = NOTHING, parts_before: Mapping[str, Layout] | None = None
) -> Round:
    """Take the readings as columns and count what is not a finite number.

    `before` is the layout of the round before, and `parts_before` those of its parts. Raises
    BadReply for anything but readings.
    """
    whole = returned.items
    if not isinstance(whole, Parted):
        return _checked(returned, before)
    known = parts_before or {}
    parts = {
        key: _checked(Returned(items=some), known.get(key, NOTHING)) for key, some in whole.parts()
    }
    rest = _checked(replace(returned, items=whole.rest()), before)
    every = (rest, *parts.values())
    return replace(
        rest,
        parts={key: (part.layout, part.values) for key, part in parts.items()},
        not_finite=sum(one.not_finite for one in every),
        twice=sum(one.twice for one in every),
        wrong_name=sum(one.wrong_name for one in every),
        first_wrong_name=next(filter(None, (one.first_wrong_name for one in every)), ""),
    )


def _checked(returned: Returned, before: Layout) -> Round:
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
    """Return the readings with one value for each series, the first: page and push must agree."""
    found: dict[Series, float] = {}
    for series, value in readings:
        found.setdefault(series, value)
    return list(found.items())


def _heed_rest(task: Task) -> None:
    """Raise LeftOut while the collector rests, for it stood still; the error says why."""
    if asyncio.get_running_loop().time() < task.rests_until:
        task.busy = False
        raise LeftOut(task.last_error)


@contextlib.contextmanager
def _interruptible(task: Task) -> Iterator[None]:
    """Have what runs here interrupted where it never yields: it raises StoodStill then.

    The collector rests after it, for each further try would cost all others some seconds. What the
    agent itself computes of the readings is never interrupted: it would be left half done.
    """
    if task.derived:
        yield
        return
    try:
        with step_of(task.label):
            yield
    except Interrupted as interrupted:
        rest = min(_REST_SECONDS * 2**task.stood_still, _MOST_REST_SECONDS)
        task.stood_still = min(task.stood_still + 1, _MOST_DOUBLED)
        task.rests_until = asyncio.get_running_loop().time() + rest
        said = f"kept all others waiting: {interrupted}; not called for {rest:g} s"
        log.warning("%s: %s", task.label, said)
        raise StoodStill(said) from None
    task.stood_still = 0


async def _await(task: Task, limit: int) -> Returned:
    with _interruptible(task):
        result = task.collector.collect()
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

"""When collectors are due."""

from __future__ import annotations

import asyncio
import gc
import time
import weakref
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import pytest
from apscheduler.schedulers import base

from agent.schedule import GridTrigger, Timetable, phases
from agent.task import Task
from collectors.base import Schedule
from tests.support import until

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


class Named:
    """A collector that is never called."""

    name: ClassVar[str] = "snmp"

    def __init__(self, device: str, interval: float) -> None:
        self.device, self.schedule = device, Schedule(interval=interval)

    async def collect(self) -> list[Any]:
        return []


def tasks(count: int, interval: float) -> list[Task]:
    return [Task(collector=Named(f"pdu-{n}", interval)) for n in range(count)]


def seconds(trigger: GridTrigger, previous: float | None, now: float) -> float:
    """Return the next time in seconds after noon."""
    before = None if previous is None else NOON + timedelta(seconds=previous)
    found = trigger.get_next_fire_time(before, NOON + timedelta(seconds=now))
    return (found - NOON).total_seconds()


@pytest.mark.parametrize(
    ("previous", "now", "due"),
    [
        (None, 0.0, 5.0),  # not before its first time
        (None, 5.0, 5.0),
        (None, 5.5, 15.0),  # the first is missed: the next of the grid 5, 15, 25 …
        (5.0, 5.1, 15.0),
        (5.0, 47.0, 55.0),  # 15, 25, 35 and 45 are missed; one round makes up for them all
        (15.0, 2.0, 25.0),  # the clock has gone back by 13 s
    ],
)
def test_a_grid_goes_on_at_its_next_time(previous: float | None, now: float, due: float) -> None:
    """Missed times are not made up one by one."""
    assert seconds(GridTrigger(NOON + timedelta(seconds=5), 10.0), previous, now) == due


def test_a_grid_is_moved_to_within_one_interval_of_another_time() -> None:
    """After a step of the clock the job is due within one interval, and its phase stays."""
    trigger = GridTrigger(NOON + timedelta(seconds=5), 10.0)
    for step in (-3600.0, 3600.0 * 24 * 3650 + 2.0):
        now = NOON + timedelta(seconds=step)
        wait = (trigger.moved(now).first - now).total_seconds()
        assert wait == (5.0 - step) % 10.0


def test_devices_are_spread_over_the_interval_alike_at_every_start() -> None:
    """Of 6000 devices every 60 s none of the 240 phases of 0.25 s has more than a hundred."""
    dealt = phases(tasks(6000, 60.0))
    assert dealt.keys() == phases(tasks(6000, 60.0)).keys()
    assert {interval for interval, _ in dealt} == {60.0}
    assert all(0.0 <= phase < 60.0 and phase % 0.25 == 0 for _, phase in dealt)
    assert len(dealt) == 240
    assert max(map(len, dealt.values())) <= 100
    assert sum(map(len, dealt.values())) == 6000


def test_what_has_no_device_shares_the_last_phase() -> None:
    """The kernel's files are read by one wake-up of each interval."""
    dealt = phases([Task(collector=Named("", 15.0)), Task(collector=Named("", 60.0))])
    assert {key: len(some) for key, some in dealt.items()} == {(15.0, 15.0): 1, (60.0, 60.0): 1}


async def test_a_step_of_the_wall_clock_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """An hour back, ten years ahead and back again: the job goes on at its interval."""
    shift = [0.0]
    fired: list[Sequence[Task]] = []

    def wall() -> float:
        return time.time() + shift[0]

    class Stepped(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return cls.fromtimestamp(wall(), tz)

    async def fire(due: Sequence[Task]) -> None:
        fired.append(due)

    monkeypatch.setattr(base, "datetime", Stepped)  # APScheduler has no clock of its own to give
    timetable = Timetable(fire, wall_clock=wall, monotonic=time.monotonic)
    timetable.add(tasks(1, 0.2))
    timetable.start()
    try:
        for step in (0.0, -3600.0, 10 * 365 * 86400.0, 0.0):
            shift[0] = step
            fired.clear()
            await until(lambda: len(fired) >= 3, what=f"three rounds after a step to {step}")
            await asyncio.sleep(0)
    finally:
        timetable.stop()


@pytest.mark.parametrize("fails", [False, True])
async def test_a_stop_is_told_as_no_error(caplog: pytest.LogCaptureFixture, fails: bool) -> None:
    """One job is under way and one has not begun when the timetable stops: neither is in the log.

    What a job itself raises is.
    """
    begun = asyncio.Event()

    async def fire(_: Sequence[Task]) -> None:
        begun.set()
        if fails:
            raise ValueError("of the job")
        await asyncio.sleep(3600)

    timetable = Timetable(fire, wall_clock=time.time, monotonic=time.monotonic)
    timetable.add(tasks(1, 0.25))
    timetable.start()
    await asyncio.wait_for(begun.wait(), 60)
    (job,) = timetable._scheduler.get_jobs()
    job.max_instances = 2
    timetable._scheduler._lookup_executor("default").submit_job(job, [NOON])
    timetable.stop()
    for _ in range(5):
        await asyncio.sleep(0)
    assert ("of the job" in caplog.text) == fails
    assert "CancelledError" not in caplog.text


async def test_what_is_due_when_it_stops_keeps_nothing_alive() -> None:
    """A job has become due, and its turn comes after the stop: no round, and no look at the clock.

    Otherwise each reload of a config could leave a timetable that is woken for ever.
    """
    fired: list[Sequence[Task]] = []

    async def fire(due: Sequence[Task]) -> None:
        fired.append(due)

    timetable = Timetable(fire, wall_clock=time.time, monotonic=time.monotonic)
    timetable.add(tasks(1, 3600.0))
    timetable.start()
    (job,) = timetable._scheduler.get_jobs()
    timetable._scheduler._lookup_executor("default").submit_job(job, [NOON])
    timetable.stop()
    left = weakref.ref(timetable)
    del timetable, job
    for _ in range(5):
        await asyncio.sleep(0)
    gc.collect()
    assert (fired, left()) == ([], None)

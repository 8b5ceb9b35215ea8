"""Collectors that do what a test says, and a runner with them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, ClassVar, Final

from prometheus_client import CollectorRegistry

from agent.runner import Runner
from agent.selfmetrics import SelfMetrics
from agent.snapshot import Snapshot
from collectors.base import Metric, Schedule
from collectors.catalogue.agent import COLLECTOR_SUCCESS
from tests.support import HANGS

VALUE = Metric(
    namespace="t", subsystem="x", name="value", type="gauge", help="Value.", labels=("who",)
)


UP = Metric(namespace="t", subsystem="x", name="up", type="gauge", help="Up.", labels=("who",))

UNHURRIED: Final = {"interval": 10 * HANGS, "timeout": 5 * HANGS}
"""A schedule by which nothing is late and no value expires, also where the machine stands still.

A collector that hangs, or is to be called again and again, has one of its own.
"""


class Fake:
    """A blocking collector that does what a test says."""

    name: ClassVar[str] = "fake"

    def __init__(self, device: str, does: Callable[[], Any], **schedule: Any) -> None:
        self.device = device
        self.schedule = Schedule(**{**UNHURRIED, **schedule})
        self.does = does
        self.up_series = [UP.series(device)]

    def collect(self) -> Any:
        return self.does()


class AsyncFake(Fake):
    """The same as a coroutine."""

    async def collect(self) -> Any:
        result = self.does()
        return await result if asyncio.iscoroutine(result) else result


def good(device: str, **schedule: Any) -> Fake:
    return Fake(device, lambda: [(VALUE.series(device), 1.0), (UP.series(device), 1.0)], **schedule)


def raising(error: BaseException) -> Callable[[], Any]:
    def does() -> Any:
        raise error

    return does


def make(*collectors: Any, **clocks: Any) -> tuple[Runner, Snapshot, CollectorRegistry]:
    snapshot, registry = Snapshot(), CollectorRegistry()
    runner = Runner(snapshot=snapshot, metrics=SelfMetrics(registry), **clocks)
    runner.add(collectors)
    return runner, snapshot, registry


async def run_until_told(runner: Runner, snapshot: Snapshot, device: str) -> float:
    """Run rounds until one tells how a device is doing; return its success, 0 or 1.

    A round in which no thread was free in time tells nothing: a slow machine has such rounds.
    """
    async with asyncio.timeout(HANGS):
        while (told := snapshot.value(COLLECTOR_SUCCESS.series("fake", device))) is None:
            await runner.run_once()
    return told


class ImmediateFake(AsyncFake):
    """One that says it never awaits."""

    immediate: ClassVar[bool] = True

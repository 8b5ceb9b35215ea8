"""A collector that finds nothing on this machine is asked less often."""

from __future__ import annotations

import asyncio
from typing import Any

from collectors.base import NoData
from collectors.catalogue.agent import COLLECTOR_SUCCESS
from tests.agent.fakes import VALUE, Fake, make
from tests.support import HANGS


async def test_a_collector_that_finds_nothing_looks_once_a_minute() -> None:
    """Half of a node's collectors have no such hardware. What turns up is seen within a minute, and
    its status stays on the page meanwhile.
    """
    looked: list[str] = []
    here: list[bool] = []

    def none() -> Any:
        looked.append("none")
        if not here:
            raise NoData("no such chip")
        return [(VALUE.series("chip"), 1.0)]

    def some() -> Any:
        looked.append("some")
        return [(VALUE.series("cpu"), 1.0)]

    class Absent(Fake):
        name = "absent"

    schedule = {"interval": 15.0, "timeout": 5.0}
    absent, present = Absent("", none, **schedule), Fake("", some, **schedule)
    now = [0.0]
    runner, snapshot, _ = make(absent, present)
    snapshot._monotonic = lambda: now[0]
    await runner.run_once()

    async def rounds(count: int) -> None:
        for _ in range(count):
            now[0] += 15.0
            await runner._fire(runner._tasks)
            async with asyncio.timeout(HANGS):
                while runner._under_way:
                    await asyncio.sleep(0)

    await rounds(1)
    looked.clear()
    await rounds(8)
    assert (looked.count("none"), looked.count("some")) == (2, 8)
    await rounds(3)
    assert snapshot.value(COLLECTOR_SUCCESS.series("absent", "")) == 1.0
    here.append(True)
    await rounds(1)
    assert snapshot.value(VALUE.series("chip")) == 1.0
    looked.clear()
    await rounds(4)
    assert looked.count("none") == 4

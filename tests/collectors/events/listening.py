"""The collectors that listen for events, run beside the programs that send them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from collectors.base import Context, Place
from tests.support import HANGS


def context(folder: Path) -> Context:
    """Return the place of the site, and the folder that events are kept in."""
    place = Place(hub="lyon", site="s1", row="", rack="")
    racks = {"A07": Place(hub="lyon", site="s1", row="A", rack="A07")}
    return Context(node="gw", place=place, racks=racks, state_dir=folder / "state")


@asynccontextmanager
async def listening(kind: Any, found: object, folder: Path) -> AsyncIterator[Any]:
    """Run the collector of a section."""
    (collector,) = kind.build(found, context(folder))
    await collector.collect()
    try:
        yield collector
    finally:
        collector.close()
        await asyncio.sleep(0)


async def told(collector: Any, count: int) -> dict[tuple[str, str], float]:
    """Wait until so many events were heard; returns the readings by metric and event."""
    found: dict[tuple[str, str], float] = {}

    async def heard() -> bool:
        found.clear()
        for series, value in await collector.collect():
            found[series.metric.name, series.label("event")] = value
        events = (value for (name, _), value in found.items() if name == "events_total")
        return sum(events) >= count

    await _until(heard, lambda: f"{found} {collector.dropped}")
    return found


async def refused(collector: Any, reason: str, count: int = 1) -> None:
    """Wait until so much was refused for a reason."""

    async def counted() -> bool:
        return bool(collector.dropped.get(reason, 0) >= count)

    await _until(counted, lambda: str(dict(collector.dropped)))


async def _until(true: Callable[[], Awaitable[bool]], state: Callable[[], str]) -> None:
    """Wait for a condition; where it never comes true, the error says how things stood."""
    with_end = asyncio.get_running_loop().time() + HANGS
    while not await true():
        assert asyncio.get_running_loop().time() < with_end, state()
        await asyncio.sleep(0.02)

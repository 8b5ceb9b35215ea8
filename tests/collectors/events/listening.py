"""The collectors that listen for events, run beside the programs that send them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from collectors.base import Context, Place


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

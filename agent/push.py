"""The sinks that a config names, as one consumer of batches."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from prometheus_client import CollectorRegistry

from agent.config import Config
from agent.sinks.base import Sink, Surroundings
from collectors.base import Batch


class Push:
    """Every sink gets every batch."""

    def __init__(self, config: Config, *, state_dir: Path, registry: CollectorRegistry) -> None:
        around = Surroundings(state_dir=state_dir, tags=config.push_tags, registry=registry)
        self._sinks: Final[Sequence[Sink]] = [
            section.kind.build(section.config, around) for section in config.outputs.sinks
        ]

    def start(self) -> None:
        """Start every sink; raises ConfigError where one cannot run at all."""
        for sink in self._sinks:
            sink.start()

    def accept(self, batch: Batch) -> None:
        """Hand a batch to every sink."""
        for sink in self._sinks:
            sink.accept(batch)

    async def stop(self, seconds: float) -> None:
        """Return once everything accepted is on disk, after `seconds` at the latest."""
        await asyncio.gather(*(stopped(sink, seconds) for sink in self._sinks))


async def stopped(sink: Sink, seconds: float) -> None:
    """Stop one sink on a thread; go on without it where it does not keep its time."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(asyncio.to_thread(sink.stop, seconds), seconds + 0.5)

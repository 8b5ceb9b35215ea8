"""The sinks that a config names, as one consumer of batches."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Final, NamedTuple

from prometheus_client.registry import CollectorRegistry

from agent.config import Config
from agent.sinks.base import Ending, HearsEndings, Sink, Surroundings
from agent.sinks.output import Filter, Output
from agent.sinks.presence import Presence
from agent.sinks.pushed_series import Pushed, PushedSeries, left_over
from collectors.base import Batch
from collectors.batch import NOTHING

_LOOK_SECONDS: Final = 0.25
"""How often silent sources are looked for."""


class _Way(NamedTuple):
    """A sink, and what goes to it."""

    sink: Sink
    filter: Filter


class Push:
    """Hands every sink what it wants of every batch; sinks that take endings get those as well.

    Each has a spool and a thread of its own, so none waits for another.
    """

    def __init__(
        self,
        config: Config,
        *,
        state_dir: Path,
        registry: CollectorRegistry,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        around = Surroundings(state_dir=state_dir, tags=config.push_tags, registry=registry)
        self._ways: Final = [
            _Way(
                section.kind.build(section.config, around), _filter_of(section.config, around.tags)
            )
            for section in config.outputs.sinks
        ]
        self._hearers: Final = [
            (way.sink, way.filter) for way in self._ways if isinstance(way.sink, HearsEndings)
        ]
        self._path: Final = state_dir / "pushed-series"
        self._file: PushedSeries | None = None
        self._former: list[Pushed] | None = None
        """What an agent that was killed has pushed, until it has ended or is pushed again."""
        self._presence = Presence()
        self._wall_clock: Final = wall_clock
        self._now: Callable[[], float] = time.monotonic
        self._looking: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start every sink; raises ConfigError where one cannot run at all."""
        for way in self._ways:
            way.sink.start()
        if self._hearers:
            # The loop's own clock: while the agent itself stands still, no source is silent.
            self._now = asyncio.get_running_loop().time
            self._file = PushedSeries(self._path)
            self._presence = Presence(self._file.note)
            reading = self._file.read()  # before anything of this agent stands in it
            self._looking = asyncio.create_task(self._look(self._file, reading))

    def accept(self, batch: Batch) -> None:
        """Hand every sink what it wants of a batch."""
        for way in self._ways:
            some = way.filter.batch(batch)
            if some is not None:
                way.sink.accept(some)
        if self._hearers:
            ending = self._presence.note(batch, self._now())
            if ending is not None:
                self._tell([ending])

    async def _look(self, file: PushedSeries, reading: Future[list[Pushed]]) -> None:
        """Tell which sources have become silent, those of an agent that was killed as well."""
        began = self._now()
        self._former = await asyncio.wrap_future(reading)
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            self._tell(self._presence.silent(self._now()))
            if self._former:
                seconds = self._now() - began
                due = [one for one in self._former if one.patience <= seconds]
                if due:
                    await self._end(due, file)
                    self._former = [one for one in self._former if one.patience > seconds]
            elif file.is_long:
                file.rewrite(self._presence.present())

    async def _end(self, former: list[Pushed], file: PushedSeries) -> None:
        """End what was pushed by an agent that was killed, and is not pushed again."""
        present = self._presence.present()
        layouts = [one.layout for one in present]
        self._tell(await asyncio.to_thread(left_over, former, layouts, self._wall_clock()))
        known = {one.source for one in present}
        for one in former:
            if one.source not in known:
                file.note(replace(one, layout=NOTHING))

    def _tell(self, endings: Iterable[Ending]) -> None:
        for ending in endings:
            for hearer, wanted in self._hearers:
                hearer.ended(replace(ending, layout=wanted.layout(ending.layout)))

    async def stop(self, seconds: float) -> None:
        """Return once everything accepted is on disk, after `seconds` at the latest."""
        if self._looking is not None:
            self._looking.cancel()
            self._tell(self._presence.all(self._wall_clock()))
        await asyncio.gather(*(stopped(way.sink, seconds) for way in self._ways))
        if self._file is not None:
            if self._former is not None:
                self._file.rewrite(self._former)
            await asyncio.to_thread(self._file.close, 1.0)


async def stopped(sink: Sink, seconds: float) -> None:
    """Stop one sink on a thread; go on without it where it does not keep its time."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(asyncio.to_thread(sink.stop, seconds), seconds + 0.5)


def _filter_of(config: object, tags: Mapping[str, str]) -> Filter:
    return Filter(config if isinstance(config, Output) else Output(), tags)

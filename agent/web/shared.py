"""One rendered page of /metrics for all who scrape at the same time.

A page is shared while it is being made, and then for as long as its making took, a second at most.
So at least half of the time is left for other work, however many scrape. A slow reader keeps its
page in memory, so the number of pages is limited.
"""

from __future__ import annotations

import asyncio
import time
import zlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Final
from weakref import WeakSet

from agent.part import WHOLE, Part
from agent.snapshot import Snapshot
from agent.web import exposition
from agent.web.response import Parts

PART_BYTES: Final = 2**16
MOST_PAGES: Final = 6
"""How many pages may be in memory at once, all formats together."""
_AT_ONCE: Final = 4
"""How many pages may be in the making at once: they differ in format, compression or part."""
_SHARED_SECONDS: Final = 1.0
"""How long a finished page is shared at most."""
_AT_MOST_SECONDS: Final = 5.0
"""The same, while slow readers hold `MOST_PAGES` pages."""
_GZIP_LEVEL: Final = 1
"""A whole hub's page takes 0.10 s, against 3.8 s at level 9, and is a third longer."""
_ON_THREAD: Final = 2**18
"""Bytes. A piece of at least this size is compressed on a thread; zlib releases the interpreter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    """A page, when it was ready, and how long it took; seconds of a monotonic clock."""

    page: Parts
    time: float
    took: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a scrape asks for: the format, whether it is compressed, and which part of the page."""

    openmetrics: bool = False
    zipped: bool = False
    part: Part = WHOLE


_Gone = Callable[[], bool]
"""Tells whether the client that waits for a page has given up."""


class _Making:
    """A page that is being made, and for whom."""

    def __init__(self) -> None:
        self.task: asyncio.Task[Parts]
        self.waiting: Final[list[_Gone]] = []

    @property
    def given_up(self) -> bool:
        """Whether no client waits for it any more."""
        return all(gone() for gone in self.waiting)


class SharedPages:
    """Renders pages of a snapshot, each once for all who want it."""

    def __init__(
        self, snapshot: Snapshot, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._snapshot: Final = snapshot
        self._monotonic: Final = monotonic
        self._making: Final[dict[Wanted, _Making]] = {}
        self._made: Final[dict[Wanted, _Made]] = {}
        self._alive: Final[WeakSet[Parts]] = WeakSet()
        self._turns: Final = asyncio.Semaphore(_AT_ONCE)

    async def page(self, wanted: Wanted, gone: _Gone = lambda: False) -> Parts:
        """Return a page; an empty one if every client that waited for it has gone meanwhile.

        `gone` tells whether the client of this call has gone.
        """
        made = self._made.get(wanted)
        if made is not None and self._monotonic() < made.time + self._shared_for(made):
            return made.page
        making = self._making.get(wanted)
        if making is None:
            making = self._making[wanted] = _Making()
            making.task = asyncio.create_task(self._make(wanted, making))
        making.waiting.append(gone)
        return await asyncio.shield(making.task)

    def _shared_for(self, made: _Made) -> float:
        if len(self._alive) >= MOST_PAGES:
            return _AT_MOST_SECONDS
        return min(made.took, _SHARED_SECONDS)

    async def _make(self, wanted: Wanted, making: _Making) -> Parts:
        try:
            async with self._turns:
                return await self._rendered(wanted, making)
        finally:
            del self._making[wanted]  # no await in between: a later client gets a new page

    async def _rendered(self, wanted: Wanted, making: _Making) -> Parts:
        began = self._monotonic()
        self._make_room()
        pieces = _pieces(self._snapshot, wanted)
        if wanted.zipped:
            pieces = _compressed(pieces)
        parts: list[bytes] = []
        async for part in _in_parts(pieces):
            if making.given_up:
                return Parts(parts=[])
            parts.append(part)
        page = Parts(parts=parts, made=began)
        self._alive.add(page)
        now = self._monotonic()
        self._made[wanted] = _Made(page=page, time=now, took=now - began)
        asyncio.get_running_loop().call_later(_SHARED_SECONDS, self._forget, wanted, now)
        return page

    def _forget(self, wanted: Wanted, time: float) -> None:
        """Stop sharing a page, unless slow readers hold so many that it is shared for longer."""
        made = self._made.get(wanted)
        if made is None or made.time != time:
            return
        if self._monotonic() < made.time + self._shared_for(made):
            asyncio.get_running_loop().call_later(_SHARED_SECONDS, self._forget, wanted, time)
        else:
            del self._made[wanted]

    def _make_room(self) -> None:
        """If there are `MOST_PAGES` pages, cut the readers of the oldest one that is being read."""
        newest = {id(made.page) for made in self._made.values()}
        held = [page for page in self._alive if page.readers and id(page) not in newest]
        if len(self._alive) >= MOST_PAGES and held:
            for cut in list(min(held, key=lambda page: page.made).readers):
                cut()


async def _pieces(snapshot: Snapshot, wanted: Wanted) -> AsyncIterator[bytes]:
    """Yield the page piece by piece; after a long piece, other requests get their turn."""
    for piece in exposition.pieces(snapshot, openmetrics=wanted.openmetrics, part=wanted.part):
        yield piece
        if len(piece) >= PART_BYTES:
            await asyncio.sleep(0)


async def _compressed(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Compress as gzip, a piece at a time."""
    packer = zlib.compressobj(_GZIP_LEVEL, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    async for piece in pieces:
        if len(piece) < _ON_THREAD:
            yield packer.compress(piece)
        else:
            yield await asyncio.to_thread(packer.compress, piece)
    yield packer.flush()


async def _in_parts(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Yield the same bytes in parts of one size; the last one may be shorter."""
    waiting = bytearray()
    async for piece in pieces:
        waiting += piece
        while len(waiting) >= PART_BYTES:
            yield bytes(waiting[:PART_BYTES])
            del waiting[:PART_BYTES]
    if waiting:
        yield bytes(waiting)

"""One rendered page of /metrics for all who scrape at the same time.

A page is shared while it is being made, and then for as long as its making took, a second at most.
So however many scrape, half of the time at least is left for other work. A slow reader keeps its
page in memory; so there are a few pages at most.
"""

from __future__ import annotations

import asyncio
import time
import zlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Final
from weakref import WeakSet

from agent.snapshot import Snapshot
from agent.web import exposition
from agent.web.response import Parts

PART_BYTES: Final = 2**16
MOST_PAGES: Final = 6
"""How many pages may be in memory at once, all formats together."""
_SHARED_SECONDS: Final = 1.0
_AT_MOST_SECONDS: Final = 5.0
"""How old a shared page may be where slow readers hold as many as there may be."""
_GZIP_LEVEL: Final = 1
"""A whole hub's page takes 0.10 s, against 3.8 s at level 9, and is a third longer."""
_ON_THREAD: Final = 2**18
"""From so many bytes on, a piece is compressed on a thread; zlib releases the interpreter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    """A page, when it was ready, and how long it took; seconds of a monotonic clock."""

    page: Parts
    time: float
    took: float


Kind = tuple[bool, bool]
"""Whether a page is OpenMetrics, and whether it is compressed."""


class SharedPages:
    """Renders pages of a snapshot, each once for all who want it."""

    def __init__(
        self, snapshot: Snapshot, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._snapshot: Final = snapshot
        self._monotonic: Final = monotonic
        self._making: Final[dict[Kind, asyncio.Task[Parts]]] = {}
        self._made: Final[dict[Kind, _Made]] = {}
        self._alive: Final[WeakSet[Parts]] = WeakSet()

    async def page(self, *, openmetrics: bool, zipped: bool) -> Parts:
        """Return the page, in the text format or OpenMetrics, as it is or compressed."""
        kind = (openmetrics, zipped)
        made = self._made.get(kind)
        if made is not None and self._monotonic() < made.time + self._shared_for(made):
            return made.page
        task = self._making.get(kind)
        if task is None:
            task = self._making[kind] = asyncio.create_task(self._make(kind))
            task.add_done_callback(lambda _: self._making.pop(kind, None))
        return await asyncio.shield(task)

    def _shared_for(self, made: _Made) -> float:
        if len(self._alive) >= MOST_PAGES:
            return _AT_MOST_SECONDS
        return min(made.took, _SHARED_SECONDS)

    async def _make(self, kind: Kind) -> Parts:
        began = self._monotonic()
        self._make_room()
        pieces = _pieces(self._snapshot, openmetrics=kind[0])
        if kind[1]:
            pieces = _compressed(pieces)
        page = Parts(parts=[part async for part in _in_parts(pieces)], made=began)
        self._alive.add(page)
        now = self._monotonic()
        self._made[kind] = _Made(page=page, time=now, took=now - began)
        asyncio.get_running_loop().call_later(_SHARED_SECONDS, self._forget, kind, now)
        return page

    def _forget(self, kind: Kind, time: float) -> None:
        """Give a page back, unless slow readers hold so many that it is shared for longer."""
        made = self._made.get(kind)
        if made is None or made.time != time:
            return
        if self._monotonic() < made.time + self._shared_for(made):
            asyncio.get_running_loop().call_later(_SHARED_SECONDS, self._forget, kind, time)
        else:
            del self._made[kind]

    def _make_room(self) -> None:
        """End the readers of the oldest page where there are as many pages as there may be."""
        newest = {id(made.page) for made in self._made.values()}
        held = [page for page in self._alive if page.readers and id(page) not in newest]
        if len(self._alive) >= MOST_PAGES and held:
            for cut in list(min(held, key=lambda page: page.made).readers):
                cut()


async def _pieces(snapshot: Snapshot, *, openmetrics: bool) -> AsyncIterator[bytes]:
    """Yield the page, one metric after the other; other requests get a turn after a long one."""
    for piece in exposition.pieces(snapshot, openmetrics=openmetrics):
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

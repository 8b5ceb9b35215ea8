"""A chunk: all batches handed over within a moment, as the bytes that are stored and sent."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A batch as a sink has rendered it. `time` is the batch's, in seconds since the epoch."""

    time: float
    samples: int
    data: bytes
    key: Hashable = None


@dataclass(slots=True, kw_only=True, eq=False)
class Chunk:
    """Some samples that wait together. Only the sink knows how to read `payload`.

    `id` is the running count of samples ever spooled, this chunk's included: so ids ascend without
    gaps, and the difference of two is a number of samples. It is 0 while the chunk is only in
    memory. `time` is its oldest batch's, in seconds since the epoch; `raw` is its size in bytes
    before it was packed.
    """

    time: float
    samples: int
    raw: int
    payload: bytes
    id: int = 0

    @property
    def crc(self) -> int:
        """Return the checksum over everything that is stored of the chunk."""
        head = f"{self.id},{self.time!r},{self.samples},{self.raw};".encode()
        return zlib.crc32(self.payload, zlib.crc32(head))


def make_chunk(items: Sequence[Rendered], pack: Callable[[Sequence[bytes]], bytes]) -> Chunk:
    """Make one chunk of rendered batches."""
    parts = [item.data for item in items]
    return Chunk(
        time=float(min(item.time for item in items)),
        samples=sum(item.samples for item in items),
        raw=sum(map(len, parts)),
        payload=pack(parts),
    )

"""The part of a spool that is in memory: bounded, and every sample in exactly one place.

Nothing here is locked; whoever calls holds the spool's lock.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Final

from agent.sinks.chunk import Chunk, Rendered


class Memory:
    """Samples on their way to the disk or, while there is none, to the database.

    A batch begins in `pending`. The writer packs some into a chunk, which then waits in `ring`
    until it is on disk. Chunks in the hands of the writer are in `writing`, those that a request
    carries in `lent`; neither is dropped.
    """

    def __init__(self, most: int, *, drop_oldest: bool) -> None:
        self.bytes = 0
        """What all of it takes: rendered bytes while pending, packed bytes from then on."""
        self.pending: Final[deque[Rendered]] = deque()
        self.ring: Final[deque[Chunk]] = deque()
        self.writing: list[Chunk] = []
        self.lent: list[Chunk] = []
        self._most: Final = most
        self._drop_oldest: Final = drop_oldest
        self._packing = 0

    @property
    def samples(self) -> int:
        """How many samples are only in memory."""
        pending = sum(item.samples for item in self.pending)
        return pending + self._packing + sum(chunk.samples for chunk in self._chunks())

    def _chunks(self) -> Iterator[Chunk]:
        yield from self.ring
        yield from self.writing
        yield from self.lent

    def times(self) -> Iterator[float]:
        """Yield the times of what waits here."""
        for chunk in (*self.ring, *self.writing):
            yield chunk.time
        for item in self.pending:
            yield item.time

    def add(self, item: Rendered) -> int:
        """Take a batch; returns how many samples had to be dropped for it."""
        self.pending.append(item)
        self.bytes += len(item.data)
        dropped = 0
        while self.bytes > self._most and (self.pending or self.ring):
            dropped += self._drop_one()
        return dropped

    def _drop_one(self) -> int:
        """Drop one chunk or batch by the stated policy; returns its samples. The ring is older."""
        if self.ring and (self._drop_oldest or not self.pending):
            chunk = self.ring.popleft() if self._drop_oldest else self.ring.pop()
            self.bytes -= len(chunk.payload)
            return chunk.samples
        item = self.pending.popleft() if self._drop_oldest else self.pending.pop()
        self.bytes -= len(item.data)
        return item.samples

    def take_pending(self, size: int) -> list[Rendered]:
        """Take the oldest batches out, of `size` bytes in all or a little more, to be packed.

        No two have the same key, unless that is None.
        """
        items: list[Rendered] = []
        keys: set[Hashable] = set()
        taken = 0
        while self.pending and taken < size and self.pending[0].key not in keys:
            items.append(self.pending.popleft())
            taken += len(items[-1].data)
            if items[-1].key is not None:
                keys.add(items[-1].key)
        self._packing = sum(item.samples for item in items)
        return items

    def put_packed(self, chunk: Chunk) -> None:
        """Take the chunk that was made of the batches taken last."""
        self._packing = 0
        self.bytes += len(chunk.payload) - chunk.raw
        self.ring.append(chunk)

    def begin_writing(self, most: int) -> list[Chunk]:
        """Hand the oldest chunks to the writer, where they cannot be dropped.

        They have at most so many bytes together; one that is larger goes alone.
        """
        left = most
        while self.ring and (not self.writing or len(self.ring[0].payload) <= left):
            self.writing.append(self.ring.popleft())
            left -= len(self.writing[-1].payload)
        return self.writing

    def end_writing(self, *, written: bool) -> None:
        """Forget what the writer has written, or take it back."""
        if written:
            self.bytes -= sum(len(chunk.payload) for chunk in self.writing)
        else:
            self.ring.extendleft(reversed(self.writing))
        self.writing = []

    def lend(self, max_raw: int, fit: Callable[[Sequence[bytes]], int] = len) -> list[Chunk]:
        """Lend a request the oldest chunks: at most so many bytes unpacked, at least one.

        `fit` says how many of their payloads may go together.
        """
        chunks: list[Chunk] = []
        raw = 0
        while self.ring and (not chunks or raw + self.ring[0].raw <= max_raw):
            chunks.append(self.ring.popleft())
            raw += chunks[-1].raw
        some = fit([chunk.payload for chunk in chunks])
        self.ring.extendleft(reversed(chunks[some:]))
        del chunks[some:]
        self.lent = chunks
        return chunks

    def take_back(self) -> None:
        """Take back what a request did not get to its database."""
        self.ring.extendleft(reversed(self.lent))
        self.lent = []

    def forget_lent(self) -> int:
        """Forget what a request has delivered; returns its samples."""
        samples = sum(chunk.samples for chunk in self.lent)
        self.bytes -= sum(len(chunk.payload) for chunk in self.lent)
        self.lent = []
        return samples

    def clear(self) -> int:
        """Forget everything; returns how many samples that were."""
        lost = self.samples
        self.pending.clear()
        self.ring.clear()
        self._packing = 0
        return lost

"""The spool: all that waits for the database, on disk where that is possible, else in memory.

    put() ──► pending ──(writer thread, at most `window` later)──► chunk ──► a synced commit
                        disk full or failing: the chunk stays in memory, tried again every second
    disk, or memory if the disk cannot be read ──► oldest() … done() or release()

`put` only appends to a list, so it may be called on the event loop. Memory is bounded: beyond
`memory_bytes` samples are dropped by the stated policy, and counted. What a chunk's bytes mean, the
spool does not know: `pack` is the sink's.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from agent.sinks.accounts import Accounts, Lease, SpoolState
from agent.sinks.chunk import Chunk, Rendered, make_chunk
from agent.sinks.disk import RETRY, Disk
from agent.sinks.memory import Memory
from agent.sinks.rows import DeadLetter
from agent.sinks.store import Store
from collectors.strict import Size

log: Final = logging.getLogger("hubgauge.spool")

WINDOW: Final = 0.1
"""Seconds in which batches gather for one synced commit; what a crash may cost."""
MEMORY: Final = 32 * 2**20
"""Bytes that may wait in memory."""
CHUNK_RAW: Final = 512 * 1024
"""Bytes before packing after which a chunk is full."""

WhenFull = Literal["drop_oldest", "drop_newest"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SpoolConfig:
    """What waits on disk for the database."""

    max_bytes: Size = 2 * 2**30
    when_full: WhenFull = "drop_oldest"


class Spool:
    """A bounded queue of rendered samples that outlives the process."""

    def __init__(
        self,
        path: Path,
        *,
        pack: Callable[[Sequence[bytes]], bytes],
        max_bytes: int,
        when_full: WhenFull = "drop_oldest",
        memory_bytes: int = MEMORY,
        window: float = WINDOW,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.max_bytes: Final = max_bytes
        self.name: Final = f"spool {path}"
        self.work: Final = threading.Event()  # set whenever there may be something to send
        self._pack: Final = pack
        self._window: Final = window
        self._monotonic: Final = monotonic
        self._memory: Final = Memory(memory_bytes, drop_oldest=when_full == "drop_oldest")
        self._accounts: Final = Accounts(self._memory)
        store = Store(path, max_bytes=max_bytes, when_full=when_full)
        self.disk: Final = Disk(store, self._accounts, name=self.name, monotonic=monotonic)
        self._closing = False
        self._thread: threading.Thread | None = None

    # From start to end

    def start(self) -> None:
        """Lock and open the spool, and begin to write.

        Raises SpoolLocked if another process holds it. Whatever else is wrong, from a damaged file
        to a full disk, is dealt with while running.
        """
        self.disk.start()
        if self.has_waiting:
            self.work.set()
        self._thread = threading.Thread(target=self._write_loop, name="spool", daemon=True)
        self._thread.start()

    def close(self, timeout: float) -> bool:
        """Write everything handed over to disk; returns whether that was done in time.

        What was not written in time is counted as dropped.
        """
        deadline = self._monotonic() + timeout
        with self._accounts.lock:
            self._closing = True
            self._accounts.take_back()
            self._accounts.lock.notify_all()
        self.work.set()
        if self._thread is not None:
            self._thread.join(max(0.0, timeout))
        self.disk.close(max(0.05, deadline - self._monotonic()))
        with self._accounts.lock:
            lost = self._memory.clear()
            self._accounts.dropped["memory"] += lost
        if lost:
            log.error(
                "%s: %d samples in memory could not be written before the end", self.name, lost
            )
        return not lost

    # Handing over

    def put(self, when: float, data: bytes, samples: int, key: Hashable = None) -> None:
        """Take a rendered batch. Never blocks, never raises.

        A chunk gets at most one batch of each `key`, and any number without one.
        """
        accounts = self._accounts
        with accounts.lock:
            accounts.collected += samples
            if self._closing:
                accounts.dropped["memory"] += samples
                return
            accounts.dropped["memory"] += self._memory.add(
                Rendered(time=when, samples=samples, data=data, key=key)
            )
            if len(self._memory.pending) == 1:
                accounts.lock.notify_all()

    # Writing

    def _write_loop(self) -> None:
        while True:
            closing = self._wait_for_work()
            try:
                self.write_now(force=closing)
            except Exception:  # the thread must live: what waits is still there and is tried again
                log.exception("%s: unexpected error", self.name)
                time.sleep(RETRY)
            if closing:
                return

    def _wait_for_work(self) -> bool:
        """Wait for batches, then until enough have gathered; returns whether the spool closes."""
        lock = self._accounts.lock
        with lock:
            while not self._memory.pending and not self._closing:
                if not lock.wait(self.disk.until_retry()):
                    break
            if not self._closing and self._memory.bytes < CHUNK_RAW:
                lock.wait_for(lambda: self._closing, self._window)
            return self._closing

    def write_now(self, *, force: bool = True) -> None:
        """Pack what was handed over and write it; `force` tries a disk that has just failed too."""
        while True:
            with self._accounts.lock:
                items = self._memory.take_pending(CHUNK_RAW)
            if not items:
                break
            chunk = make_chunk(items, self._pack)
            with self._accounts.lock:
                self._memory.put_packed(chunk)
        self.disk.write(force=force)
        if self.has_waiting:
            self.work.set()

    # Sending

    def oldest(self, max_raw: int, fit: Callable[[Sequence[bytes]], int] = len) -> list[Chunk]:
        """Lease the oldest chunks, up to so many bytes before packing; empty if nothing waits.

        `fit` says how many of their payloads may go together. `done` or `release` ends the lease.
        Rows that cannot be reached at present do not hold up those in memory.
        """
        accounts = self._accounts
        with self.disk.lock:
            chunks = self.disk.read(max_raw)
            del chunks[fit([chunk.payload for chunk in chunks]) :]
            with accounts.lock:
                from_memory = not chunks and not self._closing
                if from_memory:
                    chunks = self._memory.lend(max_raw, fit)
                accounts.lease = Lease(
                    chunks=chunks, from_memory=from_memory, dropped=accounts.lease.dropped
                )
            return chunks

    def done(
        self, chunks: Sequence[Chunk], dead: Sequence[DeadLetter] = (), dead_samples: int = 0
    ) -> None:
        """End a lease whose chunks the database has taken, except some dead letters."""
        accounts, store = self._accounts, self.disk.store
        with self.disk.lock:
            if dead:
                self.disk.keep_dead_letters(dead)
            if chunks is not accounts.lease.chunks:
                return  # the file was set aside meanwhile, or the spool closes: they wait again
            before = store.base
            if not accounts.lease.from_memory:
                store.advance(max((chunk.id for chunk in chunks), default=0))
            with accounts.lock:
                accounts.delivered(from_disk=store.base - before, dead=dead_samples)
                accounts.on_disk = store.waiting

    def release(self) -> None:
        """End a lease without an outcome: its chunks wait on, except those dropped meanwhile."""
        with self._accounts.lock:
            self._accounts.released()

    # What there is

    @property
    def synced(self) -> int:
        """How many of the samples handed over by this process are on disk, in their order."""
        return self._accounts.synced

    @property
    def has_waiting(self) -> bool:
        """Whether there is something to send."""
        return bool(self._accounts.on_disk or self._memory.ring)

    def dead_letters(self) -> list[DeadLetter]:
        """Return what the database would not take, oldest first."""
        with self.disk.lock:
            return self.disk.store.dead_letters()

    def state(self) -> SpoolState:
        """Return all numbers of one moment. Waits for no disk."""
        store = self.disk.store
        with self._accounts.lock:
            return self._accounts.state(
                oldest_on_disk=store.oldest_time,
                disk_bytes=store.pages.disk_bytes,
                healthy=self.disk.healthy,
            )

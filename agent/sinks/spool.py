"""The spool: everything that waits for the database, on disk where that is possible and in memory where it is not.

    put() ──► pending ──(writer thread, at most `window` later)──► chunk ──► one synced commit ──► store ──► oldest() … done()
                                                                    └── disk full, failing: ring in memory, tried again every second

`put` only appends to a list, so it may be called on the event loop. Memory is bounded: beyond `memory_bytes` samples are dropped
by the stated policy, and counted. At any moment `collected + recovered == sent + waiting + dropped`.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from agent.sinks.chunk import pack
from agent.sinks.lock import SpoolLocked
from agent.sinks.rows import Damaged, Full, StoreError
from agent.sinks.store import Store

if TYPE_CHECKING:
    from agent.sinks.chunk import Chunk
    from agent.sinks.rows import DeadLetter

log: Final = logging.getLogger("hubgauge.spool")

WINDOW: Final = 0.1
"""Seconds in which batches handed over gather into one synced commit; what a crash may cost."""

MEMORY: Final = 32 * 2**20
CHUNK_RAW: Final = 512 * 1024
RETRY: Final = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SpoolState:
    """The spool's numbers at one moment: samples, except where it says bytes. They fit each other exactly."""

    collected: int
    recovered: int
    sent: int
    waiting: int
    dropped: dict[str, int]
    waiting_bytes: int
    oldest: float | None
    healthy: bool


class Spool:
    """A bounded queue of rendered samples that outlives the process."""

    def __init__(
        self,
        path: Path,
        *,
        max_bytes: int,
        when_full: Literal["drop_oldest", "drop_newest"] = "drop_oldest",
        memory_bytes: int = MEMORY,
        window: float = WINDOW,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.max_bytes: Final = max_bytes
        self._drop_oldest: Final = when_full == "drop_oldest"
        self._memory_bytes: Final = memory_bytes
        self._window: Final = window
        self._monotonic: Final = monotonic
        self.name: Final = f"spool {path}"
        self.work: Final = threading.Event()  # set whenever there may be something to send
        self._store: Final = Store(path, max_bytes=max_bytes, when_full=when_full)
        self._disk: Final = (
            threading.RLock()
        )  # held while the store is used: taken before _state, never after
        self._state: Final = threading.Condition()
        self._pending: deque[tuple[float, int, bytes]] = deque()
        self._in_hand = 0
        self._ring: deque[Chunk] = deque()
        self._writing: list[Chunk] = []
        self._memory = 0
        self._leased: list[Chunk] = []  # what a request carries at present
        self._direct = False  # whether that is out of the ring rather than off the disk
        self._doomed = 0
        self._collected = self._recovered = self._sent = 0
        self._dropped: Counter[str] = Counter()
        self._synced = 0
        self._disk_waiting = 0
        self._healthy = True
        self._opened = False
        self._retry_at = 0.0
        self._closing = False
        self._thread: threading.Thread | None = None

    # Life

    def start(self) -> None:
        """Lock and open the spool, and begin to write; raises SpoolLocked if another process holds it.

        Whatever else is wrong, from a damaged file to a full disk, is dealt with while running.
        """
        with self._disk:
            try:
                self._store.take_lock()
                self._open()
            except StoreError as error:
                self._fail(error)
        if self.has_waiting:
            self.work.set()
        self._thread = threading.Thread(target=self._write_loop, name="spool", daemon=True)
        self._thread.start()

    def close(self, timeout: float) -> bool:
        """Write everything handed over to disk; returns whether that was done in time. What was not is counted as dropped."""
        deadline = self._monotonic() + timeout
        with self._state:
            self._closing = True
            self._take_back()
            self._state.notify_all()
        self.work.set()
        if self._thread is not None:
            self._thread.join(max(0.0, timeout))
        if self._disk.acquire(timeout=max(0.05, deadline - self._monotonic())):
            try:
                self._store.close()
            finally:
                self._disk.release()
        with self._state:
            lost = self._in_memory()
            if lost:
                self._pending.clear()
                self._ring.clear()
                self._in_hand = 0
                self._dropped["memory"] += lost
                log.error(
                    "%s: %d samples in memory could not be written before the end", self.name, lost
                )
        return not lost

    # Handing over

    def put(self, when: float, lines: bytes, samples: int) -> None:
        """Take rendered lines. Never blocks, never raises."""
        with self._state:
            self._collected += samples
            if self._closing:
                self._dropped["memory"] += samples
                return
            self._pending.append((when, samples, lines))
            self._memory += len(lines)
            while self._memory > self._memory_bytes and (self._pending or self._ring):
                self._shed()
            if len(self._pending) == 1:
                self._state.notify_all()

    def _shed(self) -> None:
        """Drop from memory by the stated policy. Called with _state held."""
        if self._ring and (self._drop_oldest or not self._pending):
            chunk = self._ring.popleft() if self._drop_oldest else self._ring.pop()
            self._memory -= len(chunk.payload)
            self._dropped["memory"] += chunk.samples
        else:
            _, samples, lines = (
                self._pending.popleft() if self._drop_oldest else self._pending.pop()
            )
            self._memory -= len(lines)
            self._dropped["memory"] += samples

    def _in_memory(self) -> int:
        """Count the samples that are only in memory. Called with _state held."""
        direct = self._leased if self._direct else []
        chunks = (*self._ring, *self._writing, *direct)
        return (
            sum(item[1] for item in self._pending)
            + self._in_hand
            + sum(chunk.samples for chunk in chunks)
        )

    # Writing

    def _write_loop(self) -> None:
        while True:
            with self._state:
                while not self._pending and not self._closing:
                    if not self._state.wait(self._until_retry()):
                        break
                if not self._closing and self._memory < CHUNK_RAW:
                    self._state.wait_for(lambda: self._closing, self._window)
                closing = self._closing
            try:
                self._pack_pending()
                self._flush(force=closing)
            except (
                Exception
            ):  # the thread must live: whatever it was, what waits is still there and tried again
                log.exception("%s: unexpected error", self.name)
                time.sleep(RETRY)
            if closing:
                return

    def _until_retry(self) -> float | None:
        """Return how long to wait for work: without end while all is well."""
        return None if self._healthy else max(0.01, self._retry_at - self._monotonic())

    def _pack_pending(self) -> None:
        while True:
            with self._state:
                items, size = [], 0
                while self._pending and size < CHUNK_RAW:
                    item = self._pending.popleft()
                    items.append(item)
                    size += len(item[2])
                self._in_hand = sum(item[1] for item in items)
            if not items:
                return
            chunk = pack(items)
            with self._state:
                self._in_hand = 0
                self._memory += len(chunk.payload) - size
                self._ring.append(chunk)

    def _flush(self, *, force: bool) -> None:
        """Write the ring to the store, or note why not and when to try again."""
        with self._disk:
            if force or self._healthy or self._monotonic() >= self._retry_at:
                try:
                    self._write_ring()
                except Damaged as error:
                    self._quarantine(error)
                    self._retry_write()
                except (StoreError, SpoolLocked) as error:
                    self._fail(error)
        if self.has_waiting:
            self.work.set()

    def _retry_write(self) -> None:
        try:
            self._write_ring()
        except StoreError as error:
            self._fail(error)

    def _write_ring(self) -> None:
        if not self._store.is_open:
            self._open()
        with self._state:
            self._writing = list(self._ring)  # out of reach of _shed meanwhile
            self._ring.clear()
        if not self._writing and self._healthy:
            return
        before = self._store.base
        try:
            dropped_to, refused = self._store.append(self._writing)
        except BaseException:
            with self._state:
                self._ring.extendleft(reversed(self._writing))
                self._writing = []
            raise
        with self._state:
            lost = sum(chunk.samples for chunk in refused)
            self._synced += sum(chunk.samples for chunk in self._writing) - lost
            self._memory -= sum(len(chunk.payload) for chunk in self._writing)
            self._writing = []
            self._dropped["quota"] += lost
            if dropped_to:
                self._drop_spooled(before, dropped_to)
            self._disk_waiting = self._store.tail - self._store.base
        self._recover()

    def _drop_spooled(self, before: int, dropped_to: int) -> None:
        """Count rows dropped from disk, but leave those a request carries to its outcome. Called with _state held."""
        dropped = self._store.base - before
        for chunk in self._leased:
            if before < chunk.id <= dropped_to and not self._direct:
                self._doomed += chunk.samples
                dropped -= chunk.samples
        self._dropped["quota"] += dropped

    def _open(self) -> None:
        """Open the store; a damaged one is set aside."""
        lost = self._dropped["corrupt"]
        try:
            missing = self._store.open()
        except Damaged as error:
            self._quarantine(error)
            missing = 0
        if not self._store.is_open:
            return
        with self._state:
            self._dropped["corrupt"] += missing
            self._disk_waiting = self._store.tail - self._store.base
            if not self._opened:
                self._opened = True
                self._recovered = self._disk_waiting + self._dropped["corrupt"] - lost
        if missing:
            log.error("%s: %d samples that had been spooled are gone", self.name, missing)

    def _quarantine(self, error: Damaged) -> None:
        """Set a damaged file aside and go on with what could be read of it."""
        try:
            lost = self._store.quarantine()
        except StoreError as second:
            self._fail(second)
            return
        with self._state:
            self._dropped["corrupt"] += lost
            self._disk_waiting = self._store.tail - self._store.base
            if not self._direct:  # its rows have new ids and wait again, so the outcome of the request counts for nothing
                self._leased = []
                self._dropped["quota"] += self._doomed
                self._doomed = 0
        log.error(
            "%s: damaged (%s); set aside as %s, %d samples carried over, %d lost",
            self.name,
            error,
            self._store.path.with_suffix(".damaged").name,
            self._disk_waiting,
            lost,
        )

    def _fail(self, error: Exception) -> None:
        self._retry_at = self._monotonic() + RETRY
        if not isinstance(error, Full):
            self._store.shut()  # after any other failure only a fresh look tells whether it is better
        if self._healthy:
            self._healthy = False
            log.error(
                "%s: cannot be written (%s); keeping samples in memory meanwhile", self.name, error
            )

    def _recover(self) -> None:
        if not self._healthy:
            self._healthy = True
            log.warning("%s: written again", self.name)

    # Sending

    def oldest(self, max_raw: int) -> list[Chunk]:
        """Lease the oldest chunks, up to so many bytes of lines; `done` or `release` ends the lease. Empty if nothing waits.

        Rows that cannot be reached at present do not hold up those in memory.
        """
        with self._disk:
            chunks: list[Chunk] = []
            try:
                if self._store.is_open:
                    chunks = self._store.oldest(max_raw)
            except Damaged as error:
                self._quarantine(error)
            except StoreError as error:
                self._fail(error)
            with self._state:
                self._direct = not chunks and not self._closing
                if self._direct:
                    raw = 0
                    while self._ring and (not chunks or raw + self._ring[0].raw <= max_raw):
                        chunks.append(self._ring.popleft())
                        raw += chunks[-1].raw
                self._leased = chunks
            return chunks

    def done(
        self, chunks: Sequence[Chunk], dead: Sequence[DeadLetter] = (), dead_samples: int = 0
    ) -> None:
        """End a lease whose chunks the database has taken, but for some dead letters, and forget the chunks."""
        with self._disk:
            if dead:
                try:
                    self._store.bury(dead)
                except StoreError as error:
                    log.warning(
                        "%s: %d dead letters could not be kept (%s)", self.name, len(dead), error
                    )
            if chunks is not self._leased:
                return
            before = self._store.base
            if not self._direct:
                self._store.advance(max((chunk.id for chunk in chunks), default=0))
            with self._state:
                if self._direct:
                    gone = sum(chunk.samples for chunk in chunks)
                    self._memory -= sum(len(chunk.payload) for chunk in chunks)
                else:
                    gone = self._store.base - before + self._doomed
                dead_samples = min(dead_samples, gone)
                self._sent += gone - dead_samples
                self._dropped["dead_letter"] += dead_samples
                self._doomed = 0
                self._leased, self._direct = [], False
                self._disk_waiting = self._store.tail - self._store.base

    def release(self) -> None:
        """End a lease without an outcome: its chunks wait on, but for those dropped meanwhile."""
        with self._state:
            self._take_back()
            self._dropped["quota"] += self._doomed
            self._doomed = 0
            self._leased = []

    def _take_back(self) -> None:
        """Put chunks leased from memory back. Called with _state held."""
        if self._direct:
            self._ring.extendleft(reversed(self._leased))
            self._leased, self._direct = [], False

    @property
    def synced(self) -> int:
        """How many of the samples handed over by this process are on disk, in the order they were handed over."""
        return self._synced

    @property
    def has_waiting(self) -> bool:
        """Whether there is something to send."""
        return bool(self._disk_waiting or self._ring)

    def has_memory(self) -> bool:
        """Tell whether anything that waits is only in memory."""
        with self._state:
            return bool(self._in_memory())

    def dead_letters(self) -> list[DeadLetter]:
        """Return the lines the database would not take."""
        with self._disk:
            return self._store.dead_letters()

    def state(self) -> SpoolState:
        """Return all numbers of one moment. Waits for no disk."""
        with self._state:
            spooled = self._store.oldest_time if self._disk_waiting else None
            times = [] if spooled is None else [spooled]
            times += [chunk.time for chunk in (*self._ring, *self._writing)] + [
                item[0] for item in self._pending
            ]
            return SpoolState(
                collected=self._collected,
                recovered=self._recovered,
                sent=self._sent,
                waiting=self._disk_waiting + self._in_memory() + self._doomed,
                dropped={reason: count for reason, count in self._dropped.items() if count},
                waiting_bytes=self._memory + (self._store.disk_bytes if self._disk_waiting else 0),
                oldest=min(times, default=None),
                healthy=self._healthy,
            )

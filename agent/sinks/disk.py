"""The part of a spool that writes to disk, and tries again while the disk cannot be written.

Whatever is wrong with the file or the disk is dealt with here, so that no caller sees it: a damaged
file is set aside, a full or failing disk is tried again every second, and samples meanwhile stay in
memory.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from typing import Final

from agent.sinks.accounts import Accounts
from agent.sinks.chunk import Chunk
from agent.sinks.lock import SpoolLocked
from agent.sinks.rows import Damaged, DeadLetter, Full, StoreError
from agent.sinks.store import Store

log: Final = logging.getLogger("hubgauge.spool")

RETRY: Final = 1.0
"""Seconds between two tries to write while the disk cannot be written."""


class Disk:
    """A store that may fail. `lock` is taken before that of the accounts, never after."""

    def __init__(
        self, store: Store, accounts: Accounts, *, name: str, monotonic: Callable[[], float]
    ) -> None:
        self.store: Final = store
        self.lock: Final = threading.RLock()
        self.healthy = True
        self._accounts: Final = accounts
        self._name: Final = name
        self._monotonic: Final = monotonic
        self._retry_at = 0.0

    def start(self) -> None:
        """Lock and open the file; raises SpoolLocked if another process holds it."""
        with self.lock:
            try:
                self.store.take_lock()
                self._open()
            except StoreError as error:
                self.fail(error)

    def close(self, timeout: float) -> None:
        """Close the file and give up its lock, unless somebody is busy with it for too long."""
        if self.lock.acquire(timeout=timeout):
            try:
                self.store.close()
            finally:
                self.lock.release()

    def until_retry(self) -> float | None:
        """Return how long to wait before the next try; None while all is well."""
        return None if self.healthy else max(0.01, self._retry_at - self._monotonic())

    def write(self, *, force: bool) -> None:
        """Write the chunks that wait in memory, or note why not and when to try again."""
        with self.lock:
            if not (force or self.healthy or self._monotonic() >= self._retry_at):
                return
            try:
                self._write_ring()
            except Damaged as error:
                self._set_aside(error)
                try:
                    self._write_ring()
                except StoreError as second:
                    self.fail(second)
            except (StoreError, SpoolLocked) as error:
                self.fail(error)

    def read(self, max_raw: int) -> list[Chunk]:
        """Read the oldest chunks, up to so many bytes before packing; none where that fails."""
        try:
            if self.store.is_open:
                return self.store.oldest(max_raw)
        except Damaged as error:
            self._set_aside(error)
        except StoreError as error:
            self.fail(error)
        return []

    def keep_dead_letters(self, letters: Sequence[DeadLetter]) -> None:
        """Keep what the database will never take, if the disk can be written."""
        try:
            self.store.keep_dead_letters(letters)
        except StoreError as error:
            log.warning(
                "%s: %d dead letters could not be kept (%s)", self._name, len(letters), error
            )

    def fail(self, error: Exception) -> None:
        """Note that the disk cannot be used, and when to try again."""
        self._retry_at = self._monotonic() + RETRY
        if not isinstance(error, Full):
            self.store.shut()  # after any other failure only opening it anew shows whether it works
        if self.healthy:
            self.healthy = False
            log.error(
                "%s: cannot be written (%s); keeping samples in memory meanwhile", self._name, error
            )

    def _write_ring(self) -> None:
        """Write what waits in memory, in portions that the quota has room for."""
        if not self.store.is_open:
            self._open()
        while self._write_portion():
            pass

    def _write_portion(self) -> bool:
        """Write one portion in one commit; returns False where there was nothing to write."""
        store, accounts = self.store, self._accounts
        with accounts.lock:
            chunks = accounts.memory.begin_writing(store.pages.portion)
        if not chunks and self.healthy:
            return False
        before = store.base
        try:
            dropped_to, refused = store.append(chunks)
        except BaseException:
            with accounts.lock:
                accounts.memory.end_writing(written=False)
            raise
        with accounts.lock:
            accounts.written(
                refused=sum(chunk.samples for chunk in refused),
                before=before,
                base=store.base,
                dropped_to=dropped_to,
            )
            accounts.on_disk = store.waiting
        if not self.healthy:
            self.healthy = True
            log.warning("%s: written again", self._name)
        return bool(chunks)

    def _open(self) -> None:
        """Open the file; a damaged one is set aside."""
        store, accounts = self.store, self._accounts
        missing, corrupt_before = 0, accounts.dropped["corrupt"]
        try:
            missing = store.open()
        except Damaged as error:
            self._set_aside(error)
        if not store.is_open:
            return
        with accounts.lock:
            lost = accounts.dropped["corrupt"] - corrupt_before
            accounts.opened(on_disk=store.waiting, missing=missing, lost=lost)
        if missing:
            log.error("%s: %d samples that had been spooled are gone", self._name, missing)

    def _set_aside(self, error: Damaged) -> None:
        """Set a damaged file aside and go on with what can be read of it."""
        store, accounts = self.store, self._accounts
        try:
            lost = store.set_aside()
        except StoreError as second:
            self.fail(second)
            return
        with accounts.lock:
            accounts.set_aside(on_disk=store.waiting, lost=lost)
        log.error(
            "%s: damaged (%s); set aside as %s, %d samples carried over, %d lost",
            self._name,
            error,
            store.path.with_suffix(".damaged").name,
            store.waiting,
            lost,
        )

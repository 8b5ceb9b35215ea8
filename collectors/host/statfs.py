"""Calls statvfs(2) in threads, so that a dead mount cannot block the caller.

A call on a dead NFS or FUSE mount never returns and cannot be cancelled. So daemon threads make the
calls, at most one thread for each mount, with a deadline for each mount. One thread is enough while
all mounts answer. If no mount has answered for 10 ms, further threads are started for the mounts
that still wait. A mount that misses its deadline keeps its thread until the call returns. It is not
called again before that.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

_PATIENCE: Final = 0.01
_MAX_THREADS: Final = 128


@dataclass(slots=True, eq=False)
class Call:
    """One call of statvfs that waits, runs or is done."""

    key: Hashable
    path: bytes
    round: int
    began: float = 0.0
    answer: os.statvfs_result | OSError | None = None


class StatfsPool:
    """Reads the state of many mounts at once. Only one caller may use it at a time."""

    def __init__(
        self,
        timeout: float,
        *,
        statvfs: Callable[[bytes], os.statvfs_result] = os.statvfs,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._timeout: Final = timeout
        self._statvfs, self._monotonic = statvfs, monotonic
        lock = threading.Lock()
        self._work_there, self._round_over = threading.Condition(lock), threading.Condition(lock)
        self._lock: Final = lock
        self._waiting: deque[Call] = deque()
        self._running: dict[Hashable, Call] = {}
        self._taken_over: Final[dict[Hashable, Call]] = {}
        self._done: dict[Hashable, Call] = {}
        self._round = self._pending = self._threads = self._idle = 0
        self._closed = False

    def ask(
        self, mounts: Iterable[tuple[Hashable, bytes]]
    ) -> dict[Hashable, os.statvfs_result | OSError]:
        """Return the answer of every mount that answered by its deadline.

        A mount that did not answer is missing from the result. An answer that came too late for the
        previous round is returned in this one.
        """
        with self._lock:
            self._let_go()
            self._round += 1
            self._waiting.extend(
                Call(key, path, self._round) for key, path in mounts if key not in self._running
            )
            self._pending = len(self._waiting)
            self._wait()
            self._waiting.clear()  # calls that were never started, since every thread is stuck
            current = {
                key: call for key, call in self._done.items() if call.round >= self._round - 1
            }
            self._done = {}
            return {key: call.answer for key, call in current.items() if call.answer is not None}

    def forget(self, key: Hashable) -> None:
        """Allow calls to a mount point again after another file system replaced the hung one."""
        with self._lock:
            self._running.pop(key, None)

    def stuck(self) -> set[Hashable]:
        """Return the mounts whose calls have not returned."""
        with self._lock:
            return set(self._running)

    def hanging(self) -> Mapping[Hashable, Call]:
        """Return the calls that have not come back, for the pool that takes this one's place."""
        with self._lock:
            return dict(self._running)

    def take_over(self, hanging: Mapping[Hashable, Call]) -> None:
        """Make no second call to a mount whose call, of an earlier pool, has not come back."""
        with self._lock:
            self._taken_over.update(hanging)
            self._running.update(hanging)

    def close(self) -> None:
        """End the threads that are not stuck."""
        with self._lock:
            self._closed = True
            self._work_there.notify_all()

    def _let_go(self) -> None:
        """Call the mounts again whose calls, of an earlier pool, have come back by now."""
        for key, call in list(self._taken_over.items()):
            if call.answer is not None:
                del self._taken_over[key]
                if self._running.get(key) is call:
                    del self._running[key]

    def _wait(self) -> None:
        """Wait until every mount has answered or missed its deadline.

        Start further threads while no mount answers.
        """
        give_up = self._monotonic() + 2 * self._timeout
        more, before = 1, len(self._waiting)
        while self._pending:
            # True in the first pass, and when no mount has answered since the last pass.
            if self._waiting and self._pending == before:
                more = self._engage(more)
            before = self._pending
            self._round_over.wait(_PATIENCE)
            now = self._monotonic()
            mine = (call for call in self._running.values() if call.round == self._round)
            if now >= give_up or (
                not self._waiting and all(now - call.began >= self._timeout for call in mine)
            ):
                return

    def _engage(self, count: int) -> int:
        """Wake or start up to `count` threads; return twice this number for the next time."""
        self._work_there.notify(count)
        for _ in range(min(count - self._idle, len(self._waiting), _MAX_THREADS - self._threads)):
            self._threads += 1
            threading.Thread(target=self._work, name="statvfs", daemon=True).start()
        return count * 2

    def _work(self) -> None:
        """Make calls as long as some wait. One thread stays idle for the next round."""
        while True:
            with self._lock:
                while not self._waiting:
                    if self._idle or self._closed:
                        self._threads -= 1
                        return
                    self._idle += 1
                    self._work_there.wait()
                    self._idle -= 1
                call = self._waiting.popleft()
                call.began = self._monotonic()
                self._running[call.key] = call
            try:
                answer: os.statvfs_result | OSError = self._statvfs(call.path)
            except OSError as error:
                answer = error
            except ValueError:  # the path has a NUL byte
                answer = OSError("not a path")
            with self._lock:
                call.answer = answer
                if self._running.get(call.key) is call:
                    del self._running[call.key]
                    self._done[call.key] = call
                if call.round == self._round and self._pending:
                    self._pending -= 1
                    if not self._pending:
                        self._round_over.notify()

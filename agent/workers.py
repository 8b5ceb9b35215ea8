"""Worker threads for collectors that block: few daemon threads, which the exit never waits for.

The standard pool waits for its threads at exit, so a collector stuck in the kernel would keep the
agent from ending. It also starts a thread for each job up to its limit, and each takes a stack.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, Final, TypeVar

T = TypeVar("T")

_PATIENCE: Final = 0.1
"""Seconds that jobs wait before another thread is started, up to the limit."""


class Workers:
    """Runs blocking functions on at most `limit` threads; usually one is enough."""

    def __init__(self, limit: int = 32) -> None:
        self._limit = limit
        self._jobs: SimpleQueue[
            tuple[Callable[[], Any], asyncio.AbstractEventLoop, asyncio.Future[Any]]
        ] = SimpleQueue()
        self._threads = 0
        self._busy = 0
        self._count = threading.Lock()  # += is not one step for several threads

    def submit(self, function: Callable[[], T]) -> asyncio.Future[T]:
        """Run a function on a worker; the future stays valid if its waiters are cancelled."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._jobs.put((function, loop, future))
        if self._threads == 0:
            self._start()
        else:
            loop.call_later(_PATIENCE, self._relieve, loop)
        return future

    def _relieve(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._jobs.empty():
            return
        if self._busy >= self._threads and self._threads < self._limit:
            self._start()
        loop.call_later(_PATIENCE, self._relieve, loop)

    def _start(self) -> None:
        self._threads += 1
        threading.Thread(target=self._work, name=f"worker-{self._threads}", daemon=True).start()

    def _work(self) -> None:
        while True:
            function, loop, future = self._jobs.get()
            with self._count:
                self._busy += 1
            result: Any = None
            error: BaseException | None = None
            try:
                result = function()
            except BaseException as raised:  # whoever waits for the future gets it
                error = raised
            with self._count:
                self._busy -= 1
            try:
                loop.call_soon_threadsafe(_settle, future, result, error)
            except RuntimeError:  # the loop is closed: nothing waits for the result
                return
            del function, future, result, error


def _settle(future: asyncio.Future[Any], result: object, error: BaseException | None) -> None:
    if future.done():
        return
    if error is None:
        future.set_result(result)
    elif isinstance(error, StopIteration):  # a future does not accept it
        future.set_exception(RuntimeError("raised StopIteration"))
    elif isinstance(error, Exception):
        future.set_exception(error)
    else:
        future.set_exception(RuntimeError(f"raised {type(error).__name__}"))

"""Discovery of a device's properties, apart from its rounds.

It runs before the first round, and again from time to time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Final, Generic, TypeVar

from collectors.base import CollectError, Unreachable

T = TypeVar("T")

_AT_MOST: Final = 60.0
"""Minimum seconds between two discoveries, however often a device changes."""


class Background(Generic[T]):
    """Keeps the result of `find`, and calls it again after `refresh` seconds.

    Until then rounds use the old result. A discovery takes at most `limit` seconds. A failed one is
    an error only if there is no old result.
    """

    def __init__(
        self, find: Callable[[], Coroutine[object, object, T]], *, refresh: float, limit: float
    ) -> None:
        self.found: T | None = None
        self.stale = False
        """Set when the device no longer matches the result."""
        self._find, self._refresh, self._limit = find, refresh, limit
        self._task: asyncio.Task[T] | None = None
        self._at = float("-inf")

    async def ready(self, until: float) -> T | None:
        """Return the result; if there is none yet, wait until a time of the loop's clock.

        Raises the error of the first discovery.
        """
        loop = asyncio.get_running_loop()
        self._take(first=False)
        age = loop.time() - self._at
        if self.found is None or age > self._refresh or (self.stale and age > _AT_MOST):
            self._task = self._task or loop.create_task(self._bounded())
        if self.found is None and self._task is not None:
            await asyncio.wait((self._task,), timeout=until - loop.time())
            self._take(first=True)
        return self.found

    async def _bounded(self) -> T:
        try:
            async with asyncio.timeout(self._limit):
                return await self._find()
        except TimeoutError:
            raise Unreachable("discovery was not complete in time") from None

    def _take(self, *, first: bool) -> None:
        task = self._task
        if task is None or not task.done():
            return
        self._task, self._at = None, task.get_loop().time()
        error = Unreachable("stopped") if task.cancelled() else task.exception()
        if error is None:
            self.found, self.stale = task.result(), False
        elif first or not isinstance(error, CollectError):
            raise error

    async def aclose(self) -> None:
        """Stop a discovery under way."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

"""Checks passwords that are not remembered yet: each costs a bcrypt, so they wait in a queue.

An address may guess wrong a few times in a row, then once in some seconds. Known addresses have a
queue of their own, so that guesses of strangers do not delay their first scrape.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import Enum
from typing import Final

from agent.web.auth import Users, credentials
from agent.web.crowd import Client, Crowd

_BURST: Final = 10
"""Wrong passwords in a row that an address may send without a pause."""
_SECONDS_EACH: Final = 5.0
"""After these, an address may try again once in this many seconds."""
_MOST_WAITING: Final = 16
"""Passwords that wait in one queue; a further one gets status 503."""
_MOST_ADDRESSES: Final = 4096
"""Addresses whose guesses are counted; the one that guessed longest ago is forgotten."""


class Verdict(Enum):
    """The result of checking a request's credentials."""

    RIGHT = 1
    WRONG = 2
    TOO_MANY = 3
    BUSY = 4


@dataclass(slots=True, kw_only=True)
class _Tries:
    """How many guesses an address has left, and when that was computed (monotonic seconds)."""

    left: float
    time: float


class Guesses:
    """Checks passwords, on a thread for strangers and one for known addresses."""

    def __init__(
        self, users: Users, crowd: Crowd, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._users: Final = users
        self._crowd: Final = crowd
        self._monotonic: Final = monotonic
        self._tries: Final[dict[str, _Tries]] = {}
        self._waiting: Final = {False: 0, True: 0}
        self._threads: Final = {
            known: ThreadPoolExecutor(max_workers=1, thread_name_prefix="password")
            for known in (False, True)
        }

    def close(self) -> None:
        """End the threads."""
        for pool in self._threads.values():
            pool.shutdown(wait=False, cancel_futures=True)

    async def check(self, client: Client, authorization: str) -> Verdict:
        """Tell whether a request's user and password are right."""
        if self._users.remembers(authorization):
            self._crowd.recognise(client)
            return Verdict.RIGHT
        if credentials(authorization) is None:
            return Verdict.WRONG
        tries = self._of(client.origin)
        if tries.left < 1:
            return Verdict.TOO_MANY
        if self._waiting[client.known] >= _MOST_WAITING:
            return Verdict.BUSY
        tries.left -= 1  # before the wait, so that none of many at once goes free
        self._waiting[client.known] += 1
        try:
            right = await asyncio.get_running_loop().run_in_executor(
                self._threads[client.known], self._users.accepts, authorization
            )
        finally:
            self._waiting[client.known] -= 1
        if not right:
            return Verdict.WRONG
        self._tries.pop(client.origin, None)
        self._crowd.recognise(client)
        return Verdict.RIGHT

    def _of(self, origin: str) -> _Tries:
        """Return how many guesses an address has left now."""
        now = self._monotonic()
        tries = self._tries.pop(origin, None) or _Tries(left=_BURST, time=now)
        tries.left = min(_BURST, tries.left + (now - tries.time) / _SECONDS_EACH)
        tries.time = now
        self._tries[origin] = tries
        if len(self._tries) > _MOST_ADDRESSES:
            del self._tries[next(iter(self._tries))]
        return tries

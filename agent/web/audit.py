"""The audit log: who changed the agent, who was refused, and who looks, as lines of JSON.

A record has `time`, `action`, `user`, `address`, `path` and `status`. `forwarded` is what the proxy
says of the client's own address. Who looks is recorded once a day for each user and address, and
of a user's refusals ten a minute: else he could push out what others did.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import errno
import json
import os
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Final, Literal

from agent.web.quiet import Quiet

Action = Literal["see", "reload", "login"]
_MOST_BYTES: Final = 16 * 2**20
"""The size at which a file is set aside and a new one begun."""
_KEPT: Final = 4
"""How many files that were set aside are kept: `audit.jsonl.1` is the newest of them."""
_MOST_SEEN: Final = 4096
_MOST_REFUSALS: Final = 10
"""Refusals of one user that are recorded in a minute."""
_REFUSED: Final = 403
_LONGEST: Final = 200
"""Characters of one field: a client chooses its path."""


class Audit:
    """Appends records to a file; without a path it does nothing."""

    def __init__(
        self, path: Path | None, quiet: Quiet, *, now: Callable[[], float] = time.time
    ) -> None:
        self._path: Final = path
        self._quiet: Final = quiet
        self._now: Final = now
        self._lock: Final = threading.Lock()
        self._seen: Final[set[tuple[str, str]]] = set()
        self._day = ""
        self._refusals: Final[Counter[str]] = Counter()
        self._minute = 0.0

    async def sees(self, *, user: str, address: str, path: str, forwarded: str = "") -> None:
        """Record that a user looks, once a day for each address."""
        if self._path is None or not user:
            return
        day, who = self._time()[:10], (user, address)
        if day != self._day or len(self._seen) >= _MOST_SEEN:
            self._day = day
            self._seen.clear()
        if who not in self._seen:
            self._seen.add(who)
            await self.note(
                "see", user=user, address=address, path=path, status=200, forwarded=forwarded
            )

    async def note(
        self,
        action: Action,
        *,
        user: str,
        address: str,
        path: str,
        status: int,
        forwarded: str = "",
    ) -> bool:
        """Append a record; returns False, and says so in the log, where it cannot be written.

        The status is 0 of a change that is about to be made.
        """
        if self._path is None or (status == _REFUSED and self._is_too_much(user)):
            return True
        record = {
            "time": self._time(),
            "action": action,
            "user": user[:_LONGEST],
            "address": address,
            **({"forwarded": forwarded[:_LONGEST]} if forwarded else {}),
            "path": path[:_LONGEST],
            "status": status,
        }
        line = json.dumps(record, ensure_ascii=True).encode() + b"\n"
        try:
            await asyncio.to_thread(self._append, self._path, line)
        except OSError as error:
            self._quiet.warn("audit", f"{self._path}: cannot be written: {error.strerror or error}")
            return False
        return True

    def _is_too_much(self, user: str) -> bool:
        """Count a refusal, and tell whether there were enough of this user in this minute."""
        minute = self._now() // 60
        if minute != self._minute:
            self._minute = minute
            self._refusals.clear()
        self._refusals[user] += 1
        return self._refusals[user] > _MOST_REFUSALS

    def _time(self) -> str:
        return dt.datetime.fromtimestamp(self._now(), dt.UTC).isoformat("T", "milliseconds")

    def _append(self, path: Path, line: bytes) -> None:
        with self._lock:
            if _size(path) + len(line) > _MOST_BYTES:
                for n in range(_KEPT, 0, -1):
                    old = _aside(path, n - 1) if n > 1 else path
                    if old.exists():
                        old.replace(_aside(path, n))
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
            descriptor = os.open(path, flags, 0o600)
            try:
                if os.write(descriptor, line) < len(line):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            finally:
                os.close(descriptor)


def _aside(path: Path, number: int) -> Path:
    return path.with_name(f"{path.name}.{number}")


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0

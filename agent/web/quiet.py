"""Log lines that clients can cause: at most one a minute for each subject."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Final

log = logging.getLogger("agent.web")

_SECONDS: Final = 60.0
_MOST_SUBJECTS: Final = 64


class Quiet:
    """Logs one line a minute of each subject, and how many were left out since the last one."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic: Final = monotonic
        self._said: Final[dict[str, tuple[float, int]]] = {}

    def warn(self, subject: str, text: str, *, error: BaseException | None = None) -> None:
        """Log one line; an `error` is a fault of this program, so its trace is logged as well."""
        now = self._monotonic()
        since, silent = self._said.get(subject, (-_SECONDS, 0))
        if now < since + _SECONDS:
            self._said[subject] = (since, silent + 1)
            return
        if len(self._said) >= _MOST_SUBJECTS:
            self._said.clear()
        self._said[subject] = (now, 0)
        more = f" ({silent} more in the meantime)" if silent else ""
        log.warning("%s%s", text, more, exc_info=error)

"""One log line instead of thousands: the first few of a kind are written, the others are counted.

When a switch is repaired and three thousand devices answer again, that is one cause. The log gets
ten lines and one more with the count.
"""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

FEW: Final = 10
"""Lines of one kind that are written in a minute, each by itself."""
WINDOW_SECONDS: Final = 60.0

log = logging.getLogger(__name__)

_NUMBER: Final = re.compile(r"\d+")

Kind = tuple[str, int, str, str]


@dataclass(slots=True)
class _Seen:
    """How many lines of a kind came in this minute, and the last that was not written."""

    count: int = 0
    last: str = ""


class ManyLines(logging.Filter):
    """Lets the first lines of a kind through, and says once a minute how many more there were.

    Lines are of one kind if they differ only in numbers, and in the device: it is the first
    argument of a line that has any.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.monotonic,
        later: Callable[[float, Callable[[], None]], None] | None = None,
    ) -> None:
        super().__init__()
        self._clock: Final = clock
        self._later: Final = later or _on_a_thread
        self._seen: Final[dict[Kind, _Seen]] = {}
        self._until = float("-inf")
        self._lock: Final = threading.Lock()

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether a line is to be written."""
        if record.name == __name__:
            return True
        args = record.args if isinstance(record.args, tuple) else ()
        about = _NUMBER.sub("#", " ".join(map(str, args[1:])))
        kind = (record.name, record.levelno, str(record.msg), about)
        with self._lock:
            now = self._clock()
            if now >= self._until:
                self._until = now + WINDOW_SECONDS
                # A kind with lines held back stays: the timer logs how many, and deletes it.
                for one in [one for one, seen in self._seen.items() if seen.count <= FEW]:
                    del self._seen[one]
            seen = self._seen.setdefault(kind, _Seen())
            seen.count += 1
            if seen.count <= FEW:
                return True
            seen.last = record.getMessage()
            if seen.count == FEW + 1:
                self._later(self._until - now, self._tell)
        return False

    def _tell(self) -> None:
        """Write how many lines were not written."""
        with self._lock:
            many = {kind: seen for kind, seen in self._seen.items() if seen.count > FEW}
            for kind in many:
                del self._seen[kind]
        for kind, seen in many.items():
            log.log(kind[1], "%d more lines like this one: %s", seen.count - FEW, seen.last)


def _on_a_thread(seconds: float, function: Callable[[], None]) -> None:
    timer = threading.Timer(seconds, function)
    timer.daemon = True
    timer.start()

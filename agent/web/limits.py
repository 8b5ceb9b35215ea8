"""The limits of the HTTP server: seconds, sizes, and how many of each at once."""

from __future__ import annotations

import contextlib
import resource
from dataclasses import dataclass
from typing import Final

ANSWER_SECONDS: Final = 60.0
"""How long it may take to make an answer and to hand it to the kernel."""
KEEP_ALIVE_SECONDS: Final = 75
"""How long a connection stays open after an answer, also if the client does not read it."""
SHUTDOWN_SECONDS: Final = 4.0
"""How long a stop waits for answers under way."""
HEAD_BYTES: Final = 16 * 1024
"""How long the head of a request may be."""
QUERY_FIELDS: Final = 32
"""How many fields a query string may have."""
METRICS_PAGES: Final = 64
"""How many scrapes of /metrics are rendered at once; further ones get status 503."""
BACKLOG: Final = 1024
"""How many connections the kernel holds until they are accepted."""
_OPEN_FILES: Final = 65536


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionLimits:
    """How many clients may be connected, and how many seconds a request may take to arrive."""

    max_connections: int = 4096
    request_seconds: float = 10.0


def raise_file_limit() -> None:
    """Raise the limit of open files as far as the system allows, up to 65536.

    Every client and every device takes one.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _OPEN_FILES if hard == resource.RLIM_INFINITY else min(_OPEN_FILES, hard)
    if soft < wanted:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))

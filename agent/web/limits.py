"""The limits of the HTTP server: seconds, sizes, and how many of each at once."""

from __future__ import annotations

import contextlib
import resource
from dataclasses import dataclass
from typing import Final

from collectors.kept_files import READERS, kept_files
from collectors.kept_sockets import OPEN_FILES

ANSWER_SECONDS: Final = 60.0
"""How long it may take to make an answer and to hand it to the kernel."""
PROGRESS_SECONDS: Final = 10.0
"""How long a client may take to read the next part of an answer."""
KEEP_ALIVE_SECONDS: Final = 75
"""How long a connection stays open after an answer that was read."""
SHUTDOWN_SECONDS: Final = 4.0
"""How long a stop waits for answers under way."""
HEAD_BYTES: Final = 16 * 1024
"""How long the head of a request may be: its first line and its headers."""
QUERY_FIELDS: Final = 32
"""How many fields a query string may have."""
BUSY_REQUESTS: Final = 64
"""How many requests of strangers are answered at once; further ones get status 503."""
BOARD_REQUESTS: Final = 16
"""How many requests for pages of the board wait for their turn; they are made one at a time."""
MOST_EVENTS: Final = 2000
"""How many events are read from the ledger at most, the newest of them."""
BACKLOG: Final = 4096
"""How many connections the kernel holds until they are accepted."""
ACCEPTS: Final = 64
"""How many connections get a place before other work gets a turn; refusals cost a quarter."""
PATIENCE_SECONDS: Final = 0.25
"""How long a client may keep the server waiting before it can lose its place to another. An honest
one sends its request within one round trip."""
_OWN_FILES: Final = 64
"""Open files of the agent itself at most: databases, logs, the event loop, pipes to processes."""
_FEWEST: Final = 16
"""How many clients may be connected where the system allows hardly any open files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionLimits:
    """How many clients may be connected, and how many seconds a request may take to arrive.

    An address has at most `per_address` of the connections. An eighth of all is kept for addresses
    that are known.
    """

    max_connections: int = 4096
    per_address: int = 1024
    request_seconds: float = 10.0

    @property
    def for_strangers(self) -> int:
        """How many connections addresses that are not known may have together."""
        return self.max_connections - self.max_connections // 8


def raise_file_limit() -> int:
    """Raise the limit of open files as far as the system allows, up to 65536; returns the limit.

    Every client and every device takes one open file.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    if soft < wanted:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
            return wanted
    return soft


def affordable(connections: int, *, open_files: int, collectors: int) -> int:
    """Return how many of these connections leave enough open files for all else.

    A file is kept for each collector, some for the agent itself and for what readers of the kernel
    keep open, and one for each client that is accepted in a turn: who gives up a place for it is
    closed only after the turn.
    """
    files = min(collectors, open_files // 2)  # of more, those between two rounds have none open
    left = open_files - files - _OWN_FILES - READERS * kept_files(open_files) - ACCEPTS
    return min(connections, max(left, _FEWEST))

"""Requests of strangers that are refused by their first bytes, while too many are under way.

Nothing of such a request is parsed, checked or answered by a page, so a flood costs little.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from agent.web.crowd import Crowd

BUSY: Final = (
    b"HTTP/1.1 503 Service Unavailable\r\n"
    b"content-length: 5\r\nconnection: close\r\nretry-after: 5\r\n\r\nbusy\n"
)
_HEALTH: Final = b"GET /-/healthy "
_CREDENTIALS: Final = re.compile(rb"\r\nauthorization: *([^\r\n]+)\r\n", re.IGNORECASE)


class Early:
    """Tells from the beginning of a request whether it is refused at once."""

    def __init__(
        self,
        crowd: Crowd,
        *,
        remembers: Callable[[str], bool],
        refused: Callable[[str], None],
    ) -> None:
        """`remembers` tells whether an Authorization header is known to be right.

        `refused` counts who was refused, by reason.
        """
        self._crowd: Final = crowd
        self._remembers: Final = remembers
        self.refused: Final = refused

    def refuses(self, begin: bytes) -> bool:
        """Tell whether a stranger's request has no place; the slowest reader may give up its own.

        A known user and the question for health always have one.
        """
        return (
            bool(begin)
            and self._crowd.is_full()
            and not begin.startswith(_HEALTH)
            and not self.trusts(begin)
        )

    def trusts(self, begin: bytes) -> bool:
        """Tell whether a request comes with a user and password that were right before."""
        found = _CREDENTIALS.search(begin)
        return found is not None and self._remembers(found[1].decode("latin-1"))


def is_whole(begin: bytes) -> bool:
    """Tell whether the head of a request has come to its end."""
    return b"\r\n\r\n" in begin

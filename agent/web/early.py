"""Refuses requests of strangers by their heads, while too many are under way.

Such a request is not parsed, its password is not checked and no page is made for it, so a flood of
requests costs little.
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

        `refused` counts a refused client by its reason.
        """
        self._crowd: Final = crowd
        self._remembers: Final = remembers
        self.refused: Final = refused

    def refuses(self, begin: bytes) -> bool:
        """Tell whether a request, of which `begin` are the first bytes, is refused.

        Requests of known users and for `/-/healthy` are never refused, so nothing is refused until
        its whole head has come. Where as many are answered as may be, the slowest reader is cut
        first to make a place: see `Crowd.is_full`.
        """
        return (
            is_whole(begin)
            and self._crowd.is_full()
            and not begin.startswith(_HEALTH)
            and not self.trusts(begin)
        )

    def trusts(self, begin: bytes) -> bool:
        """Tell whether a request comes with a user and password that were right before."""
        found = _CREDENTIALS.search(begin)
        return found is not None and self._remembers(found[1].decode("latin-1"))


def is_whole(begin: bytes) -> bool:
    """Tell whether the first bytes of a request have its whole head."""
    return b"\r\n\r\n" in begin

"""The paths of the board: which function answers which, and in what form.

The server only dispatches: `handle` takes the path and the query and gives a Response, or None for a path that is not ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agent.web.view import BoardView


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What is sent back: status, content type, body, and the headers that belong to it (lower-case names)."""

    status: int = 200
    content_type: str
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()


def handle(view: BoardView, path: str, query: Mapping[str, str], *, accept_language: str = "") -> Response | None:
    """Answer GET or HEAD of one path (`/`, `/static/…`, `/api/…`); None for a path that is not the board's.

    `query` holds the decoded query string, the last value of each key. The headers of the Response carry the
    content-security policy; the server adds length, date and compression.
    """
    raise NotImplementedError

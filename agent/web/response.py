"""What the server sends back for one request."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """Status, content type, body, and further headers with lower-case names.

    The server adds the headers for length, compression and content sniffing.
    """

    status: int = 200
    content_type: str
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()


def plain_text(status: int, text: str, *headers: tuple[str, str]) -> Response:
    """Return a response of one line of text."""
    return Response(
        status=status,
        content_type="text/plain; charset=utf-8",
        body=f"{text}\n".encode(),
        headers=headers,
    )

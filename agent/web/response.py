"""What the server sends back for one request."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, weakref_slot=True)
class Parts:
    """A long body in parts of some 64 KiB, which all who read it share.

    `made` is a monotonic clock's seconds. `readers` end the connections of those who are reading
    it now.
    """

    parts: Sequence[bytes]
    made: float = 0.0
    readers: set[Callable[[], None]] = field(default_factory=set)

    @property
    def length(self) -> int:
        """How many bytes it has."""
        return sum(map(len, self.parts))

    @contextmanager
    def read_by(self, cut: Callable[[], None]) -> Iterator[Sequence[bytes]]:
        """Hold the body for a reader that can be cut."""
        self.readers.add(cut)
        try:
            yield self.parts
        finally:
            self.readers.discard(cut)


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """Status, content type, body, and further headers with lower-case names.

    A long body is in `parts`, and is sent as it is. The server adds the headers for length and
    content sniffing, and compresses a `body`.
    """

    status: int = 200
    content_type: str
    body: bytes = b""
    parts: Parts | None = None
    headers: tuple[tuple[str, str], ...] = ()


def plain_text(status: int, text: str, *headers: tuple[str, str]) -> Response:
    """Return a response of one line of text."""
    return Response(
        status=status,
        content_type="text/plain; charset=utf-8",
        body=f"{text}\n".encode("utf-8", "replace"),
        headers=headers,
    )


def accepts_gzip(accepted: str) -> bool:
    """Tell from an Accept-Encoding header whether the client takes gzip."""
    for part in accepted.split(","):
        coding, *parameters = (piece.strip() for piece in part.split(";"))
        if coding == "gzip":
            return "q=0" not in parameters
    return False

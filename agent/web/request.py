"""A request, as the server hands it to the routes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from agent.web.crowd import Client


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request.

    `path` is decoded, `raw_path` and `query` are as the client sent them. Names of headers are in
    lower case.
    """

    method: str
    path: str
    raw_path: str
    client: Client
    query: bytes = b""
    headers: Mapping[str, str]
    repeated: Collection[str] = frozenset()
    """The names of headers that came more than once."""

    def header(self, name: str) -> str:
        """Return a header's value, or an empty text."""
        return self.headers.get(name, "")


def joined(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Return headers by name; of a name that comes twice the values, joined (RFC 9110, 5.3)."""
    found: dict[str, str] = {}
    for name, value in headers:
        key, text = name.decode("latin-1"), value.decode("latin-1")
        found[key] = f"{found[key]}, {text}" if key in found else text
    return found


def repeated(headers: Sequence[tuple[bytes, bytes]]) -> frozenset[str]:
    """Return the names that come more than once."""
    counts = Counter(name.decode("latin-1") for name, _ in headers)
    return frozenset(name for name, count in counts.items() if count > 1)

"""NetBox's REST API, read only: one connection, one deadline for everything, and no other host.

Lists come in pages (`limit`, `offset`, `next`). Only the query of a `next` link is used: a proxy
may have changed its scheme and host, and no link can send the token to another server. Redirects
are not followed.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self
from urllib.parse import parse_qsl, urlencode, urlsplit

import urllib3
from urllib3.exceptions import HTTPError

from agent.deadline import Deadline
from agent.inventory.netbox.config import NetBox
from agent.inventory.netbox.objects import Object
from agent.outgoing import WatchedConnection, WatchedTlsConnection, reason_of
from agent.retry import parse_retry_after
from collectors.base import BadReply, CollectError, Refused, Unreachable
from collectors.secrets import read_token

MAX_PAGE: Final = 64 * 2**20
"""Bytes of one page."""
MAX_PAGES: Final = 50_000
MAX_OBJECTS: Final = 5_000_000
"""In one list. The devices of a whole hub are some hundred thousand."""
_GROWN: Final = 10_000
"""A list may grow by this many objects while it is read."""
_PIECE: Final = 2**18
"""Bytes read at a time."""
_BUSY: Final = frozenset((429, 502, 503, 504))
_FIRST_WAIT: Final = 1.0
"""Seconds until a busy NetBox is asked again; doubled each time, up to the longest."""
_LONGEST_WAIT: Final = 60.0
_NO_RIGHT: Final = frozenset((401, 403))
_OK: Final = 200


@dataclass(frozen=True, slots=True)
class _Reply:
    status: int
    headers: Mapping[str, str]
    body: bytes


class Client:
    """Reads lists of objects. One thread uses it; any thread may call `close` to end a request."""

    def __init__(
        self,
        config: NetBox,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        self._config = config
        self._monotonic, self._wall_clock = monotonic, wall_clock
        self._deadline = Deadline(monotonic)
        self._until = 0.0
        self._closed = threading.Event()
        parts = urlsplit(config.url)
        self._path = parts.path.rstrip("/")
        self._pool = _pool(config, self._deadline)
        self._headers: dict[str, str] = {}

    def __enter__(self) -> Self:
        """Start the deadline. Raises ConfigError where the token cannot be read."""
        token = read_token(self._config.token_file, "inventory.netbox.token_file")
        # Tokens of version 2 (NetBox 4.5) have a prefix; those before are 40 hexadecimal digits.
        scheme = "Bearer" if token.startswith("nbt_") else "Token"
        self._headers = {
            "Authorization": f"{scheme} {token}",
            "Accept": "application/json",
            "User-Agent": "hubgauge",
        }
        self._until = self._monotonic() + self._config.timeout
        self._deadline.arm(self._config.timeout)
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connection."""
        self._deadline.close()
        self._pool.close()

    def close(self) -> None:
        """End the request that is in progress, and make no other."""
        self._closed.set()
        self._deadline.close()

    def objects(self, endpoint: str, params: Sequence[tuple[str, str]] = ()) -> Iterator[Object]:
        """Yield every object of a list such as `dcim/racks`, each once.

        Raises Unreachable, Refused or BadReply.
        """
        query: Sequence[tuple[str, str]] = [
            ("limit", str(self._config.page_size)),
            ("ordering", "id"),
            *params,
        ]
        asked: set[str] = set()
        seen: set[int] = set()
        while True:
            text = urlencode(query)
            if text in asked or len(asked) >= MAX_PAGES:
                raise BadReply(f"{endpoint}: its pages go round in a circle")
            asked.add(text)
            page = self._page(f"{self._path}/api/{endpoint}/?{text}", endpoint)
            before = len(seen)
            for found in page["results"]:
                if not isinstance(found, dict) or not isinstance(found.get("id"), int):
                    raise BadReply(f"{endpoint}: an object without an id")
                if found["id"] not in seen:  # a list that grew meanwhile has an object twice
                    seen.add(found["id"])
                    yield found
            following = page.get("next")
            if not following:
                return
            if len(seen) == before:
                raise BadReply(f"{endpoint}: its pages go round in a circle: one has no new object")
            if len(seen) > _most_objects(page.get("count")):
                raise BadReply(f"{endpoint}: more than twice the objects that it counts")
            query = self._query_of(following, endpoint)

    def _query_of(self, link: object, endpoint: str) -> Sequence[tuple[str, str]]:
        parts = urlsplit(link) if isinstance(link, str) else None
        if parts is None or not parts.path.endswith(f"/api/{endpoint}/"):
            raise BadReply(f"{endpoint}: the link to its next page leads elsewhere")
        return parse_qsl(parts.query, keep_blank_values=True)

    def _page(self, target: str, endpoint: str) -> dict[str, Any]:
        page = self._get(target, endpoint)
        try:
            found = json.loads(page)
        except (ValueError, RecursionError):
            raise BadReply(f"{endpoint}: not JSON") from None
        if not isinstance(found, dict) or not isinstance(found.get("results"), list):
            raise BadReply(
                f"{endpoint}: not a list of NetBox's API; is the url that of NetBox itself?"
            )
        return found

    def _get(self, target: str, endpoint: str) -> bytes:
        """Get one page; asks again while NetBox is busy or away and there is time."""
        wait = _FIRST_WAIT
        while True:
            error: CollectError
            try:
                reply = self._exchange(target)
                if reply.status == _OK:
                    return reply.body
                message = f"{endpoint}: HTTP {reply.status}: {_detail(reply.body)}"
                if reply.status in _NO_RIGHT:
                    raise Refused(message)
                if reply.status not in _BUSY:
                    raise BadReply(message)
                error = Unreachable(message)
                wait = max(wait, self._retry_after(reply))
            except Unreachable as failed:
                error = failed
            if self._monotonic() + wait > self._until or self._closed.wait(wait):
                raise error
            wait = min(2 * wait, _LONGEST_WAIT)

    def _retry_after(self, reply: _Reply) -> float:
        asked = parse_retry_after(
            reply.headers.get("Retry-After"),
            now=self._wall_clock(),
            date=reply.headers.get("Date"),
        )
        return asked or 0.0

    def _exchange(self, target: str) -> _Reply:
        left = self._until - self._monotonic()
        if left <= 0 or self._closed.is_set():
            raise Unreachable(self._late())
        try:
            reply = self._pool.urlopen(
                "GET",
                target,
                headers=self._headers,
                redirect=False,
                retries=False,
                preload_content=False,
                decode_content=True,
                timeout=left,
                assert_same_host=False,
            )
            body = bytearray()
            while piece := reply.read(_PIECE):
                body += piece
                if len(body) > MAX_PAGE:
                    reply.close()  # the pool does not know a connection that is in use
                    raise BadReply(f"a page of more than {MAX_PAGE} bytes: lower page_size")
            reply.release_conn()
        except (HTTPError, OSError) as error:
            if self._deadline.passed or self._closed.is_set():
                raise Unreachable(self._late()) from None
            raise Unreachable(f"{self._config.url}: {reason_of(error)}") from None
        return _Reply(reply.status, reply.headers, bytes(body))

    def _late(self) -> str:
        return f"{self._config.url}: not read in {self._config.timeout:g} s"


def _most_objects(count: object) -> int:
    """Return the most objects to take from a list, by the `count` that NetBox states for it.

    A list may grow while it is read. Without a usable `count`, it is MAX_OBJECTS.
    """
    said = count if isinstance(count, int) and count >= 0 else MAX_OBJECTS
    return min(MAX_OBJECTS, 2 * said + _GROWN)


def _detail(body: bytes) -> str:
    """Return the message of an error page, in one line."""
    try:
        found = json.loads(body)
        text = str(found.get("detail") or found) if isinstance(found, dict) else str(found)
    except (ValueError, RecursionError):
        text = "no reason given"
    return " ".join(text.split())[:200]


def _pool(config: NetBox, watch: Deadline) -> urllib3.HTTPConnectionPool:
    """Return a pool of one connection that keeps the deadline; certificates are verified."""

    class Plain(WatchedConnection):
        """A connection without TLS."""

        deadline = watch

    class Secured(WatchedTlsConnection):
        """A connection with TLS."""

        deadline = watch

    parts = urlsplit(config.url)
    host = parts.hostname or ""
    if parts.scheme == "http":
        plain = urllib3.HTTPConnectionPool(host, parts.port, maxsize=1)
        plain.ConnectionCls = Plain
        return plain
    secured = urllib3.HTTPSConnectionPool(
        host,
        parts.port,
        maxsize=1,
        cert_reqs="CERT_REQUIRED",
        ca_certs=str(config.ca_file) if config.ca_file else None,
    )
    secured.ConnectionCls = Secured
    return secured

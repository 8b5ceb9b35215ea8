"""NetBox's REST API, read only: one connection, one deadline for all of it, and never another host.

Lists come in pages (`limit`, `offset`, `next`). Of a `next` link only the query is taken: what a proxy made of scheme and host in it does
not matter, and no link can send the token elsewhere. Redirects are not followed.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import parse_qsl, urlencode, urlsplit

from agent.deadline import Deadline
from agent.retry import parse_retry_after
from collectors.base import BadReply, CollectError, Refused, Unreachable
from collectors.secrets import read_secret

if TYPE_CHECKING:
    import socket

    import urllib3

    from agent.inventory.netbox.config import NetBox

MAX_PAGE: Final = 64 * 2**20
MAX_PAGES: Final = 50_000
_PIECE: Final = 2**18
_BUSY: Final = frozenset((429, 502, 503, 504))
_FIRST_WAIT: Final = 1.0
_LONGEST_WAIT: Final = 60.0
_NO_RIGHT: Final = frozenset((401, 403))
_OK: Final = 200

Params = "Sequence[tuple[str, str]]"


class Client:
    """Reads lists of objects. One thread uses it; `close` may come from any and ends what is under way."""

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
        """Begin: from here on the deadline counts. Raises Refused where the token cannot be read."""
        token = read_secret(self._config.token_file, "inventory.netbox.token_file")
        # Version 2 tokens (NetBox 4.5) say what they are; those before are 40 hexadecimal digits.
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
        """Let go of the connection."""
        self._deadline.close()
        self._pool.close()

    def close(self) -> None:
        """End what is under way."""
        self._closed.set()
        self._deadline.close()

    def objects(
        self, endpoint: str, params: Sequence[tuple[str, str]] = ()
    ) -> Iterator[dict[str, Any]]:
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
            for found in page["results"]:
                if not isinstance(found, dict) or not isinstance(found.get("id"), int):
                    raise BadReply(f"{endpoint}: an object without an id")
                if found["id"] not in seen:  # a list that grew while it was read shows one twice
                    seen.add(found["id"])
                    yield found
            following = page.get("next")
            if not following:
                return
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
        """Get one page, asking again where NetBox is busy, as long as there is time."""
        wait = _FIRST_WAIT
        while True:
            error: CollectError
            least = 0.0
            try:
                status, headers, body = self._exchange(target)
                if status == _OK:
                    return body
                if status in _NO_RIGHT:
                    raise Refused(f"{endpoint}: HTTP {status}: {_detail(body)}")
                error = Unreachable(f"{endpoint}: HTTP {status}: {_detail(body)}")
                if status not in _BUSY:
                    raise BadReply(str(error))
                least = (
                    parse_retry_after(
                        headers.get("Retry-After"), now=self._wall_clock(), date=headers.get("Date")
                    )
                    or 0.0
                )
            except Unreachable as failed:
                error = failed
            wait = max(wait, least)
            if self._monotonic() + wait > self._until or self._closed.wait(wait):
                raise error
            wait = min(2 * wait, _LONGEST_WAIT)

    def _exchange(self, target: str) -> tuple[int, Any, bytes]:
        from urllib3.exceptions import HTTPError  # noqa: PLC0415 - loaded by now

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
                    raise BadReply(f"a page of more than {MAX_PAGE} bytes: lower page_size")
            reply.release_conn()
        except (HTTPError, OSError) as error:
            if self._deadline.passed or self._closed.is_set():
                raise Unreachable(self._late()) from None
            raise Unreachable(f"{self._config.url}: {_reason(error)}") from None
        return reply.status, reply.headers, bytes(body)

    def _late(self) -> str:
        return f"{self._config.url}: not read in {self._config.timeout:g} s"


def _detail(body: bytes) -> str:
    """Return what an error page says, in a line."""
    try:
        found = json.loads(body)
        text = str(found.get("detail") or found) if isinstance(found, dict) else str(found)
    except (ValueError, RecursionError):
        text = "no reason given"
    return " ".join(text.split())[:200]


def _reason(error: BaseException) -> str:
    """Name what went wrong without the objects urllib3 puts into its messages."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.strerror:
            return str(getattr(cause, "verify_message", "") or cause.strerror)
        cause = cause.__cause__ or cause.__context__
    return str(error).rsplit(": ", 1)[-1] or type(error).__name__


def _pool(config: NetBox, deadline: Deadline) -> urllib3.HTTPConnectionPool:
    """Return a pool of one connection that keeps the deadline; certificates are verified."""
    import urllib3  # noqa: PLC0415 - only where NetBox is read
    from urllib3.connection import HTTPConnection, HTTPSConnection  # noqa: PLC0415 - as above

    class Watched:
        """Mixed into both kinds of connection."""

        def _new_conn(self) -> socket.socket:
            connected: socket.socket = super()._new_conn()  # type: ignore[misc]
            try:
                deadline.attach(connected)
            except OSError:
                connected.close()
                raise
            return connected

    class Plain(Watched, HTTPConnection):
        """A connection without TLS."""

    class Secured(Watched, HTTPSConnection):
        """A connection with TLS."""

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

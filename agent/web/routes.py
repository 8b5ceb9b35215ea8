"""Which part of the agent answers which path.

`/-/healthy`, `/-/ready` and `/-/reload` are about the process. `/metrics` is the snapshot, `/sd`
the list of targets for Prometheus. Everything else is the board's.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

from agent.snapshot import Snapshot
from agent.web import exposition
from agent.web.auth import Users
from agent.web.limits import METRICS_PAGES, QUERY_FIELDS
from agent.web.response import Response, plain_text

log = logging.getLogger(__name__)

_OWN: Final = ("/", "/metrics", "/sd", "/-/healthy", "/-/ready", "/-/reload")
_LARGE_PIECE: Final = 2**17
"""After so many characters of /metrics, other requests get a turn."""
_CHALLENGE: Final = ("www-authenticate", 'Basic realm="hubgauge", charset="UTF-8"')


def metric_label(path: str) -> str:
    """Return the path as the agent's own metrics name it: few values, whatever clients ask for."""
    if path in _OWN:
        return path
    return "/api" if path.startswith("/api/") else "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request: path decoded, query string as it came, header names in lower case."""

    method: str
    path: str
    query: bytes = b""
    headers: Mapping[str, str]

    def header(self, name: str) -> str:
        """Return a header's value, or an empty text."""
        return self.headers.get(name, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Handlers:
    """What the agent gives the server to answer with.

    `reload` returns what is wrong with the new config, or an empty text. `pages` answers a path
    of the board (path, query, Accept-Language), `targets` the query of `/sd`; both return None for
    what does not exist, and raise ValueError for a request that is wrong.
    """

    waits_for: Callable[[], str]
    reload: Callable[[], Awaitable[str]]
    pages: Callable[[str, Mapping[str, str], str], Response | None]
    targets: Callable[[Mapping[str, str]], Response | None]


class Routes:
    """Answers requests; with `users`, only those of a known user."""

    def __init__(self, *, snapshot: Snapshot, handlers: Handlers, users: Users | None) -> None:
        self._snapshot = snapshot
        self._handlers = handlers
        self._users = users
        self._metrics_pages = 0

    async def answer(self, request: Request) -> Response:
        """Return the answer to a request; never raises for what a client sent."""
        if request.path == "/-/healthy":  # open to everybody: it says only that the agent runs
            return plain_text(200, "healthy")
        if self._users is not None and not await _accepted(self._users, request):
            return plain_text(401, "user and password needed", _CHALLENGE)
        return await self._dispatch(request)

    async def _dispatch(self, request: Request) -> Response:
        path = request.path
        if path == "/-/reload":
            return await self._reload(request.method)
        if request.method not in ("GET", "HEAD"):
            return plain_text(405, "use GET", ("allow", "GET, HEAD"))
        if path == "/metrics":
            return await self._metrics(request.header("accept"))
        if path == "/sd":  # a hub's list of targets takes a second to make
            return await asyncio.to_thread(self._page, request)
        return self._page(request)

    async def _reload(self, method: str) -> Response:
        if method not in ("POST", "PUT"):
            return plain_text(405, "use POST", ("allow", "POST, PUT"))
        problem = await self._handlers.reload()
        return plain_text(500, problem) if problem else plain_text(200, "reloaded")

    def _page(self, request: Request) -> Response:
        path = request.path
        if path == "/-/ready":
            waits_for = self._handlers.waits_for()
            return plain_text(503, waits_for) if waits_for else plain_text(200, "ready")
        try:
            fields = parse_qsl(request.query.decode("latin-1"), max_num_fields=QUERY_FIELDS)
            if path == "/sd":
                page = self._handlers.targets(dict(fields))
            else:
                page = self._handlers.pages(path, dict(fields), request.header("accept-language"))
        except ValueError as error:
            return plain_text(400, str(error))
        except Exception:
            log.exception("page %s", path)
            return plain_text(500, "this page could not be made; the log says why")
        return page or plain_text(404, "not found")

    async def _metrics(self, accept: str) -> Response:
        if self._metrics_pages >= METRICS_PAGES:
            return plain_text(503, "busy", ("retry-after", "5"))
        openmetrics = exposition.accepts_openmetrics(accept)
        self._metrics_pages += 1
        try:
            pieces = []
            for piece in exposition.render(self._snapshot, openmetrics=openmetrics):
                pieces.append(piece)
                if len(piece) > _LARGE_PIECE:
                    await asyncio.sleep(0)
        finally:
            self._metrics_pages -= 1
        kind = exposition.OPENMETRICS if openmetrics else exposition.TEXT
        return Response(content_type=kind, body="".join(pieces).encode())


async def _accepted(users: Users, request: Request) -> bool:
    """Check user and password on a thread: a bcrypt hash takes a quarter of a second."""
    given = request.header("authorization")
    return bool(given) and await asyncio.to_thread(users.accepts, given)

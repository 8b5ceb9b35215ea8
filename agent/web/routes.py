"""Which part of the agent answers which path.

`/-/healthy`, `/-/ready` and `/-/reload` are about the process. `/metrics` is the snapshot, `/sd`
the list of targets for Prometheus. Everything else is the board's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

from agent.reload import Reloaded
from agent.settings import Http
from agent.snapshot import Snapshot
from agent.web import exposition
from agent.web.crowd import Client, Crowd
from agent.web.guesses import Guesses, Verdict
from agent.web.hosts import is_own_host, own_names, why_not_change
from agent.web.limits import BOARD_REQUESTS, QUERY_FIELDS
from agent.web.parts import asked_part
from agent.web.quiet import Quiet
from agent.web.response import Response, accepts_gzip, plain_text
from agent.web.shared import SharedPages, Wanted

_OWN: Final = ("/", "/metrics", "/sd", "/-/healthy", "/-/ready", "/-/reload")
_BUSY: Final = plain_text(503, "busy", ("retry-after", "5"))
_ZIPPED: Final = (("content-encoding", "gzip"), ("vary", "accept-encoding"))
_CHALLENGE: Final = ("www-authenticate", 'Basic realm="hubgauge", charset="UTF-8"')
_REFUSALS: Final[Mapping[Verdict, Response]] = {
    Verdict.WRONG: plain_text(401, "user and password needed", _CHALLENGE),
    Verdict.TOO_MANY: plain_text(429, "too many wrong passwords from here", ("retry-after", "5")),
    Verdict.BUSY: _BUSY,
}


def metric_label(path: str) -> str:
    """Return the label of a path in the agent's metrics: one of a few, whatever clients send."""
    if path in _OWN:
        return path
    return "/api" if path.startswith("/api/") else "other"


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

    def header(self, name: str) -> str:
        """Return a header's value, or an empty text."""
        return self.headers.get(name, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Handlers:
    """The functions by which the server asks the agent.

    `waits_for` returns why the agent is not ready; empty if it is. `reload` returns the result of a
    reload. `pages` answers a path of the board (path as the client sent it, query,
    Accept-Language), and `targets` the query of `/sd`. Both return None for what does not exist,
    and raise ValueError for a request that is wrong.
    """

    waits_for: Callable[[], str]
    reload: Callable[[], Awaitable[Reloaded]]
    pages: Callable[[str, Mapping[str, str], str], Response | None]
    targets: Callable[[Mapping[str, str]], Response | None]


class Routes:
    """Answers requests. With `guesses`, it answers only known users."""

    def __init__(
        self,
        *,
        snapshot: Snapshot,
        handlers: Handlers,
        crowd: Crowd,
        guesses: Guesses | None,
        config: Http,
        node: str,
        quiet: Quiet,
    ) -> None:
        self._pages = SharedPages(snapshot)
        self._handlers = handlers
        self._crowd = crowd
        self._guesses = guesses
        self._quiet = quiet
        self._names = own_names(config, node)
        self._certificates = config.tls is not None and config.tls.client_ca_file is not None
        self._board = asyncio.Semaphore(1)
        self._waiting_for_board = 0

    async def answer(self, request: Request) -> Response:
        """Return the answer to a request; never raises for what a client sent."""
        if request.path == "/-/healthy":  # open to everybody: it says only that the agent runs
            return plain_text(200, "healthy")
        if not is_own_host(request.header("host"), self._names):
            return plain_text(
                421, "not asked by a name of this agent: add it to outputs.http.hosts"
            )
        refusal = await self._refusal(request)
        if refusal is not None:
            return refusal
        if not self._crowd.begins(request.client):
            return _BUSY
        return await self._dispatch(request)

    async def _refusal(self, request: Request) -> Response | None:
        """Return the answer to a request without a known user; None if it has one or needs none."""
        if self._guesses is None:
            return None
        given = request.header("authorization")
        if given:
            return _REFUSALS.get(await self._guesses.check(request.client, given))
        if request.path != "/-/ready":
            return _REFUSALS[Verdict.WRONG]
        # An orchestrator has no password: it is told whether the agent is ready, but not why not.
        waits = self._handlers.waits_for()
        return plain_text(503, "not ready") if waits else plain_text(200, "ready")

    async def _dispatch(self, request: Request) -> Response:
        path = request.path
        if path == "/-/reload":
            return await self._reload(request)
        if request.method not in ("GET", "HEAD"):
            return plain_text(405, "use GET", ("allow", "GET, HEAD"))
        if path == "/metrics":
            return await self._metrics(request)
        if path == "/-/ready":
            return self._page(request)
        return await self._in_turn(request)

    async def _in_turn(self, request: Request) -> Response:
        """Make pages of the board one at a time; between two, other requests get their turn."""
        if self._waiting_for_board >= BOARD_REQUESTS and not request.client.known:
            return _BUSY
        self._waiting_for_board += 1
        try:
            async with self._board:
                await asyncio.sleep(0)
                if request.path == "/sd":  # a hub's list of targets takes a second to make
                    return await asyncio.to_thread(self._page, request)
                return self._page(request)
        finally:
            self._waiting_for_board -= 1

    async def _reload(self, request: Request) -> Response:
        if request.method not in ("POST", "PUT"):
            return plain_text(405, "use POST", ("allow", "POST, PUT"))
        refused = why_not_change(
            request.headers,
            address=request.client.address,
            known_user=self._guesses is not None or self._certificates,
        )
        if refused:
            return plain_text(403, refused)
        done = await self._handlers.reload()
        return plain_text(500 if done.wrong else 200, str(done))

    def _page(self, request: Request) -> Response:
        path = request.path
        if path == "/-/ready":
            waits_for = self._handlers.waits_for()
            return plain_text(503, waits_for) if waits_for else plain_text(200, "ready")
        try:
            fields = _fields(request)
            if path == "/sd":
                page = self._handlers.targets(dict(fields))
            else:
                page = self._handlers.pages(
                    request.raw_path, dict(fields), request.header("accept-language")
                )
        except ValueError as error:
            return plain_text(400, str(error))
        except Exception as error:  # noqa: BLE001 - a fault of ours: told once a minute
            self._quiet.warn("page", f"page {path[:200]!a}", error=error)
            return plain_text(500, "this page could not be made; the log says why")
        return page or plain_text(404, "not found")

    async def _metrics(self, request: Request) -> Response:
        openmetrics = exposition.accepts_openmetrics(request.header("accept"))
        zipped = accepts_gzip(request.header("accept-encoding"))
        try:
            part = asked_part(_fields(request))
        except ValueError as error:
            return plain_text(400, str(error))
        wanted = Wanted(openmetrics=openmetrics, zipped=zipped, part=part)
        page = await self._pages.page(wanted, lambda: request.client.gone)
        return Response(
            content_type=exposition.OPENMETRICS if openmetrics else exposition.TEXT,
            parts=page,
            headers=_ZIPPED if zipped else (),
        )


def _fields(request: Request) -> list[tuple[str, str]]:
    """Return the names and values of a query; raises ValueError where there are too many."""
    text = request.query.decode("latin-1")
    return parse_qsl(text, keep_blank_values=True, max_num_fields=QUERY_FIELDS)

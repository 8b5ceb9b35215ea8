"""Which part of the agent answers which path.

`/-/healthy`, `/-/ready` and `/-/reload` are about the process. `/metrics` is the snapshot, `/sd`
the list of targets for Prometheus. Everything else is the board's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import parse_qsl

from agent.access import Reader
from agent.reload import Reloaded
from agent.settings import Http
from agent.snapshot import Snapshot
from agent.web import exposition
from agent.web.audit import Action, Audit
from agent.web.crowd import Crowd
from agent.web.door import BUSY, OTHER_SITES, Door
from agent.web.guesses import Guesses
from agent.web.hosts import is_own_host, own_names, why_not_change
from agent.web.limits import BOARD_REQUESTS, QUERY_FIELDS
from agent.web.parts import asked_part
from agent.web.quiet import Quiet
from agent.web.refusals import in_language
from agent.web.request import Request
from agent.web.response import Response, accepts_gzip, plain_text
from agent.web.shared import SharedPages, Wanted

_OWN: Final = ("/", "/metrics", "/sd", "/-/healthy", "/-/ready", "/-/reload")
_OF_ALL_SITES: Final = ("/metrics", "/sd")
"""Paths of programs, which tell of every site."""
_ZIPPED: Final = (("content-encoding", "gzip"), ("vary", "accept-encoding"))
_POLICY: Final = "content-security-policy"
_MAY_NOT_SEE: Final = plain_text(403, "your roles do not let you see anything here")
_MAY_NOT_RELOAD: Final = "your roles do not let you reload the agent"
_NOT_RECORDED: Final = "not done: the audit log cannot be written"


def metric_label(path: str) -> str:
    """Return the label of a path in the agent's metrics: one of a few, whatever clients send."""
    if path in _OWN:
        return path
    return "/api" if path.startswith("/api/") else "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Handlers:
    """The functions by which the server asks the agent.

    `waits_for` returns why the agent is not ready; empty if it is. `reload` returns the result of a
    reload. `pages` answers a path of the board (path as the client sent it, query,
    Accept-Language, the reader), and `targets` the query of `/sd`. Both return None for what does
    not exist, and raise ValueError for a request that is wrong.
    """

    waits_for: Callable[[], str]
    reload: Callable[[], Awaitable[Reloaded]]
    pages: Callable[[str, Mapping[str, str], str, Reader], Response | None]
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
        self._quiet = quiet
        self._names = own_names(config, node)
        self._certificates = config.tls is not None and config.tls.client_ca_file is not None
        self._framed_by = " ".join(("frame-ancestors 'self'", *config.frame_ancestors))
        self._audit = Audit(config.audit_file, quiet)
        self._door = Door(
            config=config,
            crowd=crowd,
            guesses=guesses,
            waits_for=handlers.waits_for,
            audit=self._audit,
        )
        self._asks_for_users = guesses is not None or config.proxy is not None
        self._board = asyncio.Semaphore(1)
        self._waiting_for_board = 0

    async def answer(self, request: Request) -> Response:
        """Return the answer to a request; never raises for what a client sent."""
        return in_language(await self._answer(request), request)

    async def _answer(self, request: Request) -> Response:
        if request.path == "/-/healthy":  # open to everybody: it says only that the agent runs
            return plain_text(200, "healthy")
        if not is_own_host(request.header("host"), self._names):
            return plain_text(
                421, "not asked by a name of this agent: add it to outputs.http.hosts"
            )
        reader = await self._door.who(request)
        if isinstance(reader, Response):
            return reader
        if not self._crowd.begins(request.client):
            return BUSY
        return await self._dispatch(request, reader)

    async def _dispatch(self, request: Request, reader: Reader) -> Response:
        path = request.path
        if path == "/-/reload":
            return await self._reload(request, reader)
        if request.method not in ("GET", "HEAD"):
            return plain_text(405, "use GET", ("allow", "GET, HEAD"))
        refusal = _why_not_see(reader, path)
        if refusal is not None:
            return await self._refused(request, reader, refusal)
        await self._audit.sees(
            user=reader.user,
            address=request.client.address,
            path=path,
            forwarded=self._door.forwarded(request),
        )
        if path == "/metrics":
            return await self._metrics(request)
        return (
            self._page(request, reader)
            if path == "/-/ready"
            else await self._in_turn(request, reader)
        )

    async def _in_turn(self, request: Request, reader: Reader) -> Response:
        """Make pages of the board one at a time; between two, other requests get their turn."""
        if self._waiting_for_board >= BOARD_REQUESTS and not request.client.known:
            return BUSY
        self._waiting_for_board += 1
        try:
            async with self._board:
                await asyncio.sleep(0)
                if request.path == "/sd":  # a hub's list of targets takes a second to make
                    return await asyncio.to_thread(self._page, request, reader)
                page = self._page(request, reader)
        finally:
            self._waiting_for_board -= 1
        return await self._refused(request, reader, page) if page is OTHER_SITES else page

    async def _refused(self, request: Request, reader: Reader, answer: Response) -> Response:
        """Record that a known user was refused."""
        await self._note("see", request, reader, answer.status)
        return answer

    async def _note(self, action: Action, request: Request, reader: Reader, status: int) -> bool:
        return await self._audit.note(
            action,
            user=reader.user,
            address=request.client.address,
            path=request.path,
            status=status,
            forwarded=self._door.forwarded(request),
        )

    async def _reload(self, request: Request, reader: Reader) -> Response:
        if request.method not in ("POST", "PUT"):
            return plain_text(405, "use POST", ("allow", "POST, PUT"))
        refused = why_not_change(
            request.headers,
            address=request.client.address,
            known_user=self._asks_for_users or self._certificates,
        )
        if not refused and "reload" not in reader.rights:
            refused = _MAY_NOT_RELOAD
        if refused:
            await self._note("reload", request, reader, 403)
            return plain_text(403, refused)
        if not await self._note("reload", request, reader, 0):
            return plain_text(503, _NOT_RECORDED)
        done = await self._handlers.reload()
        status = 500 if done.wrong else 200
        await self._note("reload", request, reader, status)
        return plain_text(status, str(done))

    def _page(self, request: Request, reader: Reader) -> Response:
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
                    request.raw_path, dict(fields), request.header("accept-language"), reader
                )
        except ValueError as error:
            return plain_text(400, str(error))
        except Exception as error:  # noqa: BLE001 - a fault of ours: told once a minute
            self._quiet.warn("page", f"page {path[:200]!a}", error=error)
            return plain_text(500, "this page could not be made; the log says why")
        return self._framed(page) if page is not None else plain_text(404, "not found")

    def _framed(self, page: Response) -> Response:
        """Let the pages of the config's `frame_ancestors` show this one in a frame."""
        headers = tuple(
            (name, text.replace("frame-ancestors 'self'", self._framed_by))
            if name == _POLICY
            else (name, text)
            for name, text in page.headers
        )
        return page if headers == page.headers else replace(page, headers=headers)

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


def _why_not_see(reader: Reader, path: str) -> Response | None:
    """Return the refusal of a reader who may not see a path; None for one who may."""
    if "see" not in reader.rights:
        return _MAY_NOT_SEE
    return OTHER_SITES if reader.sites is not None and path in _OF_ALL_SITES else None


def _fields(request: Request) -> list[tuple[str, str]]:
    """Return the names and values of a query; raises ValueError where there are too many."""
    text = request.query.decode("latin-1")
    return parse_qsl(text, keep_blank_values=True, max_num_fields=QUERY_FIELDS)

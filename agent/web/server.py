"""The HTTP server: uvicorn on the agent's own event loop."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from agent.selfmetrics import SelfMetrics
from agent.settings import Http, split_listen
from agent.snapshot import Snapshot
from agent.web.auth import Users
from agent.web.connections import QuietServer, listening_socket, uvicorn_config
from agent.web.limits import SHUTDOWN_SECONDS, ConnectionLimits, raise_file_limit
from agent.web.routes import Handlers, Request, Routes, metric_label

_GZIP_LEVEL: Final = 1
"""A whole hub's page takes 0.10 s, against 3.8 s at level 9, and is a third longer."""
_GZIP_FROM: Final = 1024
"""Shorter bodies are sent as they are."""
_GZIP_ON_THREAD: Final = 2**18
"""From so many bytes on, compression runs on a thread; zlib releases the interpreter meanwhile."""

Headers = tuple[tuple[str, str], ...]


class WebServer:
    """Listens at the configured address, and answers through the routes."""

    def __init__(
        self, *, config: Http, snapshot: Snapshot, metrics: SelfMetrics, handlers: Handlers
    ) -> None:
        """Read the users' file, if there is one; raises ConfigError for a bad one."""
        self._config = config
        self._metrics = metrics
        users = Users(config.users_file) if config.users_file is not None else None
        self._routes = Routes(snapshot=snapshot, handlers=handlers, users=users)
        self._server: QuietServer | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Listen; raises OSError if the address is in use or not this machine's."""
        raise_file_limit()
        limits = ConnectionLimits(
            max_connections=self._config.max_connections,
            request_seconds=self._config.request_timeout,
        )
        self._server = QuietServer(uvicorn_config(self._app, limits, self._config.tls))
        sock = listening_socket(*split_listen(self._config.listen))
        self._task = asyncio.create_task(self._server.serve(sockets=[sock]))

    async def stop(self) -> None:
        """Stop listening, wait some seconds for answers under way, and close."""
        if self._server is None or self._task is None:
            return
        self._server.stopping.set()
        with contextlib.suppress(TimeoutError, asyncio.CancelledError):
            await asyncio.wait_for(self._task, SHUTDOWN_SECONDS)

    async def _app(
        self,
        scope: Mapping[str, Any],
        _receive: object,
        send: Callable[[dict[str, Any]], Awaitable[None]],
    ) -> None:
        """Answer one request; the arguments are those of ASGI 3."""
        began = time.monotonic()
        headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        request = Request(
            method=scope["method"],
            path=scope["path"],
            query=scope["query_string"],
            headers=headers,
        )
        answer = await self._routes.answer(request)
        body, encoding = await _compressed(answer.body, request.header("accept-encoding"))
        fixed = (
            ("content-type", answer.content_type),
            ("content-length", str(len(body))),
            ("x-content-type-options", "nosniff"),
        )
        raw = [
            (name.encode("latin-1"), value.encode("latin-1", "replace"))
            for name, value in (*fixed, *encoding, *answer.headers)
        ]
        await send({"type": "http.response.start", "status": answer.status, "headers": raw})
        await send({"type": "http.response.body", "body": body})
        label = metric_label(request.path)
        self._metrics.requests.labels(label, str(answer.status)).inc()
        self._metrics.request_duration.labels(label).observe(time.monotonic() - began)


async def _compressed(body: bytes, accepted: str) -> tuple[bytes, Headers]:
    """Return the body and its headers: compressed if it is long and the client accepts gzip."""
    if len(body) < _GZIP_FROM or "gzip" not in accepted:
        return body, ()
    if len(body) < _GZIP_ON_THREAD:
        body = gzip.compress(body, _GZIP_LEVEL)
    else:
        body = await asyncio.to_thread(gzip.compress, body, _GZIP_LEVEL)
    return body, (("content-encoding", "gzip"), ("vary", "accept-encoding"))

"""The HTTP server: uvicorn on the agent's own event loop, behind a gate of our own."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import h11

from agent.selfmetrics import SelfMetrics
from agent.settings import Http, split_listen
from agent.snapshot import Snapshot
from agent.web.auth import Users
from agent.web.connections import QuietServer, protocol, uvicorn_config
from agent.web.crowd import Client, Crowd, Known
from agent.web.early import Early
from agent.web.gate import Gate, Handshake, listening_socket
from agent.web.guesses import Guesses
from agent.web.limits import (
    PROGRESS_SECONDS,
    SHUTDOWN_SECONDS,
    ConnectionLimits,
    affordable,
    raise_file_limit,
)
from agent.web.quiet import Quiet
from agent.web.request import Request, joined, repeated
from agent.web.response import Parts, Response, accepts_gzip
from agent.web.routes import Handlers, Routes, metric_label

log = logging.getLogger(__name__)

_GZIP_LEVEL: Final = 1
_GZIP_FROM: Final = 1024
"""Shorter bodies are sent as they are."""
_GZIP_ON_THREAD: Final = 2**18
"""Bytes. From this size on, compression runs on a thread; zlib releases the interpreter
meanwhile."""

Headers = tuple[tuple[str, str], ...]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class WebServer:
    """Listens at the configured address, and answers through the routes."""

    def __init__(
        self,
        *,
        config: Http,
        snapshot: Snapshot,
        metrics: SelfMetrics,
        handlers: Handlers,
        node: str = "",
        collectors: int = 0,
    ) -> None:
        """Read the file of users, if the config names one; raises ConfigError for a bad one.

        Open files are kept for this many collectors.
        """
        self._config = config
        self._metrics = metrics
        self._quiet = Quiet()
        self._limits = _limits(config, collectors)
        self._crowd = Crowd(self._limits, Known(config.first_networks))
        self._users = Users(config.users_file, self._quiet) if config.users_file else None
        self._guesses = Guesses(self._users, self._crowd) if self._users is not None else None
        self._routes = Routes(
            snapshot=snapshot,
            handlers=handlers,
            crowd=self._crowd,
            guesses=self._guesses,
            config=config,
            node=node,
            quiet=self._quiet,
        )
        self._server: QuietServer | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Listen; raises OSError if the address is in use or not this machine's."""
        tls = self._config.tls
        early = Early(
            self._crowd,
            remembers=self._users.remembers if self._users is not None else lambda _: False,
            refused=lambda reason: self._metrics.refused.labels(reason).inc(),
        )
        kind = protocol(
            self._limits,
            self._crowd,
            early,
            self._quiet,
            certificates=tls is not None and tls.client_ca_file is not None,
        )
        config = uvicorn_config(self._app, kind, tls)
        host, port = split_listen(self._config.listen)
        gate = Gate(
            listening_socket(host, port),
            crowd=self._crowd,
            protocol=lambda client: server.serves(kind, client),
            early=early,
            tls=Handshake(context=config.ssl, seconds=self._config.request_timeout)
            if config.ssl is not None
            else None,
            quiet=self._quiet,
        )
        self._server = server = QuietServer(config, close=gate.close)
        gate.open()
        self._task = asyncio.create_task(server.serve())
        if self._config.is_open:
            log.warning(
                "outputs.http.listen: %s is open to the network without users and without"
                " certificates of clients: everybody who can reach it can read everything",
                self._config.listen,
            )

    async def stop(self) -> None:
        """Stop listening, wait some seconds for answers under way, and close."""
        if self._guesses is not None:
            self._guesses.close()
        if self._server is None or self._task is None:
            return
        self._server.stopping.set()
        with contextlib.suppress(TimeoutError, asyncio.CancelledError):
            await asyncio.wait_for(self._task, SHUTDOWN_SECONDS)

    async def _app(
        self, client: Client, scope: Mapping[str, Any], _receive: object, send: Send
    ) -> None:
        """Answer one request; after the client of its connection, the arguments are ASGI 3's."""
        began = time.monotonic()
        request = Request(
            method=scope["method"],
            path=scope["path"],
            raw_path=scope["raw_path"].decode("latin-1"),
            query=scope["query_string"],
            headers=joined(scope["headers"]),
            repeated=repeated(scope["headers"]),
            client=client,
        )
        try:
            answer = await self._routes.answer(request)
            await self._send(answer, request, send)
        except (h11.ProtocolError, TimeoutError):  # not HTTP, or the client reads no answer
            client.cut()
            return
        except Exception as error:  # noqa: BLE001 - a fault of ours: told once a minute
            client.cut()
            self._quiet.warn("request", f"{request.path[:80]!a} failed", error=error)
            return
        finally:
            self._crowd.done(client)
        label = metric_label(request.path)
        self._metrics.requests.labels(label, str(answer.status)).inc()
        self._metrics.request_duration.labels(label).observe(time.monotonic() - began)

    async def _send(self, answer: Response, request: Request, send: Send) -> None:
        """Send an answer part by part; each must be read by a deadline.

        Raises TimeoutError for a client that does not read.
        """
        shared = answer.parts
        encoding: Headers = ()
        if shared is None:
            body, encoding = await _compressed(answer.body, request.header("accept-encoding"))
            shared = Parts(parts=[body])
        fixed = (
            ("content-type", answer.content_type),
            ("content-length", str(shared.length)),
            ("x-content-type-options", "nosniff"),
        )
        raw = [
            (name.encode("latin-1"), value.encode("latin-1", "replace"))
            for name, value in (*fixed, *encoding, *answer.headers)
        ]
        await send({"type": "http.response.start", "status": answer.status, "headers": raw})
        client = request.client
        with shared.read_by(client.cut) as parts:
            for part in parts if request.method != "HEAD" else ():
                self._crowd.waits(client)
                async with asyncio.timeout(PROGRESS_SECONDS):
                    await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


def _limits(config: Http, collectors: int) -> ConnectionLimits:
    """Return the bounds on connections; one line is logged where the config's is too high."""
    asked, open_files = config.max_connections, raise_file_limit()
    most = affordable(asked, open_files=open_files, collectors=collectors)
    if most < asked:
        log.warning(
            "outputs.http.max_connections: %d instead of %d: the system allows %d open files, and"
            " the others are kept for %d collectors and the agent itself",
            most,
            asked,
            open_files,
            collectors,
        )
    return ConnectionLimits(
        max_connections=most,
        per_address=config.max_connections_per_address,
        request_seconds=config.request_timeout,
    )


async def _compressed(body: bytes, accepted: str) -> tuple[bytes, Headers]:
    """Return the body and its headers: compressed if it is long and the client accepts gzip."""
    if len(body) < _GZIP_FROM or not accepts_gzip(accepted):
        return body, ()
    if len(body) < _GZIP_ON_THREAD:
        body = gzip.compress(body, _GZIP_LEVEL)
    else:
        body = await asyncio.to_thread(gzip.compress, body, _GZIP_LEVEL)
    return body, (("content-encoding", "gzip"), ("vary", "accept-encoding"))

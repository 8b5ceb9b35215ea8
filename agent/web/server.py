"""The HTTP server: uvicorn on the agent's own loop, with deadlines on reading and writing and a bound on connections.

uvicorn leaves a connection that never sends a whole request open for ever, and one that never reads its answer too; a
deadline on both is what is added here. No request is answered on a thread of its own, so slow clients cost a socket each and nothing more.
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import logging
import resource
import ssl
import time
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from agent.config import split_listen
from agent.web import exposition

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping

    from agent.config import Http
    from agent.selfmetrics import SelfMetrics
    from agent.snapshot import Snapshot
    from agent.web.pages import Response

log = logging.getLogger(__name__)

_GZIP_LEVEL: Final = 1  # a whole hub's page: 0.10 s, against 3.8 s at level 9, for a third more bytes
_GZIP_FROM: Final = 1024
_WRITE_SECONDS: Final = 60.0
_KEEP_ALIVE_SECONDS: Final = 75
_MAX_RENDERS: Final = 64
_BUSY: Final = b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 5\r\nconnection: close\r\nretry-after: 5\r\n\r\nbusy\n"
_PLAIN: Final = "text/plain; charset=utf-8"


def protocol_with_deadlines(max_connections: int, request_timeout: float) -> type[H11Protocol]:
    """Return uvicorn's HTTP protocol with a deadline on each request and each answer, and a bound on connections."""

    class TimedProtocol(H11Protocol):
        _deadline: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            if len(self.connections) > max_connections:
                transport.write(_BUSY)
                transport.close()
                return
            self._arm(request_timeout)

        def connection_lost(self, exc: Exception | None) -> None:
            self._disarm()
            super().connection_lost(exc)

        def data_received(self, data: bytes) -> None:
            if self._deadline is None:  # the first bytes of a further request on a kept connection
                self._arm(request_timeout)
            super().data_received(data)

        def handle_events(self) -> None:
            super().handle_events()
            if self.cycle is not None and not self.cycle.response_complete:
                self._arm(_WRITE_SECONDS)

        def on_response_complete(self) -> None:
            self._disarm()
            super().on_response_complete()

        def timeout_keep_alive_handler(self) -> None:
            if self.transport.get_write_buffer_size():
                self.transport.abort()  # a polite close would wait for a client that does not read
            else:
                super().timeout_keep_alive_handler()

        def _arm(self, seconds: float) -> None:
            self._disarm()
            self._deadline = self.loop.call_later(seconds, self.transport.abort)

        def _disarm(self) -> None:
            if self._deadline is not None:
                self._deadline.cancel()
                self._deadline = None

    return TimedProtocol


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers and its ten ticks a second: the agent owns the process."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.stopping = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def main_loop(self) -> None:
        await self.stopping.wait()


class WebServer:
    """Serves /metrics, /-/healthy, /-/ready, /-/reload, and whatever `pages` answers."""

    def __init__(
        self,
        *,
        config: Http,
        snapshot: Snapshot,
        metrics: SelfMetrics,
        ready: Callable[[], bool],
        reload: Callable[[], Awaitable[str]],
        pages: Callable[[str, Mapping[str, str], str], Response | None],
    ) -> None:
        self._config = config
        self._snapshot = snapshot
        self._metrics = metrics
        self._ready = ready
        self._reload = reload
        self.pages = pages
        self._renders = 0
        self._users = None
        if config.users_file is not None:
            from agent.web.auth import Users  # noqa: PLC0415 - only where users are configured

            self._users = Users(config.users_file)
        self._server: _Server | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Listen; raises OSError where the address cannot be had."""
        host, port = split_listen(self._config.listen)
        raise_file_limit()
        tls = self._config.tls
        config = uvicorn.Config(
            self._app, host=host, port=port, http=protocol_with_deadlines(self._config.max_connections, self._config.request_timeout),
            loop="none", lifespan="off", ws="none", log_config=None, access_log=False, server_header=False, date_header=False,
            proxy_headers=False, timeout_keep_alive=_KEEP_ALIVE_SECONDS, timeout_graceful_shutdown=2,
            h11_max_incomplete_event_size=16 * 1024, backlog=1024,
            ssl_certfile=tls.cert_file if tls else None, ssl_keyfile=tls.key_file if tls else None,
            ssl_ca_certs=str(tls.client_ca_file) if tls and tls.client_ca_file else None,
            ssl_cert_reqs=ssl.CERT_REQUIRED if tls and tls.client_ca_file else ssl.CERT_NONE,
        )  # fmt: skip
        logging.getLogger("uvicorn").setLevel(logging.CRITICAL)
        config.load()
        if config.ssl is not None:
            config.ssl.minimum_version = ssl.TLSVersion.TLSv1_2
        self._server = _Server(config)
        sock = _bind(host, port)
        self._task = asyncio.create_task(self._server.serve(sockets=[sock]))

    async def stop(self) -> None:
        """Stop listening, let answers under way end, and close."""
        if self._server is None or self._task is None:
            return
        self._server.stopping.set()
        with contextlib.suppress(TimeoutError, asyncio.CancelledError):
            await asyncio.wait_for(self._task, 4.0)

    async def _app(self, scope: dict[str, Any], _receive: object, send: Callable[[dict[str, Any]], Awaitable[None]]) -> None:
        began = time.monotonic()
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        path: str = scope["path"]
        status, kind, body, extra = await self._answer(scope["method"], path, scope["query_string"], headers)
        vary: tuple[tuple[str, str], ...] = ()
        if len(body) >= _GZIP_FROM and "gzip" in headers.get("accept-encoding", ""):
            # Off the loop: zlib lets go of the interpreter while it works.
            body = await asyncio.get_running_loop().run_in_executor(None, gzip.compress, body, _GZIP_LEVEL) \
                if len(body) > 2**18 else gzip.compress(body, _GZIP_LEVEL)  # fmt: skip
            vary = (("content-encoding", "gzip"), ("vary", "accept-encoding"))
        fixed = (("content-type", kind), ("content-length", str(len(body))), ("x-content-type-options", "nosniff"))
        raw = [(name.encode("latin-1"), value.encode("latin-1", "replace")) for name, value in (*fixed, *vary, *extra)]
        await send({"type": "http.response.start", "status": status, "headers": raw})
        await send({"type": "http.response.body", "body": body})
        label = path if path in _KNOWN else "/api" if path.startswith("/api/") else "other"
        self._metrics.requests.labels(label, str(status)).inc()
        self._metrics.request_duration.labels(label).observe(time.monotonic() - began)

    async def _answer(
        self, method: str, path: str, query: bytes, headers: Mapping[str, str]
    ) -> tuple[int, str, bytes, tuple[tuple[str, str], ...]]:
        if path == "/-/healthy":
            return 200, _PLAIN, b"healthy\n", ()
        if self._users is not None and not await self._authorised(headers.get("authorization", "")):
            return 401, _PLAIN, b"who are you?\n", (("www-authenticate", 'Basic realm="hubgauge", charset="UTF-8"'),)
        if path == "/-/ready":
            return (200, _PLAIN, b"ready\n", ()) if self._ready() else (503, _PLAIN, b"the first round is not done\n", ())
        if path == "/-/reload":
            if method not in ("POST", "PUT"):
                return 405, _PLAIN, b"POST it\n", (("allow", "POST, PUT"),)
            problem = await self._reload()
            return (500, _PLAIN, problem.encode(), ()) if problem else (200, _PLAIN, b"reloaded\n", ())
        if method not in ("GET", "HEAD"):
            return 405, _PLAIN, b"GET it\n", (("allow", "GET, HEAD"),)
        if path == "/metrics":
            return await self._metrics_page(headers.get("accept", ""))
        try:
            parameters = dict(parse_qsl(query.decode("latin-1"), max_num_fields=32))
        except ValueError:
            return 400, _PLAIN, b"too many fields\n", ()
        try:
            page = self.pages(path, parameters, headers.get("accept-language", ""))
        except Exception:
            log.exception("page %s", path)
            return 500, _PLAIN, b"this page could not be made; the log says why\n", ()
        if page is None:
            return 404, _PLAIN, b"not found\n", ()
        return page.status, page.content_type, page.body, page.headers

    async def _metrics_page(self, accept: str) -> tuple[int, str, bytes, tuple[tuple[str, str], ...]]:
        if self._renders >= _MAX_RENDERS:
            return 503, _PLAIN, b"busy\n", (("retry-after", "5"),)
        openmetrics = exposition.accepts_openmetrics(accept)
        self._renders += 1
        try:
            pieces = []
            for piece in exposition.render(self._snapshot, openmetrics=openmetrics):
                pieces.append(piece)
                if len(piece) > 2**17:  # a big family: let others have a turn
                    await asyncio.sleep(0)
        finally:
            self._renders -= 1
        return 200, exposition.OPENMETRICS if openmetrics else exposition.TEXT, "".join(pieces).encode(), ()

    async def _authorised(self, authorization: str) -> bool:
        assert self._users is not None  # noqa: S101 - for the type checker
        return bool(authorization) and await asyncio.get_running_loop().run_in_executor(None, self._users.check, authorization)


_KNOWN: Final = ("/", "/metrics", "/-/healthy", "/-/ready", "/-/reload")


def _bind(host: str, port: int) -> Any:  # noqa: ANN401 - a socket; the module is asyncio's already
    import socket  # noqa: PLC0415 - asyncio has imported it

    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, port))
    except OSError:
        sock.close()
        raise
    return sock


def raise_file_limit() -> None:
    """Allow as many open files as the system grants, since every client and every device is one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 65536 if hard == resource.RLIM_INFINITY else min(65536, hard)
    if soft < wanted:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))

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
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from agent.settings import split_listen
from agent.web import exposition
from agent.web.pages import Response

if TYPE_CHECKING:
    from uvicorn.protocols.http.h11_impl import RequestResponseCycle

    from agent.selfmetrics import SelfMetrics
    from agent.settings import Http
    from agent.snapshot import Snapshot

log = logging.getLogger(__name__)

_GZIP_LEVEL: Final = (
    1  # a whole hub's page: 0.10 s, against 3.8 s at level 9, for a third more bytes
)
_GZIP_FROM: Final = 1024
_GZIP_OFF_LOOP: Final = 2**18
_WRITE_SECONDS: Final = 60.0
_KEEP_ALIVE_SECONDS: Final = 75
_MAX_RENDERS: Final = 64
_BUSY: Final = b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 5\r\nconnection: close\r\nretry-after: 5\r\n\r\nbusy\n"


class TimedProtocol(H11Protocol):
    """uvicorn's HTTP protocol with a deadline on each request and each answer, and a bound on connections."""

    max_connections = 4096
    request_timeout = 10.0
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a client, or turn it away at once where there are too many."""
        super().connection_made(transport)
        if len(self.connections) > self.max_connections:
            transport.write(_BUSY)
            transport.close()
            return
        self._arm(self.request_timeout)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the client."""
        self._disarm()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read; a request must be whole by its deadline."""
        if self._deadline is None:  # the first bytes of a further request on a kept connection
            self._arm(self.request_timeout)
        super().data_received(data)

    def handle_events(self) -> None:
        """Answer a whole request; the client must have read the answer by a deadline."""
        super().handle_events()
        cycle: RequestResponseCycle | None = self.cycle  # None before the first request
        if cycle is not None and not cycle.response_complete:
            self._arm(_WRITE_SECONDS)

    def on_response_complete(self) -> None:
        """Wait for the next request."""
        self._disarm()
        super().on_response_complete()

    def timeout_keep_alive_handler(self) -> None:
        """Close a connection that is no longer used."""
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


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers and its ten ticks a second: the agent owns the process."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.stopping = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals alone."""
        yield

    async def main_loop(self) -> None:
        """Wait to be stopped."""
        await self.stopping.wait()


class WebServer:
    """Serves /metrics, /-/healthy, /-/ready, /-/reload, /sd from `targets`, and whatever `pages` answers."""

    def __init__(
        self,
        *,
        config: Http,
        snapshot: Snapshot,
        metrics: SelfMetrics,
        ready: Callable[[], bool],
        reload: Callable[[], Awaitable[str]],
        pages: Callable[[str, Mapping[str, str], str], Response | None],
        targets: Callable[[Mapping[str, str]], Response | None],
    ) -> None:
        self._config = config
        self._snapshot = snapshot
        self._metrics = metrics
        self._ready = ready
        self._reload = reload
        self.pages = pages
        self._targets = targets
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
        limits = {
            "max_connections": self._config.max_connections,
            "request_timeout": self._config.request_timeout,
        }
        protocol = type("Protocol", (TimedProtocol,), limits)
        config = uvicorn.Config(
            self._app,
            host=host,
            port=port,
            http=protocol,
            loop="none",
            interface="asgi3",
            lifespan="off",
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
            proxy_headers=False,
            timeout_keep_alive=_KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=2,
            h11_max_incomplete_event_size=16 * 1024,
            backlog=1024,
            ssl_certfile=tls.cert_file if tls else None,
            ssl_keyfile=tls.key_file if tls else None,
            ssl_ca_certs=str(tls.client_ca_file) if tls and tls.client_ca_file else None,
            ssl_cert_reqs=ssl.CERT_REQUIRED if tls and tls.client_ca_file else ssl.CERT_NONE,
        )
        logging.getLogger("uvicorn").setLevel(logging.ERROR)
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

    async def _app(
        self,
        scope: dict[str, Any],
        _receive: object,
        send: Callable[[dict[str, Any]], Awaitable[None]],
    ) -> None:
        began = time.monotonic()
        headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        path: str = scope["path"]
        answer = await self._answer(scope["method"], path, scope["query_string"], headers)
        body, encoding = await _encode(answer.body, headers.get("accept-encoding", ""))
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
        label = path if path in _KNOWN else "/api" if path.startswith("/api/") else "other"
        self._metrics.requests.labels(label, str(answer.status)).inc()
        self._metrics.request_duration.labels(label).observe(time.monotonic() - began)

    async def _answer(
        self, method: str, path: str, query: bytes, headers: Mapping[str, str]
    ) -> Response:
        if path == "/-/healthy":  # told to anyone: it says nothing but that we run
            return _plain(200, "healthy")
        if self._users is not None and not await self._authorised(headers.get("authorization", "")):
            return _plain(
                401, "who are you?", ("www-authenticate", 'Basic realm="hubgauge", charset="UTF-8"')
            )
        if path == "/-/reload":
            return await self._reload_page(method)
        if method not in ("GET", "HEAD"):
            return _plain(405, "GET it", ("allow", "GET, HEAD"))
        if path == "/metrics":
            return await self._metrics_page(headers.get("accept", ""))
        asked = (path, query, headers.get("accept-language", ""))
        # A hub's list of targets takes a second.
        return await asyncio.to_thread(self._page, *asked) if path == "/sd" else self._page(*asked)

    async def _reload_page(self, method: str) -> Response:
        if method not in ("POST", "PUT"):
            return _plain(405, "POST it", ("allow", "POST, PUT"))
        problem = await self._reload()
        return _plain(500, problem) if problem else _plain(200, "reloaded")

    def _page(self, path: str, query: bytes, language: str) -> Response:
        if path == "/-/ready":
            return (
                _plain(200, "ready")
                if self._ready()
                else _plain(503, "the first round is not done")
            )
        try:
            asked = dict(parse_qsl(query.decode("latin-1"), max_num_fields=32))
            page = self._targets(asked) if path == "/sd" else self.pages(path, asked, language)
        except ValueError as error:
            return _plain(400, str(error))
        except Exception:
            log.exception("page %s", path)
            return _plain(500, "this page could not be made; the log says why")
        return page or _plain(404, "not found")

    async def _metrics_page(self, accept: str) -> Response:
        if self._renders >= _MAX_RENDERS:
            return _plain(503, "busy", ("retry-after", "5"))
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
        kind = exposition.OPENMETRICS if openmetrics else exposition.TEXT
        return Response(content_type=kind, body="".join(pieces).encode())

    async def _authorised(self, authorization: str) -> bool:
        assert self._users is not None  # noqa: S101 - for the type checker
        return bool(authorization) and await asyncio.get_running_loop().run_in_executor(
            None, self._users.check, authorization
        )


def _plain(status: int, text: str, *headers: tuple[str, str]) -> Response:
    return Response(
        status=status,
        content_type="text/plain; charset=utf-8",
        body=f"{text}\n".encode(),
        headers=headers,
    )


_KNOWN: Final = ("/", "/metrics", "/sd", "/-/healthy", "/-/ready", "/-/reload")


async def _encode(body: bytes, accepted: str) -> tuple[bytes, tuple[tuple[str, str], ...]]:
    """Compress a body where the client takes gzip and it is worth it."""
    if len(body) < _GZIP_FROM or "gzip" not in accepted:
        return body, ()
    if len(body) < _GZIP_OFF_LOOP:
        body = gzip.compress(body, _GZIP_LEVEL)
    else:  # zlib lets go of the interpreter while it works
        body = await asyncio.get_running_loop().run_in_executor(
            None, gzip.compress, body, _GZIP_LEVEL
        )
    return body, (("content-encoding", "gzip"), ("vary", "accept-encoding"))


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

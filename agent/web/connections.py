"""Connections: uvicorn's HTTP protocol with deadlines and a limit on their number.

uvicorn alone keeps a connection open for ever if the client never completes its request, or never
reads its answer. Here a request has a deadline, so has the making of an answer, and a client that
does not read is cut when the connection would be closed as idle. No request has a thread of its
own, so a slow client costs one socket and nothing more.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import ssl
from collections.abc import Callable, Iterator
from typing import Any, Final, cast

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

from agent.settings import Tls
from agent.web.limits import (
    ANSWER_SECONDS,
    BACKLOG,
    HEAD_BYTES,
    KEEP_ALIVE_SECONDS,
    ConnectionLimits,
)

_BUSY: Final = (
    b"HTTP/1.1 503 Service Unavailable\r\n"
    b"content-length: 5\r\nconnection: close\r\nretry-after: 5\r\n\r\nbusy\n"
)


class TimedProtocol(H11Protocol):
    """uvicorn's HTTP protocol with a deadline for each request and for each answer.

    `limits` says how many connections there may be, and how long a request may take to arrive.
    """

    limits = ConnectionLimits()
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Accept a client; where there are too many, answer 503 and close."""
        super().connection_made(cast("asyncio.Transport", transport))
        if len(self.connections) > self.limits.max_connections:
            self.transport.write(_BUSY)
            self.transport.close()
            return
        self._start_deadline(self.limits.request_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the deadline of a client that is gone."""
        self._stop_deadline()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read; a request must have arrived completely by its deadline."""
        if self._deadline is None:  # the first bytes of the next request on an open connection
            self._start_deadline(self.limits.request_seconds)
        super().data_received(data)

    def handle_events(self) -> None:
        """Answer a complete request, by a deadline."""
        super().handle_events()
        cycle: RequestResponseCycle | None = self.cycle  # None before the first request
        if cycle is not None and not cycle.response_complete:
            self._start_deadline(ANSWER_SECONDS)

    def on_response_complete(self) -> None:
        """Stop the deadline, and wait for the next request."""
        self._stop_deadline()
        super().on_response_complete()

    def timeout_keep_alive_handler(self) -> None:
        """Close an idle connection; one whose client has not read its answer is cut."""
        if self.transport.get_write_buffer_size():
            self.transport.abort()  # an orderly close would wait for a client that does not read
        else:
            super().timeout_keep_alive_handler()

    def _start_deadline(self, seconds: float) -> None:
        self._stop_deadline()
        self._deadline = self.loop.call_later(seconds, self.transport.abort)

    def _stop_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


def protocol(connection_limits: ConnectionLimits) -> type[TimedProtocol]:
    """Return the class of a connection with these limits; each client gets an object of it."""

    class LimitedProtocol(TimedProtocol):
        limits = connection_limits

    return LimitedProtocol


class QuietServer(uvicorn.Server):
    """uvicorn without its signal handlers and without its ten ticks a second.

    The agent handles the signals of the process. `stopping` ends the server.
    """

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.stopping = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the agent."""
        yield

    async def main_loop(self) -> None:
        """Wait until the server is to stop."""
        await self.stopping.wait()


def uvicorn_config(
    app: Callable[..., Any], connection_limits: ConnectionLimits, tls: Tls | None
) -> uvicorn.Config:
    """Return uvicorn's settings, loaded; nothing below TLS 1.2 is accepted."""
    authority = tls.client_ca_file if tls is not None else None
    config = uvicorn.Config(
        app,
        http=protocol(connection_limits),
        loop="none",
        interface="asgi3",
        lifespan="off",
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=2,
        h11_max_incomplete_event_size=HEAD_BYTES,
        backlog=BACKLOG,
        ssl_certfile=tls.cert_file if tls is not None else None,
        ssl_keyfile=tls.key_file if tls is not None else None,
        ssl_ca_certs=str(authority) if authority is not None else None,
        ssl_cert_reqs=ssl.CERT_REQUIRED if authority is not None else ssl.CERT_NONE,
    )
    logging.getLogger("uvicorn").setLevel(logging.ERROR)
    config.load()
    if config.ssl is not None:
        config.ssl.minimum_version = ssl.TLSVersion.TLSv1_2
    return config


def listening_socket(host: str, port: int) -> socket.socket:
    """Return a TCP socket bound to an IPv4 or IPv6 address; raises OSError if that fails."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, port))
    except OSError:
        sock.close()
        raise
    return sock

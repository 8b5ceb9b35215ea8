"""Connections: uvicorn's HTTP protocol with deadlines, for clients that the crowd has admitted.

uvicorn alone keeps a connection open for ever if the client never completes its request, or never
reads its answer. Here a request has a deadline, and so has each part of an answer. No request has a
thread of its own, so a slow client costs one socket and nothing more.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
import socket
import ssl
from collections.abc import Callable, Iterator
from typing import Any, cast

import h11
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle
from uvicorn.server import Server

from agent.settings import Tls
from agent.web.crowd import Client, Crowd
from agent.web.early import BUSY, Early
from agent.web.limits import (
    ANSWER_SECONDS,
    HEAD_BYTES,
    KEEP_ALIVE_SECONDS,
    PROGRESS_SECONDS,
    ConnectionLimits,
)
from agent.web.quiet import Quiet
from collectors.base import ConfigError


class TimedProtocol(H11Protocol):
    """uvicorn's HTTP protocol with a deadline for each request and for each answer.

    Whatever a client sends, it ends at most its own connection.
    """

    limits = ConnectionLimits()
    crowd: Crowd
    early: Early
    client_record: Client
    quiet: Quiet
    certified = False
    """Whether each client has shown a certificate."""
    _deadline: asyncio.TimerHandle | None = None
    _unread: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Serve a client that was admitted."""
        super().connection_made(cast("asyncio.Transport", transport))
        self.app = functools.partial(self.app, self.client_record)
        self.client_record.cut = self.transport.abort
        if self.certified:
            self.crowd.recognise(self.client_record)
        self._start_deadline(self.limits.request_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the deadline of a client that is gone."""
        self._stop_deadline()
        if self._unread is not None:
            self._unread.cancel()
        self.client_record.gone = True
        self.crowd.leave(self.client_record)
        with self._ending():
            super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read; a request must have arrived completely by its deadline."""
        if self._deadline is None:  # the first bytes of the next request on an open connection
            self._start_deadline(self.limits.request_seconds)
        if self._is_refused(data):
            self.early.refused("busy")
            self.transport.write(BUSY)
            self.transport.close()
            return
        with self._ending():
            super().data_received(data)

    def handle_events(self) -> None:
        """Answer a complete request, by a deadline."""
        with self._ending():
            super().handle_events()
        if self._is_answering():
            self.crowd.begins(self.client_record)  # where too many have, the routes refuse it
            self._start_deadline(ANSWER_SECONDS)

    def on_response_complete(self) -> None:
        """Wait for the next request; what was written must be read by a deadline."""
        self.crowd.waits(self.client_record)
        self._stop_deadline()
        if self._unread is None and self.transport.get_write_buffer_size():
            self._unread = self.loop.call_later(PROGRESS_SECONDS, self._check_read)
        super().on_response_complete()

    def shutdown(self) -> None:
        """Close the connection; an answer under way is sent to its end first."""
        with self._ending():
            super().shutdown()

    def timeout_keep_alive_handler(self) -> None:
        """Close an idle connection; one whose client has not read its answer is cut."""
        if self.transport.get_write_buffer_size():
            self.transport.abort()  # an orderly close would wait for a client that does not read
        else:
            with self._ending():
                super().timeout_keep_alive_handler()

    def _is_answering(self) -> bool:
        """Tell whether a request has come whose answer is not complete."""
        cycle: RequestResponseCycle | None = self.cycle  # None before the first request
        return cycle is not None and not cycle.response_complete

    def _is_refused(self, data: bytes) -> bool:
        """Tell whether a new request has no place; more of one under way is not looked at."""
        client = self.client_record
        if client.known or client.answering or self._is_answering():
            return False
        return self.early.refuses(self.conn.trailing_data[0] + data)

    def _check_read(self) -> None:
        """Cut a client that has not read the end of an answer."""
        self._unread = None
        if self.transport.get_write_buffer_size():
            self.transport.abort()

    @contextlib.contextmanager
    def _ending(self) -> Iterator[None]:
        """Cut the connection if what the client sent cannot be answered."""
        try:
            yield
        except h11.ProtocolError:
            self.transport.abort()
        except Exception as error:  # noqa: BLE001 - asyncio would log a trace for each
            self.transport.abort()
            self.quiet.warn("connection", "a connection failed", error=error)

    def _start_deadline(self, seconds: float) -> None:
        self._stop_deadline()
        self._deadline = self.loop.call_later(seconds, self.transport.abort)

    def _stop_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


class QuietServer(Server):
    """uvicorn without its signal handlers, its ten ticks a second and its listening socket.

    The agent handles the signals of the process, and its gate accepts the connections. `stopping`
    ends the server.
    """

    def __init__(self, config: Config, *, close: Callable[[], None]) -> None:
        super().__init__(config)
        self.stopping = asyncio.Event()
        self._close = close

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the agent."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Make no listening socket: the gate listens already."""
        assert sockets is None
        self.servers = []
        self.started = True

    async def main_loop(self) -> None:
        """Wait until the server is to stop, and close the gate."""
        await self.stopping.wait()
        self._close()

    def serves(self, kind: type[TimedProtocol], client: Client) -> TimedProtocol:
        """Return the protocol of one more connection."""
        made = kind(config=self.config, server_state=self.server_state, app_state={})
        made.client_record = client
        return made


def protocol(
    connection_limits: ConnectionLimits,
    among: Crowd,
    refusals: Early,
    log: Quiet,
    *,
    certificates: bool,
) -> type[TimedProtocol]:
    """Return the class of a connection with these limits; each client gets an object of it."""

    class LimitedProtocol(TimedProtocol):
        limits = connection_limits
        crowd = among
        early = refusals
        quiet = log
        certified = certificates

    return LimitedProtocol


def uvicorn_config(app: Callable[..., Any], kind: type[TimedProtocol], tls: Tls | None) -> Config:
    """Return uvicorn's settings, loaded; nothing below TLS 1.2 is accepted.

    Raises ConfigError for certificates that are no longer as they were when the config was checked.
    """
    config = Config(
        app,
        http=kind,
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
        **(_certificates(tls) if tls is not None else {}),
    )
    # uvicorn logs a trace for what a client can cause; the app logs what is a fault of ours.
    logging.getLogger("uvicorn").setLevel(logging.CRITICAL + 1)
    try:
        config.load()
    except OSError as error:  # ssl.SSLError is one
        raise ConfigError(f"cannot be used: {error}", key="outputs.http.tls") from None
    if config.ssl is not None:
        config.ssl.minimum_version = ssl.TLSVersion.TLSv1_2
    return config


def _certificates(tls: Tls) -> dict[str, Any]:
    """Return uvicorn's settings of TLS. They alone load `ssl`, which takes 4.5 MB."""
    authority = tls.client_ca_file
    return {
        "ssl_version": ssl.PROTOCOL_TLS_SERVER,
        "ssl_certfile": tls.cert_file,
        "ssl_keyfile": tls.key_file,
        "ssl_ca_certs": str(authority) if authority is not None else None,
        "ssl_cert_reqs": ssl.CERT_REQUIRED if authority is not None else ssl.CERT_NONE,
    }

"""The gate: accepts connections, and refuses those beyond the bounds before they cost anything.

A connection counts from its acceptance, so even before its TLS handshake, which has a deadline of
its own. A client beyond the bounds gets a 503 at once. With TLS the connection is closed without an
answer, because none can be sent before the handshake.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import socket
import ssl
from asyncio import sslproto
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from agent.web.crowd import Client, Crowd
from agent.web.early import BUSY, Early, is_whole
from agent.web.limits import ACCEPTS, BACKLOG
from agent.web.quiet import Quiet

_EXHAUSTED: Final = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
_REST_SECONDS: Final = 0.1
"""How long nothing is accepted after the file descriptors ran out."""
_REFUSAL: Final = 1 / 4
"""How much of a turn (see `ACCEPTS`) a refusal takes; an admission takes 1."""
_PEEK_BYTES: Final = 2048
_TLS_RECORD: Final = 2**14
"""The most that one record of TLS holds (RFC 8446, 5.1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Handshake:
    """How TLS begins, and how many seconds its handshake may take."""

    context: ssl.SSLContext
    seconds: float


class Gate:
    """Accepts connections of one listening socket and makes a protocol for each."""

    def __init__(
        self,
        sock: socket.socket,
        *,
        crowd: Crowd,
        protocol: Callable[[Client], asyncio.Protocol],
        early: Early,
        tls: Handshake | None,
        quiet: Quiet,
    ) -> None:
        """Take a bound socket."""
        self._sock: Final = sock
        self._crowd: Final = crowd
        self._protocol: Final = protocol
        self._early: Final = early
        self._tls: Final = tls
        self._quiet: Final = quiet
        self._tasks: Final[set[asyncio.Task[None]]] = set()
        self._spare = _spare()
        self._open = False

    def open(self) -> None:
        """Listen."""
        self._sock.settimeout(0)
        self._sock.listen(BACKLOG)
        if self._tls is not None:
            # asyncio keeps a buffer of this size for each connection: 256 KiB by default, from the
            # handshake on.
            sslproto.SSLProtocol.max_size = _TLS_RECORD
        self._open = True
        self._resume()

    def close(self) -> None:
        """Stop accepting, and end the handshakes under way."""
        if self._open:
            self._open = False
            asyncio.get_running_loop().remove_reader(self._sock)
        self._sock.close()
        for task in self._tasks:
            task.cancel()
        if self._spare is not None:
            os.close(self._spare)
            self._spare = None

    def _resume(self) -> None:
        if self._open:
            asyncio.get_running_loop().add_reader(self._sock, self._accept)

    def _accept(self) -> None:
        """Accept some connections; the loop calls it again while there are more."""
        left: float = ACCEPTS
        while left > 0:
            try:
                sock, (address, *_) = self._sock.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                self._exhausted(error)
                return
            left -= 1 if self._admit(sock, str(address)) else _REFUSAL

    def _exhausted(self, error: OSError) -> None:
        """Note that accepting failed, and accept nothing for a moment.

        If file descriptors ran out, turn one client away and cut those that are idle longest.
        """
        self._quiet.warn("accept", f"a connection cannot be accepted: {error.strerror or error}")
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._sock)
        loop.call_later(_REST_SECONDS, self._resume)
        if error.errno not in _EXHAUSTED:
            return
        if self._spare is not None:
            os.close(self._spare)
            with contextlib.suppress(OSError):
                sock, _ = self._sock.accept()
                self._turn_away(sock, "descriptors")
            self._spare = _spare()
        for _ in range(ACCEPTS):
            if not self._crowd.make_room():
                break
        if self._spare is None:
            self._spare = _spare()

    def _admit(self, sock: socket.socket, address: str) -> bool:
        """Give a connection a place, or turn it away; returns whether it has one."""
        sock.settimeout(0)
        begin = b"" if self._tls is not None or address in self._crowd.known else _peek(sock)
        if self._early.refuses(begin):
            self._turn_away(sock, "busy")
            return False
        client = self._crowd.admit(address, trusted=self._early.trusts(begin))
        if client is None:
            self._turn_away(sock, "connections")
            return False
        if is_whole(begin):  # it counts from here on: a flood comes faster than it is parsed
            self._crowd.begins(client)
        task = asyncio.get_running_loop().create_task(self._take(sock, client))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

        def cut() -> None:
            task.cancel()

        client.cut = cut
        return True

    async def _take(self, sock: socket.socket, client: Client) -> None:
        """Hand a connection to its protocol, after the handshake."""
        tls = self._tls
        try:
            await asyncio.get_running_loop().connect_accepted_socket(
                lambda: self._protocol(client),
                sock,
                ssl=tls.context if tls is not None else None,
                ssl_handshake_timeout=tls.seconds if tls is not None else None,
                ssl_shutdown_timeout=tls.seconds if tls is not None else None,
            )
        except (OSError, asyncio.CancelledError):
            self._crowd.leave(client)  # the handshake failed, or took too long
            sock.close()

    def _turn_away(self, sock: socket.socket, reason: str) -> None:
        """Answer 503 and close; what the client sent is read, or it would see a reset instead."""
        self._early.refused(reason)
        with contextlib.suppress(OSError), sock:
            sock.settimeout(0)
            if self._tls is None:
                with contextlib.suppress(BlockingIOError):
                    sock.recv(65536)
                sock.send(BUSY)
                sock.shutdown(socket.SHUT_WR)


def listening_socket(host: str, port: int) -> socket.socket:
    """Return a TCP socket bound to an IPv4 or IPv6 address; raises OSError if that fails.

    The socket is created with IPPROTO_TCP, because asyncio sets TCP_NODELAY only on such sockets.
    Without TCP_NODELAY, an answer on an open connection waits 40 ms for the client's
    acknowledgement.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, port))
    except OSError:
        sock.close()
        raise
    return sock


def _peek(sock: socket.socket) -> bytes:
    try:
        return sock.recv(_PEEK_BYTES, socket.MSG_PEEK)
    except OSError:
        return b""


def _spare() -> int | None:
    """Open one spare descriptor: when all others are in use, a client can still be turned away."""
    try:
        return os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None

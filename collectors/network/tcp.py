"""Time TCP connections to a peer: a new socket for each probe."""

from __future__ import annotations

import asyncio
import errno
import select
import socket
import struct
import time
from collections import Counter
from collections.abc import Callable
from typing import Final

from collectors.network.prober import Method, Target

# struct tcp_info of linux/tcp.h: eight octets, then 32-bit words.
_TCP_INFO_BYTES: Final = 104
_TCP_RTT: Final = struct.Struct("=68xI28xI")
"""tcpi_rtt, microseconds, and tcpi_total_retrans."""


class ConnectProber:
    """TCP connections: from SYN to SYN-ACK, or to the RST of a refusal."""

    method: Method = "tcp"

    def __init__(
        self, target: Target, dropped: Counter[str], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.dropped = dropped
        self._target, self._clock = target, clock

    async def probe(self, timeout: float) -> float | None:
        """Connect once, and close."""
        try:
            with socket.socket(
                self._target.family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK
            ) as sock:
                began = self._clock()
                code = sock.connect_ex((self._target.address, self._target.port))
                came = self._clock()
                if code == errno.EINPROGRESS:
                    if not await _writable(sock, timeout):
                        return None
                    came = self._clock()
                    code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                if code not in (0, errno.ECONNREFUSED):  # no route, or a filter's answer
                    return None
                seconds = _handshake(sock, came - began)
                return seconds if seconds is not None and seconds <= timeout else None
        except OSError:  # no route, no descriptor
            return None

    def close(self) -> None:
        """Do nothing: no socket stays open."""


async def _writable(sock: socket.socket, timeout: float) -> bool:
    """Wait until a connection is made or refused; returns False where it is not."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()

    def settle() -> None:
        if not done.done():
            done.set_result(None)

    loop.add_writer(sock.fileno(), settle)
    try:
        await asyncio.wait((done,), timeout=timeout)
    finally:
        loop.remove_writer(sock.fileno())
    # Where this process stood still, the time is up, and the answer may have come in time.
    look = select.poll()
    look.register(sock, select.POLLOUT)
    return done.done() or bool(look.poll(0))


def _handshake(sock: socket.socket, seconds: float) -> float | None:
    """Return the kernel's own time of the handshake if it has one.

    None where only a repeated SYN was answered.
    """
    try:
        info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO_BYTES)
    except OSError:
        return seconds
    if len(info) < _TCP_INFO_BYTES:
        return seconds
    microseconds, repeated = _TCP_RTT.unpack_from(info)
    if repeated:
        return None  # a SYN was lost, and it is unknown which one was answered
    kernel: float = microseconds / 1e6
    return kernel if 0 < kernel <= seconds else seconds

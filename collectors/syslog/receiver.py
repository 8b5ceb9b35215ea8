"""Receives syslog by UDP (RFC 5426) and TCP (RFC 6587), from known addresses at a bounded rate.

What a stranger sends is dropped before anything reads it, and his connections are closed.
"""

from __future__ import annotations

import asyncio
import socket
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final

from collectors.base import BadReply, Unreachable
from collectors.events.senders import Address, Bucket, plain, where_to_listen
from collectors.syslog.config import Config
from collectors.syslog.message import Message, parse

MOST_BYTES: Final = 8192
"""A longer message is cut by most senders (RFC 5424, 6.1, asks for 2048)."""
MOST_CONNECTIONS: Final = 4
"""From one address at a time."""
_MOST_DIGITS: Final = 5
_KEEPALIVE: Final = (
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 60),
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 15),
    (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 4),
)
"""A device that lost its power never says so; its connection is given up after two minutes. Else a
few such devices would leave no place for it when it comes back."""


class Receiver:
    """Listens on one address. `heard` gets what a device is known by, and each message of it."""

    def __init__(self, config: Config, heard: Callable[[str, Message], None]) -> None:
        self._config: Final = config
        self._heard: Final = heard
        self.dropped: Final[Counter[str]] = Counter()
        self._buckets: Final = {
            sender.key: Bucket(config.rate, config.burst) for sender in config.senders
        }
        self._by_address: Final = {
            plain(sender.address): sender.key for sender in config.senders if sender.address
        }
        self._by_host: Final = {
            (sender.host or sender.address).lower(): sender.key for sender in config.senders
        }
        self._relays: Final = {plain(relay) for relay in config.relays}
        self._udp: asyncio.DatagramTransport | None = None
        self._tcp: asyncio.Server | None = None
        self._connections: Final[dict[asyncio.Task[None], object]] = {}

    @property
    def is_open(self) -> bool:
        """Whether it listens."""
        return self._udp is not None or self._tcp is not None

    async def open(self) -> None:
        """Listen; raises Unreachable where the address is not to be had."""
        address, port = where_to_listen(self._config.listen, "")
        loop = asyncio.get_running_loop()
        try:
            if "udp" in self._config.protocols:
                self._udp, _ = await loop.create_datagram_endpoint(
                    lambda: _Datagrams(self._datagram), local_addr=(address, port)
                )
            if "tcp" in self._config.protocols:
                # Beneath `[::]` also IPv4, as UDP: asyncio's own sockets would leave it out.
                both = address == "::" and socket.has_dualstack_ipv6()
                family = socket.AF_INET6 if ":" in address else socket.AF_INET
                listener = socket.create_server((address, port), family=family, dualstack_ipv6=both)
                self._tcp = await asyncio.start_server(
                    self._connected, sock=listener, limit=MOST_BYTES
                )
        except OSError as error:
            self.close()
            raise Unreachable(f"{self._config.listen}: {error.strerror or error}") from None

    def close(self) -> None:
        """Stop listening, and end all connections."""
        if self._udp is not None:
            self._udp.close()
            self._udp = None
        if self._tcp is not None:
            self._tcp.close()
            self._tcp = None
        for task in self._connections:
            task.cancel()

    def refused(self) -> Mapping[str, int]:
        """Return how many messages and connections were not used, by reason."""
        return dict(self.dropped)

    def _knows(self, address: Address) -> bool:
        return address in self._by_address or address in self._relays

    def _datagram(self, data: bytes, address: tuple[Any, ...]) -> None:
        sender = plain(address[0])
        if not self._knows(sender):
            self.dropped["unknown_sender"] += 1
        elif len(data) > MOST_BYTES:
            self.dropped["too_long"] += 1
        else:
            self._take(sender, data)

    def _take(self, address: Address, data: bytes) -> None:
        """Read a message of a known address, and hand it on with the device that it is of."""
        key = self._by_address.get(address)
        if key is not None and not self._admits(key):
            return
        try:
            message = parse(data)
        except BadReply:
            self.dropped["unreadable"] += 1
            return
        if key is None:
            key = self._by_host.get(message.host.lower())
            if key is None:
                self.dropped["unknown_host"] += 1
                return
            if not self._admits(key):
                return
        self._heard(key, message)

    def _admits(self, key: str) -> bool:
        if self._buckets[key].takes(asyncio.get_running_loop().time()):
            return True
        self.dropped["rate"] += 1
        return False

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Read one connection to its end."""
        address = plain(writer.get_extra_info("peername")[0])
        task = asyncio.current_task()
        assert task is not None
        try:
            if not self._knows(address):
                self.dropped["unknown_sender"] += 1
            elif sum(one == address for one in self._connections.values()) >= MOST_CONNECTIONS:
                self.dropped["connections"] += 1
            else:
                self._connections[task] = address
                for option in _KEEPALIVE:
                    writer.get_extra_info("socket").setsockopt(*option)
                await self._read(reader, address)
        except (asyncio.CancelledError, OSError):
            pass
        finally:
            self._connections.pop(task, None)
            writer.close()

    async def _read(self, reader: asyncio.StreamReader, address: Address) -> None:
        """Hand on the messages of a connection; returns at its end, or where it is no syslog."""
        while True:
            try:
                data = await _next(reader)
            except asyncio.LimitOverrunError:
                self.dropped["too_long"] += 1
                return
            except BadReply:
                self.dropped["unreadable"] += 1
                return
            if data is None:
                return
            if data.strip():
                self._take(address, data)


async def _next(reader: asyncio.StreamReader) -> bytes | None:
    """Return the next message of a stream; None at its end.

    A message begins with its length (RFC 6587, 3.4.1), or ends with a line feed (3.4.2). Raises
    LimitOverrunError for one that is too long, and BadReply for a length that is none.
    """
    with suppress(asyncio.IncompleteReadError):
        first = await reader.readexactly(1)
        if not b"1" <= first <= b"9":
            try:
                return first + await reader.readuntil(b"\n")
            except asyncio.IncompleteReadError as error:  # the last line, without its end
                return first + error.partial
        digits = first
        while (one := await reader.readexactly(1)) != b" ":
            digits += one
            if not one.isdigit() or len(digits) > _MOST_DIGITS:
                raise BadReply("neither a length nor a priority")
        if int(digits) > MOST_BYTES:
            raise asyncio.LimitOverrunError("a message that is too long", 0)
        return await reader.readexactly(int(digits))
    return None


class _Datagrams(asyncio.DatagramProtocol):
    """Hands datagrams on."""

    def __init__(self, take: Callable[[bytes, tuple[Any, ...]], None]) -> None:
        self._take = take

    def datagram_received(self, data: bytes, addr: tuple[Any, ...]) -> None:
        """Hand a datagram on with the address that it comes from."""
        self._take(data, addr)

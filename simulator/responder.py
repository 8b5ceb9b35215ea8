"""The sockets of simulated SNMP agents: one a device, or one for many on addresses of their own."""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Final

from simulator.snmp_agent import Device, behave

if TYPE_CHECKING:
    import asyncio

_MAX_AT_ONCE: Final = 32
_RECEIVE: Final = 65535
_BUFFER: Final = 8 * 2**20
_IP_PKTINFO: Final = 8  # linux/in.h
_SO_RCVBUFFORCE: Final = 33  # asm-generic/socket.h
_NOTE_SPACE: Final = socket.CMSG_SPACE(12)
"""For struct in_pktinfo: interface, local address, the address asked."""

Address = tuple[str, int]


class Responder:
    """Answers for one device on a UDP socket of its own."""

    def __init__(self, device: Device, listen: tuple[str, int]) -> None:
        self.answered = 0
        self._device = device
        self._socket = _open(listen)
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def port(self) -> int:
        """The port on which it listens."""
        port: int = self._socket.getsockname()[1]
        return port

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Answer from now on."""
        self._loop = loop
        loop.add_reader(self._socket, self._readable)

    def close(self) -> None:
        """Stop answering."""
        if self._loop is not None:
            self._loop.remove_reader(self._socket)
            self._loop = None
        self._socket.close()

    def _readable(self) -> None:
        for _ in range(_MAX_AT_ONCE):
            try:
                data, sender = self._socket.recvfrom(_RECEIVE)
            except OSError:  # nothing more for now
                return
            self._serve(
                data,
                self._device,
                partial(self._reply, sender),
            )

    def _reply(self, sender: Address, answer: bytes) -> None:
        self._socket.sendto(answer, sender)

    def _serve(self, data: bytes, device: Device, send: Callable[[bytes], object]) -> None:
        """Answer one request, after the delay of the device."""
        answer = behave(data, device)
        if answer is None or self._loop is None:
            return
        self.answered += 1
        if device.health.delay:
            self._loop.call_later(device.health.delay, self._send, send, answer)
        else:
            self._send(send, answer)

    def _send(self, send: Callable[[bytes], object], answer: bytes) -> None:
        if self._loop is not None:  # else it was closed in the meantime
            with suppress(OSError):  # the poller is gone, or its buffer is full: it will ask again
                send(answer)


class SharedResponder(Responder):
    """Answers for many devices, each with its own address in 127.0.0.0/8, on one socket.

    The socket is bound to the loopback interface (SO_BINDTODEVICE, which Linux 5.7 and later allow
    anyone), so that it cannot be reached from outside. The kernel gives the address that was asked,
    and the answer is sent from it (ip(7), IP_PKTINFO).
    """

    def __init__(self, devices: Mapping[str, Device], port: int) -> None:
        self.answered = 0
        self._devices = {socket.inet_aton(host): device for host, device in devices.items()}
        self._socket = _open(("0.0.0.0", port), interface=b"lo")  # noqa: S104 - on loopback only
        self._loop = None

    def _reply_from(self, note: tuple[int, int, bytes], sender: Address, answer: bytes) -> None:
        """Answer from the address that was asked."""
        self._socket.sendmsg((answer,), (note,), 0, sender)

    def _readable(self) -> None:
        for _ in range(_MAX_AT_ONCE):
            try:
                data, notes, _, sender = self._socket.recvmsg(_RECEIVE, _NOTE_SPACE)
            except OSError:  # nothing more for now
                return
            asked = notes[0][2][8:12] if notes else b""
            device = self._devices.get(asked)
            if device is not None:
                note = (socket.IPPROTO_IP, _IP_PKTINFO, bytes(4) + asked + bytes(4))
                self._serve(
                    data,
                    device,
                    partial(self._reply_from, note, sender),
                )


def _open(listen: tuple[str, int], *, interface: bytes = b"") -> socket.socket:
    opened = socket.socket(
        socket.AF_INET6 if ":" in listen[0] else socket.AF_INET, socket.SOCK_DGRAM
    )
    try:
        opened.settimeout(0)
        if interface:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface)
            opened.setsockopt(socket.IPPROTO_IP, _IP_PKTINFO, 1)
            # All devices of a hub are asked at once. The second option is for root only.
            for option in (socket.SO_RCVBUF, _SO_RCVBUFFORCE):
                with suppress(OSError):
                    opened.setsockopt(socket.SOL_SOCKET, option, _BUFFER)
        opened.bind(listen)
    except OSError:
        opened.close()
        raise
    return opened

"""Probe by datagrams: ICMP echo and STAMP, one socket for all probes of a target.

Times are taken from the monotonic clock. If the event loop was busy, a datagram has waited in the
socket: that wait, known from the kernel's time of arrival, is subtracted. So an answer that came in
time counts, however late this process looks.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import socket
import struct
import time
from collections import Counter, OrderedDict
from typing import Final, NamedTuple

from collectors.base import BadReply
from collectors.network.packets import (
    TOKEN_BYTES,
    Answer,
    echo_request,
    parse_echo,
    parse_stamp,
    stamp_request,
)
from collectors.network.prober import Method, Target

# Linux, asm-generic/socket.h; Python has no name for it. If it has another number on a
# system, setting it fails and no wait is subtracted.
_SO_TIMESTAMPNS: Final = 35
_TIMESPEC: Final = struct.Struct("@ll")
_ICMP_FILTER: Final = 1
_ICMP6_FILTER: Final = 1
_ONLY_ECHO_REPLY: Final = struct.pack("=I", ~(1 << 0) & 0xFFFFFFFF)
_ONLY_ECHO_REPLY_6: Final = struct.pack(
    "=8I", *(0xFFFFFFFF & ~(1 << 129 % 32 if word == 129 // 32 else 0) for word in range(8))
)
"""Linux blocks the types whose bit is set, in ICMP_FILTER of raw(7) as in ICMP6_FILTER of RFC 3542.
"""
_PACKETS_A_TURN: Final = 64
_REMEMBERED: Final = 256
_MAX_PACKET: Final = 2048
_SAME_STEP: Final = 0.005
"""Seconds. If wall clock and monotonic clock went further apart during a probe, one was set."""

_ONE_MOMENT: Final = 0.001
"""Seconds. Two clocks that are read within it are taken as read at one time."""
_READINGS: Final = 10


class _Sent(NamedTuple):
    """A probe under way: when it was sent, by both clocks, and what becomes the round trip."""

    at: float
    wall: float
    answered: asyncio.Future[float]


def icmp_allowed(version: int) -> bool:
    """Return whether this process may send ICMP echo requests."""
    try:
        _icmp_socket(version)[0].close()
    except OSError:
        return False
    return True


def _icmp_socket(version: int) -> tuple[socket.socket, bool]:
    """Open an ICMP socket, without privilege where the system allows it.

    The second value says whether it is a raw one.
    """
    family, protocol = (
        (socket.AF_INET6, socket.IPPROTO_ICMPV6)
        if version == 6
        else (socket.AF_INET, socket.IPPROTO_ICMP)
    )
    try:
        return socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK, protocol), False
    except PermissionError:
        raw = socket.socket(family, socket.SOCK_RAW | socket.SOCK_NONBLOCK, protocol)
    if version == 6:
        raw.setsockopt(socket.IPPROTO_ICMPV6, _ICMP6_FILTER, _ONLY_ECHO_REPLY_6)
    else:
        # SOL_RAW. Without the filter a raw socket gets every echo packet of the machine.
        raw.setsockopt(255, _ICMP_FILTER, _ONLY_ECHO_REPLY)
    return raw, True


class _DatagramProber:
    """Common to ICMP and STAMP: numbered packets, answered in any order, twice or never."""

    method: Method

    def __init__(self, sock: socket.socket, target: Target, dropped: Counter[str]) -> None:
        self.dropped = dropped
        self._loop = asyncio.get_running_loop()
        self._socket = sock
        self._token = secrets.token_bytes(TOKEN_BYTES)
        self._next = 0
        self._waiting: dict[int, _Sent] = {}
        self._done: OrderedDict[int, str] = OrderedDict()
        """The last completed probes: another answer to them counts as `late` or `duplicate`."""
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        try:
            sock.connect((target.address, target.port))
        except OSError:
            sock.close()
            raise
        self._loop.add_reader(sock.fileno(), self._readable)

    def _request(self, number: int) -> bytes:
        raise NotImplementedError

    def _parse(self, packet: bytes) -> Answer:
        raise NotImplementedError

    async def probe(self, timeout: float) -> float | None:
        """Send one probe."""
        self._next = number = self._next + 1
        answered: asyncio.Future[float] = self._loop.create_future()
        packet = self._request(number)
        self._waiting[number] = _Sent(*_both_clocks(), answered)
        how = "late"
        try:
            self._socket.send(packet)
            await asyncio.wait((answered,), timeout=timeout)
            if not answered.done():  # where this process stood still, the answer may lie there
                self._readable()
        except OSError:  # no route, refused by a filter, no buffer: not answered either
            return None
        else:
            if not answered.done():
                return None
            how = "duplicate"
            if answered.result() > timeout:
                self.dropped["late"] += 1
                return None
            return answered.result()
        finally:
            del self._waiting[number]
            self._done[number] = how
            if len(self._done) > _REMEMBERED:
                self._done.popitem(last=False)

    def _readable(self) -> None:
        for _ in range(_PACKETS_A_TURN):
            try:
                packet, extra, _, _ = self._socket.recvmsg(_MAX_PACKET, 64)
            except (BlockingIOError, InterruptedError):
                return
            except OSError:  # an ICMP error about a probe: that probe gets no answer
                continue
            self._take(packet, _arrived(extra))

    def _take(self, packet: bytes, arrived: float | None) -> None:
        try:
            answer = self._parse(packet)
        except BadReply:  # of another program: a raw socket gets all packets
            return
        waiting = self._waiting.get(answer.number)
        if waiting is None:
            if answer.number in self._done:
                self.dropped[self._done[answer.number]] += 1
            return
        answered = waiting.answered
        if answered.done():
            self.dropped["duplicate"] += 1
            return
        seconds = _round_trip(waiting, arrived)
        # The time for which the peer held the packet is subtracted, unless it is longer than all.
        answered.set_result(max(0.0, seconds - answer.held if answer.held < seconds else seconds))

    def close(self) -> None:
        """Close the socket; probes under way end at their time-out."""
        if self._socket.fileno() >= 0:
            self._loop.remove_reader(self._socket.fileno())
            self._socket.close()


def _both_clocks() -> tuple[float, float]:
    """Return the monotonic and the wall clock as of one moment.

    A process that has to wait for the processor between the two reads again: the wait would look
    like a step of the wall clock.
    """
    for _ in range(_READINGS):
        before, wall, after = time.monotonic(), time.time(), time.monotonic()
        if after - before < _ONE_MOMENT:
            break
    return after, wall


def _round_trip(sent: _Sent, arrived: float | None) -> float:
    """Return the seconds from sending to arrival; to now where the arrival is not known."""
    now, wall = _both_clocks()
    seconds = now - sent.at
    if arrived is None or abs((wall - sent.wall) - seconds) > _SAME_STEP:
        return seconds
    waited = wall - arrived
    return seconds - waited if 0 <= waited <= seconds else seconds


def _arrived(extra: list[tuple[int, int, bytes]]) -> float | None:
    """Return when the kernel received a packet, by the wall clock."""
    for level, kind, data in extra:
        if level == socket.SOL_SOCKET and kind == _SO_TIMESTAMPNS and len(data) >= _TIMESPEC.size:
            seconds, nanoseconds = _TIMESPEC.unpack_from(data)
            return float(seconds + nanoseconds / 1e9)
    return None


class EchoProber(_DatagramProber):
    """ICMP echo by an unprivileged ping socket, or by a raw one if the kernel forbids that."""

    method: Method = "icmp"

    def __init__(self, target: Target, dropped: Counter[str]) -> None:
        sock, self._raw = _icmp_socket(target.version)
        self._version = target.version
        self._ident = os.getpid() & 0xFFFF  # a ping socket replaces it by its own
        super().__init__(sock, Target(target.address, 0, target.family), dropped)

    def _request(self, number: int) -> bytes:
        return echo_request(self._version, self._ident, self._token, number)

    def _parse(self, packet: bytes) -> Answer:
        return parse_echo(
            packet,
            self._version,
            self._token,
            with_header=self._raw and self._version == 4,
        )


class StampProber(_DatagramProber):
    """STAMP test packets to a reflector, such as a router has.

    TWAMP-Light reflectors answer them as well.
    """

    method: Method = "stamp"

    def __init__(self, target: Target, dropped: Counter[str]) -> None:
        super().__init__(
            socket.socket(target.family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK), target, dropped
        )

    def _request(self, number: int) -> bytes:
        return stamp_request(self._token, number)

    def _parse(self, packet: bytes) -> Answer:
        return parse_stamp(packet, self._token)

"""The packets of round-trip probes: ICMP echo and STAMP.

Sources: RFC 792 and RFC 4443 (ICMP and ICMPv6 echo), RFC 8762 (STAMP).

Each probe carries a number of 64 bits that is used once, and a token drawn when its socket was
opened. An answer is accepted only if it contains both. So answers to other programs and forged
answers are rejected without relying on the 16 bits of ICMP's own sequence.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

from collectors.base import BadReply

TOKEN_BYTES: Final = 8
_ECHO: Final = struct.Struct("!BBHHH")
_OWN: Final = struct.Struct(f"!{TOKEN_BYTES}sQ")
_ECHO_TYPES: Final = {4: (8, 0), 6: (128, 129)}
"""Request and reply, by version of the Internet Protocol."""

# Session-Sender and Session-Reflector test packets in unauthenticated mode, RFC 8762 figures 2 and
# 4.
_STAMP: Final = struct.Struct("!IQHH28s")
_REFLECTED: Final = struct.Struct("!IQHHQIQHH4s")
_ERROR_ESTIMATE: Final = 0x0001
"""NTP format, not synchronised, multiplier 1 (RFC 4656, section 4.1.2): clocks are not compared, so
their accuracy does not matter."""
_NTP_SECOND: Final = 1 << 32
_MASK: Final = (1 << 64) - 1


@dataclass(frozen=True, slots=True)
class Answer:
    """The number of the answered probe, and the seconds for which the peer held it."""

    number: int
    held: float = 0.0


def echo_request(version: int, ident: int, token: bytes, number: int) -> bytes:
    """Return an echo request.

    The kernel writes the checksum of ICMPv6, and the identifier of a ping socket.
    """
    kind = _ECHO_TYPES[version][0]
    body = _OWN.pack(token, number)
    head = _ECHO.pack(kind, 0, 0, ident, number & 0xFFFF)
    return _ECHO.pack(kind, 0, checksum(head + body), ident, number & 0xFFFF) + body


def parse_echo(packet: bytes, version: int, token: bytes, *, with_header: bool = False) -> Answer:
    """Return which of our probes an echo reply answers; raises BadReply for any other packet.

    `with_header` says that the packet begins with its IP header, as raw sockets of version 4 give
    it.
    """
    if with_header:
        if not packet or packet[0] >> 4 != 4:
            raise BadReply("no IPv4 packet")
        packet = packet[4 * (packet[0] & 0xF) :]
    if len(packet) < _ECHO.size + _OWN.size:
        raise BadReply("shorter than the request")
    kind, code, _, _, sequence = _ECHO.unpack_from(packet)
    theirs, number = _OWN.unpack_from(packet, _ECHO.size)
    if (
        (kind, code) != (_ECHO_TYPES[version][1], 0)
        or theirs != token
        or sequence != number & 0xFFFF
    ):
        raise BadReply("not an answer to one of these probes")
    return Answer(number)


def checksum(data: bytes) -> int:
    """Return the Internet checksum (RFC 1071)."""
    if len(data) % 2:
        data += b"\0"
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def stamp_request(token: bytes, number: int) -> bytes:
    """Return a Session-Sender test packet.

    A reflector only echoes the sender's timestamp and its sequence. Times are kept here, so the
    timestamp is free for the token: the probe's number is added to it, which keeps every packet
    different.
    """
    return _STAMP.pack(
        number & 0xFFFFFFFF, (int.from_bytes(token) + number) & _MASK, _ERROR_ESTIMATE, 0, bytes(28)
    )


def parse_stamp(packet: bytes, token: bytes) -> Answer:
    """Return which of our probes a reflected packet answers, and how long the reflector held it.

    Raises BadReply.

    A stateless reflector repeats the sender's sequence, a stateful one counts its own (RFC 8762,
    section 4.2), so the number is read from the reflector's copy of the sender's sequence.
    """
    if len(packet) < _REFLECTED.size:
        raise BadReply("shorter than a reflected test packet")
    _, left, _, _, came, sequence, mark, _, _, _ = _REFLECTED.unpack_from(packet)
    number = (mark - int.from_bytes(token)) & _MASK
    if number & 0xFFFFFFFF != sequence:
        raise BadReply("not an answer to one of these probes")
    return Answer(number, ((left - came) & _MASK) / _NTP_SECOND)


def reflect(packet: bytes, came: float, left: float, *, hops: int = 64) -> bytes:
    """Return the answer of a stateless Session-Reflector.

    `came` and `left` are seconds of its own clock; raises BadReply.
    """
    if len(packet) < _STAMP.size:
        raise BadReply("shorter than a test packet")
    sequence, mark, estimate, _, _ = _STAMP.unpack_from(packet)
    return _REFLECTED.pack(
        sequence,
        int(left * _NTP_SECOND) & _MASK,
        _ERROR_ESTIMATE,
        0,
        int(came * _NTP_SECOND) & _MASK,
        sequence,
        mark,
        estimate,
        0,
        bytes([hops, 0, 0, 0]),
    )

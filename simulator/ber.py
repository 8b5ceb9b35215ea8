"""The part of BER (ITU-T X.690) that an agent of SNMP version 2c needs.

Sources: RFC 3416, RFC 3417.
"""

from __future__ import annotations

from typing import Final

INTEGER: Final = 0x02
OCTETS: Final = 0x04
OID: Final = 0x06
SEQUENCE: Final = 0x30
GAUGE32: Final = 0x42
COUNTER64: Final = 0x46

GET: Final = 0xA0
GET_NEXT: Final = 0xA1
RESPONSE: Final = 0xA2
GET_BULK: Final = 0xA5

NO_SUCH_OBJECT: Final = b"\x80\x00"
END_OF_MIB: Final = b"\x82\x00"

_LONG: Final = 0x80
_MAX_LENGTH_BYTES: Final = 3

Oid = tuple[int, ...]


def tlv(tag: int, body: bytes) -> bytes:
    """Encode one value: tag, length, body."""
    size = len(body)
    if size < _LONG:
        return bytes((tag, size)) + body
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, _LONG | len(length))) + length + body


def integer(value: int, tag: int = INTEGER) -> bytes:
    """Encode an INTEGER, or a Counter32, Gauge32 or TimeTicks, in the fewest bytes."""
    return tlv(tag, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


def gauge(value: int) -> bytes:
    """Encode a Gauge32 (Unsigned32).

    It stays at its highest value rather than wrapping (RFC 2578, 7.1.7).
    """
    return integer(min(max(value, 0), 2**32 - 1), GAUGE32)


def text(value: str) -> bytes:
    """Encode an OCTET STRING."""
    return tlv(OCTETS, value.encode())


def oid(value: Oid) -> bytes:
    """Encode an OBJECT IDENTIFIER."""
    body = bytearray((40 * value[0] + value[1],))
    for part in value[2:]:
        pieces = [part & 0x7F]
        while part := part >> 7:
            pieces.append(0x80 | (part & 0x7F))
        body += bytes(reversed(pieces))
    return tlv(OID, bytes(body))


def parse_oid(body: bytes) -> Oid:
    """Decode the body of an OBJECT IDENTIFIER; raises ValueError."""
    if not body or body[-1] & 0x80:
        raise ValueError("an OID that does not end")
    first = min(body[0] // 40, 2)
    parts = [first, body[0] - 40 * first]
    part = 0
    for byte in body[1:]:
        part = part << 7 | byte & 0x7F
        if not byte & 0x80:
            parts.append(part)
            part = 0
    return tuple(parts)


def numbers(dotted: str) -> Oid:
    """Return the parts of an OID as people write it."""
    return tuple(map(int, dotted.split(".")))


def open_tlv(data: bytes, at: int, end: int) -> tuple[int, int, int]:
    """Return the tag of the value at a place and where its body begins and ends.

    Raises ValueError for one cut short.
    """
    if at + 2 > end:
        raise ValueError("cut short")
    tag, size = data[at], data[at + 1]
    begin = at + 2
    if size & _LONG:
        count = size & 0x7F
        if not 0 < count <= _MAX_LENGTH_BYTES or begin + count > end:
            raise ValueError("an invalid length")
        size = int.from_bytes(data[begin : begin + count], "big")
        begin += count
    if begin + size > end:
        raise ValueError("cut short")
    return tag, begin, begin + size


def expect(data: bytes, at: int, end: int, tag: int) -> tuple[int, int]:
    """Return where the body of a value of this tag begins and ends.

    Raises ValueError for another.
    """
    found, begin, stop = open_tlv(data, at, end)
    if found != tag:
        raise ValueError(f"tag {tag:#x} expected, {found:#x} found")
    return begin, stop

"""Modbus frames: requests to read registers, and their answers. Pure functions.

Frames are those of TCP or of a serial line. An answer is checked while it arrives, and rejected as
soon as it can no longer become a valid one. `registers_in` raises only `BadReply`.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from collectors.base import BadReply

Framing = Literal["tcp", "rtu"]

LAST_TRANSACTION: Final = 0xFFFF
_PREFIX: Final = 6  # of a TCP frame: transaction 2, protocol 2, length 2
# Unit 1 and the largest PDU, 253 (MODBUS Messaging Implementation Guide V1.0b, 3.1.3).
_MAX_LENGTH: Final = 254
_HEAD: Final = 2  # unit 1, function 1
_EXCEPTION: Final = 0x80
_EXCEPTION_LENGTH: Final = 3  # unit, function, code
_CRC: Final = 2
_MAX_PENDING: Final = 8192  # bytes of late answers that may come before the right one
_ITSELF: Final = frozenset({0, 255})
"""Unit numbers that address a TCP device itself and not a device behind it (Messaging
Implementation Guide, 4.4.2.2)."""

EXCEPTIONS: Final[dict[int, str]] = {
    1: "illegal function",
    2: "illegal data address",
    3: "illegal data value",
    4: "device failure",
    5: "acknowledge",
    6: "device busy",
    8: "memory parity error",
    10: "gateway path unavailable",
    11: "gateway target did not respond",
}
GATEWAY: Final = frozenset({10, 11})
"""Exceptions with which a gateway reports that the device behind it does not answer."""
WRONG_MAP: Final = frozenset({1, 2, 3})
"""Exceptions with which a device reports that it does not have these registers."""
SPLIT: Final = frozenset({2, 3})
"""Exceptions that a smaller read may avoid: one of the registers is missing, or there were too many
of them."""


class ExceptionAnswer(BadReply):
    """The device answered with an exception code (MODBUS Application Protocol V1.1b3, 7)."""

    def __init__(self, code: int) -> None:
        self.code = code
        super().__init__(f"exception {code}: {EXCEPTIONS.get(code, 'unknown')}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One request to read registers. Its answer is checked against it."""

    unit: int
    function: int
    address: int
    count: int


def request(framing: Framing, question: Question, transaction: int) -> bytes:
    """Return the bytes of a request; `transaction` is not sent on a serial line."""
    body = struct.pack(">BBHH", question.unit, question.function, question.address, question.count)
    if framing == "rtu":
        return body + struct.pack("<H", crc16(body))
    return struct.pack(">HHH", transaction, 0, len(body)) + body


def registers_in(
    framing: Framing, data: bytes, question: Question, transaction: int
) -> Sequence[int] | None:
    """Return the registers in an answer, or None while the answer is incomplete.

    Late answers to earlier requests are skipped if the framing distinguishes them.

    Raises:
        BadReply: the data cannot become an answer to this request. ExceptionAnswer if the device
        gives the reason.
    """
    if len(data) > _MAX_PENDING:
        raise BadReply(f"{len(data)} bytes without an answer in them")
    return _of_rtu(data, question) if framing == "rtu" else _of_tcp(data, question, transaction)


def _of_tcp(data: bytes, question: Question, transaction: int) -> Sequence[int] | None:
    while len(data) >= _PREFIX + _HEAD:
        came, protocol, length = struct.unpack_from(">HHH", data)
        if protocol:
            raise BadReply(f"not Modbus TCP: protocol {protocol} instead of 0")
        if not _EXCEPTION_LENGTH <= length <= _MAX_LENGTH:
            raise BadReply(f"not Modbus TCP: a length of {length}")
        frame = data[_PREFIX : _PREFIX + length]
        # Some gateways always send 0 as the transaction.
        if came in (0, transaction):
            if question.unit in _ITSELF:
                frame = bytes([question.unit]) + frame[1:]
            expected = _expected_length(frame, question)
            if length != expected:
                raise BadReply(_wrong_length(question, frame, length))
            return _registers(frame) if len(frame) == length else None
        if came > transaction:
            raise BadReply(f"an answer to request {came}, which was never sent")
        data = data[_PREFIX + length :]
    return None


def _of_rtu(data: bytes, question: Question) -> Sequence[int] | None:
    if len(data) < _HEAD:
        return None
    length = _expected_length(data, question)
    if len(data) < length + _CRC:
        return None
    frame = data[:length]
    if struct.unpack_from("<H", data, length)[0] != crc16(frame):
        raise BadReply("the checksum is wrong")
    return _registers(frame)


def _expected_length(frame: bytes, question: Question) -> int:
    """Return the length of the answer from its unit to its data, and check its first bytes."""
    unit, function = frame[0], frame[1]
    if unit != question.unit:
        raise BadReply(f"asked unit {question.unit}, unit {unit} answered")
    if function == question.function | _EXCEPTION:
        return _EXCEPTION_LENGTH
    if function != question.function:
        raise BadReply(f"asked function {question.function}, function {function} answered")
    size = 2 * question.count
    if len(frame) > _HEAD and frame[_HEAD] != size:
        raise BadReply(_wrong_length(question, frame, frame[_HEAD] + _HEAD + 1))
    return _HEAD + 1 + size


def _wrong_length(question: Question, frame: bytes, length: int) -> str:
    if frame[1] & _EXCEPTION:
        return f"an exception of {length} bytes"
    return (
        f"asked for {question.count} registers at {question.address}, got an answer of"
        f" {length} bytes"
    )


def _registers(frame: bytes) -> Sequence[int]:
    if frame[1] & _EXCEPTION:
        raise ExceptionAnswer(frame[_HEAD])
    body = frame[_HEAD + 1 :]
    return struct.unpack(f">{len(body) // 2}H", body)


def _crc_table() -> tuple[int, ...]:
    table = []
    for byte in range(256):
        register = byte
        for _ in range(8):
            register = register >> 1 ^ (0xA001 if register & 1 else 0)
        table.append(register)
    return tuple(table)


_TABLE: Final = _crc_table()


def crc16(data: bytes) -> int:
    """Return the checksum of a serial frame (MODBUS over Serial Line V1.02, 6.2.2).

    It is sent low byte first.
    """
    crc = 0xFFFF
    for byte in data:
        crc = crc >> 8 ^ _TABLE[(crc ^ byte) & 0xFF]
    return crc

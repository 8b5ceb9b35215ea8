"""Reads what a Modbus device says that it is: function 43, device identification. TCP only.

Source: MODBUS Application Protocol V1.1b3, 6.21 (43 / 14, Read Device Identification).
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from collectors.base import BadReply
from collectors.facility.modbus.frame import ExceptionAnswer

if TYPE_CHECKING:
    from collectors.facility.modbus.link import Link

OBJECTS: Final[Mapping[int, str]] = {
    0: "vendor",
    1: "product code",
    2: "revision",
    3: "vendor URL",
    4: "product",
    5: "model",
    6: "application",
}
"""The names of the basic and regular objects (6.21, table of object ids)."""
_FUNCTION: Final = 0x2B
_MEI: Final = 0x0E
_BASIC, _REGULAR = 1, 2
_PREFIX: Final = 6
_HEAD: Final = 8
_MORE: Final = 0xFF
_ROUNDS: Final = 8
_TRANSACTION: Final = 0x4844


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """The objects of a device's identification, by their number; empty if it has none."""

    objects: Mapping[int, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """All that it says, on one line."""
        return " ".join(filter(None, (text.strip() for text in self.objects.values())))


async def read_identity(link: Link, unit: int) -> Identity:
    """Ask a device for its regular identification, else for the basic one.

    Raises Unreachable where nobody answers, and BadReply for an answer that is not Modbus. A device
    that does not know the function has no objects.
    """

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Identity:
        return await _read(reader, writer, unit)

    async with link.turn(failing=False):
        return await link.converse(talk, f"{link.address} unit {unit}")


async def _read(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, unit: int) -> Identity:
    for code in (_REGULAR, _BASIC):
        objects: dict[int, str] = {}
        following = 0
        try:
            for _ in range(_ROUNDS):
                writer.write(_request(unit, code, following))
                found, following = _objects(await _answer(reader, unit))
                objects |= found
                if not following:
                    break
        except ExceptionAnswer:
            continue
        return Identity(objects=objects)
    return Identity()


def _request(unit: int, code: int, first: int) -> bytes:
    body = bytes((unit, _FUNCTION, _MEI, code, first))
    return struct.pack(">HHH", _TRANSACTION, 0, len(body)) + body


async def _answer(reader: asyncio.StreamReader, unit: int) -> bytes:
    """Return an answer from its unit on."""
    _, protocol, length = struct.unpack(">HHH", await reader.readexactly(_PREFIX))
    if protocol or not 3 <= length <= 254:
        raise BadReply("not Modbus TCP")
    frame = await reader.readexactly(length)
    if frame[0] != unit or frame[1] & 0x7F != _FUNCTION:
        raise BadReply(f"function {frame[1]} of unit {frame[0]} answered")
    if frame[1] != _FUNCTION:
        raise ExceptionAnswer(frame[2])
    return frame


def _objects(frame: bytes) -> tuple[dict[int, str], int]:
    """Return the objects in an answer, and the number of the next one; 0 if there is none."""
    if len(frame) < _HEAD or frame[2] != _MEI:
        raise BadReply("not a device identification")
    more, following, count = frame[5], frame[6], frame[7]
    objects: dict[int, str] = {}
    rest = frame[_HEAD:]
    for _ in range(count):
        if len(rest) < 2 or len(rest) < 2 + rest[1]:
            raise BadReply("a device identification that ends early")
        number, size = rest[0], rest[1]
        objects[number] = rest[2 : 2 + size].decode("utf-8", "replace").strip("\0 ")
        rest = rest[2 + size :]
    return objects, following if more == _MORE else 0

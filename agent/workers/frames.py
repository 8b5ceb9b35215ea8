"""The frames on the socket between the agent and a worker: a length, a kind, a body.

What comes in every round is packed numbers. What comes once, or on a change only, is JSON: names
of series, texts, counts. A job is Python's own way to hand objects to a child process; it goes only
from the agent to a worker that it has started itself.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from enum import IntEnum
from typing import Final

_HEADER: Final = struct.Struct("=IB")
MOST_BYTES: Final = 2**30
"""The most bytes of a frame's body. A greater length means that the stream is broken."""


class Kind(IntEnum):
    """What a frame is. All but a job go from a worker to the agent."""

    JOB = 1
    BEGIN = 2
    METRIC = 3
    SHAPE = 4
    FORGET_SHAPES = 5
    SOURCE = 6
    LAYOUT = 7
    BATCH = 8
    ROUND = 9
    TEXTS = 10
    ABOUT = 11
    PULSE = 12
    LINE = 13


class BadFrame(ValueError):
    """The bytes are not a frame, or what the frame says is impossible."""


def frame(kind: Kind, body: bytes = b"") -> bytes:
    """Return a frame."""
    return _HEADER.pack(len(body), kind) + body


_KINDS: Final = {int(kind): kind for kind in Kind}


class FrameReader:
    """Cuts a stream of bytes into frames."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[Kind, bytes]]:
        """Yield the frames that are whole by now; raises BadFrame."""
        if self._rest:
            self._rest += data
            whole: bytes | bytearray = self._rest
        else:  # as nearly always: what was sent at once comes at once, and is not copied
            whole = data
        at, end = 0, len(whole)
        try:
            while end - at >= _HEADER.size:
                length, number = _HEADER.unpack_from(whole, at)
                if length > MOST_BYTES:
                    raise BadFrame(f"a frame of {length} bytes")
                start = at + _HEADER.size
                if end - start < length:
                    break
                at = start + length
                kind = _KINDS.get(number)
                if kind is None:
                    raise BadFrame(f"a frame of the kind {number}")
                yield kind, bytes(whole[start:at])
        finally:
            if whole is data:
                self._rest += data[at:]
            else:
                del self._rest[:at]

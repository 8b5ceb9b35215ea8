"""Bodies of requests, made of frames: a `WriteRequest` of 1.0 or a `Request` of 2.0.

A device sends the same series in every round. So for 1.0 the bytes of its series are kept as the
library has written them, and only times and values are filled in. In 2.0 all texts of a request
share one table, so a body is made anew each time.
"""

from __future__ import annotations

import struct
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any, Final, NamedTuple

import cramjam

from agent.sinks.remote.frames import Frame, labels_of
from agent.sinks.remote.messages import METRIC_TYPES, Request, Sample, WriteRequest

KEPT_BYTES: Final = 64 * 2**20
"""Bytes that are kept of all devices' series. Beyond it all are forgotten and made anew."""
TELL_SECONDS: Final = 300.0
"""Seconds between two times that 1.0 sends a metric's type, help and unit, beside the samples."""
_COMPOUND: Final = (METRIC_TYPES["histogram"], METRIC_TYPES["summary"])
_SUFFIXES: Final = ("_bucket", "_sum", "_count")


class _Family(NamedTuple):
    """What 1.0 says of a metric."""

    type: int
    name: str
    help: str
    unit: str


class _Kept(NamedTuple):
    """The bytes of a device's series, cut where values and times go.

    Each of `pieces` is followed by two empty ones: room for the value and for the time.
    """

    pieces: list[bytes]
    values: struct.Struct
    families: frozenset[_Family]
    time_length: int


class BodiesV1:
    """Makes bodies of protocol 1.0."""

    content_type: Final = "application/x-protobuf"
    version: Final = "0.1.0"

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic: Final = monotonic
        self._kept: dict[bytes, _Kept] = {}
        self._kept_bytes = 0
        self._told: dict[_Family, float] = {}

    def body(self, frames: Iterable[Frame]) -> bytes:
        """Return frames as a body."""
        pieces: list[bytes] = []
        families: set[_Family] = set()
        for frame in frames:
            stamp = Sample(timestamp=frame.moment).SerializeToString()
            kept = self._kept_of(frame, stamp)
            filled = kept.pieces.copy()
            filled[1::3] = kept.values.unpack(frame.values)
            filled[2::3] = [stamp] * frame.samples
            pieces += filled
            families |= kept.families
        return packed(b"".join(pieces) + self._metadata(families))

    def _kept_of(self, frame: Frame, stamp: bytes) -> _Kept:
        kept = self._kept.get(frame.series)
        if kept is None or kept.time_length != len(stamp):
            kept = _make(frame, stamp)
            if self._kept_bytes > KEPT_BYTES:
                self._kept.clear()
                self._kept_bytes = 0
            self._kept[frame.series] = kept
            self._kept_bytes += len(frame.series) + sum(map(len, kept.pieces))
        return kept

    def _metadata(self, families: Iterable[_Family]) -> bytes:
        now = self._monotonic()
        due = [one for one in families if self._told.get(one, now) <= now]
        self._told.update(dict.fromkeys(due, now + TELL_SECONDS))
        request = WriteRequest()
        for one in sorted(due, key=lambda one: one.name):
            request.metadata.add(
                type=one.type, metric_family_name=one.name, help=one.help, unit=one.unit
            )
        return bytes(request.SerializeToString())


def _make(frame: Frame, stamp: bytes) -> _Kept:
    """Write the series of a frame, with room for values and for times of this length.

    A series ends with the 8 bytes of its sample's value and with the time. So both can be cut off.
    """
    request = Request.FromString(frame.series)
    pieces, families = [], set()
    for one in request.timeseries:
        labels = labels_of(request, one)
        alone = WriteRequest()
        made = alone.timeseries.add()
        for name, value in labels:
            made.labels.add(name=name, value=value)
        made.samples.add(value=1.0, timestamp=frame.moment)
        pieces += [alone.SerializeToString()[: -8 - len(stamp)], b"", b""]
        families.add(_family(request, one, dict(labels)["__name__"]))
    values = struct.Struct("8s" * frame.samples)
    return _Kept(pieces, values, frozenset(families), len(stamp))


def _family(request: Any, one: Any, name: str) -> _Family:
    meta = one.metadata
    if meta.type in _COMPOUND:
        for suffix in _SUFFIXES:
            name = name.removesuffix(suffix)
    texts = request.symbols
    return _Family(meta.type, name, texts[meta.help_ref], texts[meta.unit_ref])


class _Refs(NamedTuple):
    """What a device's series of 2.0 consist of: places in the table of texts of its frame."""

    symbols: Sequence[str]
    labels: Sequence[Callable[[Sequence[bytes]], Sequence[bytes]]]
    """Of each series, what picks the places of its labels, written as bytes."""
    metadata: Sequence[tuple[bytes, int, int]]
    """The type as bytes, and the places of help and unit."""


class BodiesV2:
    """Makes bodies of protocol 2.0.

    The places of texts differ in each request, so the bytes of its series are put together here.
    They are the bytes that the library would write, in a third of its time. One thing differs: a
    value of zero is written, too, where the library leaves it out.
    """

    content_type: Final = "application/x-protobuf;proto=io.prometheus.write.v2.Request"
    version: Final = "2.0.0"

    def __init__(self) -> None:
        self._kept: dict[bytes, _Refs] = {}
        self._kept_bytes = 0

    def body(self, frames: Iterable[Frame]) -> bytes:
        """Return frames as a body."""
        symbols = {"": 0}
        pieces: list[bytes] = []
        for frame in frames:
            kept = self._kept_of(frame)
            refs = [number(symbols.setdefault(text, len(symbols))) for text in kept.symbols]
            pieces += _series(frame, kept, refs)
        table = bytes(Request(symbols=symbols).SerializeToString())
        return packed(table + b"".join(pieces))

    def _kept_of(self, frame: Frame) -> _Refs:
        kept = self._kept.get(frame.series)
        if kept is None:
            if self._kept_bytes > KEPT_BYTES:
                self._kept.clear()
                self._kept_bytes = 0
            kept = self._kept[frame.series] = _refs(frame)
            self._kept_bytes += 10 * len(frame.series)
        return kept


def _refs(frame: Frame) -> _Refs:
    request = Request.FromString(frame.series)
    labels = [itemgetter(*one.labels_refs) for one in request.timeseries]
    metadata = [
        (number(meta.type), meta.help_ref, meta.unit_ref)
        for meta in (one.metadata for one in request.timeseries)
    ]
    return _Refs(tuple(request.symbols), labels, metadata)


def _series(frame: Frame, kept: _Refs, refs: Sequence[bytes]) -> Iterator[bytes]:
    """Yield each series of a frame as a field of `Request`."""
    stamp = Sample(timestamp=frame.moment).SerializeToString()
    sample = b"\x12" + number(9 + len(stamp)) + b"\x09"
    values = struct.unpack("8s" * frame.samples, frame.values)
    for labels, (kind, help_, unit), value in zip(kept.labels, kept.metadata, values, strict=True):
        places = b"".join(labels(refs))
        meta = b"\x08%b\x18%b\x20%b" % (kind, refs[help_], refs[unit])
        body = b"\x0a%b%b%b%b%b\x2a%b%b" % (
            number(len(places)),
            places,
            sample,
            value,
            stamp,
            number(len(meta)),
            meta,
        )
        yield b"\x2a" + number(len(body)) + body


@lru_cache(maxsize=65_536)
def number(value: int) -> bytes:
    """Return a number as protobuf writes it: seven bits a byte, the lowest first.

    Source: https://protobuf.dev/programming-guides/encoding/#varints
    """
    found = bytearray()
    while value >> 7:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    found.append(value)
    return bytes(found)


def packed(message: bytes) -> bytes:
    """Compress a message in Snappy's block format."""
    return bytes(cramjam.snappy.compress_raw(message))

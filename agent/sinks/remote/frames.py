"""What the spool keeps for remote write: batches as frames, which suit both protocols.

Which protocol a database takes is known only when it has answered, and may change while samples
wait. So a frame says what both need: the series of a batch with their metadata, written once for
all its rounds as a `Request` of protocol 2.0 without samples, then the time and the values. The
body of a request is made of frames when it is sent (`bodies`).

A frame is, little-endian: the length of its series, how many there are, the time in milliseconds,
8 bytes that tell its source from others, the series, the values as doubles.
"""

from __future__ import annotations

import struct
from collections.abc import Hashable, Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import Any, Final, NamedTuple

import cramjam

from agent.sinks.base import Ending, Format, Reply
from agent.sinks.finite import finite
from agent.sinks.remote.messages import METRIC_TYPES, Request
from agent.sinks.remote.units import unit_of
from collectors.base import Batch, Series
from collectors.batch import Layout

_HEAD: Final = struct.Struct("<IIq8s")
STALE: Final = b"\x02\x00\x00\x00\x00\x00\xf0\x7f"
"""The value that ends a series: 0x7ff0000000000002, a NaN that no measurement has.

Source: Prometheus, `model/value/value.go`; remote write specification 1.0, "Stale markers".
"""
LEVEL: Final = 1
"""The level of Zstandard at which frames in the spool are compressed."""
MOST_SAMPLES: Final = 10_000
"""In one request; as 1.0 it then takes some 3 MB before packing, well below receivers' limits."""
KNOWN_BYTES: Final = 32 * 2**20
"""Bytes of described series that are kept. Beyond it all are forgotten and made anew."""
_TOO_OLD: Final = ("out of bounds", "too old", "too far in the past", "out of retention")


class Frame(NamedTuple):
    """Samples of one source and one moment."""

    series: bytes
    """A `Request` without samples."""
    values: bytes
    """8 bytes each."""
    moment: int
    """Milliseconds since the epoch."""
    source: bytes

    @property
    def samples(self) -> int:
        """How many samples it holds."""
        return len(self.values) // 8

    def packed(self) -> bytes:
        """Return it as bytes."""
        head = _HEAD.pack(len(self.series), self.samples, self.moment, self.source)
        return head + self.series + self.values


def frames_of(data: bytes) -> Iterator[Frame]:
    """Yield the frames that were laid end to end."""
    at = 0
    while at < len(data):
        length, count, moment, source = _HEAD.unpack_from(data, at)
        begin = at + _HEAD.size
        middle, at = begin + length, begin + length + 8 * count
        yield Frame(data[begin:middle], data[middle:at], moment, source)


def unpacked(payload: bytes) -> bytes:
    """Return the frames that a payload of the spool holds."""
    return bytes(cramjam.zstd.decompress(payload))


class FrameFormat(Format):
    """Frames as a format of the spool; a part is a frame of one sample.

    `tags` are added to every series that has no such label itself.
    """

    def __init__(self, tags: Mapping[str, str]) -> None:
        self._extra: Final = {name: value for name, value in tags.items() if value}
        self._known: dict[tuple[str, str], tuple[Layout, bytes]] = {}
        self._known_bytes = 0

    def render(self, batch: Batch) -> tuple[bytes, int]:
        """Return a batch as a frame, without values that are not finite."""
        batch = finite(batch)
        if not batch.values:
            return b"", 0
        values = struct.pack(f"<{len(batch.values)}d", *batch.values)
        return self._frame(batch.source, batch.layout, batch.time, values)

    def ended(self, ending: Ending) -> tuple[bytes, int]:
        """Return the markers that end some series, as a frame."""
        if not len(ending.layout):
            return b"", 0
        known = self._known.get((ending.collector, ending.device))
        whole = known is not None and _alike(known[0], ending.layout)
        series = known[1] if known and whole else self._described(ending.layout)
        values = STALE * len(ending.layout)
        moment = round(ending.time * 1000)
        frame = Frame(series, values, moment, _source(ending.collector, ending.device))
        return frame.packed(), frame.samples

    def _frame(
        self, source: tuple[str, str], layout: Layout, time: float, values: bytes
    ) -> tuple[bytes, int]:
        known = self._known.get(source)
        if known is None or not _alike(known[0], layout):
            if self._known_bytes > KNOWN_BYTES:
                self._known.clear()
                self._known_bytes = 0
            known = self._known[source] = (layout, self._described(layout))
            self._known_bytes += len(known[1])
        frame = Frame(known[1], values, round(time * 1000), _source(*source))
        return frame.packed(), frame.samples

    def _described(self, layout: Layout) -> bytes:
        """Return series with labels in order and metadata, as a `Request` without samples."""
        request, symbols = Request(), {"": 0}

        def ref(text: str) -> int:
            return symbols.setdefault(text, len(symbols))

        for one in layout.series:
            made = request.timeseries.add()
            texts = [text for pair in self._labels(one) for text in pair]
            made.labels_refs.extend([ref(text) for text in texts])
            made.metadata.type = METRIC_TYPES[one.metric.type]
            made.metadata.help_ref = ref(one.metric.help)
            made.metadata.unit_ref = ref(unit_of(one.metric))
        request.symbols.extend(symbols)
        return bytes(request.SerializeToString())

    def _labels(self, one: Series) -> Sequence[tuple[str, str]]:
        """Return the labels in the order of their names. One without a value counts as absent."""
        own = dict(zip(one.labels, one.values, strict=True))
        pairs = {**self._extra, **{name: value for name, value in own.items() if value}}
        return sorted({**pairs, "__name__": one.name}.items())

    def pack(self, parts: Sequence[bytes]) -> bytes:
        """Compress frames."""
        return bytes(cramjam.zstd.compress(b"".join(parts), LEVEL))

    def join(self, payloads: Sequence[bytes]) -> bytes:
        """Lay all frames end to end; the wire turns them into the protocol's messages."""
        return b"".join(map(unpacked, payloads))

    def key(self, batch: Batch) -> Hashable:
        """Return the source: a request, and so a chunk, has one round of it."""
        return batch.source

    def fit(self, payloads: Sequence[bytes]) -> int:
        """Return how many of these may go in one request: a source comes once in it.

        A database that takes samples only in order of time accepts the newest sample of a series a
        second time, and refuses any older one. So a request has one sample of each series. Then it
        can be sent again when nobody knows whether it was stored.
        """
        seen: set[bytes] = set()
        samples = 0
        for number, payload in enumerate(payloads):
            frames = list(frames_of(unpacked(payload)))
            samples += sum(frame.samples for frame in frames)
            sources = {frame.source for frame in frames}
            if number and (samples > MOST_SAMPLES or not seen.isdisjoint(sources)):
                return number
            seen |= sources
        return len(payloads)

    def parts(self, payload: bytes) -> list[bytes]:
        """Return a frame for each sample."""
        return [single for frame in frames_of(unpacked(payload)) for single in _singles(frame)]

    def count(self, part: bytes) -> int:
        """Count the samples of a part."""
        return sum(frame.samples for frame in frames_of(part))

    def alike(self, parts: Sequence[bytes], reply: Reply) -> bool:
        """Tell whether the parts are refused for their age, and all have the same time."""
        if not any(words in reply.message for words in _TOO_OLD):
            return False
        return len({_HEAD.unpack_from(part)[2] for part in parts}) == 1

    def letter(self, part: bytes) -> bytes:
        """Return a sample as a line of exposition text, for a person to read."""
        return b"".join(_line(frame) for frame in frames_of(part))


def _alike(one: Layout, other: Layout) -> bool:
    return one is other or one.series == other.series


def _source(collector: str, device: str) -> bytes:
    return blake2b(f"{collector}\0{device}".encode(), digest_size=8).digest()


def _singles(frame: Frame) -> Iterator[bytes]:
    request = Request.FromString(frame.series)
    for number, one in enumerate(request.timeseries):
        texts = [""]
        alone = Request(symbols=texts)
        made = alone.timeseries.add()
        for at in one.labels_refs:
            made.labels_refs.append(len(texts))
            texts.append(request.symbols[at])
        made.metadata.type = one.metadata.type
        made.metadata.help_ref, made.metadata.unit_ref = len(texts), len(texts) + 1
        texts += (request.symbols[one.metadata.help_ref], request.symbols[one.metadata.unit_ref])
        alone.symbols[:] = texts
        values = frame.values[8 * number : 8 * number + 8]
        yield Frame(alone.SerializeToString(), values, frame.moment, frame.source).packed()


def labels_of(request: Any, one: Any) -> list[tuple[str, str]]:
    """Return the labels of a series of a `Request`."""
    texts = [request.symbols[at] for at in one.labels_refs]
    return list(zip(texts[::2], texts[1::2], strict=True))


def _line(frame: Frame) -> bytes:
    request = Request.FromString(frame.series)
    lines = []
    for number, one in enumerate(request.timeseries):
        labels = dict(labels_of(request, one))
        name = labels.pop("__name__", "")
        body = ",".join(f"{label}={value!r}" for label, value in labels.items())
        raw = frame.values[8 * number : 8 * number + 8]
        value = "stale" if raw == STALE else repr(struct.unpack("<d", raw)[0])
        lines.append(f"{name}{{{body}}} {value} {frame.moment}\n")
    return "".join(lines).encode("utf-8", "replace")

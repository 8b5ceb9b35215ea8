"""Remote write's messages taken apart by hand, by the field numbers of the published text.

Nothing of the product is used: a body is unpacked with Snappy and read as protobuf's wire format.
Source: https://protobuf.dev/programming-guides/encoding/, remote write 1.0 and 2.0.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

import cramjam


def fields(data: bytes) -> Iterator[tuple[int, Any]]:
    """Yield the number and the value of each field."""
    at = 0

    def varint() -> int:
        nonlocal at
        found = shift = 0
        while True:
            byte = data[at]
            at += 1
            found |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return found

    while at < len(data):
        number, kind = divmod(varint(), 8)
        if kind == 0:
            yield number, varint()
        elif kind == 1:
            yield number, data[at : at + 8]
            at += 8
        else:
            assert kind == 2, kind
            length = varint()
            yield number, data[at : at + length]
            at += length


def all_of(data: bytes, number: int) -> list[Any]:
    """Return every value of a field."""
    return [value for at, value in fields(data) if at == number]


def one_of(data: bytes, number: int, default: Any = 0) -> Any:
    """Return the last value of a field."""
    return (all_of(data, number) or [default])[-1]


def packed_numbers(data: bytes) -> list[int]:
    """Return the numbers of a packed field."""
    found, value, shift = [], 0, 0
    for byte in data:
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            found.append(value)
            value = shift = 0
    return found


def unpacked(body: bytes) -> bytes:
    """Take a body out of Snappy's block format."""
    return bytes(cramjam.snappy.decompress_raw(body))


def bits(sample: bytes) -> int:
    """Return the 64 bits of a sample's value."""
    found: int = struct.unpack("<Q", one_of(sample, 1, b"\0" * 8))[0]
    return found


def v1(body: bytes) -> list[dict[str, Any]]:
    """Return the series of a `prometheus.WriteRequest`."""
    return [
        {
            "labels": [
                (one_of(label, 1).decode(), one_of(label, 2).decode()) for label in all_of(one, 1)
            ],
            "samples": [(bits(sample), one_of(sample, 2)) for sample in all_of(one, 2)],
        }
        for one in all_of(unpacked(body), 1)
    ]


def v1_metadata(body: bytes) -> list[tuple[int, str, str, str]]:
    """Return type, name, help and unit of each metric of a `prometheus.WriteRequest`."""
    return [
        (one_of(one, 1), *(one_of(one, number, b"").decode() for number in (2, 4, 5)))
        for one in all_of(unpacked(body), 3)
    ]


def v2(body: bytes) -> list[dict[str, Any]]:
    """Return the series of an `io.prometheus.write.v2.Request`."""
    message = unpacked(body)
    symbols = [text.decode() for text in all_of(message, 4)]
    assert symbols[0] == ""
    assert len(symbols) == len(set(symbols))
    found = []
    for one in all_of(message, 5):
        refs = [at for packed in all_of(one, 1) for at in packed_numbers(packed)]
        texts = [symbols[at] for at in refs]
        meta = one_of(one, 5, b"")
        found.append(
            {
                "labels": list(zip(texts[::2], texts[1::2], strict=True)),
                "samples": [(bits(sample), one_of(sample, 2)) for sample in all_of(one, 2)],
                "type": one_of(meta, 1),
                "help": symbols[one_of(meta, 3)],
                "unit": symbols[one_of(meta, 4)],
            }
        )
    return found

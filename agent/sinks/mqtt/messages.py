"""Batches as messages: a topic for each device, and JSON that a person can read.

A part is a line: the topic, how many samples the message holds, and the message itself::

    {"time": 1764457200.123, "readings": [
        {"name": "dc_pdu_power_watts", "labels": {"pdu": "A07-A"}, "value": 1140.0}]}

`time` is in seconds since the epoch. Names, labels and units are those of `/metrics`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple
from weakref import WeakKeyDictionary

from agent.sinks.base import Format
from agent.sinks.finite import finite
from collectors.base import Batch, Series
from collectors.batch import Layout

_NO_LEVEL: Final = re.compile(r"[/+#\x00-\x1f\x7f]")
"""What a level of a topic cannot have (MQTT 5.0, 4.7.1), or should not."""


class Message(NamedTuple):
    """A message as it is published, and how many samples it holds."""

    topic: str
    samples: int
    payload: bytes


class MessageFormat(Format):
    """Messages as a format of the spool. `tags` are labels of every series that lacks them."""

    def __init__(self, tags: Mapping[str, str], topic: str, most_bytes: int) -> None:
        self._tags: Final = {name: value for name, value in sorted(tags.items()) if value}
        self._topic: Final = "/".join(
            (topic, *(level(tags.get(one, "")) for one in ("hub", "site")))
        )
        self._node: Final = tags.get("instance", "")
        self._most: Final = most_bytes
        self._texts: Final[WeakKeyDictionary[Layout, list[str]]] = WeakKeyDictionary()

    def render(self, batch: Batch) -> tuple[bytes, int]:
        """Return a batch as lines, and how many samples they hold.

        Values that are not finite are left out.
        """
        batch = finite(batch)
        if not batch.values:
            return b"", 0
        texts = self._texts.get(batch.layout)
        if texts is None:
            texts = self._texts[batch.layout] = [self._text(one) for one in batch.layout.series]
        readings = [f"{text}{value!r}}}" for text, value in zip(texts, batch.values, strict=True)]
        device = level(batch.device or self._node)
        topic = f"{self._topic}/{level(batch.collector)}/{device}"
        head = f'{{"time":{round(batch.time, 3)!r},"readings":['
        lines = [
            f"{topic}\t{len(some)}\t{head}{','.join(some)}]}}\n"
            for some in self._divided(readings, len(head) + 2)
        ]
        return "".join(lines).encode(), len(readings)

    def _text(self, one: Series) -> str:
        own = dict(zip(one.labels, one.values, strict=True))
        labels = self._tags | {name: value for name, value in own.items() if value}
        shown = json.dumps({"name": one.name, "labels": labels}, separators=(",", ":"))
        return f'{shown[:-1]},"value":'

    def _divided(self, readings: Sequence[str], around: int) -> Iterator[list[str]]:
        """Yield the readings of each message; JSON of ours is ASCII, so letters are bytes."""
        some: list[str] = []
        size = around
        for one in readings:
            if some and size + len(one) + 1 > self._most:
                yield some
                some, size = [], around
            some.append(one)
            size += len(one) + 1
        yield some

    def pack(self, parts: Sequence[bytes]) -> bytes:
        """Lay lines end to end."""
        return b"".join(parts)

    def join(self, payloads: Sequence[bytes]) -> bytes:
        """Lay lines end to end."""
        return b"".join(payloads)

    def parts(self, payload: bytes) -> list[bytes]:
        """Return the lines, each with its newline."""
        return payload.splitlines(keepends=True)

    def count(self, part: bytes) -> int:
        """Return how many samples a line holds."""
        return message_of(part).samples


def level(name: str) -> str:
    """Return a name as a level of a topic."""
    return _NO_LEVEL.sub("_", name) or "_"


def message_of(line: bytes) -> Message:
    """Return the message of a line."""
    topic, samples, payload = line.rstrip(b"\n").split(b"\t", 2)
    return Message(topic.decode(), int(samples), payload)

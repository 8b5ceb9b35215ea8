"""What a sink is, and what a sink over the spool is made of.

The agent knows a sink by `Sink` alone and makes it by its `SinkKind`. A sink that must not lose
samples while its database is away gives `sender.SpooledSink` a `Format` and a `Wire`; the spool
then keeps what the format has rendered as opaque bytes with their count of samples.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from prometheus_client.registry import CollectorRegistry

from collectors.base import Batch
from collectors.batch import Layout


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the agent gives a sink: a folder, tags for every series, a metrics registry."""

    state_dir: Path
    tags: Mapping[str, str]
    registry: CollectorRegistry


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """Series of a source that there will be no more samples of, from a time on."""

    collector: str
    device: str
    layout: Layout
    time: float
    """Seconds since the epoch."""


class Sink(Protocol):
    """A consumer of batches that takes them somewhere."""

    name: str

    def start(self) -> None:
        """Begin to take batches; raises ConfigError where it cannot run at all."""

    def accept(self, batch: Batch) -> None:
        """Take a batch. Called on the event loop, so it must not block. Never raises."""

    def stop(self, timeout: float) -> None:
        """Have everything that was accepted in a safe place, within `timeout` seconds. Blocks."""


@runtime_checkable
class HearsEndings(Protocol):
    """A sink that tells its database when series end."""

    def ended(self, ending: Ending) -> None:
        """Take an ending. Called on the event loop, so it must not block. Never raises."""


class SinkKind(Protocol):
    """A section under `outputs:` in the config file, and the sink that it makes."""

    name: str
    Config: type
    """A frozen dataclass, made from `Output`, that `collectors.strict` can build."""

    def files(self, config: object) -> Mapping[str, Path | None]:
        """Return the files that a section names and that must be there, by its keys."""

    def secrets(self, config: object) -> Mapping[str, Path | None]:
        """Return the files with secrets that a section names, by its keys: not readable by all."""

    def build(self, config: object, surroundings: Surroundings) -> Sink:
        """Make the sink of a section; starts nothing."""


class Format(Protocol):
    """How a sink writes samples: batches to bytes, bytes to one request, and back to parts."""

    def render(self, batch: Batch) -> tuple[bytes, int]:
        """Return a batch as bytes and how many samples they hold.

        0 where there is nothing to send.
        """

    def pack(self, parts: Sequence[bytes]) -> bytes:
        """Join rendered batches, or parts of them, to what is stored and sent as a whole."""

    def join(self, payloads: Sequence[bytes]) -> bytes:
        """Join what was packed, to the body of one request."""

    def parts(self, payload: bytes) -> list[bytes]:
        """Take apart what was packed: the smallest parts that can be refused by themselves."""

    def count(self, part: bytes) -> int:
        """Return how many samples a part holds."""

    def key(self, _batch: Batch, /) -> Hashable:
        """Return what a chunk may have only once; None where that is nothing."""
        return None

    def fit(self, payloads: Sequence[bytes]) -> int:
        """Return how many of what was packed may go in one request, from the first on."""
        return len(payloads)

    def alike(self, _parts: Sequence[bytes], _reply: Reply, /) -> bool:
        """Tell whether what a database says of these parts together holds for each of them."""
        return False

    def letter(self, part: bytes) -> bytes:
        """Return a part as a person can read it."""
        return part


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came of a request: `code` is the HTTP status, or timeout, unreachable, aborted."""

    code: str
    message: str = ""
    retry_after: float | None = None
    """Seconds that the database asks to be left alone, if it does."""

    @property
    def taken(self) -> bool:
        """Whether the database has taken all of it."""
        return re.fullmatch(r"2\d\d", self.code) is not None

    def __str__(self) -> str:
        return f"{self.code} {self.message}".strip()


class Wire(Protocol):
    """The way to a database. `close` may come from any thread, all else is for one."""

    @property
    def place(self) -> str:
        """Where it leads, for the log: without secrets."""

    def post(self, body: bytes) -> Reply:
        """Send a body; returns when the database has answered or the time is up. Never raises."""

    def own_page(self, _seconds: float, /) -> str | None:
        """Return the metrics that the database shows of itself, within so many seconds.

        Empty where it shows none; None where it does not answer at present. Never raises.
        """

    def renew(self) -> None:
        """Read secrets again, as they may have been replaced; raises ConfigError."""

    def close(self) -> None:
        """End a request that is under way, and send no more."""

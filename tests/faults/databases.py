"""The real databases that faults are tried on, and what of a trial each of them has stored."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Final, Protocol

from agent.sinks.sender import SpooledSink
from collectors.base import Batch, Metric
from tests.agent.sinks.answers import T0
from tests.agent.sinks.peers import drained, sink
from tests.agent.sinks.receivers import Prometheus, instant, remote
from tests.support import HANGS
from tests.support.oldinflux import OldInflux
from tests.support.victoria import Victoria

POISON: Final = b"poison v=1.0i.5 1\n"
WINDOW: Final = 2 * 3600.0
"""Seconds for which a Prometheus takes samples out of order, where it does."""
LATE: Final = Metric(namespace="test", subsystem="late", name="ratio", type="gauge", help="-")

Rows = dict[str, list[tuple[int, float]]]
"""Each series' times in milliseconds and values, by the label that tells the series apart."""


class Base(Protocol):
    """A database under trial."""

    name: str
    driven: tuple[str, ...]
    """How the pusher is told where in it to write."""
    speaks: bool
    """Whether it says that a part of a request is bad."""
    lines: bool
    """Whether it is written in line protocol."""
    port: int

    @property
    def url(self) -> str: ...

    def up(self) -> AbstractContextManager[object]:
        """Run it until the block ends; what it has stored is kept."""

    def frozen(self) -> AbstractContextManager[None]:
        """Stop it by SIGSTOP until the block ends."""

    def end(self) -> None:
        """End it as roughly as its promises allow."""

    def rows(self, measurement: str, field: str, label: str) -> Rows:
        """Return all that is stored of a field, in the order of time."""

    def count(self, measurement: str, field: str) -> int:
        """Return how many samples of a field are stored, as the database itself counts them."""

    def sink(self, url: str, folder: Path, **more: Any) -> AbstractContextManager[SpooledSink]:
        """Run a sink to it, by this address, until the block ends."""

    def begin(self, made: SpooledSink) -> None:
        """Hand over what makes a sample bad that comes later."""

    def spoil(self, made: SpooledSink) -> None:
        """Hand over one sample that it does not take."""


class ByLines:
    """What writes line protocol, and a line that is none."""

    lines = True
    target: dict[str, str]

    def sink(self, url: str, folder: Path, **more: Any) -> AbstractContextManager[SpooledSink]:
        return sink(url, folder, target=self.target, **more)

    def begin(self, made: SpooledSink) -> None:
        """Nothing makes a line bad but the line itself."""

    def spoil(self, made: SpooledSink) -> None:
        made.spool.put(T0, POISON, 1)


class ByRemoteWrite:
    """What writes remote write, and a sample that comes after a later one of its series."""

    lines = False
    driven: tuple[str, ...] = ("remote_write",)

    def sink(self, url: str, folder: Path, **more: Any) -> AbstractContextManager[SpooledSink]:
        return remote(f"{url}/api/v1/write", folder, **more)

    def begin(self, made: SpooledSink) -> None:
        made.accept(_late(T0 + 10))
        drained(made)

    def spoil(self, made: SpooledSink) -> None:
        made.accept(_late(T0))


def _late(when: float) -> Batch:
    readings = [(LATE.series(), 1.0)]
    return Batch(collector="late", device="", time=when, lifetime=30.0, readings=readings)


def counted(url: str, name: str) -> int:
    """Return how many samples of a metric a database of PromQL counts."""
    found = instant(url, f"sum(count_over_time({name}[8y]))", T0 + 4 * 365 * 86_400)
    return int(found[0]["value"][1]) if found else 0


class NewBase(ByLines, Victoria):
    """VictoriaMetrics. It syncs each second, so only SIGTERM keeps all that it has taken."""

    name = "VictoriaMetrics 1.79"
    target: Final = {"org": "hub", "bucket": "hub"}
    driven: tuple[str, ...] = ()
    speaks = False

    def end(self) -> None:
        assert self.process is not None
        self.process.terminate()
        self.process.wait(HANGS)

    def rows(self, measurement: str, field: str, label: str) -> Rows:
        found: Rows = {}
        one: Any
        for one in self.export(f'{{__name__="{measurement}_{field}"}}'):
            pairs = zip(one["timestamps"], one["values"], strict=True)
            found.setdefault(one["metric"][label], []).extend(pairs)
        return {name: sorted(pairs) for name, pairs in found.items()}

    def count(self, measurement: str, field: str) -> int:
        return counted(self.url, f"{measurement}_{field}")


class OldBase(ByLines, OldInflux):
    """InfluxDB 1.x. It syncs each request, so that it may be killed."""

    name = "InfluxDB 1.6.7"
    target: Final = {"database": "hub"}
    driven: tuple[str, ...] = ("hub",)
    speaks = True

    def end(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait(HANGS)

    def rows(self, measurement: str, field: str, label: str) -> Rows:
        series = self.ask(f'SELECT "{field}" FROM "{measurement}" GROUP BY "{label}"')
        return {
            one["tags"][label]: sorted((moment, value) for moment, value in one["values"])
            for one in series
        }

    def count(self, measurement: str, field: str) -> int:
        series = self.ask(f'SELECT COUNT("{field}") FROM "{measurement}"')
        return sum(number for one in series for _, number in one["values"])


class RemoteVictoria(ByRemoteWrite, NewBase):
    """VictoriaMetrics by remote write. It takes samples in any order."""

    name = "VictoriaMetrics 1.79, remote write"


class RemotePrometheus(ByRemoteWrite, Prometheus):
    """Prometheus by remote write; it takes samples of a series in their order only."""

    name = "Prometheus 2.42, remote write"
    speaks = True

    def end(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait(HANGS)

    def rows(self, measurement: str, field: str, label: str) -> Rows:
        return {
            one["metric"][label]: [
                (round(moment * 1000), float(value)) for moment, value in one["values"]
            ]
            for one in self.raw(f"{measurement}_{field}")
        }

    def count(self, measurement: str, field: str) -> int:
        return counted(self.url, f"{measurement}_{field}")


class LatePrometheus(RemotePrometheus):
    """Prometheus that takes samples of a series in any order within a time."""

    name = "Prometheus 2.42 with an out-of-order window, remote write"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, late=f"{WINDOW / 3600:g}h")

    def spoil(self, made: SpooledSink) -> None:
        made.accept(_late(T0 - WINDOW))  # what came before is 10 s later than T0

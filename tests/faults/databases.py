"""The real databases that faults are tried on, and what of a trial each of them has stored."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Final, Protocol

from tests.agent.sinks.peers import Victoria
from tests.support import HANGS
from tests.support.oldinflux import OldInflux

Rows = dict[str, list[tuple[int, float]]]
"""Each series' times in milliseconds and values, by the label that tells the series apart."""


class Base(Protocol):
    """A database under trial."""

    name: str
    target: dict[str, str]
    """Where in it the sink writes."""
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


class NewBase(Victoria):
    """VictoriaMetrics. It syncs each second, so only SIGTERM keeps all that it has taken."""

    name = "VictoriaMetrics 1.79"
    target: Final = {"org": "hub", "bucket": "hub"}

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


class OldBase(OldInflux):
    """InfluxDB 1.x. It syncs each request, so that it may be killed."""

    name = "InfluxDB 1.6.7"
    target: Final = {"database": "hub"}

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


BASES: Final[dict[str, Callable[[Path], Base]]] = {
    "victoria-metrics": NewBase,
    "influxdb": OldBase,
}

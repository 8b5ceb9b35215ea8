"""The words every other part speaks: Metric, Series, Reading, Batch, Collector, and the error tree.

Errors, all of them::

    HubgaugeError
    ├── ConfigError      an operator's file is wrong: file, line, key, what was expected
    └── CollectError     one round of one collector failed; nobody else is affected
        ├── NoData       the subject is not there (a file, a chip, a sensor): no error is told
        ├── Unreachable  no answer within the deadline, or the connection was refused
        ├── Late         our own lag: it could not be asked, or not be read in time
        ├── Refused      it answered that we may not (credentials, view, access list)
        └── BadReply     the answer cannot be understood: the only error a parser raises
"""

from __future__ import annotations

import re
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Final, Protocol, runtime_checkable

from collectors.batch import Batch
from collectors.places import Places
from collectors.series import Metric, MetricType, Reading, Series

__all__ = [
    "BadReply",
    "Batch",
    "CollectError",
    "Collector",
    "CollectorKind",
    "ConfigError",
    "Context",
    "HubgaugeError",
    "Late",
    "Metric",
    "MetricType",
    "NoData",
    "Place",
    "Reading",
    "Refused",
    "Schedule",
    "Series",
    "Unreachable",
]


class HubgaugeError(Exception):
    """Anything hubgauge raises on purpose."""


_ENDS_OF_LINES: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
"""What a reader of lines takes as the end of one, and what a terminal obeys."""


class ConfigError(HubgaugeError):
    """A file the operator wrote is wrong.

    `str()` is the one line shown: `FILE:LINE: KEY: MESSAGE`. What would end the line is escaped.
    """

    def __init__(self, message: str, *, file: str = "", line: int = 0, key: str = "") -> None:
        self.message, self.file, self.line, self.key = message, file, line, key
        where = f"{file}:{line}" if file and line else file
        text = ": ".join(part for part in (where, key, message) if part)
        super().__init__(_ENDS_OF_LINES.sub(lambda found: repr(found[0])[1:-1], text))


class CollectError(HubgaugeError):
    """One round of one collector failed."""


class NoData(CollectError):
    """The subject is not on this machine; the round ends in success with no samples."""


class Unreachable(CollectError):
    """No answer within the deadline, or the connection was refused."""


class Late(CollectError):
    """The device could not be asked, or its answer not be read in time, for our own lag.

    Nothing is known of the device by it: what was known before stays.
    """


class Refused(CollectError):
    """The device answered that we may not read it."""


class BadReply(CollectError):
    """The device answered something that cannot be understood."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a thing stands. Empty strings where it is not known."""

    hub: str
    site: str = ""
    row: str = ""
    rack: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a collector may know of its surroundings; tests hand in a fixture tree."""

    place: Place
    node: str
    proc: Path = Path("/proc")
    sys: Path = Path("/sys")
    rootfs: Path = Path("/")
    state_dir: Path | None = None
    racks: Mapping[str, Place] = field(default_factory=dict)
    processes: int = 1
    """How many processes beside each other read devices."""
    places: Places = field(default_factory=Places)
    wall_clock: Callable[[], float] = time.time
    monotonic: Callable[[], float] = time.monotonic

    def place_of(self, rack: str = "") -> Place:
        """Return where a rack stands: by the inventory, else at this agent's own site."""
        if not rack:
            return self.place
        return self.racks.get(rack) or Place(
            hub=self.place.hub, site=self.place.site, row="", rack=rack
        )


@runtime_checkable
class Collector(Protocol):
    """One thing that is read at one interval: a kernel subsystem, or a device.

    `collect` returns readings; it may be a coroutine function, or block (it then runs on a worker
    thread). It raises only `CollectError`s on purpose; whatever else it raises costs nobody else
    either. The runner owns schedule, deadline, isolation, limits, duration and success.

    What else it may be able to do is declared in `collectors.abilities`.
    """

    name: ClassVar[str]
    """The value of the `collector` label; the same for all devices of a protocol."""

    @property
    def device(self) -> str:
        """Which device, as the operator calls it; empty for a kernel subsystem."""

    @property
    def schedule(self) -> Schedule:
        """When it runs and what bounds it."""

    def collect(self) -> Iterable[Reading] | Awaitable[Iterable[Reading]]:
        """Read everything once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When a collector runs and what bounds it: seconds, seconds, samples a round."""

    interval: float = 15.0
    timeout: float = 10.0
    max_samples: int = 10_000


class CollectorKind(Protocol):
    """A section of the config file that makes collectors.

    An entry point of the group `hubgauge.collectors` names one.

    `Config` is a frozen dataclass that `collectors.strict` can build; `metrics` is what its
    collectors may emit.
    """

    name: str

    @property
    def Config(self) -> type:
        """The model of the section."""

    @property
    def metrics(self) -> Sequence[Metric]:
        """What its collectors may emit."""

    def build(self, config: object, context: Context, /) -> Sequence[Collector]:
        """Make the collectors of one config section, one per device."""

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

import threading
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Final, Literal, Protocol, runtime_checkable
from weakref import WeakValueDictionary

from collectors.labels import line_escape, names_allowed, safe_help, safe_label, text_escape
from collectors.places import Places

MetricType = Literal["counter", "gauge", "histogram", "summary", "untyped"]


class HubgaugeError(Exception):
    """Anything hubgauge raises on purpose."""


class ConfigError(HubgaugeError):
    """A file the operator wrote is wrong.

    `str()` is the one line shown: `FILE:LINE: KEY: MESSAGE`.
    """

    def __init__(self, message: str, *, file: str = "", line: int = 0, key: str = "") -> None:
        self.message, self.file, self.line, self.key = message, file, line, key
        where = f"{file}:{line}" if file and line else file
        super().__init__(": ".join(part for part in (where, key, message) if part))


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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Metric:
    """A metric, declared once in the catalogue; its full name is `namespace_subsystem_name`.

    `namespace_subsystem` is the measurement and `name` the field of line protocol, so a push and a
    scrape give the same series names.
    """

    namespace: str
    subsystem: str = ""
    name: str
    type: MetricType
    help: str
    labels: tuple[str, ...] = ()
    measurement: str = field(init=False)
    full_name: str = field(init=False)
    _series: WeakValueDictionary[tuple[str, ...], Series] = field(
        init=False, repr=False, default_factory=WeakValueDictionary
    )

    def __post_init__(self) -> None:
        """Derive both names once, and make the help safe."""
        measurement = "_".join(part for part in (self.namespace, self.subsystem) if part)
        object.__setattr__(self, "measurement", measurement)
        object.__setattr__(self, "full_name", f"{measurement}_{self.name}")
        object.__setattr__(self, "help", safe_help(self.help))

    def series(self, *values: str) -> Series:
        """Return the one Series of these label values, in the order of `labels`.

        The same object while anyone holds it.
        """
        found = self._series.get(values)
        if found is not None:
            return found
        if len(values) != len(self.labels):
            message = f"{self.full_name} has the labels {self.labels}, got {len(values)} values"
            raise TypeError(message)
        return self.sample_series(self.full_name, self.labels, values)

    def at(self, label: str) -> int:
        """Return the position of a label in `labels` and so in every series' `values`.

        For loops over many series: look the position up once, then read `series.values[position]`.
        A single value reads better as `series.label("pdu")`. Raises KeyError for a label that the
        metric does not declare, so a misspelt label fails at once.
        """
        try:
            return self.labels.index(label)
        except ValueError:
            message = f"{self.full_name} has the labels {self.labels}, not {label!r}"
            raise KeyError(message) from None

    def sample_series(
        self, sample_name: str, labels: tuple[str, ...], values: tuple[str, ...]
    ) -> Series:
        """Return the Series of a sample with its own name or labels, as a histogram's buckets."""
        head = (
            ()
            if sample_name == self.full_name and labels == self.labels
            else (sample_name, *labels)
        )
        with _INTERN:
            found = self._series.get((*head, *values))
            if found is None:
                # Two raw values that are made safe alike are one series: a page must not show it
                # twice.
                safe = tuple(map(safe_label, values))
                found = self._series.get((*head, *safe)) or Series(self, sample_name, labels, safe)
                self._series[(*head, *values)] = self._series[(*head, *safe)] = found
            return found


_INTERN: Final = threading.Lock()
_MAX_TOLD: Final = 120
"""Characters of the names of a refused series that are told."""


class Series:
    """A metric with its label values.

    Both its text forms are rendered once, so hot paths only append a number.

    `prefix` is exposition text up to the value (`dc_rack_power_watts{rack="A07"} `); `line_key` is
    line protocol up to the fields (`dc_rack,rack=A07`) and `field` the field's name. It is equal
    only to itself: a metric makes one of each. Labels without a value are left out of `line_key`,
    since line protocol knows no empty tag and Prometheus takes an empty label for an absent one.

    Where the formats do not take a name, `prefix` is empty and `line_key` tells the names. No such
    series leaves its round: `agent.rounds.checked` drops and counts it.
    """

    __slots__ = ("__weakref__", "field", "labels", "line_key", "metric", "prefix", "values")

    def __init__(
        self, metric: Metric, sample_name: str, labels: tuple[str, ...], values: tuple[str, ...]
    ) -> None:
        self.metric: Final = metric
        self.labels: Final = labels
        self.values: Final = values
        measured = metric.measurement and sample_name.startswith(f"{metric.measurement}_")
        if not measured or not names_allowed(sample_name, labels):
            self.prefix = self.field = ""
            self.line_key = ascii(f"{sample_name}{{{','.join(labels)}}}"[:_MAX_TOLD])
            return
        pairs = list(zip(labels, values, strict=True))
        body = ",".join(f'{name}="{text_escape(value)}"' for name, value in pairs)
        self.prefix = f"{sample_name}{{{body}}} " if body else f"{sample_name} "
        tags = "".join(f",{name}={line_escape(value)}" for name, value in sorted(pairs) if value)
        self.line_key = metric.measurement + tags
        self.field = sample_name[len(metric.measurement) + 1 :]

    def label(self, name: str) -> str:
        """Return the value of one label, or an empty string where the series does not carry it."""
        return self.values[self.labels.index(name)] if name in self.labels else ""

    def __repr__(self) -> str:
        return f"Series({self.prefix.rstrip() or self.line_key})"


Reading = tuple[Series, float]
"""A value a collector has read, in the metric's base unit.

The runner stamps it; a missing value is no reading at all.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What one collector read in one round, as the runner hands it on.

    `time` is wall-clock seconds since the epoch; `lifetime` is how many seconds its series stay
    current.
    """

    collector: str
    device: str
    time: float
    lifetime: float
    readings: Sequence[Reading]


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

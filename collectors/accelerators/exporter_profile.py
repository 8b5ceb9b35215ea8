"""Profiles of exporters: which series of an exporter's page becomes which metric.

Each profile is one YAML file in `exporters/`. A new exporter needs one such file and a test case.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Final

from collectors.base import ConfigError, Metric
from collectors.catalogue import metrics_of
from collectors.catalogue import node as catalogue
from collectors.strict import Parsed, Positive, nearest, read

FOLDER: Final = Path(__file__).with_name("exporters")
_METRICS: Final = {
    metric.full_name: metric
    for metric in metrics_of(catalogue)
    if metric.labels[: len(catalogue.ACCELERATOR)] == catalogue.ACCELERATOR
}


def _pattern(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except (re.error, RecursionError, OverflowError) as error:
        raise ValueError(text) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """How a chip gets its name: the value of the first label that is present, put into `called`."""

    labels: list[str]
    called: str = field(metadata={"help": "the device file's name, with {} for the label's value"})

    def __post_init__(self) -> None:
        """Check that the name has one place for the label's value."""
        if self.called.count("{}") != 1:
            raise ValueError("called: expected a name with one {}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """The labels that hold the model. Text that matches `cut` is removed from their value."""

    labels: list[str]
    cut: Annotated[re.Pattern[str], Parsed(_pattern, "a regular expression")] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One metric of the catalogue and the exporter's series that it is read from."""

    metric: str
    series: str
    label: str = field(
        default="", metadata={"help": "the value of the metric's own label, if it has one"}
    )
    scale: Positive = 1.0
    missing: list[float] = field(
        default_factory=list,
        metadata={"help": "values, as the exporter gives them, that mean no reading"},
    )
    most: Positive | None = field(
        default=None, metadata={"help": "in base units; a greater value is rejected"}
    )
    help: Annotated[re.Pattern[str], Parsed(_pattern, "a regular expression")] | None = field(
        default=None,
        metadata={"help": "the reading counts only if the page's HELP text of its series has this"},
    )
    only: dict[str, Annotated[re.Pattern[str], Parsed(_pattern, "a regular expression")]] = field(
        default_factory=dict,
        metadata={"help": "labels of the series, and the whole text that each must have"},
    )
    once_a_bus: bool = field(
        default=False,
        metadata={
            "help": "chips with one bus address all report the value of their card; it counts once"
        },
    )

    def __post_init__(self) -> None:
        """Check the metric."""
        if self.metric not in _METRICS:
            raise ValueError(f"metric: unknown{nearest(self.metric, sorted(_METRICS))}")
        more = self.declared.labels[len(catalogue.ACCELERATOR) :]
        if len(more) > 1 or bool(more) != bool(self.label):
            raise ValueError(
                f"label: {self.metric} has {' and '.join(more) or 'no label'} of its own"
            )

    @property
    def declared(self) -> Metric:
        """The metric."""
        return _METRICS[self.metric]


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """The series of one kind of memory. `total` is empty if the exporter does not report it."""

    used: str
    total: str = ""
    scale: Positive = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """The profile of one exporter."""

    vendor: str
    chip: Name
    model: Model
    uuid: list[str] = field(default_factory=list)
    bus: list[str] = field(default_factory=list)
    instance: list[str] = field(default_factory=list)
    prefixes: list[str] = field(
        default_factory=list,
        metadata={"help": "what the exporter may be told to put before each name"},
    )
    present: str = field(
        default="", metadata={"help": "a series whose labels name the chips; its value is not used"}
    )
    readings: list[Reading] = field(default_factory=list)
    memory: list[Memory] = field(
        default_factory=list, metadata={"help": "kinds of memory; the first one with a size counts"}
    )

    @property
    def wanted(self) -> frozenset[str]:
        """The names of all series that are read."""
        names = {reading.series for reading in self.readings} | {self.present}
        names |= {name for memory in self.memory for name in (memory.used, memory.total)}
        names -= {""}
        return frozenset(names | {prefix + name for prefix in self.prefixes for name in names})

    def bare(self, name: str) -> str:
        """Return a name on the page without the prefix that the exporter was told to use."""
        return next((name[len(one) :] for one in self.prefixes if name.startswith(one)), name)

    def read_of(self, helps: Mapping[str, str]) -> list[Reading]:
        """Return the readings that count on a page with these HELP texts, by series."""
        return [
            reading
            for reading in self.readings
            if reading.help is None or reading.help.search(helps.get(reading.series, ""))
        ]


def load_profile(name: str, folder: Path | None = None) -> Profile:
    """Read a profile from the operator's folder or from the built-in ones.

    Raises ConfigError or Problems.
    """
    files = {
        path.stem: path
        for place in (FOLDER, folder)
        if place is not None
        for path in sorted(place.glob("*.yaml"))
    }
    if name not in files:
        raise ConfigError(f"no such profile{nearest(name, sorted(files))}", key="profile")
    return read(files[name], Profile)

"""What an exporter's page means: one YAML file each in `exporters/`.

A new exporter is one such file and a test case.
"""

from __future__ import annotations

import re
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
    """How a chip is told apart: the first of these labels that is there, put into a name."""

    labels: list[str]
    called: str = field(metadata={"help": "the device file's name, with {} for the label's value"})

    def __post_init__(self) -> None:
        """Check that the label's value has its place."""
        if self.called.count("{}") != 1:
            raise ValueError("called: expected a name with one {}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """Which labels tell the model, and what of their text is none of it."""

    labels: list[str]
    cut: Annotated[re.Pattern[str], Parsed(_pattern, "a regular expression")] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One of our metrics and the exporter's series it comes from."""

    metric: str
    series: str
    label: str = field(
        default="", metadata={"help": "the value of the metric's own label, where it has one"}
    )
    scale: Positive = 1.0
    most: Positive | None = field(
        default=None, metadata={"help": "in base units; what lies above is no value"}
    )
    once_a_bus: bool = field(
        default=False, metadata={"help": "chips of one bus address all tell their card's value"}
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
    """The series of a kind of memory; `total` is empty where the exporter does not tell it."""

    used: str
    total: str = ""
    scale: Positive = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What one exporter's page means."""

    vendor: str
    chip: Name
    model: Model
    uuid: list[str] = field(default_factory=list)
    bus: list[str] = field(default_factory=list)
    instance: list[str] = field(default_factory=list)
    present: str = field(
        default="", metadata={"help": "a series that names chips, whatever its value"}
    )
    readings: list[Reading] = field(default_factory=list)
    memory: list[Memory] = field(
        default_factory=list, metadata={"help": "kinds of memory; the first that has a size counts"}
    )

    @property
    def wanted(self) -> frozenset[str]:
        """The names of all series that are read."""
        names = {reading.series for reading in self.readings} | {self.present}
        names |= {name for memory in self.memory for name in (memory.used, memory.total)}
        return frozenset(names - {""})


def load_profile(name: str, folder: Path | None = None) -> Profile:
    """Read a profile from an operator's folder or our own; raises ConfigError or Problems."""
    files = {
        path.stem: path
        for place in (FOLDER, folder)
        if place is not None
        for path in sorted(place.glob("*.yaml"))
    }
    if name not in files:
        raise ConfigError(f"no such profile{nearest(name, sorted(files))}", key="profile")
    return read(files[name], Profile)

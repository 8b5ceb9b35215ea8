"""Metrics that other programs write to *.prom files, in the Prometheus text format.

A bad file does not affect the others.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Final

from prometheus_client.metrics_core import Metric as ParsedFamily

from collectors.base import BadReply, Metric, MetricType, NoData, Reading
from collectors.catalogue.host import system as catalogue
from collectors.host.declare import HostCollector, Options, Setup
from collectors.host.kernel import entries
from collectors.labels import names_allowed

log = logging.getLogger(__name__)

_MAX_BYTES: Final = 16 * 2**20
_TOLD: Final = 5
"""How many bad files the notice names."""
_TYPES: Final[Mapping[str, MetricType]] = {
    "counter": "counter",
    "gauge": "gauge",
    "histogram": "histogram",
    "summary": "summary",
    "unknown": "untyped",
}


def parse_prom(data: bytes) -> list[ParsedFamily]:
    """Parse the text format.

    Raises BadReply for any mistake in it. Timestamps are mistakes too, as in node_exporter.
    """
    from prometheus_client.parser import text_string_to_metric_families

    try:
        text = data.decode("utf-8")
        families = list(text_string_to_metric_families(text))
    except UnicodeDecodeError as error:
        raise BadReply(f"is not UTF-8 (byte {error.start})") from None
    except Exception as error:  # noqa: BLE001 - the parser raises several kinds on junk
        why = str(error) or "a line cannot be read"
        raise BadReply(f"is not the Prometheus text format: {why}") from None
    for family in families:
        if any(sample.timestamp is not None for sample in family.samples):
            raise BadReply(
                f"{family.name} has timestamps, which a scrape of this agent cannot keep"
            )
    return families


@dataclass(frozen=True, slots=True, eq=False)
class _File:
    """The last read of a file."""

    stamp: tuple[int, int, int]
    families: tuple[ParsedFamily, ...] = ()
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextfileOptions(Options):
    """The folder that other programs write to."""

    directory: Path | None = field(
        default=None, metadata={"help": "a folder with *.prom files; without it, none are read"}
    )


class Textfile:
    """Reads a folder of *.prom files. It blocks, since the folder is on a disk."""

    name: ClassVar[str] = "textfile"
    device: Final = ""

    def __init__(self, setup: Setup[TextfileOptions]) -> None:
        self.schedule: Final = setup.schedule
        self._folder = setup.options.directory
        self.problems: dict[str, str] = {}
        """The mistake in each bad file."""
        self._files: dict[str, _File] | None = None
        self._readings: list[Reading] = []
        self._metrics: dict[str, Metric] = {}
        self._taken: frozenset[str] = frozenset()

    def collect(self) -> list[Reading]:
        """Read every file that has changed, and return the readings of all files."""
        folder = os.fspath(self._folder or "")
        try:
            paths = [f"{folder}/{name}" for name in entries(folder) if name.endswith(".prom")]
        except NoData:
            self._files = None
            return [(catalogue.TEXTFILE_ERROR.series(), 1.0)]
        files = {path: self._load(path, (self._files or {}).get(path)) for path in paths}
        if files != self._files:
            before = self.problems
            self._readings = self._merge(files)
            self._files = files
            for path in before.keys() - self.problems.keys():
                log.info("%s: corrected or removed", path)
        return self._readings

    def _merge(self, files: dict[str, _File]) -> list[Reading]:
        """Merge the readings of all files.

        If a series comes twice, the first one counts; the round counts the others.
        """
        merged: list[Reading] = []
        used: dict[str, Metric] = {}
        self.problems = {path: file.error for path, file in files.items() if file.error}
        for path, file in files.items():
            if file.error:
                continue
            try:
                found = self._of_file(file.families, used)
            except BadReply as error:
                self.problems[path] = str(error)
                continue
            merged += found
            wrong = [series for series, _ in found if not series.prefix]
            if wrong:
                self.problems[path] = (
                    f"{len(wrong)} samples are left out for their names, first {wrong[0].line_key}"
                )
            mtime = float(file.stamp[0] // 10**9)
            merged.append((catalogue.TEXTFILE_MTIME.series(path), mtime))
        self._metrics = used
        merged.append((catalogue.TEXTFILE_ERROR.series(), float(bool(self.problems))))
        return merged

    @property
    def notice(self) -> str:
        """The mistakes of the first files, and how many others have one. The runner logs it."""
        told = [f"{path}: {problem}" for path, problem in self.problems.items()]
        more = len(told) - _TOLD
        return "; ".join(told[:_TOLD]) + (f" (and {more} files more)" if more > 0 else "")

    def _load(self, path: str, before: _File | None) -> _File:
        try:
            with open(path, "rb") as file:
                status = os.fstat(file.fileno())
                stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
                if before is not None and before.stamp == stamp:
                    return before
                data = file.read(_MAX_BYTES + 1)
        except OSError as error:
            return _File((0, 0, 0), (), f"cannot be read: {error.strerror or error}")
        if len(data) > _MAX_BYTES:
            return _File(stamp, (), f"is larger than {_MAX_BYTES} bytes")
        try:
            return _File(stamp, tuple(parse_prom(data)))
        except BadReply as error:
            return _File(stamp, (), str(error))

    def _of_file(
        self, families: tuple[ParsedFamily, ...], used: dict[str, Metric]
    ) -> list[Reading]:
        """Turn a file's families into readings.

        Raises BadReply for a family that the agent itself has, or that another file has with
        another type.
        """
        readings: list[Reading] = []
        mine: dict[str, Metric] = {}
        for family in families:
            kind = _TYPES.get(family.type)
            if kind is None:
                raise BadReply(
                    f"{family.name} has the type {family.type}, which the text format does not know"
                )
            if family.samples:
                metric = self._metric(family, kind, {**used, **mine})
                mine[metric.full_name] = metric
                readings += _of_family(metric, family)
        used.update(mine)
        return readings

    def _metric(self, family: ParsedFamily, kind: MetricType, used: Mapping[str, Metric]) -> Metric:
        # The parser removes `_total` from a counter's name. A file may also have a counter without
        # this suffix, so the name is taken from the sample.
        name = family.samples[0].name if kind in ("counter", "gauge", "untyped") else family.name
        if name in self._own_names():
            raise BadReply(f"{name} is a metric of this agent itself")
        known = used.get(name) or self._metrics.get(name)
        if (
            known is not None
            and known.type == kind
            and (known.help == family.documentation or name in used)
        ):
            return known
        if name in used:
            raise BadReply(f"{name} has the type {used[name].type} in another file")
        namespace, _, rest = name.partition("_")
        if not rest:  # line protocol needs a measurement: such a name is refused as a wrong one
            namespace, rest = "", name
        return Metric(namespace=namespace, name=rest, type=kind, help=family.documentation)

    def _own_names(self) -> frozenset[str]:
        if not self._taken:
            from collectors.catalogue import all_metrics

            self._taken = frozenset(metric.full_name for metric in all_metrics())
        return self._taken


def _of_family(metric: Metric, family: ParsedFamily) -> Iterator[Reading]:
    """Yield a family's readings.

    All samples of a family get the same labels: one that a sample does not have is empty. A sample
    with a wrong name keeps its own labels, so that it does not spoil its siblings.
    """
    names = sorted(
        {
            label
            for sample in family.samples
            if names_allowed(sample.name, tuple(sample.labels))
            for label in sample.labels
        }
    )
    for sample in family.samples:
        labels = tuple(
            name for name in names if name in sample.labels or name not in ("le", "quantile")
        )
        if not sample.labels.keys() <= set(names):
            labels = tuple(sample.labels)
        values = tuple(sample.labels.get(name, "") for name in labels)
        yield metric.sample_series(sample.name, labels, values), sample.value


def _has_folder(options: TextfileOptions) -> bool:
    return options.directory is not None


COLLECTOR: Final = HostCollector(
    name="textfile", make=Textfile, options=TextfileOptions, wanted=_has_folder
)

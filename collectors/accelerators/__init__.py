"""Accelerator chips: NVIDIA, Huawei Ascend and AMD, read directly or through an exporter.

A node without a make pays one look into /dev for it each round: no process is started and no
library imported.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from collectors.base import Collector, ConfigError, Context, Metric, Place, Schedule
from collectors.strict import Duration

if TYPE_CHECKING:
    import ssl

    from collectors.accelerators.chip import Chips
    from collectors.accelerators.peaks import Peaks

Make = Literal["nvidia", "ascend", "amd"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """A make's own interval and timeout, where they are not to be the section's."""

    interval: Duration | None = None
    timeout: Duration | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AscendOptions(Options):
    """How Huawei's chips are read."""

    command: str = field(default="npu-smi", metadata={"help": "the program, or its path"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ExporterConfig:
    """An exporter that runs already.

    Its make is then not read on this node in the other way: no chip is counted twice.
    """

    url: str = field(metadata={"help": "such as http://127.0.0.1:8082/metrics"})
    profile: str = field(
        metadata={
            "help": (
                "what its page means: ascend-npu-exporter, dcgm-exporter, or one of profiles_dir"
            )
        }
    )
    node: str = field(
        default="",
        metadata={"help": "the node whose chips it tells of; this agent's own without it"},
    )
    rack: str = field(default="", metadata={"help": "where that node stands"})
    interval: Duration | None = None
    timeout: Duration | None = None
    ca_file: Path | None = field(
        default=None,
        metadata={"help": "the authority of its certificate, where the system does not know it"},
    )

    def __post_init__(self) -> None:
        """Check the address."""
        from collectors.accelerators.fetch import check_url

        check_url(self.url)


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceleratorsConfig:
    """The section `accelerators:`; empty, it reads whatever chips this node has."""

    interval: Duration = 15.0
    timeout: Duration = 10.0
    disable: list[Make] = field(default_factory=list, metadata={"help": "makes to leave out"})
    nvidia: Options = field(default_factory=Options)
    ascend: AscendOptions = field(default_factory=AscendOptions)
    amd: Options = field(default_factory=Options)
    exporters: list[ExporterConfig] = field(default_factory=list)
    profiles_dir: Path | None = field(
        default=None, metadata={"help": "a folder of your own exporters' profiles"}
    )
    peaks_file: Path | None = field(
        default=None, metadata={"help": "your own table of rated peaks, asked before ours"}
    )


class AcceleratorsKind:
    """The section `accelerators:` of the config file."""

    name = "accelerators"
    Config = AcceleratorsConfig

    @property
    def metrics(self) -> Sequence[Metric]:
        """What any reader of chips may emit."""
        from collectors.catalogue import metrics_of, node

        return tuple(metric for metric in metrics_of(node) if metric.subsystem == "accelerator")

    def build(self, config: object, context: Context) -> Sequence[Collector]:
        """Make a collector a make and one an exporter; raises ConfigError or Problems."""
        assert isinstance(config, AcceleratorsConfig)
        return list(_Build(config, context).collectors())


class _Build:
    """Makes the collectors of one section."""

    def __init__(self, config: AcceleratorsConfig, context: Context) -> None:
        self._config, self._context = config, context
        self._peaks = _peaks(config.peaks_file)
        self._exported: set[str] = set()
        """Vendors of which an exporter tells on this node."""

    def collectors(self) -> Iterator[Collector]:
        yield from [
            self._exporter(number, one) for number, one in enumerate(self._config.exporters)
        ]
        makers = {"nvidia": self._nvidia, "ascend": self._ascend, "amd": self._amd}
        for make, maker in makers.items():
            if make not in self._config.disable:
                yield from maker()

    def _nvidia(self) -> Iterator[Collector]:
        from collectors.accelerators.nvidia import VENDOR, Nvidia

        if VENDOR not in self._exported:
            yield Nvidia(
                self._chips(VENDOR),
                devices=self._devices,
                schedule=self._schedule(self._config.nvidia),
            )

    def _ascend(self) -> Iterator[Collector]:
        from collectors.accelerators.ascend import VENDOR, Ascend

        options = self._config.ascend
        if VENDOR not in self._exported:
            yield Ascend(
                self._chips(VENDOR),
                devices=self._devices,
                command=options.command,
                schedule=self._schedule(options),
            )

    def _amd(self) -> Iterator[Collector]:
        from collectors.accelerators.amd import VENDOR, Amd

        if VENDOR not in self._exported:
            yield Amd(
                self._chips(VENDOR),
                sys=self._context.sys,
                schedule=self._schedule(self._config.amd),
            )

    def _exporter(self, number: int, one: ExporterConfig) -> Collector:
        from collectors.accelerators.exporter import Exporter
        from collectors.accelerators.exporter_profile import load_profile

        key = f"collectors.accelerators.exporters[{number}]"
        if any(one.url == other.url for other in self._config.exporters[:number]):
            raise ConfigError(f"{one.url} is there twice", key=f"{key}.url")
        try:
            profile = load_profile(one.profile, self._config.profiles_dir)
        except ConfigError as error:
            raise ConfigError(error.message, key=f"{key}.{error.key or 'profile'}") from None
        node = one.node or self._context.node
        if node == self._context.node:
            self._exported.add(profile.vendor)
        chips = self._chips(profile.vendor, node, self._context.place_of(one.rack))
        return Exporter(
            chips,
            profile,
            url=one.url,
            schedule=self._schedule(one),
            clock=self._context.wall_clock,
            trust=_trust(one.ca_file, key) if one.url.startswith("https:") else None,
        )

    def _chips(self, vendor: str, node: str = "", place: Place | None = None) -> Chips:
        from collectors.accelerators.chip import Chips

        return Chips(
            vendor=vendor,
            place=place or self._context.place,
            node=node or self._context.node,
            peaks=self._peaks,
        )

    def _schedule(self, options: Options | ExporterConfig) -> Schedule:
        interval = options.interval or self._config.interval
        return Schedule(interval=interval, timeout=options.timeout or self._config.timeout)

    @property
    def _devices(self) -> Path:
        return self._context.rootfs / "dev"


def _peaks(own: Path | None) -> Peaks:
    """Return the look-up of rated peaks.

    An operator's own table is read now, so that its mistakes are told at once.
    """
    from collectors.accelerators.peaks import Peaks, Table
    from collectors.strict import read

    return Peaks(read(own, Table) if own is not None else None)


def _trust(ca_file: Path | None, key: str) -> ssl.SSLContext:
    import ssl

    try:
        return ssl.create_default_context(cafile=str(ca_file) if ca_file is not None else None)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(f"{ca_file} cannot be used: {error}", key=f"{key}.ca_file") from None


KIND: Final = AcceleratorsKind()

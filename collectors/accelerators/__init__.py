"""Accelerator chips: NVIDIA, Huawei Ascend and AMD, read directly or through an exporter.

On a node without chips of a make, a round only looks into /dev. It starts no process and imports
no library.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from collectors.address import check_url
from collectors.base import Collector, ConfigError, Context, Metric, Place, Schedule
from collectors.strict import Duration

if TYPE_CHECKING:
    import ssl

    from collectors.accelerators.chip import Chips
    from collectors.accelerators.peaks import Peaks

Make = Literal["nvidia", "ascend", "amd"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The interval and the timeout of one make. Without them, the section's apply."""

    interval: Duration | None = None
    timeout: Duration | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AscendOptions(Options):
    """How Huawei Ascend chips are read."""

    command: str = field(
        default="npu-smi", metadata={"help": "the name or the path of the npu-smi program"}
    )
    details: bool = field(
        default=False,
        metadata={
            "help": (
                "also read clocks, memory temperature and ECC errors; this starts npu-smi three"
                " times for each chip in each round"
            )
        },
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ExporterConfig:
    """An exporter that already runs.

    Where an exporter reports the chips of this node, the agent does not read chips of the same make
    directly. So no chip is counted twice.
    """

    url: str = field(metadata={"help": "such as http://127.0.0.1:8082/metrics"})
    profile: str = field(
        metadata={
            "help": (
                "describes the exporter's page: amd-device-metrics-exporter, ascend-npu-exporter,"
                " dcgm-exporter, or a profile in profiles_dir"
            )
        }
    )
    node: str = field(
        default="",
        metadata={"help": "the node whose chips it reports; without it, this agent's node"},
    )
    rack: str = field(default="", metadata={"help": "the rack of that node"})
    interval: Duration | None = None
    timeout: Duration | None = None
    ca_file: Path | None = field(
        default=None,
        metadata={
            "help": "the CA certificate of its server, if the system does not trust it already"
        },
    )

    def __post_init__(self) -> None:
        """Check the URL."""
        check_url(self.url)


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceleratorsConfig:
    """The section `accelerators:`. An empty section reads all chips of this node."""

    interval: Duration = 15.0
    timeout: Duration = 10.0
    disable: list[Make] = field(default_factory=list, metadata={"help": "makes not to read"})
    nvidia: Options = field(default_factory=Options)
    ascend: AscendOptions = field(default_factory=AscendOptions)
    amd: Options = field(default_factory=Options)
    exporters: list[ExporterConfig] = field(default_factory=list)
    profiles_dir: Path | None = field(
        default=None, metadata={"help": "a folder with your own profiles of exporters"}
    )
    peaks_file: Path | None = field(
        default=None,
        metadata={"help": "your own table of rated peaks; it comes before the built-in table"},
    )


class AcceleratorsKind:
    """The section `accelerators:` of the config file."""

    name = "accelerators"
    Config = AcceleratorsConfig

    @property
    def metrics(self) -> Sequence[Metric]:
        """All metrics that a reader of chips can emit."""
        from collectors.catalogue import metrics_of, node

        return tuple(metric for metric in metrics_of(node) if metric.subsystem == "accelerator")

    def build(self, config: object, context: Context) -> Sequence[Collector]:
        """Make one collector for each make and each exporter; raises ConfigError or Problems."""
        assert isinstance(config, AcceleratorsConfig)
        return list(_Build(config, context).collectors())


class _Build:
    """Makes the collectors of one section."""

    def __init__(self, config: AcceleratorsConfig, context: Context) -> None:
        self._config, self._context = config, context
        self._peaks = _peaks(config.peaks_file)
        self._exported: set[str] = set()
        """Vendors whose chips on this node are reported by an exporter."""

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
                details=options.details,
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
            raise ConfigError(f"{one.url} is given twice", key=f"{key}.url")
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
            trust=_trust(one.ca_file, key) if one.url.lower().startswith("https:") else None,
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

    An operator's own table is read at once, so that its mistakes show when the agent starts.
    """
    from collectors.accelerators.peaks import Peaks, Table
    from collectors.strict import read

    return Peaks(read(own, Table) if own is not None else None)


def _trust(ca_file: Path | None, key: str) -> ssl.SSLContext:
    import ssl

    from collectors.certificates import trusting

    if ca_file is None:
        return ssl.create_default_context()
    return trusting(ca_file, f"{key}.ca_file")


KIND: Final = AcceleratorsKind()

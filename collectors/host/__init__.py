"""Host collectors: the kernel's own figures, with node_exporter's names, labels, types and units.

One file a subsystem. To add one: write the file (a pure parser and a small class), name it in `_SUBSYSTEMS` and as a key of
`HostConfig`, and give it a folder of test cases.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Final, Literal, cast

from collectors.base import Collector, Context, Metric, Schedule
from collectors.host.options import (
    DiskOptions,
    FilesystemOptions,
    NetstatOptions,
    NetworkClassOptions,
    NetworkOptions,
    Options,
    TextfileOptions,
    VmstatOptions,
)
from collectors.strict import Duration

Name = Literal[
    "arp",
    "bonding",
    "conntrack",
    "cpu",
    "cpufreq",
    "disk",
    "dmi",
    "edac",
    "entropy",
    "filefd",
    "filesystem",
    "hwmon",
    "infiniband",
    "load",
    "mdadm",
    "memory",
    "netclass",
    "netstat",
    "network",
    "nvme",
    "os",
    "pressure",
    "rapl",
    "schedstat",
    "sockstat",
    "softnet",
    "textfile",
    "thermal",
    "time",
    "timex",
    "udp_queues",
    "uname",
    "vmstat",
]
# Module and class of each; a module is imported only where its collector is wanted.
_SUBSYSTEMS: Final[dict[str, tuple[str, str]]] = {
    "arp": ("arp", "Arp"),
    "bonding": ("bonding", "Bonding"),
    "conntrack": ("conntrack", "Conntrack"),
    "cpu": ("cpu", "Cpu"),
    "cpufreq": ("cpufreq", "CpuFrequency"),
    "disk": ("disk", "Disk"),
    "dmi": ("dmi", "Dmi"),
    "edac": ("edac", "Edac"),
    "entropy": ("entropy", "Entropy"),
    "filefd": ("filefd", "FileDescriptors"),
    "filesystem": ("filesystem", "Filesystem"),
    "hwmon": ("hwmon", "Hwmon"),
    "infiniband": ("infiniband", "Infiniband"),
    "load": ("load", "Load"),
    "mdadm": ("mdadm", "Mdadm"),
    "memory": ("memory", "Memory"),
    "netclass": ("netclass", "NetworkClass"),
    "netstat": ("netstat", "Netstat"),
    "network": ("network", "Network"),
    "nvme": ("nvme", "Nvme"),
    "os": ("os_release", "OperatingSystem"),
    "pressure": ("pressure", "Pressure"),
    "rapl": ("rapl", "Rapl"),
    "schedstat": ("schedstat", "Schedstat"),
    "sockstat": ("sockstat", "Sockstat"),
    "softnet": ("softnet", "Softnet"),
    "textfile": ("textfile", "Textfile"),
    "thermal": ("thermal", "Thermal"),
    "time": ("clock", "Time"),
    "timex": ("timex", "Timex"),
    "udp_queues": ("udp_queues", "UdpQueues"),
    "uname": ("uname", "Uname"),
    "vmstat": ("vmstat", "Vmstat"),
}
_SLOW: Final = frozenset({"dmi", "nvme", "os", "uname"})
_SLOW_INTERVAL: Final = 60.0
"""What hardly ever changes is read no more often than this, unless its own `interval` says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostConfig:
    """The section `host:`; empty, it turns every host collector on."""

    interval: Duration = 15.0
    timeout: Duration = 10.0
    disable: list[Name] = field(default_factory=list, metadata={"help": "collectors to leave out"})
    arp: Options = field(default_factory=Options)
    bonding: Options = field(default_factory=Options)
    conntrack: Options = field(default_factory=Options)
    cpu: Options = field(default_factory=Options)
    cpufreq: Options = field(default_factory=Options)
    disk: DiskOptions = field(default_factory=DiskOptions)
    dmi: Options = field(default_factory=Options)
    edac: Options = field(default_factory=Options)
    entropy: Options = field(default_factory=Options)
    filefd: Options = field(default_factory=Options)
    filesystem: FilesystemOptions = field(default_factory=FilesystemOptions)
    hwmon: Options = field(default_factory=Options)
    infiniband: Options = field(default_factory=Options)
    load: Options = field(default_factory=Options)
    mdadm: Options = field(default_factory=Options)
    memory: Options = field(default_factory=Options)
    netclass: NetworkClassOptions = field(default_factory=NetworkClassOptions)
    netstat: NetstatOptions = field(default_factory=NetstatOptions)
    network: NetworkOptions = field(default_factory=NetworkOptions)
    nvme: Options = field(default_factory=Options)
    os: Options = field(default_factory=Options)
    pressure: Options = field(default_factory=Options)
    rapl: Options = field(default_factory=Options)
    schedstat: Options = field(default_factory=Options)
    sockstat: Options = field(default_factory=Options)
    softnet: Options = field(default_factory=Options)
    textfile: TextfileOptions = field(default_factory=TextfileOptions)
    thermal: Options = field(default_factory=Options)
    time: Options = field(default_factory=Options)
    timex: Options = field(default_factory=Options)
    udp_queues: Options = field(default_factory=Options)
    uname: Options = field(default_factory=Options)
    vmstat: VmstatOptions = field(default_factory=VmstatOptions)


class HostKind:
    """The section `host:` of the config file."""

    name = "host"
    Config = HostConfig

    @property
    def metrics(self) -> Sequence[Metric]:
        """What host collectors may emit; fields of a new kernel and *.prom files come on top."""
        from collectors.catalogue import hardware, host, metrics_of  # noqa: PLC0415 - only where it is asked for

        return (*metrics_of(host), *metrics_of(hardware))

    def build(self, config: object, context: Context) -> Sequence[Collector]:
        """Make the collectors that are not disabled; the textfile collector only where a folder is given."""
        from collectors.host.kernel import KernelFiles, Setup  # noqa: PLC0415

        section = cast("HostConfig", config)
        if sys.platform != "linux":
            return [_portable(section, context)]
        files = KernelFiles()
        made: list[Collector] = []
        for name, (module, kind) in _SUBSYSTEMS.items():
            options: Any = getattr(section, name)
            if name in section.disable or (name == "textfile" and options.directory is None):
                continue
            slow = max(section.interval, _SLOW_INTERVAL) if name in _SLOW else section.interval
            schedule = Schedule(interval=options.interval or slow, timeout=section.timeout)
            make = getattr(import_module(f"collectors.host.{module}"), kind)
            made.append(
                make(Setup(context=context, schedule=schedule, options=options, files=files))
            )
        return made


def _portable(section: HostConfig, context: Context) -> Collector:
    """Make the one collector for what is not Linux."""
    from collectors.host.kernel import Setup  # noqa: PLC0415
    from collectors.host.portable import Portable  # noqa: PLC0415 - psutil

    return Portable(
        Setup(
            context=context, schedule=Schedule(interval=section.interval, timeout=section.timeout)
        ),
        section,
    )


KIND: Final = HostKind()

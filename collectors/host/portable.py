"""The main host figures, read with psutil, for machines without Linux: a Mac, FreeBSD storage.

On Linux the other files of this folder read the kernel's own files instead. psutil has a tenth of
the figures, can read no root other than /proc, and would cost every agent some 2 MB of memory. The
metrics have the names of the Linux collectors, so dashboards and alerts work for both.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import ClassVar, Final, Protocol

import psutil

from collectors.base import Reading
from collectors.catalogue.host import memory, processor, storage, system
from collectors.catalogue.host import network as network_metrics
from collectors.host import disk, filesystem, netclass, network
from collectors.host.declare import HostCollector, Options, OptionsT, Setup

_MODES: Final = ("user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal")
_MEMORY: Final = {
    "MemTotal_bytes": "total",
    "MemAvailable_bytes": "available",
    "MemFree_bytes": "free",
}
_SWAP: Final = {"SwapTotal_bytes": "total", "SwapFree_bytes": "free"}
# The metric of each attribute of psutil, and the divisor of its value: psutil has milliseconds.
_DISK: Final = {
    "read_count": ("reads_completed_total", 1.0),
    "read_bytes": ("read_bytes_total", 1.0),
    "read_time": ("read_time_seconds_total", 1e3),
    "write_count": ("writes_completed_total", 1.0),
    "write_bytes": ("written_bytes_total", 1.0),
    "write_time": ("write_time_seconds_total", 1e3),
}
_NETWORK: Final = {
    "bytes_recv": "receive_bytes_total",
    "packets_recv": "receive_packets_total",
    "errin": "receive_errs_total",
    "dropin": "receive_drop_total",
    "bytes_sent": "transmit_bytes_total",
    "packets_sent": "transmit_packets_total",
    "errout": "transmit_errs_total",
    "dropout": "transmit_drop_total",
}
_DISK_METRICS: Final = {metric.name: metric for metric in storage.DISK}
_NETWORK_METRICS: Final = {metric.name: metric for metric in network_metrics.NETWORK_DEVICE}
_BYTES_PER_MEGABIT: Final = 1e6 / 8


class Section(Protocol):
    """The part of the section `host:` that is used here."""

    @property
    def disable(self) -> Sequence[str]:
        """Names of collectors not to run."""

    def options(self, declared: HostCollector[OptionsT]) -> OptionsT:
        """Return the options under the key of one collector."""


class Portable:
    """Reads figures with psutil. It runs in a worker thread, since a mount may hang."""

    name: ClassVar[str] = "portable"
    device: Final = ""

    def __init__(self, setup: Setup[Options], section: Section) -> None:
        self.schedule: Final = setup.schedule
        self._clock = setup.context.wall_clock
        disks = section.options(disk.COLLECTOR)
        interfaces = section.options(network.COLLECTOR)
        links = section.options(netclass.COLLECTOR)
        mounts = section.options(filesystem.COLLECTOR)
        self._parts: dict[str, Callable[[], Iterator[Reading]]] = {
            "cpu": _cpu,
            "memory": _memory,
            "load": _load,
            "disk": lambda: _disk(re.compile(disks.ignore_devices)),
            "network": lambda: _network(re.compile(interfaces.ignore_devices)),
            "netclass": lambda: _links(re.compile(links.ignore_devices)),
            "filesystem": lambda: _filesystems(
                re.compile(mounts.ignore_mounts), re.compile(mounts.ignore_types)
            ),
            "time": lambda: iter([(system.TIME_SECONDS.series(), self._clock())]),
        }
        for name in section.disable:
            self._parts.pop(name, None)

    def collect(self) -> list[Reading]:
        """Read all figures once."""
        return [reading for part in self._parts.values() for reading in part()]


def _cpu() -> Iterator[Reading]:
    for number, times in enumerate(psutil.cpu_times(percpu=True)):
        for mode in _MODES:
            if hasattr(times, mode):
                yield processor.CPU_SECONDS.series(str(number), mode), getattr(times, mode)
    yield processor.BOOT_TIME.series(), psutil.boot_time()


def _memory() -> Iterator[Reading]:
    for fields, state in ((_MEMORY, psutil.virtual_memory()), (_SWAP, psutil.swap_memory())):
        for name, attribute in fields.items():
            yield memory.MEMORY[name].series(), float(getattr(state, attribute))


def _load() -> Iterator[Reading]:
    loads = psutil.getloadavg()
    yield from zip(
        (metric.series() for metric in (processor.LOAD1, processor.LOAD5, processor.LOAD15)),
        loads,
        strict=True,
    )


def _disk(ignore: re.Pattern[str]) -> Iterator[Reading]:
    for device, counters in (psutil.disk_io_counters(perdisk=True) or {}).items():
        if not ignore.search(device):
            for attribute, (name, divisor) in _DISK.items():
                yield _DISK_METRICS[name].series(device), getattr(counters, attribute) / divisor


def _network(ignore: re.Pattern[str]) -> Iterator[Reading]:
    for device, counters in psutil.net_io_counters(pernic=True, nowrap=False).items():
        if not ignore.search(device):
            for attribute, name in _NETWORK.items():
                yield _NETWORK_METRICS[name].series(device), float(getattr(counters, attribute))


def _links(ignore: re.Pattern[str]) -> Iterator[Reading]:
    for device, link in psutil.net_if_stats().items():
        if ignore.search(device):
            continue
        yield network_metrics.NETWORK_UP.series(device), float(link.isup)
        yield network_metrics.NETWORK_CLASS["mtu"].series(device), float(link.mtu)
        if link.speed > 0:  # 0 means that the speed is unknown
            yield (
                network_metrics.NETWORK_CLASS["speed"].series(device),
                link.speed * _BYTES_PER_MEGABIT,
            )


def _filesystems(
    ignore_mounts: re.Pattern[str], ignore_types: re.Pattern[str]
) -> Iterator[Reading]:
    for mount in psutil.disk_partitions(all=False):
        if ignore_mounts.search(mount.mountpoint) or ignore_types.search(mount.fstype):
            continue
        labels = (mount.device, mount.fstype, mount.mountpoint)
        try:
            usage = psutil.disk_usage(mount.mountpoint)
        except OSError:
            yield storage.FILESYSTEM_ERROR.series(*labels), 1.0
            continue
        yield storage.FILESYSTEM_SIZE.series(*labels), float(usage.total)
        yield storage.FILESYSTEM_FREE.series(*labels), float(usage.total - usage.used)
        yield storage.FILESYSTEM_AVAIL.series(*labels), float(usage.free)
        yield storage.FILESYSTEM_READONLY.series(*labels), float("ro" in mount.opts.split(","))
        yield storage.FILESYSTEM_ERROR.series(*labels), 0.0

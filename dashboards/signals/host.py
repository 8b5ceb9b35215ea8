"""Signals of a node, by node_exporter's names; the recorded ones carry node-mixin's names, so its dashboards find them."""

from __future__ import annotations

from typing import Any, Final

from dashboards.language import Text
from dashboards.promql import metric, of, rate
from dashboards.signals.base import GREEN, ORANGE, RED, Excuse, Signal, steps

_ALL: Final = "hub, site, instance"
_FULL: Final = steps((0.8, ORANGE), (0.95, RED))
_LOCAL_FS: Final = 'fstype!~"tmpfs|ramfs|overlay|squashfs|iso9660|devtmpfs|nsfs|proc|sysfs"'
_DISKS: Final = 'device!~"loop.*|ram.*|sr.*|fd.*|dm-.*"'
_LINKS: Final = 'device!~"lo|veth.*|docker.*|br-.*|cali.*|cni.*"'
_IDLE: Final = 'mode="idle"'
_NOT_IDLE: Final = 'mode!="idle"'
_UNUSED: Final = 'mode=~"idle|iowait|steal"'


def _of(name: str, *matchers: str) -> str:
    return of(metric(name), *matchers, scope="instance")


def _rate(name: str, *matchers: str) -> str:
    return rate(metric(name), *matchers, scope="instance")


CPU: Final = Signal(
    key="node.cpu",
    name=Text("CPU utilisation"),
    description=Text(
        "Share of CPU time not idle, not waiting for a disk and not stolen.",
    ),
    unit="percentunit",
    expr=f"1 - avg by ({_ALL}) (sum by ({_ALL}, cpu) ({_rate('node_cpu_seconds_total', _UNUSED)}))",
    legend="{{instance}}",
    kind="ratio",
    record="instance:node_cpu_utilisation:rate5m",
    least=0,
    most=1,
    steps=_FULL,
)
CPU_MODE: Final = Signal(
    key="node.cpu_mode",
    name=Text("CPU time by mode"),
    description=Text(
        "CPU seconds a second in each mode; the sum is the number of CPUs.",
    ),
    unit="short",
    expr=f"sum by ({_ALL}, mode) ({_rate('node_cpu_seconds_total', _NOT_IDLE)})",
    legend="{{mode}}",
    kind="rate",
    least=0,
)
CPU_COUNT: Final = Signal(
    key="node.cpu_count",
    name=Text("CPUs"),
    description=Text("Logical CPUs that are online."),
    unit="short",
    expr=f"count by ({_ALL}) ({_of('node_cpu_seconds_total', _IDLE)})",
    legend="{{instance}}",
    kind="count",
    record="instance:node_num_cpu:sum",
    decimals=0,
)
LOAD: Final = Signal(
    key="node.load",
    name=Text("Load per CPU"),
    description=Text(
        "Load average of 1 minute over the number of CPUs; above 1 something waits.",
    ),
    unit="none",
    expr=f"max by ({_ALL}) ({_of('node_load1')}) / count by ({_ALL}) ({_of('node_cpu_seconds_total', _IDLE)})",
    legend="{{instance}}",
    record="instance:node_load1_per_cpu:ratio",
    least=0,
    decimals=2,
    steps=steps((1.0, ORANGE), (2.0, RED)),
)
MEMORY: Final = Signal(
    key="node.memory",
    name=Text("Memory utilisation"),
    description=Text(
        "Share of memory that could not be given to a program without swapping.",
    ),
    unit="percentunit",
    expr=f"1 - max by ({_ALL}) ({_of('node_memory_MemAvailable_bytes')}) / max by ({_ALL}) ({_of('node_memory_MemTotal_bytes')})",
    legend="{{instance}}",
    kind="ratio",
    record="instance:node_memory_utilisation:ratio",
    least=0,
    most=1,
    steps=_FULL,
)
MEMORY_AVAILABLE: Final = Signal(
    key="node.memory_available",
    name=Text("Memory available"),
    description=Text(
        "Memory that programs can still take, page cache included.",
    ),
    unit="bytes",
    expr=f"max by ({_ALL}) ({_of('node_memory_MemAvailable_bytes')})",
    legend="{{instance}}",
    least=0,
)
FILESYSTEM: Final = Signal(
    key="node.filesystem",
    name=Text("File systems"),
    description=Text(
        "Used share of each local file system, as an ordinary user sees it.",
    ),
    unit="percentunit",
    expr=(
        f"1 - max by ({_ALL}, mountpoint) ({_of('node_filesystem_avail_bytes', _LOCAL_FS)})"
        f" / max by ({_ALL}, mountpoint) ({_of('node_filesystem_size_bytes', _LOCAL_FS)} > 0)"
    ),
    legend="{{mountpoint}}",
    kind="ratio",
    least=0,
    most=1,
    steps=_FULL,
)
DISK_BUSY: Final = Signal(
    key="node.disk_busy",
    name=Text("Disk busy"),
    description=Text(
        "Share of time a disk had at least one request under way.",
    ),
    unit="percentunit",
    expr=f"max by ({_ALL}, device) ({_rate('node_disk_io_time_seconds_total', _DISKS)})",
    legend="{{device}}",
    kind="ratio",
    record="instance_device:node_disk_io_time_seconds:rate5m",
    least=0,
    most=1,
    steps=_FULL,
    may_be_empty=Excuse(
        reason="the node has no disk of its own",
        unless=_of("node_disk_io_time_seconds_total", _DISKS),
    ),
)
DISK_READ: Final = Signal(
    key="node.disk_read",
    name=Text("Disk reads"),
    description=Text("Bytes read from each disk a second."),
    unit="Bps",
    expr=f"max by ({_ALL}, device) ({_rate('node_disk_read_bytes_total', _DISKS)})",
    legend="{{device}}",
    kind="rate",
    least=0,
    may_be_empty=DISK_BUSY.may_be_empty,
)
DISK_WRITTEN: Final = Signal(
    key="node.disk_written",
    name=Text("Disk writes"),
    description=Text("Bytes written to each disk a second."),
    unit="Bps",
    expr=f"max by ({_ALL}, device) ({_rate('node_disk_written_bytes_total', _DISKS)})",
    legend="{{device}}",
    kind="rate",
    least=0,
    may_be_empty=DISK_BUSY.may_be_empty,
)
NETWORK_RECEIVED: Final = Signal(
    key="node.network_received",
    name=Text("Network received"),
    description=Text(
        "Bytes received a second, without loopback and container links.",
    ),
    unit="Bps",
    expr=f"sum by ({_ALL}) ({_rate('node_network_receive_bytes_total', _LINKS)})",
    legend="{{instance}}",
    kind="rate",
    record="instance:node_network_receive_bytes_excluding_lo:rate5m",
    least=0,
    may_be_empty=Excuse(
        reason="the node has no network interface but loopback and container links",
        unless=_of("node_network_receive_bytes_total", _LINKS),
    ),
)
NETWORK_SENT: Final = Signal(
    key="node.network_sent",
    name=Text("Network sent"),
    description=Text(
        "Bytes sent a second, without loopback and container links.",
    ),
    unit="Bps",
    expr=f"sum by ({_ALL}) ({_rate('node_network_transmit_bytes_total', _LINKS)})",
    legend="{{instance}}",
    kind="rate",
    record="instance:node_network_transmit_bytes_excluding_lo:rate5m",
    least=0,
    may_be_empty=NETWORK_RECEIVED.may_be_empty,
)


def _pressure(resource: str, name: Text) -> Signal:
    return Signal(
        key=f"node.pressure_{resource}",
        name=name,
        description=Text(
            "Share of time in which some task waited for the resource (pressure stall information of the kernel).",
        ),
        unit="percentunit",
        expr=f"max by ({_ALL}) ({_rate(f'node_pressure_{resource}_waiting_seconds_total')})",
        legend=f"{resource}",
        kind="ratio",
        least=0,
        steps=steps((0.1, ORANGE), (0.5, RED), base=GREEN),
        may_be_empty=Excuse(
            reason="the kernel gives no pressure stall information (CONFIG_PSI off, or psi=0)",
            unless=_of(f"node_pressure_{resource}_waiting_seconds_total"),
        ),
    )


PRESSURE_CPU: Final = _pressure("cpu", Text("Waiting for CPU"))
PRESSURE_MEMORY: Final = _pressure("memory", Text("Waiting for memory"))
PRESSURE_IO: Final = _pressure("io", Text("Waiting for disks"))
UPTIME: Final = Signal(
    key="node.uptime",
    name=Text("Time since boot"),
    description=Text("How long the node has been up."),
    unit="s",
    expr=f"time() - max by ({_ALL}) ({_of('node_boot_time_seconds')})",
    legend="{{instance}}",
    least=0,
)


def _mixin(
    key: str,
    name: Text,
    description: Text,
    unit: str,
    expr: str,
    legend: str,
    *,
    witness: str,
    **more: Any,  # noqa: ANN401
) -> Signal:
    """Return a signal of a panel that node-mixin has as well."""
    excuse = Excuse(reason=f"the node's kernel gives no {witness}", unless=_of(witness))
    return Signal(
        key=key,
        name=name,
        description=description,
        unit=unit,
        expr=expr,
        legend=legend,
        may_be_empty=excuse,
        **more,
    )


def _load(minutes: int) -> Signal:
    return _mixin(
        f"node.load{minutes}",
        Text("Load, {minutes} min", {"minutes": str(minutes)}),
        Text("Load average of {minutes} minutes.", {"minutes": str(minutes)}),
        "none",
        f"max by ({_ALL}) ({_of(f'node_load{minutes}')})",
        f"{minutes} min",
        witness="node_load1",
        least=0,
        decimals=2,
    )


def _memory(key: str, name: Text, legend: str, expr: str) -> Signal:
    return _mixin(
        f"node.memory_{key}",
        name,
        Text("How the node's memory is used."),
        "bytes",
        expr,
        legend,
        witness="node_memory_MemTotal_bytes",
        least=0,
    )


def _bytes(field: str) -> str:
    return f"max by ({_ALL}) ({_of(f'node_memory_{field}_bytes')})"


LOADS: Final = tuple(_load(minutes) for minutes in (1, 5, 15))
MEMORY_PARTS: Final = (
    _memory(
        "used",
        Text("Memory in use"),
        "used",
        f"{_bytes('MemTotal')} - {_bytes('MemFree')} - {_bytes('Buffers')} - {_bytes('Cached')}",
    ),
    _memory("buffers", Text("Buffers"), "buffers", _bytes("Buffers")),
    _memory("cached", Text("Page cache"), "cached", _bytes("Cached")),
    _memory("free", Text("Free memory"), "free", _bytes("MemFree")),
)
PAGES: Final = _mixin(
    "node.pages",
    Text("Memory saturation: major faults"),
    Text("Page faults a second that had to read a disk."),
    "ops",
    f"max by ({_ALL}) ({_rate('node_vmstat_pgmajfault')})",
    "{{instance}}",
    witness="node_vmstat_pgmajfault",
    kind="rate",
    least=0,
    record="instance:node_vmstat_pgmajfault:rate5m",
)
DISK_SATURATION: Final = _mixin(
    "node.disk_saturation",
    Text("Disk saturation"),
    Text("Requests waiting on each disk, on average."),
    "none",
    f"max by ({_ALL}, device) ({_rate('node_disk_io_time_weighted_seconds_total', _DISKS)})",
    "{{device}}",
    witness="node_disk_io_time_weighted_seconds_total",
    kind="rate",
    least=0,
    decimals=2,
    record="instance_device:node_disk_io_time_weighted_seconds:rate5m",
)
DROPS: Final = _mixin(
    "node.drops",
    Text("Network saturation: drops"),
    Text("Packets dropped a second, received and sent."),
    "pps",
    f"sum by ({_ALL}) ({_rate('node_network_receive_drop_total', _LINKS)}) + sum by ({_ALL}) ({_rate('node_network_transmit_drop_total', _LINKS)})",
    "{{instance}}",
    witness="node_network_receive_drop_total",
    kind="rate",
    least=0,
)
NETWORK_ERRORS: Final = _mixin(
    "node.network_errors",
    Text("Network errors"),
    Text("Packets a second with errors, received and sent."),
    "pps",
    f"sum by ({_ALL}) ({_rate('node_network_receive_errs_total', _LINKS)}) + sum by ({_ALL}) ({_rate('node_network_transmit_errs_total', _LINKS)})",
    "{{instance}}",
    witness="node_network_receive_errs_total",
    kind="rate",
    least=0,
)
INODES: Final = _mixin(
    "node.inodes",
    Text("Inodes in use"),
    Text("Used share of each local file system's inodes."),
    "percentunit",
    f"1 - max by ({_ALL}, mountpoint) ({_of('node_filesystem_files_free', _LOCAL_FS)})"
    f" / max by ({_ALL}, mountpoint) ({_of('node_filesystem_files', _LOCAL_FS)} > 0)",
    "{{mountpoint}}",
    witness="node_filesystem_files",
    kind="ratio",
    least=0,
    most=1,
    steps=_FULL,
)
CLOCK: Final = _mixin(
    "node.clock",
    Text("Clock offset"),
    Text("How far the kernel thinks its clock is off."),
    "s",
    f"max by ({_ALL}) ({_of('node_timex_offset_seconds')})",
    "{{instance}}",
    witness="node_timex_offset_seconds",
)
FILES: Final = _mixin(
    "node.files",
    Text("Open files"),
    Text("File descriptors in use over the most there may be."),
    "percentunit",
    f"max by ({_ALL}) ({_of('node_filefd_allocated')}) / max by ({_ALL}) ({_of('node_filefd_maximum')})",
    "{{instance}}",
    witness="node_filefd_allocated",
    kind="ratio",
    least=0,
)

SIGNALS: Final = (
    tuple(value for value in list(globals().values()) if isinstance(value, Signal))
    + LOADS
    + MEMORY_PARTS
)

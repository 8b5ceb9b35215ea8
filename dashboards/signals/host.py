"""Signals of a node that are recorded, by node_exporter's names and under node-mixin's."""

from __future__ import annotations

from typing import Final

from dashboards.language import Text
from dashboards.promql import metric, of, rate
from dashboards.signals.base import GREEN, ORANGE, RED, Excuse, Signal, filling, steps

ALL: Final = "hub, site, instance"

FULL: Final = filling(0.95)

LOCAL_FS: Final = 'fstype!~"tmpfs|ramfs|overlay|squashfs|iso9660|devtmpfs|nsfs|proc|sysfs"'

DISKS: Final = 'device!~"loop.*|ram.*|sr.*|fd.*|dm-.*"'

LINKS: Final = 'device!~"lo|veth.*|docker.*|br-.*|cali.*|cni.*"'

_IDLE: Final = 'mode="idle"'

_NOT_IDLE: Final = 'mode!="idle"'

_UNUSED: Final = 'mode=~"idle|iowait|steal"'


def node_of(name: str, *matchers: str) -> str:
    """Return a selector of a host metric on the chosen node."""
    return of(metric(name), *matchers, scope="instance")


def node_rate(name: str, *matchers: str) -> str:
    """Return the rate of a host metric on the chosen node."""
    return rate(metric(name), *matchers, scope="instance")


CPU: Final = Signal(
    key="node.cpu",
    name=Text("CPU utilisation"),
    description=Text(
        "Share of CPU time not idle, not waiting for a disk and not stolen.",
    ),
    unit="percentunit",
    expr=(
        f"1 - avg by ({ALL}) (sum by ({ALL}, cpu) ({node_rate('node_cpu_seconds_total', _UNUSED)}))"
    ),
    legend="{{instance}}",
    kind="ratio",
    record="instance:node_cpu_utilisation:rate5m",
    least=0,
    most=1,
    steps=FULL,
)

CPU_MODE: Final = Signal(
    key="node.cpu_mode",
    name=Text("CPU time by mode"),
    description=Text(
        "CPU seconds a second in each mode; the sum is the number of CPUs.",
    ),
    unit="short",
    expr=f"sum by ({ALL}, mode) ({node_rate('node_cpu_seconds_total', _NOT_IDLE)})",
    legend="{{mode}}",
    kind="rate",
    least=0,
)

CPU_COUNT: Final = Signal(
    key="node.cpu_count",
    name=Text("CPUs"),
    description=Text("Logical CPUs that are online."),
    unit="short",
    expr=f"count by ({ALL}) ({node_of('node_cpu_seconds_total', _IDLE)})",
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
    expr=(
        f"max by ({ALL}) ({node_of('node_load1')}) / count by ({ALL})"
        f" ({node_of('node_cpu_seconds_total', _IDLE)})"
    ),
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
    expr=(
        f"1 - max by ({ALL}) ({node_of('node_memory_MemAvailable_bytes')}) / max by ({ALL})"
        f" ({node_of('node_memory_MemTotal_bytes')})"
    ),
    legend="{{instance}}",
    kind="ratio",
    record="instance:node_memory_utilisation:ratio",
    least=0,
    most=1,
    steps=FULL,
)

MEMORY_AVAILABLE: Final = Signal(
    key="node.memory_available",
    name=Text("Memory available"),
    description=Text(
        "Memory that programs can still take, page cache included.",
    ),
    unit="bytes",
    expr=f"max by ({ALL}) ({node_of('node_memory_MemAvailable_bytes')})",
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
        f"1 - max by ({ALL}, mountpoint) ({node_of('node_filesystem_avail_bytes', LOCAL_FS)})"
        f" / max by ({ALL}, mountpoint) ({node_of('node_filesystem_size_bytes', LOCAL_FS)} > 0)"
    ),
    legend="{{mountpoint}}",
    kind="ratio",
    least=0,
    most=1,
    steps=FULL,
)

DISK_BUSY: Final = Signal(
    key="node.disk_busy",
    name=Text("Disk busy"),
    description=Text(
        "Share of time a disk had at least one request under way.",
    ),
    unit="percentunit",
    expr=f"max by ({ALL}, device) ({node_rate('node_disk_io_time_seconds_total', DISKS)})",
    legend="{{device}}",
    kind="ratio",
    record="instance_device:node_disk_io_time_seconds:rate5m",
    least=0,
    most=1,
    steps=FULL,
    may_be_empty=Excuse(
        reason="the node has no disk of its own",
        unless=node_of("node_disk_io_time_seconds_total", DISKS),
    ),
)

DISK_READ: Final = Signal(
    key="node.disk_read",
    name=Text("Disk reads"),
    description=Text("Bytes read from each disk a second."),
    unit="Bps",
    expr=f"max by ({ALL}, device) ({node_rate('node_disk_read_bytes_total', DISKS)})",
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
    expr=f"max by ({ALL}, device) ({node_rate('node_disk_written_bytes_total', DISKS)})",
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
    expr=f"sum by ({ALL}) ({node_rate('node_network_receive_bytes_total', LINKS)})",
    legend="{{instance}}",
    kind="rate",
    record="instance:node_network_receive_bytes_excluding_lo:rate5m",
    least=0,
    may_be_empty=Excuse(
        reason="the node has no network interface but loopback and container links",
        unless=node_of("node_network_receive_bytes_total", LINKS),
    ),
)

NETWORK_SENT: Final = Signal(
    key="node.network_sent",
    name=Text("Network sent"),
    description=Text(
        "Bytes sent a second, without loopback and container links.",
    ),
    unit="Bps",
    expr=f"sum by ({ALL}) ({node_rate('node_network_transmit_bytes_total', LINKS)})",
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
            "Share of time in which some task waited for the resource (pressure stall information"
            " of the kernel).",
        ),
        unit="percentunit",
        expr=f"max by ({ALL}) ({node_rate(f'node_pressure_{resource}_waiting_seconds_total')})",
        legend=f"{resource}",
        kind="ratio",
        least=0,
        steps=steps((0.1, ORANGE), (0.5, RED), base=GREEN),
        may_be_empty=Excuse(
            reason="the kernel gives no pressure stall information (CONFIG_PSI off, or psi=0)",
            unless=node_of(f"node_pressure_{resource}_waiting_seconds_total"),
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
    expr=f"time() - max by ({ALL}) ({node_of('node_boot_time_seconds')})",
    legend="{{instance}}",
    least=0,
)

SIGNALS: Final = tuple(value for value in list(globals().values()) if isinstance(value, Signal))

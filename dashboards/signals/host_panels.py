"""Signals of a node for the panels that node-mixin has as well."""

from __future__ import annotations

from typing import Any, Final

from dashboards.language import Text
from dashboards.signals.base import Excuse, Signal
from dashboards.signals.host import ALL, DISKS, FULL, LINKS, LOCAL_FS, node_of, node_rate


def _mixin(
    key: str,
    name: Text,
    description: Text,
    unit: str,
    expr: str,
    legend: str,
    *,
    witness: str,
    **more: Any,
) -> Signal:
    """Return a signal of a panel that node-mixin has as well."""
    excuse = Excuse(reason=f"the node's kernel gives no {witness}", unless=node_of(witness))
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
        f"max by ({ALL}) ({node_of(f'node_load{minutes}')})",
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
    return f"max by ({ALL}) ({node_of(f'node_memory_{field}_bytes')})"


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
    "suffix:/s",
    f"max by ({ALL}) ({node_rate('node_vmstat_pgmajfault')})",
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
    f"max by ({ALL}, device) ({node_rate('node_disk_io_time_weighted_seconds_total', DISKS)})",
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
    f"sum by ({ALL}) ({node_rate('node_network_receive_drop_total', LINKS)}) + sum by ({ALL})"
    f" ({node_rate('node_network_transmit_drop_total', LINKS)})",
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
    f"sum by ({ALL}) ({node_rate('node_network_receive_errs_total', LINKS)}) + sum by ({ALL})"
    f" ({node_rate('node_network_transmit_errs_total', LINKS)})",
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
    f"1 - max by ({ALL}, mountpoint) ({node_of('node_filesystem_files_free', LOCAL_FS)})"
    f" / max by ({ALL}, mountpoint) ({node_of('node_filesystem_files', LOCAL_FS)} > 0)",
    "{{mountpoint}}",
    witness="node_filesystem_files",
    kind="ratio",
    least=0,
    most=1,
    steps=FULL,
)

CLOCK: Final = _mixin(
    "node.clock",
    Text("Clock offset"),
    Text("How far the kernel thinks its clock is off."),
    "s",
    f"max by ({ALL}) ({node_of('node_timex_offset_seconds')})",
    "{{instance}}",
    witness="node_timex_offset_seconds",
)

FILES: Final = _mixin(
    "node.files",
    Text("Open files"),
    Text("File descriptors in use over the most there may be."),
    "percentunit",
    f"max by ({ALL}) ({node_of('node_filefd_allocated')}) / max by ({ALL})"
    f" ({node_of('node_filefd_maximum')})",
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

"""The machine that the agent runs on: processor, memory, disks and temperature."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from agent.web.format import iso
from agent.web.view import BoardView
from collectors.base import Series

_IN_MEMORY: Final = ("tmpfs", "ramfs", "overlay", "squashfs")
"""Types of file systems that are not on a disk."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FilesystemView:
    """One file system, bytes."""

    mountpoint: str
    fstype: str
    size_bytes: float
    available_bytes: float | None

    @property
    def used_ratio(self) -> float | None:
        """Share in use, 0 to 1."""
        if self.available_bytes is None or not self.size_bytes:
            return None
        return 1 - self.available_bytes / self.size_bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class HostView:
    """This machine by its host metrics. None stands for what is not known."""

    node: str
    cpus: int | None
    load1: float | None
    load5: float | None
    load15: float | None
    memory_total_bytes: float | None
    memory_available_bytes: float | None
    booted: str | None
    uptime_seconds: float | None
    filesystems: Sequence[FilesystemView]
    temperature_celsius: float | None
    """The hottest sensor."""

    @property
    def load_ratio(self) -> float | None:
        """The load of the last minute over the number of processors."""
        return self.load1 / self.cpus if self.load1 is not None and self.cpus else None

    @property
    def memory_used_ratio(self) -> float | None:
        """Share of the memory in use, 0 to 1."""
        if self.memory_available_bytes is None or not self.memory_total_bytes:
            return None
        return 1 - self.memory_available_bytes / self.memory_total_bytes


Families = Mapping[str, Mapping[Series, float]]


def read(view: BoardView) -> HostView | None:
    """Return this machine; None where no host metrics are collected."""
    found: Families = {
        metric.full_name: rows
        for metric, rows in view.snapshot.families()
        if metric.full_name.startswith("node_")
    }
    if not found:
        return None
    cpus = {series.label("cpu") for series in found.get("node_cpu_seconds_total", {})}
    booted = _one(found, "node_boot_time_seconds")
    return HostView(
        node=view.node,
        cpus=len(cpus) or None,
        load1=_one(found, "node_load1"),
        load5=_one(found, "node_load5"),
        load15=_one(found, "node_load15"),
        memory_total_bytes=_one(found, "node_memory_MemTotal_bytes"),
        memory_available_bytes=_one(found, "node_memory_MemAvailable_bytes"),
        booted=iso(booted),
        uptime_seconds=None if booted is None else max(0.0, view.now() - booted),
        filesystems=_filesystems(found),
        temperature_celsius=max(found.get("node_hwmon_temp_celsius", {}).values(), default=None),
    )


def _one(found: Families, name: str) -> float | None:
    """Return the value of a metric without labels."""
    rows = found.get(name, {}).items()
    return next((value for series, value in rows if not series.values), None)


def _filesystems(found: Families) -> list[FilesystemView]:
    """Return the disks. Where there is none, as in a container, the root is shown instead."""
    free = {
        series.label("mountpoint"): value
        for series, value in found.get("node_filesystem_avail_bytes", {}).items()
    }
    sizes = {
        series.label("mountpoint"): (value, series.label("fstype"))
        for series, value in found.get("node_filesystem_size_bytes", {}).items()
    }
    every = [
        FilesystemView(
            mountpoint=mount, fstype=kind, size_bytes=size, available_bytes=free.get(mount)
        )
        for mount, (size, kind) in sorted(sizes.items())
    ]
    disks = [one for one in every if one.size_bytes > 0 and one.fstype not in _IN_MEMORY]
    return disks or [one for one in every if one.mountpoint == "/"]

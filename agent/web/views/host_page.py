"""The machine that the agent runs on, in full: what each part of it does now.

Rates are those between the last two rounds. They are None until the page has been open for two.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from agent.web.format import natural
from agent.web.hosthistory import HostHistory
from agent.web.view import BoardView
from agent.web.views import chips, host
from agent.web.views.chips import ChipModelView
from agent.web.views.host import HostView
from collectors.base import Series

_IDLE: Final = ("idle", "iowait")
"""Modes in which a processor does nothing (proc_stat(5))."""
_MEMORY: Final = (
    "MemTotal",
    "MemFree",
    "MemAvailable",
    "Buffers",
    "Cached",
    "SwapTotal",
    "SwapFree",
)
_PRESSURES: Final = ("cpu", "memory", "io")


@dataclass(frozen=True, slots=True, kw_only=True)
class CoreView:
    """One processor: the share of time in which it works, and in which it waits for a disk."""

    cpu: str
    busy_ratio: float | None
    iowait_ratio: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskView:
    """A block device: bytes a second, and the share of time in which it works on something."""

    device: str
    read_bytes_per_second: float | None
    written_bytes_per_second: float | None
    busy_ratio: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class InterfaceView:
    """A network device: bits and errors a second."""

    device: str
    receive_bits_per_second: float | None
    transmit_bits_per_second: float | None
    errors_per_second: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PressureView:
    """The share of time in which something waits for a resource (pressure stall information)."""

    resource: str
    waiting_ratio: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupView:
    """The processes of one name, where these are read: the processors they take, their memory."""

    group: str
    cpus: float | None
    resident_bytes: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HostPageView:
    """What `/api/host` answers."""

    host: HostView
    cores: Sequence[CoreView]
    busy_ratio: float | None
    """Of all processors."""
    memory_bytes: Mapping[str, float]
    """By the kernel's names, such as `Cached` and `SwapFree`."""
    disks: Sequence[DiskView]
    interfaces: Sequence[InterfaceView]
    pressure: Sequence[PressureView]
    running: float | None
    """Processes that run or could run, and those that wait for a disk."""
    blocked: float | None
    forks_per_second: float | None
    context_switches_per_second: float | None
    groups: Sequence[GroupView]
    chips: Sequence[ChipModelView]


class _Values:
    """The values and the rates of this machine by metric."""

    def __init__(self, view: BoardView, history: HostHistory) -> None:
        self._gauges = {
            metric.full_name: rows
            for metric, rows in view.snapshot.families()
            if metric.full_name.startswith("node_")
        }
        self._rates: dict[str, dict[Series, float]] = {}
        for series, value in history.rates().items():
            name = series.metric.full_name
            if series in self._gauges.get(name, {}):  # a counter that nobody reads has no rate now
                self._rates.setdefault(name, {})[series] = value

    def names(self, metric: str, label: str) -> list[str]:
        """Return the values of a label, A2 before A10."""
        return sorted({one.label(label) for one in self._gauges.get(metric, {})}, key=natural)

    def rate(self, metric: str, **labels: str) -> float | None:
        """Return the sum of the rates of those series that have these labels."""
        found = [
            value
            for series, value in self._rates.get(metric, {}).items()
            if all(series.label(name) == text for name, text in labels.items())
        ]
        return sum(found) if found else None

    def value(self, metric: str, **labels: str) -> float | None:
        """Return the value of the series with these labels."""
        return next(
            (
                value
                for series, value in self._gauges.get(metric, {}).items()
                if all(series.label(name) == text for name, text in labels.items())
            ),
            None,
        )


def read(view: BoardView) -> HostPageView | None:
    """Return this machine; None where no host metrics are collected."""
    known = host.read(view)
    history = view.host_history
    if known is None or history is None:
        return None
    history.look(view.snapshot)
    values = _Values(view, history)
    cores = [_core(values, cpu) for cpu in values.names("node_cpu_seconds_total", "cpu")]
    busy = [one.busy_ratio for one in cores if one.busy_ratio is not None]
    return HostPageView(
        host=known,
        cores=cores,
        busy_ratio=sum(busy) / len(busy) if busy else None,
        memory_bytes={
            name: value
            for name in _MEMORY
            if (value := values.value(f"node_memory_{name}_bytes")) is not None
        },
        disks=[
            DiskView(
                device=device,
                read_bytes_per_second=values.rate("node_disk_read_bytes_total", device=device),
                written_bytes_per_second=values.rate(
                    "node_disk_written_bytes_total", device=device
                ),
                busy_ratio=_share(values.rate("node_disk_io_time_seconds_total", device=device)),
            )
            for device in values.names("node_disk_io_time_seconds_total", "device")
        ],
        interfaces=[
            _interface(values, device)
            for device in values.names("node_network_receive_bytes_total", "device")
        ],
        pressure=[
            PressureView(
                resource=one,
                waiting_ratio=_share(values.rate(f"node_pressure_{one}_waiting_seconds_total")),
            )
            for one in _PRESSURES
            if values.value(f"node_pressure_{one}_waiting_seconds_total") is not None
        ],
        running=values.value("node_procs_running"),
        blocked=values.value("node_procs_blocked"),
        forks_per_second=values.rate("node_forks_total"),
        context_switches_per_second=values.rate("node_context_switches_total"),
        groups=_groups(values),
        chips=chips.read(view),
    )


def _share(value: float | None) -> float | None:
    """Return a share of time; rounds are a little longer or shorter than their times say."""
    return None if value is None else min(1.0, value)


def _core(values: _Values, cpu: str) -> CoreView:
    of = {"cpu": cpu}
    whole = values.rate("node_cpu_seconds_total", **of)
    idle, iowait = (values.rate("node_cpu_seconds_total", **of, mode=mode) for mode in _IDLE)
    if not whole or idle is None:
        return CoreView(cpu=cpu, busy_ratio=None, iowait_ratio=None)
    return CoreView(
        cpu=cpu,
        busy_ratio=max(0.0, 1 - (idle + (iowait or 0.0)) / whole),
        iowait_ratio=None if iowait is None else iowait / whole,
    )


def _interface(values: _Values, device: str) -> InterfaceView:
    received, sent, wrong_in, wrong_out = (
        values.rate(f"node_network_{name}_total", device=device)
        for name in ("receive_bytes", "transmit_bytes", "receive_errs", "transmit_errs")
    )
    return InterfaceView(
        device=device,
        receive_bits_per_second=None if received is None else received * 8,
        transmit_bits_per_second=None if sent is None else sent * 8,
        errors_per_second=None if wrong_in is None else wrong_in + (wrong_out or 0.0),
    )


def _groups(values: _Values) -> list[GroupView]:
    """Return the groups of processes, those that take most of the processors first."""
    found = [
        GroupView(
            group=group,
            cpus=values.rate("node_processes_group_cpu_seconds_total", group=group),
            resident_bytes=values.value("node_processes_group_resident_bytes", group=group),
        )
        for group in values.names("node_processes_group_resident_bytes", "group")
    ]
    return sorted(found, key=lambda one: (-(one.cpus or 0.0), -(one.resident_bytes or 0.0)))

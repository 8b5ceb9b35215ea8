"""Metrics of the processors and the scheduler, named as in node_exporter."""

from __future__ import annotations

from typing import Final

from collectors.catalogue.host.declare import counter, metric

# /proc/stat
CPU_SECONDS: Final = counter(
    "cpu", "seconds_total", "Seconds the CPUs spent in each mode.", "cpu", "mode"
)
CPU_GUEST: Final = counter(
    "cpu",
    "guest_seconds_total",
    "Seconds the CPUs spent in guests (VMs) for each mode.",
    "cpu",
    "mode",
)
INTERRUPTS: Final = counter("", "intr_total", "Total number of interrupts serviced.")
CONTEXT_SWITCHES: Final = counter("", "context_switches_total", "Total number of context switches.")
FORKS: Final = counter("", "forks_total", "Total number of forks.")
BOOT_TIME: Final = metric("", "boot_time_seconds", "Node boot time, in unixtime.")
PROCS_RUNNING: Final = metric("", "procs_running", "Number of processes in runnable state.")
PROCS_BLOCKED: Final = metric(
    "", "procs_blocked", "Number of processes blocked waiting for I/O to complete."
)

# /sys/devices/system/cpu
CPU_FREQUENCY: Final = metric(
    "cpu", "frequency_hertz", "Current cpu thread frequency in hertz.", "cpu"
)
CPU_FREQUENCY_MIN: Final = metric(
    "cpu", "frequency_min_hertz", "Minimum cpu thread frequency in hertz.", "cpu"
)
CPU_FREQUENCY_MAX: Final = metric(
    "cpu", "frequency_max_hertz", "Maximum cpu thread frequency in hertz.", "cpu"
)
CPU_SCALING: Final = metric(
    "cpu", "scaling_frequency_hertz", "Current scaled CPU thread frequency in hertz.", "cpu"
)
CPU_SCALING_MIN: Final = metric(
    "cpu", "scaling_frequency_min_hertz", "Minimum scaled CPU thread frequency in hertz.", "cpu"
)
CPU_SCALING_MAX: Final = metric(
    "cpu", "scaling_frequency_max_hertz", "Maximum scaled CPU thread frequency in hertz.", "cpu"
)
CPU_CORE_THROTTLES: Final = counter(
    "cpu",
    "core_throttles_total",
    "Number of times this CPU core has been throttled.",
    "package",
    "core",
)
CPU_PACKAGE_THROTTLES: Final = counter(
    "cpu",
    "package_throttles_total",
    "Number of times this CPU package has been throttled.",
    "package",
)

LOAD1: Final = metric("", "load1", "1m load average.")
LOAD5: Final = metric("", "load5", "5m load average.")
LOAD15: Final = metric("", "load15", "15m load average.")
SCHEDSTAT: Final = (
    counter(
        "schedstat",
        "running_seconds_total",
        "Number of seconds CPU spent running a process.",
        "cpu",
    ),
    counter(
        "schedstat",
        "waiting_seconds_total",
        "Number of seconds spent by processing waiting for this CPU.",
        "cpu",
    ),
    counter("schedstat", "timeslices_total", "Number of timeslices executed by CPU.", "cpu"),
)

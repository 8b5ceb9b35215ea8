"""Metrics of processes: node_exporter's names, and the heaviest by name."""

from __future__ import annotations

from typing import Final

from collectors.catalogue.host.declare import counter, metric

PIDS: Final = metric("processes", "pids", "Number of PIDs")
MAX_PIDS: Final = metric("processes", "max_processes", "Number of max PIDs limit")
THREADS: Final = metric("processes", "threads", "Allocated threads in system")
MAX_THREADS: Final = metric("processes", "max_threads", "Limit of threads in the system")
STATE: Final = metric("processes", "state", "Number of processes in each state.", "state")
GROUP_CPU: Final = counter(
    "processes",
    "group_cpu_seconds_total",
    "CPU seconds of the processes of one name, of the heaviest names; `other` has all else.",
    "group",
)
GROUP_RESIDENT: Final = metric(
    "processes",
    "group_resident_bytes",
    "Resident memory of the processes of one name; pages that they share count for each.",
    "group",
)
GROUP_COUNT: Final = metric(
    "processes", "group_processes", "Number of processes of one name.", "group"
)

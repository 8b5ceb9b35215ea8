"""Metrics of the jobs that a scheduler runs on a node."""

from __future__ import annotations

from typing import Final

from collectors.base import Metric, MetricType
from collectors.catalogue.node import NODE

_NUMBER: Final = "slurm_job"
"""Slurm's number of the job. `job` is taken: a scrape names itself so."""


def _job(name: str, help: str, *labels: str, type: MetricType = "gauge") -> Metric:
    return Metric(
        namespace="dc",
        subsystem="job",
        name=name,
        type=type,
        help=help,
        labels=(*NODE, *labels),
    )


JOB_ENERGY: Final = _job(
    "energy_joules_total",
    "Energy of the node's processors and memory (RAPL) that is given to a job since the agent saw"
    " it, by its share of the CPU time that the node has.",
    _NUMBER,
    type="counter",
)
JOB_UNASSIGNED: Final = _job(
    "unassigned_energy_joules_total",
    "Energy of the node's processors and memory (RAPL) that is given to no job: of idle"
    " processors, the system, and jobs beyond the limit.",
    type="counter",
)
JOB_CPU: Final = _job(
    "cpu_seconds_total", "CPU time of a job on this node, from its cgroup.", _NUMBER, type="counter"
)
JOB_MEMORY: Final = _job(
    "memory_bytes", "Memory that a job uses on this node, from its cgroup.", _NUMBER
)

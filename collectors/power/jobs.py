"""Energy of the jobs that Slurm runs on a node, by their cgroups and the RAPL registers.

The energy between two rounds is shared by CPU time: a job gets the part of it that its CPU time is
of the time of all CPUs that are online. So an idle processor's energy is given to no job, and jobs
and the unassigned rest add up to the node's.

Slurm makes a cgroup a job. Version 2 (Documentation/admin-guide/cgroup-v2.rst):
`system.slice/slurmstepd.scope/job_N` with `cpu.stat` and `memory.current`. Version 1
(admin-guide/cgroup-v1): `cpuacct/slurm/uid_U/job_N/cpuacct.usage`, and the same below `memory`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import ClassVar, Final

from collectors.base import BadReply, Context, NoData, Reading, Schedule
from collectors.catalogue import job as catalogue
from collectors.host.kernel import KernelFiles, entries
from collectors.power.rapl import Registers

_MICRO: Final = 1e6
_NANO: Final = 1e9
_JOB: Final = re.compile(r"job_(\d{1,12})")
_USER: Final = re.compile(r"uid_\d+")
_SCOPE: Final = re.compile(r"(?:.+_)?slurmstepd\.scope")
"""Several slurmd on one node put their names in front."""
_SPAN: Final = re.compile(r"(\d{1,6})(?:-(\d{1,6}))?", re.ASCII)
_TREE: Final = re.compile(r"slurm(?:_.+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Folders:
    """Where a job's figures are; of cgroup v2 both are the same folder."""

    cpu: str
    memory: str


class JobEnergy:
    """Finds the jobs, and shares the node's energy between them.

    `dropped` counts what the registers drop, and `too_many_jobs`: jobs beyond the limit, in each
    round anew.
    """

    name: ClassVar[str] = "power"
    device: Final = "jobs"

    def __init__(
        self, labels: Sequence[str], context: Context, schedule: Schedule, most: int
    ) -> None:
        """`most` is how many jobs are told at once."""
        self.schedule: Final = schedule
        self._labels: Final = tuple(labels)
        # A cgroup goes with its job, so none of its files is kept open.
        self._files: Final = KernelFiles(max_open=0)
        self._registers: Final = Registers(context, self._files, with_memory=True)
        self._most: Final = most
        self._cgroup: Final = f"{context.sys}/fs/cgroup"
        self._online: Final = f"{context.sys}/devices/system/cpu/online"
        self._used: dict[str, dict[str, float]] = {}
        """The CPU seconds of each told job, by cgroup, those included that ended before it."""
        self._before: frozenset[str] | None = None
        """The jobs of the last round, those beyond the limit included."""
        self._joules: dict[str, float] = {}
        self._unassigned = 0.0
        self._too_many = 0

    @property
    def dropped(self) -> Mapping[str, int]:
        """How many readings were not used since the start, by reason."""
        return {**self._registers.dropped, "too_many_jobs": self._too_many}

    def collect(self) -> list[Reading]:
        """Read once; energy from the second round on. Raises NoData without Slurm or RAPL."""
        if not self._is_here():
            raise NoData("no cgroup of Slurm")
        step = self._registers.step()
        found = self._jobs()
        jobs = self._chosen(found)
        used = {job: seconds for job in jobs if (seconds := self._cpu(jobs[job]))}
        if step.joules is not None and self._before is not None:
            moved = {job: self._moved(job, seconds) for job, seconds in used.items()}
            self._share(step.joules, moved, self._cpus() * step.elapsed)
        self._used = {job: self._used.get(job, {}) | seconds for job, seconds in used.items()}
        self._before = frozenset(found)
        self._joules = {job: self._joules.get(job, 0.0) for job in used}
        return list(self._readings(jobs))

    def _share(self, joules: float, moved: Mapping[str, float], capacity: float) -> None:
        """Give energy to jobs by the CPU seconds that each had, of all that there were.

        The clocks of cgroup and agent differ by a little, so a full node may show more than all.
        """
        whole = max(capacity, sum(moved.values()))
        given = {job: joules * seconds / whole for job, seconds in moved.items()}
        for job, part in given.items():
            self._joules[job] = self._joules.get(job, 0.0) + part
        self._unassigned += max(0.0, joules - sum(given.values()))

    def _moved(self, job: str, used: Mapping[str, float]) -> float:
        """Return a job's CPU seconds since the last round.

        A job that was not there began after it. One that was there and not told begins now. So did
        a cgroup begin after it whose seconds are fewer: Slurm puts a job into the queue again under
        the same number.
        """
        if job not in self._used and job in (self._before or ()):
            return 0.0
        known = self._used.get(job, {})
        befores = ((seconds, known.get(folder, 0.0)) for folder, seconds in used.items())
        return sum(seconds - (before if before <= seconds else 0.0) for seconds, before in befores)

    def _readings(self, jobs: Mapping[str, Sequence[_Folders]]) -> Iterator[Reading]:
        yield catalogue.JOB_UNASSIGNED.series(*self._labels), self._unassigned
        for job, seconds in self._used.items():
            labels = (*self._labels, job)
            yield catalogue.JOB_ENERGY.series(*labels), self._joules[job]
            yield catalogue.JOB_CPU.series(*labels), sum(seconds.values())
            memory = self._memory(jobs[job])
            if memory is not None:
                yield catalogue.JOB_MEMORY.series(*labels), memory

    def _chosen(self, found: Mapping[str, Sequence[_Folders]]) -> Mapping[str, Sequence[_Folders]]:
        """Return the jobs that are told: known ones stay, and of others the oldest come in."""
        order = sorted(found, key=lambda job: (job not in self._joules, int(job)))
        self._too_many += max(0, len(order) - self._most)
        return {job: found[job] for job in islice(order, self._most)}

    def _jobs(self) -> dict[str, list[_Folders]]:
        """Return the cgroups of each job; it has one below each slurmd that runs a part of it."""
        found: dict[str, list[_Folders]] = {}
        for tree in self._trees():
            for name in _listed(tree.cpu):
                if match := _JOB.fullmatch(name):
                    folders = _Folders(cpu=f"{tree.cpu}/{name}", memory=f"{tree.memory}/{name}")
                    found.setdefault(match[1], []).append(folders)
        return found

    def _is_here(self) -> bool:
        """Tell whether Slurm is on this node. Of cgroup v1 a user's folder ends with its last job.

        The registers are read all the same, so that what an idle node takes is unassigned.
        """
        return any(True for _ in (*self._scopes(), *self._accounts()))

    def _scopes(self) -> Iterator[str]:
        return _matching(_listed(f"{self._cgroup}/system.slice"), _SCOPE)

    def _accounts(self) -> Iterator[str]:
        return _matching(_listed(f"{self._cgroup}/cpuacct"), _TREE)

    def _trees(self) -> Iterator[_Folders]:
        """Yield the folders that hold jobs."""
        slice_ = f"{self._cgroup}/system.slice"
        for name in self._scopes():
            yield _Folders(cpu=f"{slice_}/{name}", memory=f"{slice_}/{name}")
        accounts, memories = f"{self._cgroup}/cpuacct", f"{self._cgroup}/memory"
        for tree in self._accounts():
            for user in _matching(_listed(f"{accounts}/{tree}"), _USER):
                below = f"{tree}/{user}"
                yield _Folders(cpu=f"{accounts}/{below}", memory=f"{memories}/{below}")

    def _cpu(self, folders: Sequence[_Folders]) -> dict[str, float]:
        """Return a job's CPU seconds by cgroup; nothing where it ended meanwhile."""
        read = {one.cpu: self._cpu_of(one) for one in folders}
        return {folder: seconds for folder, seconds in read.items() if seconds is not None}

    def _cpu_of(self, folders: _Folders) -> float | None:
        nanoseconds = self._files.number(f"{folders.cpu}/cpuacct.usage")
        if nanoseconds is not None:
            return nanoseconds / _NANO
        for line in self._files.word(f"{folders.cpu}/cpu.stat").splitlines():
            key, _, value = line.partition(" ")
            if key == "usage_usec" and value.isdecimal():
                return int(value) / _MICRO
        return None

    def _memory(self, folders: Sequence[_Folders]) -> float | None:
        return _sum(
            self._files.number(f"{one.memory}/{file}")
            for one in folders
            for file in ("memory.current", "memory.usage_in_bytes")
        )

    def _cpus(self) -> int:
        """Return how many CPUs are online; raises BadReply or NoData."""
        return count_listed(self._files.need(self._online).decode("ascii", "replace").strip())


def count_listed(text: str) -> int:
    """Return how many CPUs a list such as `0-3,8` has (admin-guide/cputopology); or BadReply."""
    found = 0
    for part in text.split(","):
        span = _SPAN.fullmatch(part)
        if span is None:
            raise BadReply(f"cpu/online: {text[:80]!r} is no list of CPUs")
        found += int(span[2] or span[1]) - int(span[1]) + 1
    return found


def _sum(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None


def _matching(names: Iterable[str], pattern: re.Pattern[str]) -> Iterator[str]:
    return (name for name in names if pattern.fullmatch(name))


def _listed(folder: str) -> Sequence[str]:
    """Return the names in a folder; none where there is no such folder."""
    try:
        return entries(folder)
    except NoData:
        return ()

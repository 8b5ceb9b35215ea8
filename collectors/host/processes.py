"""Processes by state, and the heaviest by name, read with psutil. Off by default.

A node has thousands of processes, and each costs some reads: a section `processes:` turns it on.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import ClassVar, Final

from collectors.base import BadReply, Reading
from collectors.catalogue.host import processes as catalogue
from collectors.host.declare import SLOW, HostCollector, Options, Setup
from collectors.host.kernel import count
from collectors.strict import Count

OTHER: Final = "other"
"""The group of all that are not among the heaviest."""
_ATTRIBUTES: Final = ("name", "status", "num_threads", "cpu_times", "memory_info", "create_time")
_LETTERS: Final = {
    "running": "R",
    "sleeping": "S",
    "disk-sleep": "D",
    "stopped": "T",
    "tracing-stop": "t",
    "zombie": "Z",
    "dead": "X",
    "wake-kill": "K",
    "waking": "W",
    "parked": "P",
    "idle": "I",
}
"""The kernel's letter of each state of psutil, as node_exporter labels it. See proc_pid_stat(5)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessesOptions(Options):
    """Whether to read processes at all, and how many of the heaviest names to tell apart."""

    enabled: bool = field(default=False, metadata={"help": "read every process of the node"})
    groups: Count = field(
        default=20, metadata={"help": "names told apart, by CPU and again by memory"}
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """What one process says of itself: CPU time in seconds, memory in bytes."""

    pid: int
    started: float
    name: str
    state: str
    threads: int
    cpu: float
    resident: float

    @property
    def group(self) -> str:
        """The name without the CPU that a kernel thread is bound to: `kworker/3:1` is `kworker`."""
        return self.name.partition("/")[0] or OTHER


class Groups:
    """Sums by name that never fall while a process of the name lives.

    It keeps the last CPU time of each living process, and nothing of one that has ended. What a
    process used after the last round and before its end is lost.
    """

    def __init__(self, shown: int) -> None:
        self._shown: Final = shown
        self._seen: dict[tuple[int, float], float] = {}
        self._cpu: dict[str, float] = {}
        self._other = 0.0

    def readings(self, processes: Iterable[Process]) -> Iterator[Reading]:
        """Yield the figures of the heaviest groups and of `other`."""
        used: defaultdict[str, float] = defaultdict(float)
        resident: defaultdict[str, float] = defaultdict(float)
        members: Counter[str] = Counter()
        seen: dict[tuple[int, float], float] = {}
        for one in processes:
            key = one.pid, one.started
            seen[key] = max(one.cpu, self._seen.get(key, 0.0))
            used[one.group] += seen[key] - self._seen.get(key, 0.0)
            resident[one.group] += one.resident
            members[one.group] += 1
        self._seen = seen
        self._cpu = {name: self._cpu.get(name, 0.0) + spent for name, spent in used.items()}
        shown = self._heaviest(self._cpu) | self._heaviest(resident)
        self._other += sum(spent for name, spent in used.items() if name not in shown)
        for name in sorted(shown):
            yield catalogue.GROUP_CPU.series(name), self._cpu[name]
            yield catalogue.GROUP_RESIDENT.series(name), resident[name]
            yield catalogue.GROUP_COUNT.series(name), float(members[name])
        rest = members.keys() - shown
        yield catalogue.GROUP_CPU.series(OTHER), self._other
        yield catalogue.GROUP_RESIDENT.series(OTHER), sum(resident[name] for name in rest)
        yield catalogue.GROUP_COUNT.series(OTHER), float(sum(members[name] for name in rest))

    def _heaviest(self, weights: dict[str, float]) -> set[str]:
        names = (name for name, weight in weights.items() if weight > 0 and name != OTHER)
        return set(sorted(names, key=lambda name: (-weights[name], name))[: self._shown])


class Processes:
    """Reads every process. It runs in a worker thread, since there may be thousands."""

    name: ClassVar[str] = "processes"
    device: Final = ""

    def __init__(self, setup: Setup[ProcessesOptions]) -> None:
        self.schedule: Final = setup.schedule
        self._files, self._root = setup.files, str(setup.context.proc)
        self._limits: Final = {
            setup.proc("sys/kernel/pid_max"): catalogue.MAX_PIDS,
            setup.proc("sys/kernel/threads-max"): catalogue.MAX_THREADS,
        }
        self._groups = Groups(setup.options.groups)

    def collect(self) -> list[Reading]:
        """Read them once. A process that ends while it is read is left out."""
        processes = list(read_processes(self._root))
        states = Counter(one.state for one in processes)
        readings: list[Reading] = [
            (catalogue.PIDS.series(), float(len(processes))),
            (catalogue.THREADS.series(), float(sum(one.threads for one in processes))),
        ]
        readings += [(catalogue.STATE.series(state), float(states[state])) for state in states]
        for path, metric in self._limits.items():
            try:
                readings.append((metric.series(), count(self._files.text(path), path)))
            except (OSError, BadReply):
                continue
        readings += self._groups.readings(processes)
        return readings


def read_processes(root: str) -> Iterator[Process]:
    """Yield every process below a root of /proc; one that ends meanwhile is left out."""
    import psutil

    before, psutil.PROCFS_PATH = psutil.PROCFS_PATH, root
    try:
        for pid in psutil.pids():
            try:
                found = psutil.Process(pid).as_dict(_ATTRIBUTES)
            except (psutil.Error, OSError, ValueError, IndexError):
                continue
            if None in found.values():  # the kernel hides what it is from this user
                continue
            times, state = found["cpu_times"], str(found["status"])
            yield Process(
                pid=pid,
                started=found["create_time"],
                name=_printable(str(found["name"])),
                state=_LETTERS.get(state, state),
                threads=found["num_threads"],
                cpu=times.user + times.system,
                resident=float(found["memory_info"].rss),
            )
    finally:
        psutil.PROCFS_PATH = before


def _printable(name: str) -> str:
    """Return a name that can be a label; bytes that are not UTF-8 become U+FFFD."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


COLLECTOR: Final = HostCollector(
    name="processes",
    make=Processes,
    options=ProcessesOptions,
    at_least=SLOW,
    wanted=lambda options: options.enabled,
)

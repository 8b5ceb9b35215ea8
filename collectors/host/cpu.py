"""CPU time by mode, and the other figures in /proc/stat.

The others are interrupts, context switches, forks, boot time and processes. See proc_stat(5).
"""

from __future__ import annotations

from typing import ClassVar, Final

from collectors.base import BadReply, Metric, Reading, Series
from collectors.catalogue.host import processor as catalogue
from collectors.host.declare import HostCollector, Options, Setup
from collectors.host.kernel import Dropped, SeriesByKey, count, numbers

_USER_HZ: Final = 100.0
"""Ticks a second in /proc/stat. All architectures of servers have this value in the kernel's
interface."""
_MODES: Final = ("user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal")
_GUEST_MODES: Final = ("user", "nice")
_IDLE: Final = 3
_RESET_SECONDS: Final = 3.0
_SINGLES: Final[dict[bytes, Metric]] = {
    b"intr": catalogue.INTERRUPTS,
    b"ctxt": catalogue.CONTEXT_SWITCHES,
    b"processes": catalogue.FORKS,
    b"btime": catalogue.BOOT_TIME,
    b"procs_running": catalogue.PROCS_RUNNING,
    b"procs_blocked": catalogue.PROCS_BLOCKED,
}


def parse_stat(data: bytes) -> tuple[list[tuple[bytes, list[float]]], list[tuple[bytes, float]]]:
    """Parse /proc/stat and return two lists: (CPU, seconds by mode) and (name, value).

    The second list has the figures of lines with one value. Raises BadReply.
    """
    cpus: list[tuple[bytes, list[float]]] = []
    singles: list[tuple[bytes, float]] = []
    for line in data.split(b"\n"):
        if line.startswith(b"cpu"):
            words = line.split()
            if words[0] != b"cpu":
                cpus.append(
                    (words[0][3:], [ticks / _USER_HZ for ticks in numbers(words[1:], "/proc/stat")])
                )
        else:
            words = line.split(None, 2)
            if len(words) > 1 and words[0] in _SINGLES:
                singles.append((words[0], count(words[1], "/proc/stat")))
    return cpus, singles


def never_back(before: list[float], now: list[float]) -> list[float]:
    """Return counters that never decrease.

    The kernel's idle and iowait times may decrease slightly (proc_stat(5)). An idle time that falls
    by 3 s or more means that the CPU was taken offline and online again. Then the new figures
    count.
    """
    if len(before) != len(now) or (
        len(now) > _IDLE and before[_IDLE] - now[_IDLE] >= _RESET_SECONDS
    ):
        return now
    return list(map(max, before, now))


class Cpu:
    """Reads /proc/stat."""

    name: ClassVar[str] = "cpu"
    immediate: ClassVar[bool] = True
    device: Final = ""

    def __init__(self, setup: Setup[Options]) -> None:
        self.schedule: Final = setup.schedule
        self.dropped: Final = Dropped()
        self._files, self._path = setup.files, setup.proc("stat")
        self._series = SeriesByKey(_series_of_cpu)
        self._singles: dict[bytes, Series] = {
            name: metric.series() for name, metric in _SINGLES.items()
        }
        self._before: dict[bytes, list[float]] = {}

    async def collect(self) -> list[Reading]:
        """Read it once."""
        cpus, singles = self.dropped.parse(parse_stat, self._files.need(self._path))
        if not cpus and not singles:
            raise BadReply("/proc/stat: no line was understood")
        readings: list[Reading] = [(self._singles[name], value) for name, value in singles]
        before, self._before = self._before, {}
        for cpu, now in cpus:
            seconds = never_back(before[cpu], now) if cpu in before else now
            self._before[cpu] = seconds
            # Older kernels have fewer columns.
            readings.extend(zip(self._series[cpu], seconds, strict=False))
        self._series.trim(len(cpus))
        return readings


def _series_of_cpu(cpu: str) -> tuple[Series, ...]:
    return (
        *(catalogue.CPU_SECONDS.series(cpu, mode) for mode in _MODES),
        *(catalogue.CPU_GUEST.series(cpu, mode) for mode in _GUEST_MODES),
    )


COLLECTOR: Final = HostCollector(name="cpu", make=Cpu, options=Options)

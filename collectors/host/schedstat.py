"""The time that processes ran and waited on each CPU, from /proc/schedstat.

See Documentation/scheduler/sched-stats.rst.
"""

from __future__ import annotations

from typing import ClassVar, Final

from collectors.base import BadReply, Reading
from collectors.catalogue.host import processor as catalogue
from collectors.host.declare import HostCollector, Options, Setup
from collectors.host.kernel import Dropped, SeriesByKey, numbers

_NANOSECONDS: Final = 1e9
_COLUMNS: Final = 10


def parse_schedstat(data: bytes) -> list[tuple[bytes, tuple[float, float, float]]]:
    """Parse /proc/schedstat and return (CPU, (seconds run, seconds waited, time slices)).

    Raises BadReply.
    """
    rows = []
    for line in data.split(b"\n"):
        if not line.startswith(b"cpu"):
            continue
        words = line.split()
        if len(words) < _COLUMNS:
            raise BadReply(f"/proc/schedstat: too few columns in {line[:80]!r}")
        run, waited, slices = numbers(words[7:10], "/proc/schedstat")
        rows.append((words[0][3:], (run / _NANOSECONDS, waited / _NANOSECONDS, slices)))
    return rows


class Schedstat:
    """Reads /proc/schedstat."""

    name: ClassVar[str] = "schedstat"
    immediate: ClassVar[bool] = True
    device: Final = ""

    def __init__(self, setup: Setup[Options]) -> None:
        self.schedule: Final = setup.schedule
        self.dropped: Final = Dropped()
        self._files, self._path = setup.files, setup.proc("schedstat")
        self._series = SeriesByKey(
            lambda cpu: tuple(metric.series(cpu) for metric in catalogue.SCHEDSTAT)
        )

    async def collect(self) -> list[Reading]:
        """Read it once."""
        readings: list[Reading] = []
        rows = self.dropped.parse(parse_schedstat, self._files.need(self._path))
        for cpu, figures in rows:
            readings += zip(self._series[cpu], figures, strict=True)
        self._series.trim(len(rows))
        return readings


COLLECTOR: Final = HostCollector(name="schedstat", make=Schedstat, options=Options)

"""Operations of XFS file systems, from /sys/fs/xfs.

See https://xfs.org/index.php/Runtime_Stats.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Final

from collectors.base import BadReply, Metric, NoData, Reading
from collectors.catalogue.host import filesystems as catalogue
from collectors.host.declare import HostCollector, Options, Setup
from collectors.host.kernel import MALFORMED, Dropped, entries, numbers


def parse_stats(data: bytes, dropped: Dropped | None = None) -> Iterator[tuple[Metric, float]]:
    """Yield the known columns of a file `stats`; a line that is none is left out and counted."""
    for line in data.split(b"\n"):
        word, _, rest = line.partition(b" ")
        wanted = catalogue.XFS.get(word, ())
        words = rest.split()[: len(wanted)]
        try:
            values = numbers(words, "xfs stats")
        except BadReply:
            values = []
        if len(values) < len(wanted):
            if dropped is not None:
                dropped[MALFORMED] += 1
            continue
        yield from zip(wanted, values, strict=True)


class Xfs:
    """Reads the statistics of every mounted XFS file system."""

    name: ClassVar[str] = "xfs"
    device: Final = ""

    def __init__(self, setup: Setup[Options]) -> None:
        self.schedule: Final = setup.schedule
        self.dropped: Final = Dropped()
        self._files, self._base = setup.files, setup.sys("fs/xfs")

    def collect(self) -> list[Reading]:
        """Read them once; raises NoData where there is none."""
        readings: list[Reading] = []
        for device in entries(self._base):
            try:
                data = self._files.read(f"{self._base}/{device}/stats/stats")
            except OSError:  # the folder of all file systems together, or one that is unmounted
                continue
            readings += (
                (metric.series(device), value) for metric, value in parse_stats(data, self.dropped)
            )
        if not readings:
            raise NoData(f"no file system in {self._base}")
        return readings


COLLECTOR: Final = HostCollector(name="xfs", make=Xfs, options=Options)

"""Packets handled by each CPU, from /proc/net/softnet_stat."""

from __future__ import annotations

from typing import ClassVar, Final

from collectors.base import BadReply, Reading
from collectors.catalogue.host import network as catalogue
from collectors.host.declare import HostCollector, Options, Setup
from collectors.host.kernel import Dropped, SeriesByKey

_MIN_COLUMNS: Final = 9
_CPU_COLUMN: Final = 12


def parse_softnet(data: bytes) -> list[tuple[bytes, tuple[float, float, float]]]:
    """Parse softnet_stat and return (CPU, (processed, dropped, squeezed)); raises BadReply.

    Newer kernels have a column with the CPU. On older kernels the line's number is the CPU.
    """
    rows = []
    for line_number, line in enumerate(data.splitlines()):
        words = line.split()
        if len(words) < _MIN_COLUMNS:
            raise BadReply(f"/proc/net/softnet_stat: too few columns in {line[:80]!r}")
        try:
            cpu = int(words[_CPU_COLUMN], 16) if len(words) > _CPU_COLUMN else line_number
            figures = (float(int(words[0], 16)), float(int(words[1], 16)), float(int(words[2], 16)))
        except (ValueError, OverflowError):
            raise BadReply(
                f"/proc/net/softnet_stat: expected hexadecimal numbers, got {line[:80]!r}"
            ) from None
        rows.append((b"%d" % cpu, figures))
    return rows


class Softnet:
    """Reads /proc/net/softnet_stat."""

    name: ClassVar[str] = "softnet"
    immediate: ClassVar[bool] = True
    device: Final = ""

    def __init__(self, setup: Setup[Options]) -> None:
        self.schedule: Final = setup.schedule
        self.dropped: Final = Dropped()
        self._files, self._path = setup.files, setup.proc("net/softnet_stat")
        self._series = SeriesByKey(
            lambda cpu: tuple(metric.series(cpu) for metric in catalogue.SOFTNET)
        )

    async def collect(self) -> list[Reading]:
        """Read it once."""
        readings: list[Reading] = []
        rows = self.dropped.parse(parse_softnet, self._files.need(self._path))
        for cpu, figures in rows:
            readings += zip(self._series[cpu], figures, strict=True)
        self._series.trim(len(rows))
        return readings


COLLECTOR: Final = HostCollector(name="softnet", make=Softnet, options=Options)

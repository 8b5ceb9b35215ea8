"""Pressure stall information, from /proc/pressure. See Documentation/accounting/psi.rst."""

from __future__ import annotations

from typing import ClassVar, Final

from collectors.base import NoData, Reading, Series
from collectors.catalogue.host import memory as catalogue
from collectors.host.declare import HostCollector, Options, Setup
from collectors.host.kernel import number

_MICROSECONDS: Final = 1e6


def parse_pressure(data: bytes) -> dict[bytes, float]:
    """Parse a file of /proc/pressure and return the total stalled seconds of `some` and `full`.

    Raises BadReply.
    """
    found = {}
    for line in data.split(b"\n"):
        kind, _, rest = line.partition(b" ")
        _, there, total = rest.partition(b" total=")
        if there:
            found[kind] = number(total, "/proc/pressure") / _MICROSECONDS
    return found


class Pressure:
    """Reads /proc/pressure."""

    name: ClassVar[str] = "pressure"
    immediate: ClassVar[bool] = True
    device: Final = ""

    def __init__(self, setup: Setup[Options]) -> None:
        self.schedule: Final = setup.schedule
        self._files = setup.files
        self._series: dict[str, dict[bytes, Series]] = {}
        for (resource, kind), metric in catalogue.PRESSURE.items():
            self._series.setdefault(setup.proc(f"pressure/{resource}"), {})[kind.encode()] = (
                metric.series()
            )

    async def collect(self) -> list[Reading]:
        """Read every resource once."""
        readings: list[Reading] = []
        for path, series in self._series.items():
            try:
                found = parse_pressure(self._files.read(path))
            except OSError:  # EOPNOTSUPP if the kernel was started with psi=0
                continue
            readings += ((series[kind], total) for kind, total in found.items() if kind in series)
        if not readings:
            raise NoData("the kernel keeps no pressure stall information")
        return readings


COLLECTOR: Final = HostCollector(name="pressure", make=Pressure, options=Options)

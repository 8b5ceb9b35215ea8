"""The load averages of /proc/loadavg. See proc_loadavg(5)."""

from __future__ import annotations

from typing import ClassVar, Final

from collectors.base import BadReply, Reading
from collectors.catalogue.host import processor as catalogue
from collectors.host.declare import HostCollector, Options, Setup
from collectors.host.kernel import numbers


def parse_loadavg(data: bytes) -> list[float]:
    """Parse /proc/loadavg and return the averages over 1, 5 and 15 minutes; raises BadReply."""
    words = data.split(None, 3)[:3]
    if len(words) < 3:
        raise BadReply(f"/proc/loadavg: expected three numbers, got {data[:80]!r}")
    return numbers(words, "/proc/loadavg")


class Load:
    """Reads /proc/loadavg."""

    name: ClassVar[str] = "load"
    immediate: ClassVar[bool] = True
    device: Final = ""

    def __init__(self, setup: Setup[Options]) -> None:
        self.schedule: Final = setup.schedule
        self._files, self._path = setup.files, setup.proc("loadavg")
        self._series = (
            catalogue.LOAD1.series(),
            catalogue.LOAD5.series(),
            catalogue.LOAD15.series(),
        )

    async def collect(self) -> list[Reading]:
        """Read it once."""
        return list(zip(self._series, parse_loadavg(self._files.need(self._path)), strict=True))


COLLECTOR: Final = HostCollector(name="load", make=Load, options=Options)

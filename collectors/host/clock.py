"""The time, the time zone, and the clock source that the kernel reads the time from."""

from __future__ import annotations

import time
from typing import ClassVar, Final

from collectors.base import Reading, Series
from collectors.catalogue.host import system as catalogue
from collectors.host.declare import HostCollector, Options, Setup
from collectors.host.kernel import decode


class Time:
    """Reads the wall clock and /sys/devices/system/clocksource."""

    name: ClassVar[str] = "time"
    immediate: ClassVar[bool] = True
    device: Final = ""

    def __init__(self, setup: Setup[Options]) -> None:
        self.schedule: Final = setup.schedule
        self._files, self._now = setup.files, setup.context.wall_clock
        base = setup.sys("devices/system/clocksource/clocksource0")
        self._paths = (f"{base}/available_clocksource", f"{base}/current_clocksource")
        self._seconds = catalogue.TIME_SECONDS.series()
        self._zone: Series | None = None
        self._known: tuple[bytes, ...] = ()
        self._sources: list[Reading] = []

    async def collect(self) -> list[Reading]:
        """Read it once."""
        now = self._now()
        local = time.localtime(now)
        sources = tuple(map(self._read, self._paths))
        if sources != self._known:
            self._known = sources
            self._sources = [
                (metric.series("0", decode(word)), 1.0)
                for metric, words in zip(
                    (catalogue.CLOCKSOURCE_AVAILABLE, catalogue.CLOCKSOURCE_CURRENT),
                    sources,
                    strict=True,
                )
                for word in words.split()
            ]
        self._zone = catalogue.TIME_ZONE_OFFSET.series(local.tm_zone)
        return [(self._seconds, now), (self._zone, float(local.tm_gmtoff)), *self._sources]

    def _read(self, path: str) -> bytes:
        try:
            return self._files.read(path)
        except OSError:
            return b""


COLLECTOR: Final = HostCollector(name="time", make=Time, options=Options)

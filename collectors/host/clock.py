"""The time, the time zone, and the clock it is read from."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, ClassVar, Final

from collectors.catalogue import host as catalogue

if TYPE_CHECKING:
    from collectors.base import Reading
    from collectors.host.kernel import Setup


class Time:
    """Reads the wall clock and /sys/devices/system/clocksource."""

    name: ClassVar[str] = "time"
    device: Final = ""

    def __init__(self, setup: Setup) -> None:
        self.schedule: Final = setup.schedule
        self._files, self._now = setup.files, setup.context.wall_clock
        self._base = setup.sys("devices/system/clocksource/clocksource0")

    async def collect(self) -> list[Reading]:
        """Read it once."""
        now = self._now()
        local = time.localtime(now)
        readings: list[Reading] = [
            (catalogue.TIME_SECONDS.series(), now),
            (catalogue.TIME_ZONE_OFFSET.series(local.tm_zone), float(local.tm_gmtoff)),
        ]
        for file, metric in (
            ("available_clocksource", catalogue.CLOCKSOURCE_AVAILABLE),
            ("current_clocksource", catalogue.CLOCKSOURCE_CURRENT),
        ):
            try:
                words = self._files.text(f"{self._base}/{file}").split()
            except OSError:
                continue
            readings += ((metric.series("0", word), 1.0) for word in words)
        return readings

"""Watchdog timers, from /sys/class/watchdog.

See Documentation/ABI/testing/sysfs-class-watchdog.
"""

from __future__ import annotations

from typing import ClassVar, Final

from collectors.base import Reading
from collectors.catalogue.host import fabric as catalogue
from collectors.host.declare import SLOW, HostCollector, Options, Setup
from collectors.host.kernel import entries


class Watchdog:
    """Reads every watchdog."""

    name: ClassVar[str] = "watchdog"
    device: Final = ""

    def __init__(self, setup: Setup[Options]) -> None:
        self.schedule: Final = setup.schedule
        self._files, self._base = setup.files, setup.sys("class/watchdog")

    def collect(self) -> list[Reading]:
        """Read them once. A figure that a driver does not have is left out."""
        readings: list[Reading] = []
        for device in entries(self._base):
            base = f"{self._base}/{device}"
            words = [
                self._files.word(f"{base}/{name}") for name in catalogue.WATCHDOG_INFO.labels[1:]
            ]
            readings.append((catalogue.WATCHDOG_INFO.series(device, *words), 1.0))
            for file, metric in catalogue.WATCHDOG.items():
                value = self._files.number(f"{base}/{file}")
                if value is not None:
                    readings.append((metric.series(device), value))
        return readings


COLLECTOR: Final = HostCollector(name="watchdog", make=Watchdog, options=Options, at_least=SLOW)

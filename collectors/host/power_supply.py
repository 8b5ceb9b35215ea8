"""Power supplies and batteries that the kernel knows, from /sys/class/power_supply.

See Documentation/ABI/testing/sysfs-class-power. The kernel gives millionths, and tenths of degrees.
"""

from __future__ import annotations

from typing import ClassVar, Final

from collectors.base import Reading
from collectors.catalogue.host import fabric as catalogue
from collectors.host.declare import SLOW, HostCollector, Options, Setup
from collectors.host.kernel import entries


class PowerSupply:
    """Reads every supply. It blocks, since some are behind a slow controller."""

    name: ClassVar[str] = "power_supply"
    device: Final = ""

    def __init__(self, setup: Setup[Options]) -> None:
        self.schedule: Final = setup.schedule
        self._files, self._base = setup.files, setup.sys("class/power_supply")

    def collect(self) -> list[Reading]:
        """Read them once. A figure that a supply does not have is left out."""
        readings: list[Reading] = []
        for supply in entries(self._base):
            base = f"{self._base}/{supply}"
            words = [
                self._files.word(f"{base}/{name}")
                for name in catalogue.POWER_SUPPLY_INFO.labels[1:]
            ]
            readings.append((catalogue.POWER_SUPPLY_INFO.series(supply, *words), 1.0))
            for file, (metric, factor) in catalogue.POWER_SUPPLY.items():
                value = self._files.number(f"{base}/{file}")
                if value is not None:
                    readings.append((metric.series(supply), value * factor))
        return readings


COLLECTOR: Final = HostCollector(
    name="power_supply", make=PowerSupply, options=Options, at_least=SLOW
)

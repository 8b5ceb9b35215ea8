"""NVMe controllers, from /sys/class/nvme."""

from __future__ import annotations

from typing import ClassVar, Final

from collectors.base import Reading
from collectors.catalogue.host import storage as catalogue
from collectors.host.declare import SLOW, HostCollector, Options, Setup
from collectors.host.kernel import entries

_FILES: Final = ("firmware_rev", "model", "serial", "state")


class Nvme:
    """Reads /sys/class/nvme."""

    name: ClassVar[str] = "nvme"
    device: Final = ""

    def __init__(self, setup: Setup[Options]) -> None:
        self.schedule: Final = setup.schedule
        self._files, self._base = setup.files, setup.sys("class/nvme")

    def collect(self) -> list[Reading]:
        """Read every controller once."""
        devices = entries(self._base)
        readings: list[Reading] = []
        for device in devices:
            try:
                words = [self._files.text(f"{self._base}/{device}/{file}") for file in _FILES]
            except OSError:  # the controller is being removed
                continue
            readings.append((catalogue.NVME_INFO.series(device, *words), 1.0))
        return readings


COLLECTOR: Final = HostCollector(name="nvme", make=Nvme, options=Options, at_least=SLOW)

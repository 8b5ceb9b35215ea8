"""Ports of Fibre Channel adapters, from /sys/class/fc_host.

See Documentation/ABI/stable/sysfs-transport-fc_host.
"""

from __future__ import annotations

from typing import ClassVar, Final

from collectors.base import Reading
from collectors.catalogue.host import fabric as catalogue
from collectors.host.declare import SLOW, HostCollector, Options, Setup
from collectors.host.kernel import entries

_HEXADECIMAL: Final = ("port_name", "port_id", "fabric_name")
_UNKNOWN: Final = 2**64 - 1
"""What an adapter that does not count says."""


class Fibrechannel:
    """Reads every port. It blocks, since the driver asks the hardware."""

    name: ClassVar[str] = "fibrechannel"
    device: Final = ""

    def __init__(self, setup: Setup[Options]) -> None:
        self.schedule: Final = setup.schedule
        self._files, self._base = setup.files, setup.sys("class/fc_host")

    def collect(self) -> list[Reading]:
        """Read all ports once. A counter that an adapter does not have is left out."""
        readings: list[Reading] = []
        for host in entries(self._base):
            base = f"{self._base}/{host}"
            words = [self._word(base, name) for name in catalogue.FC_INFO.labels[1:]]
            readings.append((catalogue.FC_INFO.series(host, *words), 1.0))
            for file, metric in catalogue.FC.items():
                try:
                    value = int(self._files.text(f"{base}/statistics/{file}"), 16)
                except (OSError, ValueError):
                    continue
                if value != _UNKNOWN:
                    readings.append((metric.series(host), float(value)))
        return readings

    def _word(self, base: str, name: str) -> str:
        text = self._files.word(f"{base}/{name}")
        return text.removeprefix("0x") if name in _HEXADECIMAL else text


COLLECTOR: Final = HostCollector(
    name="fibrechannel", make=Fibrechannel, options=Options, at_least=SLOW
)

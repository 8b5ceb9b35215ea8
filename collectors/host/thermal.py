"""Thermal zones and cooling devices, from /sys/class/thermal.

See Documentation/driver-api/thermal/sysfs-api.rst.
"""

from __future__ import annotations

from typing import ClassVar, Final

from collectors.base import BadReply, Reading
from collectors.catalogue.host import sensors as catalogue
from collectors.host.declare import HostCollector, Options, Setup
from collectors.host.kernel import entries, number

_MILLI: Final = 1000.0
_ZONE, _COOLING = "thermal_zone", "cooling_device"


class Thermal:
    """Reads /sys/class/thermal. It blocks, since firmware may answer slowly."""

    name: ClassVar[str] = "thermal"
    device: Final = ""

    def __init__(self, setup: Setup[Options]) -> None:
        self.schedule: Final = setup.schedule
        self._files, self._base = setup.files, setup.sys("class/thermal")

    def collect(self) -> list[Reading]:
        """Read every zone and cooling device once. One that fails loses only its own reading."""
        readings: list[Reading] = []
        for entry in entries(self._base):
            try:
                if entry.startswith(_ZONE):
                    readings += self._zone(entry)
                elif entry.startswith(_COOLING):
                    readings += self._cooling(entry)
            except (OSError, BadReply):  # EAGAIN or ENODATA while a sensor sleeps
                continue
        return readings

    def _zone(self, entry: str) -> list[Reading]:
        kind = self._files.text(f"{self._base}/{entry}/type")
        value = number(self._files.read(f"{self._base}/{entry}/temp"), entry)
        return [(catalogue.THERMAL_ZONE.series(entry.removeprefix(_ZONE), kind), value / _MILLI)]

    def _cooling(self, entry: str) -> list[Reading]:
        kind = self._files.text(f"{self._base}/{entry}/type")
        labels = (entry.removeprefix(_COOLING), kind)
        return [
            (
                catalogue.COOLING_CURRENT.series(*labels),
                number(self._files.read(f"{self._base}/{entry}/cur_state"), entry),
            ),
            (
                catalogue.COOLING_MAX.series(*labels),
                number(self._files.read(f"{self._base}/{entry}/max_state"), entry),
            ),
        ]


COLLECTOR: Final = HostCollector(name="thermal", make=Thermal, options=Options)

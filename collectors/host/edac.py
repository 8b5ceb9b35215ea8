"""Memory errors, from /sys/devices/system/edac. See Documentation/driver-api/edac.rst."""

from __future__ import annotations

from typing import ClassVar, Final

from collectors.base import NoData, Reading, Series
from collectors.catalogue import hardware as catalogue
from collectors.host.declare import HostCollector, Options, Setup
from collectors.host.kernel import entries


class Edac:
    """Reads the memory controllers. Their folders stay while their driver is loaded."""

    name: ClassVar[str] = "edac"
    device: Final = ""

    def __init__(self, setup: Setup[Options]) -> None:
        self.schedule: Final = setup.schedule
        self._files, self._base = setup.files, setup.sys("devices/system/edac/mc")

    def collect(self) -> list[Reading]:
        """Read every controller and row once. A file that fails loses only its own reading."""
        readings: list[Reading] = []
        for controller in entries(self._base):
            if controller.startswith("mc") and controller[2:].isdecimal():
                for path, series in self._plan(controller):
                    value = self._files.number(path)
                    if value is not None:
                        readings.append((series, value))
        if not readings:
            raise NoData("no memory controller")
        return readings

    def _plan(self, controller: str) -> list[tuple[str, Series]]:
        base, label = f"{self._base}/{controller}", controller[2:]
        plan = [
            (f"{base}/ce_count", catalogue.EDAC_CORRECTABLE.series(label)),
            (f"{base}/ue_count", catalogue.EDAC_UNCORRECTABLE.series(label)),
            # Errors that the hardware could not assign to a row.
            (f"{base}/ce_noinfo_count", catalogue.EDAC_ROW_CORRECTABLE.series(label, "unknown")),
            (f"{base}/ue_noinfo_count", catalogue.EDAC_ROW_UNCORRECTABLE.series(label, "unknown")),
        ]
        for row in entries(base):
            if row.startswith("csrow") and row[5:].isdecimal():
                plan.append(
                    (
                        f"{base}/{row}/ce_count",
                        catalogue.EDAC_ROW_CORRECTABLE.series(label, row[5:]),
                    )
                )
                plan.append(
                    (
                        f"{base}/{row}/ue_count",
                        catalogue.EDAC_ROW_UNCORRECTABLE.series(label, row[5:]),
                    )
                )
        return plan


COLLECTOR: Final = HostCollector(name="edac", make=Edac, options=Options)

"""Tape drives, from /sys/class/scsi_tape. See Documentation/scsi/st.rst."""

from __future__ import annotations

import re
from typing import ClassVar, Final

from collectors.base import Reading
from collectors.catalogue.host import fabric as catalogue
from collectors.host.declare import HostCollector, Options, Setup
from collectors.host.kernel import entries

_DRIVE: Final = re.compile(r"st\d+", re.ASCII)
"""The other names (`nst0`, `st0a`) are the same drive in another mode."""


class Tape:
    """Reads the statistics of every drive."""

    name: ClassVar[str] = "tape"
    device: Final = ""

    def __init__(self, setup: Setup[Options]) -> None:
        self.schedule: Final = setup.schedule
        self._files, self._base = setup.files, setup.sys("class/scsi_tape")

    def collect(self) -> list[Reading]:
        """Read them once. A figure that a drive does not have is left out."""
        readings: list[Reading] = []
        for drive in entries(self._base):
            if not _DRIVE.fullmatch(drive):
                continue
            for file, (metric, factor) in catalogue.TAPE.items():
                value = self._files.number(f"{self._base}/{drive}/stats/{file}")
                if value is not None:
                    readings.append((metric.series(drive), value * factor))
        return readings


COLLECTOR: Final = HostCollector(name="tape", make=Tape, options=Options)

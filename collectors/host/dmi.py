"""The firmware's description of the machine, from /sys/class/dmi/id.

See Documentation/ABI/testing/sysfs-class-dmi.
"""

from __future__ import annotations

import os
from typing import ClassVar, Final

from collectors.base import NoData, Reading
from collectors.catalogue.host import system as catalogue
from collectors.host.declare import SLOW, HostCollector, Options, Setup

_LABEL_OF: Final = {"sys_vendor": "system_vendor"}


class Dmi:
    """Reads /sys/class/dmi/id.

    A field that is missing, or that only root may read, gives no label.
    """

    name: ClassVar[str] = "dmi"
    device: Final = ""

    def __init__(self, setup: Setup[Options]) -> None:
        self.schedule: Final = setup.schedule
        self._files, self._base = setup.files, setup.sys("class/dmi/id")

    def collect(self) -> list[Reading]:
        """Read it once."""
        if not os.path.isdir(self._base):
            raise NoData(f"no {self._base}")
        labels, values = [], []
        for file in (*catalogue.DMI_FIELDS, *_LABEL_OF):
            try:
                value = self._files.text(f"{self._base}/{file}")
            except OSError:
                continue
            labels.append(_LABEL_OF.get(file, file))
            values.append(value)
        if not labels:
            raise NoData(f"no {self._base}")
        metric = catalogue.DMI_INFO
        return [(metric.sample_series(metric.full_name, tuple(labels), tuple(values)), 1.0)]


COLLECTOR: Final = HostCollector(name="dmi", make=Dmi, options=Options, at_least=SLOW)

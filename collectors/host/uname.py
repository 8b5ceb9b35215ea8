"""The names and the version that uname(2) returns, from /proc/sys/kernel."""

from __future__ import annotations

import os
from typing import ClassVar, Final

from collectors.base import NoData, Reading
from collectors.catalogue.host import system as catalogue
from collectors.host.declare import SLOW, HostCollector, Options, Setup


class Uname:
    """Reads /proc/sys/kernel."""

    name: ClassVar[str] = "uname"
    immediate: ClassVar[bool] = True
    device: Final = ""

    def __init__(self, setup: Setup[Options]) -> None:
        self.schedule: Final = setup.schedule
        self._files, self._base = setup.files, setup.proc("sys/kernel")

    async def collect(self) -> list[Reading]:
        """Read it once."""
        ostype, release, version = (self._word(file) for file in ("ostype", "osrelease", "version"))
        if not release:
            raise NoData(f"no {self._base}/osrelease")
        machine = self._word("arch") or os.uname().machine  # Linux has this file since 6.1
        series = catalogue.UNAME_INFO.series(
            ostype, release, version, machine, self._word("hostname"), self._word("domainname")
        )
        return [(series, 1.0)]

    def _word(self, file: str) -> str:
        return self._files.word(f"{self._base}/{file}")


COLLECTOR: Final = HostCollector(name="uname", make=Uname, options=Options, at_least=SLOW)

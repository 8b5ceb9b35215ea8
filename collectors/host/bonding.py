"""Bonded interfaces and the number of their links that are up, from /sys/class/net.

See Documentation/networking/bonding.rst.
"""

from __future__ import annotations

from typing import ClassVar, Final

from collectors.base import NoData, Reading
from collectors.catalogue import hardware as catalogue
from collectors.host.declare import HostCollector, Options, Setup


class Bonding:
    """Reads the bonds that bonding_masters names."""

    name: ClassVar[str] = "bonding"
    device: Final = ""

    def __init__(self, setup: Setup[Options]) -> None:
        self.schedule: Final = setup.schedule
        self._files, self._base = setup.files, setup.sys("class/net")

    def collect(self) -> list[Reading]:
        """Read every bond once."""
        masters = self._words("bonding_masters")
        if not masters:
            raise NoData("no bonds")
        readings: list[Reading] = []
        for master in masters:
            try:
                slaves = self._files.text(f"{self._base}/{master}/bonding/slaves").split()
            except OSError:  # the bond is being removed
                continue
            # On older kernels the name of the link to a slave begins with `slave_`.
            up = sum(
                "up"
                in (self._words(f"{master}/{link}{slave}/bonding_slave/mii_status")[:1] or [""])
                for slave in slaves
                for link in ("lower_", "slave_")
            )
            readings.append((catalogue.BONDING_SLAVES.series(master), float(len(slaves))))
            readings.append((catalogue.BONDING_ACTIVE.series(master), float(min(up, len(slaves)))))
        return readings

    def _words(self, path: str) -> list[str]:
        return self._files.word(f"{self._base}/{path}").split()


COLLECTOR: Final = HostCollector(name="bonding", make=Bonding, options=Options)

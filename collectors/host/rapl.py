"""Energy registers of processors, from /sys/class/powercap.

See Documentation/power/powercap/powercap.rst.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import ClassVar, Final, NamedTuple

from collectors.base import NoData, Reading, Series
from collectors.catalogue.host import sensors as catalogue
from collectors.host.declare import HostCollector, Options, Setup
from collectors.host.kernel import KernelFiles, entries, number

_MICRO: Final = 1e6
_UNNAMEABLE: Final = re.compile(r"[^a-zA-Z0-9:_]")
_NUMBERED: Final = re.compile(r"([^-]*)-(\d+)")


class Zone(NamedTuple):
    """One RAPL zone: its folder, such as `intel-rapl:0:1`, and its name, such as `package-0`."""

    folder: str
    name: str


def zones_of(files: KernelFiles, base: str) -> Iterator[Zone]:
    """Yield the zones below a folder, sorted by their folders.

    Raises NoData if the kernel has no powercap.
    """
    for folder in entries(base):
        try:
            name = files.text(f"{base}/{folder}/name")
        except OSError:  # the folder of a control type, which has no register
            continue
        yield Zone(folder, name)


class Rapl:
    """Reads the register of every zone, nested zones included.

    `collectors.power` derives a node's power from them. Only root may read them (CVE-2020-8694).
    Without the permission, this collector reports no error, as node_exporter does.
    """

    name: ClassVar[str] = "rapl"
    device: Final = ""

    def __init__(self, setup: Setup[Options]) -> None:
        self.schedule: Final = setup.schedule
        self._files, self._base = setup.files, setup.sys("class/powercap")
        self._folders: list[str] = []
        self._plan: list[tuple[str, Series]] = []

    def collect(self) -> list[Reading]:
        """Read every register once.

        Raises NoData if there is none or only root may read them.
        """
        folders = entries(self._base)
        if folders != self._folders:
            self._plan, self._folders = self._find(), folders
        readings: list[Reading] = []
        for path, series in self._plan:
            try:
                readings.append((series, number(self._files.read(path), path) / _MICRO))
            except PermissionError:
                raise NoData(f"{path}: permission denied") from None
            except OSError:
                continue
        if not readings:
            raise NoData("no RAPL zone")
        return readings

    def _find(self) -> list[tuple[str, Series]]:
        plan = []
        unnumbered: Counter[str] = Counter()
        for folder, name in zones_of(self._files, self._base):
            numbered = _NUMBERED.fullmatch(name)
            if numbered:
                kind, index = numbered[1], str(int(numbered[2]))
            else:
                kind, index = name, str(unnumbered[name])
                unnumbered[name] += 1
            path = f"{self._base}/{folder}"
            try:
                metric = catalogue.RAPL[f"{_UNNAMEABLE.sub('_', kind)}_joules_total"]
            except KeyError:
                continue
            plan.append((f"{path}/energy_uj", metric.series(index, path)))
        return plan


COLLECTOR: Final = HostCollector(name="rapl", make=Rapl, options=Options)

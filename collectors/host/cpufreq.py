"""Frequency and thermal throttling of each CPU, from /sys/devices/system/cpu.

See Documentation/admin-guide/pm/cpufreq.rst.
"""

from __future__ import annotations

import os
from typing import ClassVar, Final

from collectors.base import Reading, Series
from collectors.catalogue.host import processor as catalogue
from collectors.host.declare import HostCollector, Options, Setup
from collectors.host.kernel import entries

_KILOHERTZ: Final = 1000.0
_FREQUENCIES: Final = {
    "cpuinfo_cur_freq": catalogue.CPU_FREQUENCY,
    "cpuinfo_min_freq": catalogue.CPU_FREQUENCY_MIN,
    "cpuinfo_max_freq": catalogue.CPU_FREQUENCY_MAX,
    "scaling_cur_freq": catalogue.CPU_SCALING,
    "scaling_min_freq": catalogue.CPU_SCALING_MIN,
    "scaling_max_freq": catalogue.CPU_SCALING_MAX,
}


class CpuFrequency:
    """Reads cpufreq and thermal_throttle of every CPU.

    It blocks, since some drivers wait while they measure the frequency.
    """

    name: ClassVar[str] = "cpufreq"
    device: Final = ""

    def __init__(self, setup: Setup[Options]) -> None:
        self.schedule: Final = setup.schedule
        self._files, self._base = setup.files, setup.sys("devices/system/cpu")
        self._cpus: list[str] = []
        self._plan: list[tuple[str, Series, float]] = []

    def collect(self) -> list[Reading]:
        """Read every CPU once."""
        cpus = [
            entry
            for entry in entries(self._base)
            if entry.startswith("cpu") and entry[3:].isdecimal()
        ]
        if cpus != self._cpus:
            self._plan = self._make_plan(cpus)
            self._cpus = cpus
        readings: list[Reading] = []
        for path, series, factor in self._plan:
            value = self._files.number(path)
            if value is not None:  # the text `<unknown>`, EBUSY, or a CPU that went offline
                readings.append((series, value * factor))
        return readings

    def _make_plan(self, cpus: list[str]) -> list[tuple[str, Series, float]]:
        """List the existing files. The topology of a CPU does not change while it is online."""
        plan: list[tuple[str, Series, float]] = []
        throttles: dict[Series, str] = {}
        for cpu in sorted(cpus, key=lambda entry: int(entry[3:])):
            base = f"{self._base}/{cpu}"
            plan += (
                (f"{base}/cpufreq/{file}", metric.series(cpu[3:]), _KILOHERTZ)
                for file, metric in _FREQUENCIES.items()
                if os.path.exists(f"{base}/cpufreq/{file}")
            )
            try:
                package = self._files.text(f"{base}/topology/physical_package_id")
                core = self._files.text(f"{base}/topology/core_id")
            except OSError:
                continue
            # All threads of a core share one counter, and so do all cores of a package. The file of
            # the first CPU is read for all of them.
            for file, series in (
                ("core_throttle_count", catalogue.CPU_CORE_THROTTLES.series(package, core)),
                ("package_throttle_count", catalogue.CPU_PACKAGE_THROTTLES.series(package)),
            ):
                path = f"{base}/thermal_throttle/{file}"
                if os.path.exists(path):
                    throttles.setdefault(series, path)
        plan += ((path, series, 1.0) for series, path in throttles.items())
        return plan


COLLECTOR: Final = HostCollector(name="cpufreq", make=CpuFrequency, options=Options)

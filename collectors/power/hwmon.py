"""A node's power from sensors of /sys/class/hwmon that measure the whole node.

See Documentation/hwmon/sysfs-interface.rst.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import ClassVar, Final

from collectors.base import BadReply, Context, NoData, Reading, Refused, Schedule
from collectors.catalogue import node as catalogue
from collectors.host.hwmon import sensors_of
from collectors.host.kernel import KernelFiles, entries, number

_MICRO: Final = 1e6
_MOST_WATTS: Final = 200_000.0
"""More than any node draws. Older kernels show ACPI's "unknown" (0xFFFFFFFF mW) as a number.
"""


class NodeSensors:
    """Adds up the sensors chosen, all of them or none.

    It blocks, because firmware reads some sensors.

    `dropped` counts rounds without a value: `no_data` (the sensor has none at present) and
    `sentinel` (0, or more than a node can draw).
    """

    name: ClassVar[str] = "power"
    device: Final = "hwmon"

    def __init__(
        self,
        labels: Sequence[str],
        context: Context,
        schedule: Schedule,
        files: KernelFiles,
        chosen: Sequence[str],
    ) -> None:
        self.schedule: Final = schedule
        self.dropped: Counter[str] = Counter()
        self._files, self._base, self._chosen = (
            files,
            f"{context.sys}/class/hwmon",
            frozenset(chosen),
        )
        self._power = catalogue.NODE_POWER.series(*labels, self.device)
        self._energy = catalogue.NODE_ENERGY.series(*labels, self.device)
        self._chips: list[str] = []
        self._power_files: list[str] = []
        self._energy_files: list[str] = []

    def collect(self) -> list[Reading]:
        """Read once; raises NoData where there is no such sensor."""
        chips = entries(self._base)
        if chips != self._chips:
            self._power_files, self._energy_files = self._find(chips)
            self._chips = chips
        if not self._power_files and not self._energy_files:
            raise NoData("no sensor of the whole node")
        readings: list[Reading] = []
        watts = self._sum(self._power_files)
        if watts is not None and not 0 < watts < _MOST_WATTS:  # a running node draws some power
            self.dropped["sentinel"] += 1
        elif watts is not None:
            readings.append((self._power, watts))
        joules = self._sum(self._energy_files)
        if joules is not None:
            readings.append((self._energy, joules))
        return readings

    def _sum(self, paths: Sequence[str]) -> float | None:
        """Add up sensors in their base unit; None where there is none, or one has no value."""
        try:
            return (
                sum(number(self._files.read(path), path) for path in paths) / _MICRO
                if paths
                else None
            )
        except PermissionError as error:
            raise Refused(f"{error.filename}: permission denied") from None
        except (OSError, BadReply) as error:
            if isinstance(error, FileNotFoundError):  # the driver was reloaded: search next time
                self._chips = []
            self.dropped["no_data"] += 1
            return None

    def _find(self, chips: Sequence[str]) -> tuple[list[str], list[str]]:
        """Return the files of the chosen sensors: in microwatts, and in microjoules."""
        power: list[str] = []
        energy: list[str] = []
        for chip in chips:
            path = f"{self._base}/{chip}"
            name = self._files.word(f"{path}/name")
            for (kind, _), files in sensors_of(path).items():
                if kind not in ("power", "energy"):
                    continue
                label = self._files.word(files["label"]) if "label" in files else ""
                if name not in self._chosen and f"{name}:{label}" not in self._chosen:
                    continue
                file = files.get("average") or files.get("input")
                if file:
                    (power if kind == "power" else energy).append(file)
        return power, energy

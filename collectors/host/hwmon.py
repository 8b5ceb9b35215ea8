"""Sensors of boards and chips, from /sys/class/hwmon.

See Documentation/hwmon/sysfs-interface.rst.
"""

from __future__ import annotations

import math
import os
import re
from collections import Counter
from typing import ClassVar, Final

from collectors.base import Metric, MetricType, NoData, Reading, Series
from collectors.catalogue.host import sensors as catalogue
from collectors.host.declare import HostCollector, Options, Setup
from collectors.host.kernel import entries

_FILE: Final = re.compile(r"([^0-9]+)(\d*)(?:_(.+))?", re.ASCII)
_TYPES: Final = frozenset(
    (
        "vrm",
        "beep_enable",
        "update_interval",
        "in",
        "cpu",
        "fan",
        "pwm",
        "temp",
        "curr",
        "power",
        "energy",
        "humidity",
        "intrusion",
    )
)
_UNNAMEABLE: Final = re.compile(r"[^a-z0-9:_]")
_MILLI, _MICRO = 1e-3, 1e-6
_PER_CENT_MILLE: Final = 1e-5
_SPECIAL: Final = {
    ("beep_enable", ""): ("beep_enabled", 1.0),
    ("vrm", ""): ("voltage_regulator_version", 1.0),
    ("update_interval", ""): ("update_interval_seconds", _MILLI),
}


def clean_name(name: str) -> str:
    """Turn the name of a chip or sensor into one that a metric or label may have."""
    return _UNNAMEABLE.sub("_", name.lower()).strip("_")


def split_file(file: str) -> tuple[str, str, str] | None:
    """Split `temp1_crit_alarm` into (`temp`, `temp1`, `crit_alarm`).

    None for a file that does not belong to a sensor.
    """
    match = _FILE.fullmatch(file)
    if match is None or match[1] not in _TYPES:
        return None
    return match[1], f"{match[1]}{match[2].lstrip('0') or '0'}", match[3] or ""


_GAUGE: Final[tuple[str, float, MetricType]] = ("", 1.0, "gauge")
# The kernel gives millivolts, milliamperes, millidegrees, milliseconds, microwatts, microjoules,
# hertz, and thousandths of a per cent of humidity.
_UNIT_OF_KIND: Final[dict[str, tuple[str, float, MetricType]]] = {
    "in": ("_volts", _MILLI, "gauge"),
    "cpu": ("_volts", _MILLI, "gauge"),
    "temp": ("_celsius", _MILLI, "gauge"),
    "curr": ("_amps", _MILLI, "gauge"),
    "power": ("_watt", _MICRO, "gauge"),
    "energy": ("_joule_total", _MICRO, "counter"),
    "humidity": ("", _PER_CENT_MILLE, "gauge"),
}
_UNIT_OF_FILE: Final[dict[tuple[str, str], tuple[str, float, MetricType]]] = {
    ("temp", "type"): _GAUGE,
    ("power", "accuracy"): ("", _MICRO, "gauge"),
    ("power", "average_interval"): ("_seconds", _MILLI, "gauge"),
    ("power", "average_interval_min"): ("_seconds", _MILLI, "gauge"),
    ("power", "average_interval_max"): ("_seconds", _MILLI, "gauge"),
    **{("fan", element): ("_rpm", 1.0, "gauge") for element in ("input", "min", "max", "target")},
}


def unit_of(kind: str, element: str) -> tuple[str, float, MetricType]:
    """Return the suffix of the metric's name, the factor for the kernel's value, and its type."""
    if element in ("fault", "alarm"):
        return _GAUGE
    if element == "beep":
        return "_enabled", 1.0, "gauge"
    return _UNIT_OF_FILE.get((kind, element)) or _UNIT_OF_KIND.get(kind, _GAUGE)


def metric_of(kind: str, element: str, *, both: bool) -> tuple[Metric, float] | None:
    """Return the metric of a sensor's file, and the factor from the kernel's unit to its own.

    None if the file gives no valid name. `both` says that the sensor has a plain file as well as an
    `_input` file. Then the two need different names.
    """
    special = _SPECIAL.get((kind, element))
    suffix, factor, metric_type = unit_of(kind, element)
    if special:
        name, factor = special
    elif element == "input":
        name = f"{kind}_input{suffix}" if both else f"{kind}{suffix}"
    else:
        name = f"{kind}_{clean_name(element)}{suffix}" if element else f"{kind}{suffix}"
    family = catalogue.HWMON_TOTAL if metric_type == "counter" else catalogue.HWMON
    try:
        return family[name], factor
    except KeyError:
        return None


class Hwmon:
    """Reads /sys/class/hwmon. It blocks, since some sensors are behind a slow bus."""

    name: ClassVar[str] = "hwmon"
    device: Final = ""

    def __init__(self, setup: Setup[Options]) -> None:
        self.schedule: Final = setup.schedule
        self._files, self._base = setup.files, setup.sys("class/hwmon")
        self._chips: list[str] = []
        self._plan: list[tuple[str, Series, float]] = []
        self._static: list[Reading] = []

    def collect(self) -> list[Reading]:
        """Read every sensor once. A sensor that fails loses only its own reading."""
        chips = entries(self._base)
        if chips != self._chips:
            self._plan, self._static = [], []
            for path, chip in self._names(chips).items():
                self._add_chip(path, chip)
            self._chips = chips
        readings = list(self._static)
        for path, series, factor in self._plan:
            try:
                value = float(self._files.read(path)) * factor
            except FileNotFoundError:  # the driver was loaded again: list the files next time
                self._chips = []
            except (OSError, ValueError):  # ENODATA while a sensor sleeps
                pass
            else:
                if math.isfinite(value):
                    readings.append((series, value))
        return readings

    def _names(self, chips: list[str]) -> dict[str, str]:
        """Return the name of every chip by its path.

        Several chips may be of one device: the bands of a radio, the dies of a processor. Then
        their drivers' names tell them apart, or else their order.
        """
        paths = [f"{self._base}/{chip}" for chip in chips]
        names = {path: name for path in paths if (name := self._chip_name(path))}
        shared = {name for name, number in Counter(names.values()).items() if number > 1}
        for path, name in names.items():
            if name in shared:
                names[path] = f"{name}_{clean_name(self._files.word(f'{path}/name'))}".rstrip("_")
        seen: Counter[str] = Counter()
        for path, name in names.items():
            seen[name] += 1
            if seen[name] > 1:
                names[path] = f"{name}_{seen[name]}"
        return names

    def _add_chip(self, path: str, chip: str) -> None:
        human = clean_name(self._files.word(f"{path}/name"))
        if human:
            self._static.append((catalogue.HWMON_CHIP_NAMES.series(chip, human), 1.0))
        for (kind, sensor), elements in sensors_of(path).items():
            label = self._files.word(elements.pop("label")) if "label" in elements else ""
            if label:
                self._static.append((catalogue.HWMON_SENSOR_LABEL.series(chip, sensor, label), 1.0))
            for element, file in elements.items():
                found = metric_of(kind, element, both="" in elements)
                if found is not None:
                    self._plan.append((file, found[0].series(chip, sensor), found[1]))

    def _chip_name(self, path: str) -> str:
        """Return a chip's name: its device's path, else its driver, else its number.

        The path stays the same after a restart.
        """
        if os.path.exists(f"{path}/device"):
            folder, device = os.path.split(os.path.realpath(f"{path}/device"))
            parts = (clean_name(os.path.basename(folder)), clean_name(device))
            if parts[1]:
                return "_".join(part for part in parts if part)
        return clean_name(self._files.word(f"{path}/name")) or clean_name(
            os.path.basename(os.path.realpath(path))
        )


def sensors_of(path: str) -> dict[tuple[str, str], dict[str, str]]:
    """List a chip's files by (kind, sensor) and element.

    Old drivers have the files one folder below, in the folder of the device.
    """
    found: dict[tuple[str, str], dict[str, str]] = {}
    for folder in (path, f"{path}/device"):
        try:
            files = entries(folder)
        except NoData:
            continue
        for file in files:
            split = split_file(file)
            if split is not None:
                found.setdefault(split[:2], {})[split[2]] = f"{folder}/{file}"
    return found


COLLECTOR: Final = HostCollector(name="hwmon", make=Hwmon, options=Options)

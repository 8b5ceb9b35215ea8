"""Disk I/O from /proc/diskstats, and the properties of each disk from udev.

See Documentation/admin-guide/iostats.rst and udevadm(8).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import ClassVar, Final

from collectors.base import BadReply, Reading, Series
from collectors.catalogue.host import storage as catalogue
from collectors.host.declare import HostCollector, Options, Pattern, Setup
from collectors.host.kernel import Dropped, SeriesByKey, decode, numbers

_SECTOR: Final = 512.0
_MILLISECOND: Final = 1000.0
# Sectors are turned into bytes and milliseconds into seconds. Discarded sectors stay sectors.
_READ_BYTES, _WRITTEN_BYTES = 2, 6
_MILLISECONDS: Final = (3, 7, 9, 10, 14, 16)
# Linux 2.6 gave partitions four figures after three columns. A shorter line is malformed.
_MIN_COLUMNS: Final = 7
_SERIAL: Final = ("SCSI_IDENT_SERIAL", "ID_SERIAL_SHORT", "ID_SERIAL")


def parse_diskstats(data: bytes) -> list[tuple[bytes, bytes, bytes, list[float]]]:
    """Parse /proc/diskstats and return (major, minor, device, figures in base units).

    Raises BadReply.
    """
    rows = []
    for line in data.split(b"\n"):
        words = line.split()
        if not words:
            continue
        if len(words) < _MIN_COLUMNS:
            raise BadReply(f"/proc/diskstats: too few columns in {line[:80]!r}")
        rows.append(
            (words[0], words[1], words[2], _base_units(numbers(words[3:20], "/proc/diskstats")))
        )
    return rows


def _base_units(figures: list[float]) -> list[float]:
    width = len(figures)
    if width > _WRITTEN_BYTES:
        figures[_READ_BYTES] *= _SECTOR
        figures[_WRITTEN_BYTES] *= _SECTOR
    for column in _MILLISECONDS:
        if column < width:
            figures[column] /= _MILLISECOND
    return figures


def parse_udev(data: bytes) -> dict[str, str]:
    """Parse a file of /run/udev/data and return the device's properties."""
    pairs = (line[2:].partition("=") for line in decode(data).split("\n") if line.startswith("E:"))
    return {name: value for name, found, value in pairs if found}


IGNORE_DISKS: Final = r"^(ram|loop|fd|(h|s|v|xv)d[a-z]|nvme\d+n\d+p)\d+$"


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskOptions(Options):
    """Which disks are read."""

    ignore_devices: Pattern = field(
        default=IGNORE_DISKS, metadata={"help": "disks not read: partitions, ram, loop"}
    )


class Disk:
    """Reads /proc/diskstats."""

    name: ClassVar[str] = "disk"
    immediate: ClassVar[bool] = True
    device: Final = ""

    def __init__(self, setup: Setup[DiskOptions]) -> None:
        options = setup.options
        self.schedule: Final = setup.schedule
        self.dropped: Final = Dropped()
        self._files, self._path = setup.files, setup.proc("diskstats")
        self._udev = f"{setup.context.rootfs}/run/udev/data/b"
        self._ignore = re.compile(options.ignore_devices)
        self._series = SeriesByKey(self._series_of)
        self._known: dict[tuple[bytes, bytes, bytes], tuple[bytes, list[Reading]]] = {}

    async def collect(self) -> list[Reading]:
        """Read it once."""
        rows = self.dropped.parse(parse_diskstats, self._files.need(self._path))
        readings: list[Reading] = []
        for major, minor, device, figures in rows:
            series = self._series[device]
            if series:
                # Older kernels have fewer columns.
                readings.extend(zip(series, figures, strict=False))
                readings += self._described(major, minor, device)
        self._series.trim(len(rows))
        if len(self._known) > 2 * len(rows):
            self._known.clear()
        return readings

    def _series_of(self, device: str) -> tuple[Series, ...]:
        return (
            ()
            if self._ignore.search(device)
            else tuple(metric.series(device) for metric in catalogue.DISK)
        )

    def _described(self, major: bytes, minor: bytes, device: bytes) -> list[Reading]:
        try:
            raw = self._files.read(f"{self._udev}{decode(major)}:{decode(minor)}")
        except OSError:  # there is no udev, for example in a container
            raw = b""
        known = self._known.get((major, minor, device))
        if known is None or known[0] != raw:
            known = (raw, describe(decode(major), decode(minor), decode(device), parse_udev(raw)))
            self._known[major, minor, device] = known
        return known[1]


def describe(major: str, minor: str, device: str, udev: dict[str, str]) -> list[Reading]:
    """Turn the udev properties of a disk into readings."""
    get = udev.get
    serial = next((udev[key] for key in _SERIAL if get(key)), "")
    labels = (
        get("ID_PATH", ""),
        get("ID_WWN", ""),
        get("ID_MODEL", ""),
        serial,
        get("ID_REVISION", ""),
    )
    readings: list[Reading] = [(catalogue.DISK_INFO.series(device, major, minor, *labels), 1.0)]
    if get("ID_FS_TYPE"):
        filesystem = (get(f"ID_FS_{key}", "") for key in ("TYPE", "USAGE", "UUID", "VERSION"))
        readings.append((catalogue.DISK_FILESYSTEM_INFO.series(device, *filesystem), 1.0))
    if get("DM_NAME"):
        mapper = (
            get(f"DM_{key}", "") for key in ("NAME", "UUID", "VG_NAME", "LV_NAME", "LV_LAYER")
        )
        readings.append((catalogue.DISK_MAPPER_INFO.series(device, *mapper), 1.0))
    if get("ID_ATA"):
        for key, metric in catalogue.DISK_ATA.items():
            if get(key, "").isdecimal():
                readings.append((metric.series(device), float(udev[key])))
    return readings


COLLECTOR: Final = HostCollector(name="disk", make=Disk, options=DiskOptions)

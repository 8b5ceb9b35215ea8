"""Btrfs file systems, from /sys/fs/btrfs. See Documentation/ch-sysfs.rst of btrfs-progs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar, Final

from collectors.base import NoData, Reading
from collectors.catalogue.host import filesystems as catalogue
from collectors.host.declare import HostCollector, Options, Setup
from collectors.host.kernel import entries

_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
_GROUPS: Final = ("data", "metadata", "system")
_COPIES: Final = {
    "single": 1.0,
    "raid0": 1.0,
    "dup": 2.0,
    "raid1": 2.0,
    "raid10": 2.0,
    "raid1c3": 3.0,
    "raid1c4": 4.0,
}
_PARITY: Final = {"raid5": 1, "raid6": 2}
_SECTOR: Final = 512.0


class Btrfs:
    """Reads every mounted file system."""

    name: ClassVar[str] = "btrfs"
    device: Final = ""

    def __init__(self, setup: Setup[Options]) -> None:
        self.schedule: Final = setup.schedule
        self._files, self._base = setup.files, setup.sys("fs/btrfs")

    def collect(self) -> list[Reading]:
        """Read them once; raises NoData where there is none."""
        readings = [
            reading
            for uuid in entries(self._base)
            if _UUID.fullmatch(uuid)
            for reading in self._file_system(uuid)
        ]
        if not readings:
            raise NoData(f"no file system in {self._base}")
        return readings

    def _file_system(self, uuid: str) -> Iterator[Reading]:
        base = f"{self._base}/{uuid}"
        yield catalogue.BTRFS_INFO.series(uuid, self._files.word(f"{base}/label")), 1.0
        reserve = self._files.number(f"{base}/allocation/global_rsv_size")
        if reserve is not None:
            yield catalogue.BTRFS_RESERVE.series(uuid), reserve
        devices = self._entries(f"{base}/devices")
        for device in devices:
            sectors = self._files.number(f"{base}/devices/{device}/size")
            if sectors is not None:
                yield catalogue.BTRFS_DEVICE.series(uuid, device), sectors * _SECTOR
        for group in _GROUPS:
            yield from self._group(uuid, group, len(devices))

    def _group(self, uuid: str, group: str, devices: int) -> Iterator[Reading]:
        base = f"{self._base}/{uuid}/allocation/{group}"
        reserved = self._files.number(f"{base}/bytes_reserved")
        if reserved is not None:
            yield catalogue.BTRFS_RESERVED.series(uuid, group), reserved
        for mode in self._entries(base):
            used = self._files.number(f"{base}/{mode}/used_bytes")
            size = self._files.number(f"{base}/{mode}/total_bytes")
            if used is None or size is None:
                continue
            yield catalogue.BTRFS_USED.series(uuid, group, mode), used
            yield catalogue.BTRFS_SIZE.series(uuid, group, mode), size
            ratio = ratio_of(mode, devices)
            if ratio is not None:
                yield catalogue.BTRFS_RATIO.series(uuid, group, mode), ratio

    def _entries(self, folder: str) -> list[str]:
        try:
            return entries(folder)
        except NoData:
            return []


def ratio_of(mode: str, devices: int) -> float | None:
    """Return how many bytes of devices one byte of data takes; None for a mode not known."""
    parity = _PARITY.get(mode)
    if parity is None:
        return _COPIES.get(mode)
    return devices / (devices - parity) if devices > parity else None


COLLECTOR: Final = HostCollector(name="btrfs", make=Btrfs, options=Options)

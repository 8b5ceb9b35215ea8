"""Counters of ZFS, from the kernel statistics of OpenZFS in /proc/spl/kstat/zfs.

A file has two lines of heading and then lines `name type value`. Type 4 is an unsigned number of 64
bits (kstat(3KSTAT), KSTAT_DATA_UINT64); others are not read, as node_exporter does.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Final

from collectors.base import BadReply, NoData, Reading
from collectors.catalogue.host import filesystems as catalogue
from collectors.host.declare import HostCollector, Options, Setup
from collectors.host.kernel import MALFORMED, Dropped, decode, number

_UINT64: Final = b"4"
_HEADING: Final = 2
_WORDS: Final = 3


def parse_kstat(data: bytes, dropped: Dropped | None = None) -> Iterator[tuple[str, float]]:
    """Yield (name, value) of a file; a line that is none is left out and counted."""
    for line in data.split(b"\n")[_HEADING:]:
        words = line.split()
        if not words or (len(words) == _WORDS and words[1] != _UINT64):
            continue
        try:
            value = number(words[2], "kstat") if len(words) == _WORDS else None
        except BadReply:
            value = None
        if value is not None:
            yield decode(words[0]), value
        elif dropped is not None:
            dropped[MALFORMED] += 1


class Zfs:
    """Reads the statistics of the module, above all of its cache (ARC)."""

    name: ClassVar[str] = "zfs"
    device: Final = ""

    def __init__(self, setup: Setup[Options]) -> None:
        self.schedule: Final = setup.schedule
        self.dropped: Final = Dropped()
        self._files, self._base = setup.files, setup.proc("spl/kstat/zfs")

    def collect(self) -> list[Reading]:
        """Read them once; raises NoData where the module is not loaded."""
        readings: list[Reading] = []
        for file, family in catalogue.ZFS.items():
            try:
                data = self._files.read(f"{self._base}/{file}")
            except OSError:
                continue
            for name, value in parse_kstat(data, self.dropped):
                try:
                    readings.append((family[name].series(), value))
                except KeyError:  # the name is not valid for a metric
                    continue
        if not readings:
            raise NoData(f"no {self._base}")
        return readings


COLLECTOR: Final = HostCollector(name="zfs", make=Zfs, options=Options)

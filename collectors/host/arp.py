"""The number of entries in the ARP table by interface, from /proc/net/arp. See arp(7)."""

from __future__ import annotations

from collections import Counter
from typing import ClassVar, Final

from collectors.base import BadReply, Reading
from collectors.catalogue.host import network as catalogue
from collectors.host.declare import HostCollector, Options, Setup
from collectors.host.kernel import Dropped, SeriesByKey

_COLUMNS: Final = 6


def parse_arp(data: bytes) -> Counter[bytes]:
    """Parse /proc/net/arp and return the number of entries by interface; raises BadReply."""
    found: Counter[bytes] = Counter()
    for line in data.split(b"\n")[1:]:
        words = line.split()
        if len(words) == _COLUMNS:
            found[words[-1]] += 1
        elif words:
            raise BadReply(f"/proc/net/arp: expected {_COLUMNS} columns, got {line[:80]!r}")
    return found


class Arp:
    """Reads /proc/net/arp. It runs in a worker thread, since a large table takes long to read."""

    name: ClassVar[str] = "arp"
    device: Final = ""

    def __init__(self, setup: Setup[Options]) -> None:
        self.schedule: Final = setup.schedule
        self.dropped: Final = Dropped()
        self._files, self._path = setup.files, setup.proc("net/arp")
        self._series = SeriesByKey(lambda device: (catalogue.ARP_ENTRIES.series(device),))

    def collect(self) -> list[Reading]:
        """Read it once."""
        found = self.dropped.parse(parse_arp, self._files.need(self._path), header=1)
        readings: list[Reading] = [
            (self._series[device][0], float(entries)) for device, entries in found.items()
        ]
        self._series.trim(len(found))
        return readings


COLLECTOR: Final = HostCollector(name="arp", make=Arp, options=Options)

"""Connection tracking: the number of entries, its limit, and counted events.

Read from /proc/sys/net/netfilter and /proc/net/stat/nf_conntrack.
"""

from __future__ import annotations

from typing import ClassVar, Final

from collectors.base import BadReply, Reading
from collectors.catalogue.host import network as catalogue
from collectors.host.declare import HostCollector, Options, Setup
from collectors.host.kernel import MALFORMED, Dropped, decode, number


def parse_conntrack(data: bytes) -> dict[str, float]:
    """Parse /proc/net/stat/nf_conntrack and return the sum of each column over all CPUs.

    The file has one line for each CPU, in hexadecimal. Raises BadReply.
    """
    header, *lines = data.split(b"\n")
    names = decode(header).split()
    sums = dict.fromkeys(names, 0)
    for line in lines:
        words = line.split()
        if not words:
            continue
        try:
            for name, word in zip(names, words, strict=True):
                sums[name] += int(word, 16)
        except ValueError:
            raise BadReply(
                f"/proc/net/stat/nf_conntrack: expected {len(names)} numbers, got {line[:80]!r}"
            ) from None
    return {name: float(min(value, 2**64)) for name, value in sums.items()}


class Conntrack:
    """Reads the figures of nf_conntrack. There are none while its kernel module is not loaded."""

    name: ClassVar[str] = "conntrack"
    immediate: ClassVar[bool] = True
    device: Final = ""

    def __init__(self, setup: Setup[Options]) -> None:
        self.schedule: Final = setup.schedule
        self.dropped: Final = Dropped()
        self._files = setup.files
        base = setup.proc("sys/net/netfilter")
        self._entries, self._limit = f"{base}/nf_conntrack_count", f"{base}/nf_conntrack_max"
        self._stats = setup.proc("net/stat/nf_conntrack")
        self._entries_series, self._limit_series = (
            catalogue.CONNTRACK_ENTRIES.series(),
            catalogue.CONNTRACK_LIMIT.series(),
        )
        self._series = {name: metric.series() for name, metric in catalogue.CONNTRACK_STATS.items()}

    async def collect(self) -> list[Reading]:
        """Read them once."""
        need = self._files.need
        readings: list[Reading] = [
            (self._entries_series, number(need(self._entries), self._entries)),
            (self._limit_series, number(need(self._limit), self._limit)),
        ]
        try:
            stats = parse_conntrack(self._files.read(self._stats))
        except OSError:  # some kernels do not have this file; on others only root may read it
            return readings
        except BadReply:  # a sum without one CPU would be too small
            self.dropped[MALFORMED] += 1
            return readings
        readings += (
            (series, stats[name]) for name, series in self._series.items() if name in stats
        )
        return readings


COLLECTOR: Final = HostCollector(name="conntrack", make=Conntrack, options=Options)

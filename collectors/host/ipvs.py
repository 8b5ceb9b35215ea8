"""IP Virtual Server, the kernel's load balancer, from /proc/net/ip_vs and ip_vs_stats.

See net/netfilter/ipvs/ip_vs_ctl.c. Addresses and totals are hexadecimal.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import ClassVar, Final, NamedTuple

from collectors.base import BadReply, Reading
from collectors.catalogue.host import fabric as catalogue
from collectors.host.declare import HostCollector, Options, Setup
from collectors.host.kernel import MALFORMED, Dropped, decode, number

_TOTALS_LINE: Final = 2
_BACKEND_WORDS: Final = 6


class Backend(NamedTuple):
    """One server behind a virtual service; `local` and `remote` are (address, port)."""

    proto: str
    local: tuple[str, str]
    mark: str
    remote: tuple[str, str]
    weight: float
    active: float
    inactive: float


def parse_totals(data: bytes) -> list[float]:
    """Return connections, packets in and out, and bytes in and out; raises BadReply."""
    lines = data.split(b"\n")
    words = lines[_TOTALS_LINE].split() if len(lines) > _TOTALS_LINE else []
    try:
        totals = [float(int(word, 16)) for word in words]
    except ValueError:
        totals = []
    if len(totals) != len(catalogue.IPVS):
        raise BadReply("/proc/net/ip_vs_stats: expected five hexadecimal numbers in line 3")
    return totals


def parse_backends(data: bytes, dropped: Dropped | None = None) -> Iterator[Backend]:
    """Yield the servers; a line that cannot be understood is left out and counted."""
    proto, local, mark = "", ("", "0"), ""
    for line in data.split(b"\n")[3:]:
        words = decode(line).split()
        if not words:
            continue
        try:
            if words[0] in ("TCP", "UDP", "SCTP"):
                proto, local, mark = words[0], _address(words[1]), ""
            elif words[0] == "FWM":
                proto, local, mark = "FWM", ("", "0"), words[1]
            elif words[0] == "->" and len(words) == _BACKEND_WORDS:
                counts = [number(word, "/proc/net/ip_vs") for word in words[3:]]
                yield Backend(proto, local, mark, _address(words[1]), *counts)
        except (BadReply, ValueError, IndexError):
            if dropped is not None:
                dropped[MALFORMED] += 1


def _address(text: str) -> tuple[str, str]:
    """Return address and port of `C0A80016:0CEA` or `[fe80:...]:0CEA`; raises ValueError."""
    host, _, port = text.rpartition(":")
    if host.startswith("["):
        return str(ipaddress.IPv6Address(host.strip("[]"))), str(int(port, 16))
    return str(ipaddress.IPv4Address(int(host, 16))), str(int(port, 16))


class Ipvs:
    """Reads both files. They are there once the module is loaded."""

    name: ClassVar[str] = "ipvs"
    device: Final = ""

    def __init__(self, setup: Setup[Options]) -> None:
        self.schedule: Final = setup.schedule
        self.dropped: Final = Dropped()
        self._files = setup.files
        self._stats, self._table = setup.proc("net/ip_vs_stats"), setup.proc("net/ip_vs")

    def collect(self) -> list[Reading]:
        """Read them once; raises NoData where they are not, else BadReply."""
        totals = parse_totals(self._files.need(self._stats))
        readings: list[Reading] = [
            (metric.series(), value) for metric, value in zip(catalogue.IPVS, totals, strict=True)
        ]
        for one in parse_backends(self._files.need(self._table), self.dropped):
            labels = (*one.local, *one.remote, one.proto, one.mark)
            readings += (
                (catalogue.IPVS_WEIGHT.series(*labels), one.weight),
                (catalogue.IPVS_ACTIVE.series(*labels), one.active),
                (catalogue.IPVS_INACTIVE.series(*labels), one.inactive),
            )
        return readings


COLLECTOR: Final = HostCollector(name="ipvs", make=Ipvs, options=Options)

"""Memory of each NUMA node, from /sys/devices/system/node.

See Documentation/admin-guide/numastat.rst. The names are node_exporter's, which have no unit.
"""

from __future__ import annotations

import re
from typing import ClassVar, Final

from collectors.base import BadReply, NoData, Reading
from collectors.catalogue.host import fabric as catalogue
from collectors.host.declare import SLOW, HostCollector, Options, Setup
from collectors.host.kernel import Dropped, decode, entries, number

_NODE: Final = re.compile(r"node(\d+)", re.ASCII)
_KIB: Final = 1024.0
_WITH_UNIT: Final = 5


def parse_meminfo(data: bytes) -> list[tuple[str, float]]:
    """Parse a node's meminfo (`Node 0 MemTotal: 16 kB`) into (field, bytes); raises BadReply."""
    rows = []
    for line in data.split(b"\n"):
        words = line.split()
        if not words:
            continue
        if len(words) < _WITH_UNIT - 1 or words[0] != b"Node" or not words[2].endswith(b":"):
            raise BadReply(f"node meminfo: expected `Node 0 Field: number kB`, got {line[:80]!r}")
        field = decode(words[2][:-1]).replace("(", "_").replace(")", "")
        scale = _KIB if len(words) == _WITH_UNIT else 1.0
        rows.append((field, number(words[3], "node meminfo") * scale))
    return rows


def parse_numastat(data: bytes) -> list[tuple[str, float]]:
    """Parse a node's numastat (`numa_hit 7`) into (field, pages); raises BadReply."""
    rows = []
    for line in data.split(b"\n"):
        field, _, value = line.partition(b" ")
        if field:
            rows.append((decode(field), number(value, "numastat")))
    return rows


class Numa:
    """Reads meminfo and numastat of every node."""

    name: ClassVar[str] = "numa"
    device: Final = ""

    def __init__(self, setup: Setup[Options]) -> None:
        self.schedule: Final = setup.schedule
        self.dropped: Final = Dropped()
        self._files, self._base = setup.files, setup.sys("devices/system/node")

    def collect(self) -> list[Reading]:
        """Read them once; raises NoData where the kernel knows no nodes."""
        readings: list[Reading] = []
        for folder in entries(self._base):
            match = _NODE.fullmatch(folder)
            if match is None:
                continue
            for file, parse, family, suffix in (
                ("meminfo", parse_meminfo, catalogue.NUMA, ""),
                ("numastat", parse_numastat, catalogue.NUMA_TOTAL, "_total"),
            ):
                try:
                    rows = self.dropped.parse(
                        parse, self._files.read(f"{self._base}/{folder}/{file}")
                    )
                except OSError:
                    continue
                for field, value in rows:
                    try:
                        metric = family[f"{field}{suffix}"]
                    except KeyError:  # the name is not valid for a metric
                        continue
                    readings.append((metric.series(match[1]), value))
        if not readings:
            raise NoData(f"no {self._base}/node*")
        return readings


COLLECTOR: Final = HostCollector(name="numa", make=Numa, options=Options, at_least=SLOW)

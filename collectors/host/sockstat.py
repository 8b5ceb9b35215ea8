"""Sockets in use by protocol, from /proc/net/sockstat and sockstat6. See proc_pid_net(5)."""

from __future__ import annotations

import os
from typing import ClassVar, Final

from collectors.base import BadReply, NoData, Reading, Series
from collectors.catalogue.host import network as catalogue
from collectors.host.declare import HostCollector, Options, Setup
from collectors.host.kernel import Dropped, decode, numbers

_PAGE: Final = float(os.sysconf("SC_PAGESIZE"))
_IN_PAGES: Final = (b"TCP_mem", b"UDP_mem")


def parse_sockstat(data: bytes) -> list[tuple[bytes, float]]:
    """Parse sockstat and return (Protocol_state, value).

    Memory is given both in pages and in bytes. Raises BadReply.
    """
    rows: list[tuple[bytes, float]] = []
    for line in data.split(b"\n"):
        protocol, _, rest = line.partition(b":")
        words = rest.split()
        if not words:
            continue
        if len(words) % 2:
            raise BadReply(f"/proc/net/sockstat: expected pairs, got {line[:80]!r}")
        for state, value in zip(
            words[::2], numbers(words[1::2], "/proc/net/sockstat"), strict=True
        ):
            name = protocol + b"_" + state
            rows.append((name, value))
            if name in _IN_PAGES:
                rows.append((name + b"_bytes", value * _PAGE))
    return rows


class Sockstat:
    """Reads /proc/net/sockstat and sockstat6."""

    name: ClassVar[str] = "sockstat"
    immediate: ClassVar[bool] = True
    device: Final = ""

    def __init__(self, setup: Setup[Options]) -> None:
        self.schedule: Final = setup.schedule
        self.dropped: Final = Dropped()
        self._files, self._paths = (
            setup.files,
            (setup.proc("net/sockstat"), setup.proc("net/sockstat6")),
        )
        self._series: dict[bytes, Series] = {}

    async def collect(self) -> list[Reading]:
        """Read both once."""
        readings: list[Reading] = []
        for path in self._paths:
            try:
                data = self._files.read(path)
            except OSError:  # no IPv6
                continue
            for name, value in self.dropped.parse(parse_sockstat, data):
                series = self._series.get(name)
                if series is None:
                    try:
                        series = self._series[name] = catalogue.SOCKSTAT[decode(name)].series()
                    except KeyError:  # the name is not valid for a metric
                        continue
                readings.append((series, value))
        if not readings:
            raise NoData(f"no {self._paths[0]}")
        return readings


COLLECTOR: Final = HostCollector(name="sockstat", make=Sockstat, options=Options)

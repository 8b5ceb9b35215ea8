"""Traffic of each network interface, from /proc/net/dev. See proc_pid_net(5)."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from typing import ClassVar, Final

from collectors.base import BadReply, Reading, Series
from collectors.catalogue.host import network as catalogue
from collectors.host.declare import HostCollector, Options, Pattern, Setup
from collectors.host.kernel import Dropped, SeriesByKey, number, numbers

_COLUMNS: Final = 16


def parse_netdev(data: bytes) -> list[tuple[bytes, list[float]]]:
    """Parse /proc/net/dev and return (interface, its sixteen figures); raises BadReply."""
    rows = []
    for line in data.split(b"\n")[2:]:
        if not line:
            continue
        name, _, figures = line.rpartition(b":")  # the name of an alias has a colon
        words = figures.split()
        if not name or len(words) != _COLUMNS:
            raise BadReply(
                f"/proc/net/dev: expected a name and {_COLUMNS} numbers, got {line[:80]!r}"
            )
        rows.append((name.strip(), numbers(words, "/proc/net/dev")))
    return rows


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkOptions(Options):
    """Which interfaces are read."""

    ignore_devices: Pattern = field(default="^lo$", metadata={"help": "interfaces not read"})


class Network:
    """Reads /proc/net/dev, and from /sys one counter that is not in it."""

    name: ClassVar[str] = "network"
    immediate: ClassVar[bool] = True
    device: Final = ""

    def __init__(self, setup: Setup[NetworkOptions]) -> None:
        options = setup.options
        self.schedule: Final = setup.schedule
        self.dropped: Final = Dropped()
        self._files, self._path, self._class = (
            setup.files,
            setup.proc("net/dev"),
            setup.sys("class/net"),
        )
        self._ignore = re.compile(options.ignore_devices)
        self._series = SeriesByKey(self._series_of)

    async def collect(self) -> list[Reading]:
        """Read it once."""
        rows = self.dropped.parse(parse_netdev, self._files.need(self._path), header=2)
        readings: list[Reading] = []
        for device, figures in rows:
            series = self._series[device]
            if series:
                # The last series is that of the counter in /sys.
                readings.extend(zip(series, figures, strict=False))
                try:
                    unhandled = self._files.read(
                        f"{self._class}/{os.fsdecode(device)}/statistics/rx_nohandler"
                    )
                    readings.append((series[-1], number(unhandled, "rx_nohandler")))
                except OSError:
                    pass
        self._series.trim(len(rows))
        return readings

    def _series_of(self, device: str) -> tuple[Series, ...]:
        if self._ignore.search(device):
            return ()
        return tuple(
            metric.series(device)
            for metric in (*catalogue.NETWORK_DEVICE, catalogue.NETWORK_NOHANDLER)
        )


COLLECTOR: Final = HostCollector(name="network", make=Network, options=NetworkOptions)

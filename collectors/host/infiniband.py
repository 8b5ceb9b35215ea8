"""InfiniBand ports, from /sys/class/infiniband.

See Documentation/ABI/stable/sysfs-class-infiniband.
"""

from __future__ import annotations

from typing import ClassVar, Final

from collectors.base import BadReply, NoData, Reading, Series
from collectors.catalogue import hardware as catalogue
from collectors.host.declare import HostCollector, Options, Setup
from collectors.host.kernel import entries, number

_WORD: Final = 4.0
"""The data counters count words of four bytes."""
_DATA: Final = ("port_rcv_data", "port_xmit_data")
_GIGABIT: Final = 1e9 / 8


def parse_state(data: bytes) -> float:
    """Parse a state such as `4: ACTIVE` and return its number, 4; raises BadReply."""
    return number(data.partition(b":")[0], "state")


def parse_rate(data: bytes) -> float:
    """Parse a rate such as `400 Gb/sec (4X NDR)` and return bytes a second; raises BadReply."""
    words = data.split(None, 2)
    if len(words) < 2 or words[1] != b"Gb/sec":
        raise BadReply(f"rate: expected `number Gb/sec`, got {data[:40]!r}")
    return number(words[0], "rate") * _GIGABIT


class Infiniband:
    """Reads every port of every adapter. It blocks, since the driver asks the hardware."""

    name: ClassVar[str] = "infiniband"
    device: Final = ""

    def __init__(self, setup: Setup[Options]) -> None:
        self.schedule: Final = setup.schedule
        self._files, self._base = setup.files, setup.sys("class/infiniband")

    def collect(self) -> list[Reading]:
        """Read all ports once. A counter that an adapter does not have is left out."""
        readings: list[Reading] = []
        for device in entries(self._base):
            base = f"{self._base}/{device}"
            words = (
                self._files.word(f"{base}/{file}") for file in ("board_id", "fw_ver", "hca_type")
            )
            readings.append((catalogue.INFINIBAND_INFO.series(device, *words), 1.0))
            try:
                ports = entries(f"{base}/ports")
            except NoData:  # an adapter in a mode without ports
                continue
            for port in ports:
                readings += self._port(f"{base}/ports/{port}", device, port)
        return readings

    def _port(self, base: str, device: str, port: str) -> list[Reading]:
        readings: list[Reading] = []
        for file, metric, parse in (
            ("state", catalogue.INFINIBAND_STATE, parse_state),
            ("phys_state", catalogue.INFINIBAND_PHYSICAL_STATE, parse_state),
            ("rate", catalogue.INFINIBAND_RATE, parse_rate),
        ):
            try:
                readings.append(
                    (metric.series(device, port), parse(self._files.read(f"{base}/{file}")))
                )
            except (OSError, BadReply):
                continue
        for file, metric in catalogue.INFINIBAND_COUNTERS.items():
            series: Series = metric.series(device, port)
            value = self._files.number(f"{base}/counters/{file}")
            if value is not None:  # it may be `N/A (no PMA)`
                readings.append((series, value * _WORD if file in _DATA else value))
        return readings


COLLECTOR: Final = HostCollector(name="infiniband", make=Infiniband, options=Options)

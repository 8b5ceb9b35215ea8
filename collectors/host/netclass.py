"""The link of each network interface, from /sys/class/net.

See Documentation/ABI/testing/sysfs-class-net.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import ClassVar, Final

from collectors.base import BadReply, Reading, Series
from collectors.catalogue.host import network as catalogue
from collectors.host.declare import HostCollector, Options, Pattern, Setup
from collectors.host.kernel import entries

_BYTES_PER_MEGABIT: Final = 1e6 / 8
_WORDS: Final = ("address", "broadcast", "duplex", "operstate", "ifalias")
_SPARE: Final = 64


def parse_attribute(data: bytes, what: str) -> float | None:
    """Parse a numeric attribute, decimal or hexadecimal; None where the file is empty.

    Raises BadReply.
    """
    text = data.strip()
    if not text:
        return None
    try:
        return float(int(text, 0) if text[:1] == b"0" else int(text))
    except (ValueError, OverflowError):
        raise BadReply(f"{what}: expected a whole number, got {text[:40]!r}") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Interface:
    """The files to read of an interface, and the series of each file."""

    numbers: tuple[tuple[str, Series, bool], ...]
    words: tuple[str, ...]
    up: Series


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkClassOptions(Options):
    """Which interfaces are read."""

    ignore_devices: Pattern = field(default="^$", metadata={"help": "interfaces not read"})


class NetworkClass:
    """Reads /sys/class/net. It blocks, since the kernel asks the driver for a link's speed."""

    name: ClassVar[str] = "netclass"
    device: Final = ""

    def __init__(self, setup: Setup[NetworkClassOptions]) -> None:
        options = setup.options
        self.schedule: Final = setup.schedule
        self._files, self._root = setup.files, setup.sys("class/net")
        self._ignore = re.compile(options.ignore_devices)
        self._interfaces: dict[str, _Interface] = {}

    def collect(self) -> list[Reading]:
        """Read every interface once."""
        devices = entries(self._root)
        readings: list[Reading] = []
        for device in devices:
            if device != "bonding_masters" and not self._ignore.search(device):
                readings += self._read(device)
        if len(self._interfaces) > 2 * len(devices) + _SPARE:
            self._interfaces.clear()
        return readings

    def _read(self, device: str) -> list[Reading]:
        interface = self._interfaces.get(device) or self._interface(device)
        read = self._files.read
        readings: list[Reading] = []
        for path, series, is_speed in interface.numbers:
            try:
                value = parse_attribute(read(path), path)
            except (OSError, BadReply):  # a link that is down has no speed and no carrier
                continue
            if value is None or (is_speed and value < 0):  # -1 means that the speed is unknown
                continue
            readings.append((series, value * _BYTES_PER_MEGABIT if is_speed else value))
        words = [self._files.word(path) for path in interface.words]
        if words[_WORDS.index("operstate")]:
            readings.append(
                (interface.up, 1.0 if words[_WORDS.index("operstate")] == "up" else 0.0)
            )
            readings.append((catalogue.NETWORK_INFO.series(device, *words), 1.0))
        return readings

    def _interface(self, device: str) -> _Interface:
        base = f"{self._root}/{device}/"
        made = _Interface(
            numbers=tuple(
                (base + file, metric.series(device), file == "speed")
                for file, metric in catalogue.NETWORK_CLASS.items()
            ),
            words=tuple(base + file for file in _WORDS),
            up=catalogue.NETWORK_UP.series(device),
        )
        self._interfaces[device] = made
        return made


COLLECTOR: Final = HostCollector(name="netclass", make=NetworkClass, options=NetworkClassOptions)

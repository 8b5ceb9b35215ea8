"""The link of each network interface, from /sys/class/net.

What moves by itself, such as the carrier, is read in every round. What somebody has to set, such as
the MTU, is read once a minute, and at once where the kernel's index shows that another interface
has taken the name. These are half of the files, and most of a node's reading.

See Documentation/ABI/testing/sysfs-class-net.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import ClassVar, Final

from collectors.base import BadReply, Reading, Series
from collectors.catalogue.host import network as catalogue
from collectors.host.declare import SLOW, HostCollector, Options, Pattern, Setup
from collectors.host.kernel import entries

_BYTES_PER_MEGABIT: Final = 1e6 / 8
_WORDS: Final = ("address", "broadcast", "duplex", "operstate", "ifalias")
_MOVING_WORDS: Final = ("duplex", "operstate")
_MOVING: Final = (
    "ifindex",
    "carrier",
    "carrier_changes",
    "carrier_up_count",
    "carrier_down_count",
    "dormant",
    "flags",
    "speed",
)
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


_File = tuple[str, Series, bool]
"""A path, its series, and whether it is a speed."""


@dataclass(slots=True, kw_only=True, eq=False)
class _Interface:
    """The files to read of an interface, and what was read last of those that are set."""

    moving: tuple[_File, ...]
    """That of its index comes first."""
    stated: tuple[_File, ...]
    words: dict[str, str]
    """Paths by name."""
    up: Series
    index: list[Reading] | None = None
    """None before anything is read."""
    readings: list[Reading] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)


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
        self._rounds, self._each = 0, max(1, round(SLOW / setup.schedule.interval))

    def collect(self) -> list[Reading]:
        """Read every interface once."""
        devices = entries(self._root)
        whole = self._rounds % self._each == 0
        self._rounds += 1
        readings: list[Reading] = []
        for device in devices:
            if device != "bonding_masters" and not self._ignore.search(device):
                readings += self._read(device, whole=whole)
        if len(self._interfaces) > 2 * len(devices) + _SPARE:
            self._interfaces.clear()
        return readings

    def _read(self, device: str, *, whole: bool) -> list[Reading]:
        one = self._interfaces.get(device) or self._interface(device)
        readings = self._numbers(one.moving)
        if whole or readings[:1] != one.index:
            one.index, one.readings = readings[:1], self._numbers(one.stated)
            one.texts = {name: self._files.word(path) for name, path in one.words.items()}
        else:
            one.texts.update((name, self._files.word(one.words[name])) for name in _MOVING_WORDS)
        readings += one.readings
        state = one.texts["operstate"]
        if state:
            readings.append((one.up, 1.0 if state == "up" else 0.0))
            words = [one.texts[name] for name in _WORDS]
            readings.append((catalogue.NETWORK_INFO.series(device, *words), 1.0))
        return readings

    def _numbers(self, files: tuple[_File, ...]) -> list[Reading]:
        """Read some attributes; those without a value are left out."""
        readings: list[Reading] = []
        for path, series, is_speed in files:
            try:
                value = parse_attribute(self._files.read(path), path)
            except (OSError, BadReply):  # a link that is down has no speed and no carrier
                continue
            if value is None or (is_speed and value < 0):  # -1 means that the speed is unknown
                continue
            readings.append((series, value * _BYTES_PER_MEGABIT if is_speed else value))
        return readings

    def _interface(self, device: str) -> _Interface:
        base = f"{self._root}/{device}/"
        files = {
            file: (base + file, metric.series(device), file == "speed")
            for file, metric in catalogue.NETWORK_CLASS.items()
        }
        made = _Interface(
            moving=tuple(files.pop(file) for file in _MOVING),
            stated=tuple(files.values()),
            words={name: base + name for name in _WORDS},
            up=catalogue.NETWORK_UP.series(device),
        )
        self._interfaces[device] = made
        return made


COLLECTOR: Final = HostCollector(name="netclass", make=NetworkClass, options=NetworkClassOptions)

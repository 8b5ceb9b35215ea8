"""Memory: every field of /proc/meminfo, in bytes. See proc_meminfo(5)."""

from __future__ import annotations

from typing import ClassVar, Final

from collectors.base import BadReply, Reading, Series
from collectors.catalogue.host import memory as catalogue
from collectors.host.declare import HostCollector, Options, Setup
from collectors.host.kernel import Dropped, count, decode

_KIB: Final = 1024.0
_PARTS: Final = (2, 3)
_MOST_KIB: Final = 2.0**54
"""From here on, a number of KiB is 2**64 bytes: a difference that fell below zero.

LXCFS and old kernels tell it: `MemAvailable: 18446744073709551612 kB`.
"""


def parse_meminfo(data: bytes) -> list[tuple[bytes, float]]:
    """Parse /proc/meminfo and return (raw field, value); kB become bytes.

    The raw name of a field with a unit ends in `:kB`. Raises BadReply.
    """
    rows = []
    for line in data.split(b"\n"):
        words = line.split()
        if not words:
            continue
        if len(words) not in _PARTS or not words[0].endswith(b":"):
            raise BadReply(f"/proc/meminfo: expected `Field: number kB`, got {line[:80]!r}")
        value = count(words[1], "/proc/meminfo")
        if value >= _MOST_KIB and len(words) == _PARTS[1]:
            raise BadReply(f"/proc/meminfo: below zero before it was unsigned: {line[:80]!r}")
        rows.append(
            (words[0], value) if len(words) == _PARTS[0] else (words[0] + b"kB", value * _KIB)
        )
    return rows


def field_name(raw: bytes) -> str:
    """Turn `Active(anon):kB` to `Active_anon_bytes`."""
    name, _, unit = decode(raw).partition(":")
    name = name.replace("(", "_").replace(")", "")
    return f"{name}_bytes" if unit else name


class Memory:
    """Reads /proc/meminfo."""

    name: ClassVar[str] = "memory"
    immediate: ClassVar[bool] = True
    device: Final = ""

    def __init__(self, setup: Setup[Options]) -> None:
        self.schedule: Final = setup.schedule
        self.dropped: Final = Dropped()
        self._files, self._path = setup.files, setup.proc("meminfo")
        self._series: dict[bytes, Series] = {}

    async def collect(self) -> list[Reading]:
        """Read it once."""
        rows = self.dropped.parse(parse_meminfo, self._files.need(self._path))
        series = self._series
        try:
            return [(series[field], value) for field, value in rows]
        except KeyError:  # the first round, or a kernel module has added a field
            self._series = series = {
                field: catalogue.MEMORY[field_name(field)].series()
                for field, _ in rows
                if _nameable(field)
            }
            return [(series[field], value) for field, value in rows if field in series]


def _nameable(field: bytes) -> bool:
    try:
        catalogue.MEMORY[field_name(field)]
    except KeyError:
        return False
    return True


COLLECTOR: Final = HostCollector(name="memory", make=Memory, options=Options)

"""Paging, swapping and the out-of-memory killer, from /proc/vmstat. See proc_vmstat(5)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar, Final, cast

from collectors.base import BadReply
from collectors.catalogue import host as catalogue
from collectors.host.kernel import decode, number

if TYPE_CHECKING:
    from collections.abc import Container

    from collectors.base import Reading, Series
    from collectors.host.kernel import Setup
    from collectors.host.options import VmstatOptions


def parse_vmstat(data: bytes, ignored: Container[bytes] = ()) -> list[tuple[bytes, float]]:
    """Parse /proc/vmstat to (field, value) but for the fields not wanted; raises BadReply."""
    rows = []
    for line in data.split(b"\n"):
        field, found, value = line.partition(b" ")
        if field in ignored or not line:
            continue
        if not found:
            raise BadReply(f"/proc/vmstat: expected `field number`, got {line[:80]!r}")
        rows.append((field, number(value, "/proc/vmstat")))
    return rows


class Vmstat:
    """Reads /proc/vmstat."""

    name: ClassVar[str] = "vmstat"
    device: Final = ""

    def __init__(self, setup: Setup) -> None:
        self.schedule: Final = setup.schedule
        self._files, self._path = setup.files, setup.proc("vmstat")
        self._wanted = re.compile(cast("VmstatOptions", setup.options).fields)
        self._series: dict[bytes, Series] = {}
        self._ignored: set[bytes] = set()

    async def collect(self) -> list[Reading]:
        """Read it once."""
        readings: list[Reading] = []
        for field, value in parse_vmstat(self._files.need(self._path), self._ignored):
            series = self._series.get(field) or self._new(field)
            if series is not None:
                readings.append((series, value))
        return readings

    def _new(self, field: bytes) -> Series | None:
        name = decode(field)
        if self._wanted.search(name):
            try:
                made = self._series[field] = catalogue.VMSTAT[name].series()
            except KeyError:  # no name for a metric
                pass
            else:
                return made
        self._ignored.add(field)
        return None

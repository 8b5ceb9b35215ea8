"""Paging, swapping and the out-of-memory killer, from /proc/vmstat. See proc_vmstat(5)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import ClassVar, Final

from collectors.base import BadReply, Reading, Series
from collectors.catalogue.host import memory as catalogue
from collectors.host.declare import HostCollector, Options, Pattern, Setup
from collectors.host.kernel import Dropped, decode, numbers


def parse_vmstat(data: bytes) -> list[tuple[bytes, float]]:
    """Parse /proc/vmstat and return (field, value); raises BadReply."""
    words = data.split()
    if len(words) % 2:
        raise BadReply("/proc/vmstat: a field without its number")
    return list(zip(words[::2], numbers(words[1::2], "/proc/vmstat"), strict=True))


def pick(data: bytes, fields: Iterable[bytes]) -> list[float] | None:
    """Return the values of a few fields without parsing all two hundred of them.

    None if one of the fields is missing or has no number.
    """
    found = []
    for name in fields:
        start = data.find(b"\n" + name + b" ")
        if start < 0:
            return None
        start += len(name) + 2
        try:
            found.append(float(data[start : data.find(b"\n", start)]))
        except ValueError:
            return None
    return found


VMSTAT_FIELDS: Final = r"^(oom_kill|pgpg|pswp|pg.*fault).*"


@dataclass(frozen=True, slots=True, kw_only=True)
class VmstatOptions(Options):
    """Which fields of /proc/vmstat are read."""

    fields: Pattern = field(
        default=VMSTAT_FIELDS, metadata={"help": "fields to read from /proc/vmstat"}
    )


class Vmstat:
    """Reads /proc/vmstat."""

    name: ClassVar[str] = "vmstat"
    immediate: ClassVar[bool] = True
    device: Final = ""

    def __init__(self, setup: Setup[VmstatOptions]) -> None:
        self.schedule: Final = setup.schedule
        self.dropped: Final = Dropped()
        self._files, self._path = setup.files, setup.proc("vmstat")
        self._wanted = re.compile(setup.options.fields)
        self._series: dict[bytes, Series] = {}

    async def collect(self) -> list[Reading]:
        """Read it once."""
        data = b"\n" + self._files.need(self._path) + b"\n"
        values = pick(data, self._series)
        if values and self._series:
            return list(zip(self._series.values(), values, strict=True))
        rows = self.dropped.parse(
            parse_vmstat, data
        )  # the first round; the fields do not change while the kernel runs
        self._series = {field: series for field, _ in rows if (series := self._series_of(field))}
        return [(self._series[field], value) for field, value in rows if field in self._series]

    def _series_of(self, field: bytes) -> Series | None:
        name = decode(field)
        if not self._wanted.search(name):
            return None
        try:
            return catalogue.VMSTAT[name].series()
        except KeyError:  # the name is not valid for a metric
            return None


COLLECTOR: Final = HostCollector(name="vmstat", make=Vmstat, options=VmstatOptions)

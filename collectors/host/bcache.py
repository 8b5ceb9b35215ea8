"""Disks cached on flash, from /sys/fs/bcache. See Documentation/admin-guide/bcache.rst."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar, Final

from collectors.base import BadReply, Metric, NoData, Reading
from collectors.catalogue.host import bcache as catalogue
from collectors.host.declare import HostCollector, Options, Setup
from collectors.host.kernel import entries, number

_SET: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
_BACKING: Final = re.compile(r"bdev\d+", re.ASCII)
_CACHE: Final = re.compile(r"cache\d+", re.ASCII)
_SIZE: Final = re.compile(r"(-?)(\d+)(?:\.(\d+))?([kMGTPEZY]?)(?:/sec)?", re.ASCII)
_UNITS: Final = "kMGTPEZY"
_BTREE_READ: Final = "internal/btree_read_average_duration_us"
_MICROSECONDS: Final = 1e6
"""The unit of that file. node_exporter takes it for nanoseconds."""
_FRACTION: Final = 10.24
"""What the kernel's one digit behind the point counts: it is the remainder of 1024 in hundreds.

So `.10` is more than `.9`. See bch_hprint() in drivers/md/bcache/util.c.
"""


def parse_size(text: str, what: str) -> float:
    """Parse a size or a rate as bcache prints it, such as `2.9M/sec`, and return whole bytes.

    Raises BadReply. `what` names its source in the message.
    """
    found = _SIZE.fullmatch(text)
    if found is None:
        raise BadReply(f"{what}: expected a size, got {text[:40]!r}")
    sign, whole, fraction, unit = found.groups()
    factor = 1024 ** (_UNITS.index(unit) + 1) if unit else 1
    value = int(int(whole) * factor + int(fraction or 0) / _FRACTION * factor)
    return float(-value if sign else value)


def parse_lines(text: str) -> dict[str, str]:
    """Parse lines of a name and a value, as in `writeback_rate_debug` and `priority_stats`."""
    lines = (line.partition(":") for line in text.splitlines())
    return {name.strip(): value.strip() for name, colon, value in lines if colon}


@dataclass(frozen=True, slots=True, kw_only=True)
class BcacheOptions(Options):
    """Whether to read what costs the kernel a pass over all buckets of the cache."""

    priority_stats: bool = False


class Bcache:
    """Reads every cache set that is registered."""

    name: ClassVar[str] = "bcache"
    device: Final = ""

    def __init__(self, setup: Setup[BcacheOptions]) -> None:
        self.schedule: Final = setup.schedule
        self._files, self._base = setup.files, setup.sys("fs/bcache")
        self._priority = setup.options.priority_stats

    def collect(self) -> list[Reading]:
        """Read them once; raises NoData where there is none.

        A figure that the kernel does not have, or that cannot be understood, is left out.
        """
        sets = [name for name in entries(self._base) if _SET.fullmatch(name)]
        readings = [reading for one in sets for reading in self._set(one)]
        if not readings:
            raise NoData(f"no cache set in {self._base}")
        return readings

    def _set(self, uuid: str) -> Iterator[Reading]:
        base = f"{self._base}/{uuid}"
        yield from self._figures(base, catalogue.SET, (uuid,))
        duration = {_BTREE_READ: catalogue.BTREE_READ}
        for series, microseconds in self._figures(base, duration, (uuid,)):
            yield series, microseconds / _MICROSECONDS
        for name in entries(base):
            if _BACKING.fullmatch(name):
                yield from self._figures(f"{base}/{name}", catalogue.BACKING, (uuid, name))
                debug = f"{base}/{name}/writeback_rate_debug"
                yield from self._table(debug, catalogue.WRITEBACK, (uuid, name), parse_size)
            elif _CACHE.fullmatch(name):
                yield from self._figures(f"{base}/{name}", catalogue.CACHE, (uuid, name))
                if self._priority:
                    stats = f"{base}/{name}/priority_stats"
                    yield from self._table(stats, catalogue.PRIORITY, (uuid, name), _percent)

    def _figures(
        self, base: str, metrics: Mapping[str, Metric], labels: tuple[str, ...]
    ) -> Iterator[Reading]:
        for file, metric in metrics.items():
            try:
                value = parse_size(self._files.text(f"{base}/{file}"), file)
            except (OSError, BadReply):
                continue
            yield metric.series(*labels), value

    def _table(
        self,
        path: str,
        metrics: Mapping[str, Metric],
        labels: tuple[str, ...],
        parse: Callable[[str, str], float],
    ) -> Iterator[Reading]:
        lines = parse_lines(self._files.word(path))
        for name in metrics.keys() & lines.keys():
            try:
                yield metrics[name].series(*labels), parse(lines[name], path)
            except BadReply:
                continue


def _percent(text: str, what: str) -> float:
    return number(text.removesuffix("%"), what)


COLLECTOR: Final = HostCollector(name="bcache", make=Bcache, options=BcacheOptions)

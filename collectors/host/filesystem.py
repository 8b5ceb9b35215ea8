"""Space and inodes of every mounted file system. A mount that hangs does not delay the others."""

from __future__ import annotations

import os
import re
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Final, cast

from collectors.base import NoData, Reading, Series
from collectors.catalogue.host import storage as catalogue
from collectors.host.declare import HostCollector, Options, Pattern, Setup
from collectors.host.kernel import Dropped, decode
from collectors.host.mounts import Mount, parse_mount_ids, parse_mounts, strip_root
from collectors.host.statfs import Call, StatfsPool
from collectors.strict import Duration

_METRICS: Final = (
    catalogue.FILESYSTEM_SIZE,
    catalogue.FILESYSTEM_FREE,
    catalogue.FILESYSTEM_AVAIL,
    catalogue.FILESYSTEM_FILES,
    catalogue.FILESYSTEM_FILES_FREE,
    catalogue.FILESYSTEM_READONLY,
    catalogue.FILESYSTEM_ERROR,
)
_Key = tuple[bytes, bytes, bytes]


IGNORE_MOUNTS: Final = r"^/(dev|proc|run|sys|var/lib/docker/.+|var/lib/containers/storage/.+)($|/)"
IGNORE_TYPES: Final = (
    r"^(autofs|binfmt_misc|bpf|cgroup2?|configfs|debugfs|devpts|devtmpfs|fusectl|hugetlbfs|iso9660"
    r"|mqueue|nsfs|overlay|proc|procfs|pstore|rpc_pipefs|securityfs|selinuxfs|squashfs|sysfs"
    r"|tracefs)$"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FilesystemOptions(Options):
    """Which mounts are read, and how long one may take to answer."""

    ignore_mounts: Pattern = field(
        default=IGNORE_MOUNTS, metadata={"help": "mount points not read"}
    )
    ignore_types: Pattern = field(
        default=IGNORE_TYPES, metadata={"help": "types of file system not read"}
    )
    mount_timeout: Duration = field(
        default=0.5,
        metadata={"help": "node_filesystem_device_error is 1 for a mount that takes longer"},
    )


@dataclass(frozen=True, slots=True)
class _Left:
    """What a closed collector has left: calls that have not returned, and their mounts."""

    calls: Mapping[Hashable, Call]
    mount_ids: Mapping[_Key, bytes]


_LEFT: Final[dict[bytes, _Left]] = {}
"""By the root of the file systems."""


class Filesystem:
    """Reads the table of mounts and the state of each mount.

    It blocks, but not much longer than the deadline of one mount.
    """

    name: ClassVar[str] = "filesystem"
    device: Final = ""

    def __init__(self, setup: Setup[FilesystemOptions]) -> None:
        options = setup.options
        self.schedule: Final = setup.schedule
        self.dropped: Final = Dropped()
        self._files = setup.files
        # The mounts as init sees them: this service may run with PrivateTmp and see others. If
        # /proc hides the processes of other users, the mounts as this process sees them.
        self._tables = tuple(
            (setup.proc(f"{whose}mounts"), setup.proc(f"{whose}mountinfo"))
            for whose in ("1/", "self/", "")
        )
        self._root = os.fsencode(setup.context.rootfs)
        self._ignore_points = re.compile(options.ignore_mounts)
        self._ignore_types = re.compile(options.ignore_types)
        self._pool = StatfsPool(options.mount_timeout)
        self._series: dict[_Key, tuple[Series, ...]] = {}
        self._table: bytes | None = None
        self._mounts: dict[_Key, tuple[Mount, bytes]] = {}
        self._stuck_ids: dict[_Key, bytes] = {}

    def collect(self) -> list[Reading]:
        """Read the state of every mount once."""
        self._take_over()
        table, ids = self._read_tables()
        if table != self._table:
            self._mounts, self._table = self._wanted(table), table
        mounts = self._mounts
        self._forget_replaced(ids, mounts)
        answers = self._pool.ask((key, self._path(point)) for key, (_, point) in mounts.items())
        self._remember_stuck(ids, mounts)
        readings: list[Reading] = []
        for key, (mount, _) in mounts.items():
            *measured, read_only, error = self._series[key]
            answer = answers.get(key)
            if answer is None or isinstance(answer, OSError):
                readings.append((error, 1.0))
                continue
            block = float(answer.f_frsize)
            values = (
                answer.f_blocks * block,
                answer.f_bfree * block,
                answer.f_bavail * block,
                answer.f_files,
                answer.f_ffree,
            )
            readings += zip(measured, map(float, values), strict=True)
            readings += ((read_only, float(mount.read_only)), (error, 0.0))
        return readings

    def _wanted(self, table: bytes) -> dict[_Key, tuple[Mount, bytes]]:
        """Parse a changed table of mounts; return the wanted mounts with the host's own paths."""
        # Of mounts upon each other the last one is seen: every path leads to it.
        seen = {mount.point: mount for mount in self.dropped.parse(parse_mounts, table)}
        mounts: dict[_Key, tuple[Mount, bytes]] = {}
        for mount in seen.values():
            point = strip_root(mount.point, self._root)
            if not (
                self._ignore_points.search(decode(point))
                or self._ignore_types.search(decode(mount.type))
            ):
                mounts[mount.device, point, mount.type] = (mount, point)
        series = {key: self._series.get(key) or _series_of(key) for key in mounts}
        # Names that differ only in characters that a label cannot hold give one series. The first
        # mount gets it.
        first = {labelled: key for key, labelled in reversed(series.items())}
        self._series = {key: labelled for key, labelled in series.items() if first[labelled] == key}
        return {key: mounts[key] for key in self._series}

    def close(self) -> None:
        """End the threads that are not stuck. A successor is told of those that are."""
        self._pool.close()
        hanging = self._pool.hanging()
        if hanging:
            _LEFT[self._root] = _Left(hanging, dict(self._stuck_ids))

    def _take_over(self) -> None:
        """Know the mounts whose calls hang since before a reload: each has one thread at most."""
        left = _LEFT.pop(self._root, None)
        if left is not None:
            self._pool.take_over(left.calls)
            self._stuck_ids |= left.mount_ids

    def _read_tables(self) -> tuple[bytes, str]:
        """Return the table of mounts and the path of the mountinfo beside it."""
        for mounts, mountinfo in self._tables:
            try:
                return self._files.read(mounts), mountinfo
            except OSError:
                continue
        raise NoData(f"no {self._tables[-1][0]}")

    def _path(self, point: bytes) -> bytes:
        return point if self._root == b"/" else self._root.rstrip(b"/") + point

    def _forget_replaced(self, mountinfo: str, mounts: dict[_Key, tuple[Mount, bytes]]) -> None:
        """Poll a mount point again after another file system has replaced the hung one.

        The thread that is stuck in the old mount never returns.
        """
        if not self._stuck_ids:
            return
        ids = self._mount_ids(mountinfo)
        for key, stuck in list(self._stuck_ids.items()):
            if key not in mounts or ids.get(mounts[key][0].point, b"") != stuck:
                self._pool.forget(key)
                del self._stuck_ids[key]

    def _remember_stuck(self, mountinfo: str, mounts: dict[_Key, tuple[Mount, bytes]]) -> None:
        stuck = self._pool.stuck() & mounts.keys()
        new = stuck - self._stuck_ids.keys()
        ids = self._mount_ids(mountinfo) if new else {}
        self._stuck_ids = {
            cast("_Key", key): self._stuck_ids.get(cast("_Key", key))
            or ids.get(mounts[cast("_Key", key)][0].point, b"")
            for key in stuck
        }

    def _mount_ids(self, path: str) -> dict[bytes, bytes]:
        try:
            return parse_mount_ids(self._files.read(path))
        except OSError:
            return {}


def _series_of(key: _Key) -> tuple[Series, ...]:
    device, point, kind = map(decode, key)
    return tuple(metric.series(device, kind, point) for metric in _METRICS)


COLLECTOR: Final = HostCollector(name="filesystem", make=Filesystem, options=FilesystemOptions)

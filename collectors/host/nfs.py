"""Calls of this machine as a client of NFS, from /proc/net/rpc/nfs. See nfsstat(8)."""

from __future__ import annotations

from typing import ClassVar, Final

from collectors.base import Reading
from collectors.catalogue.host import filesystems as catalogue
from collectors.host.declare import HostCollector, Options, Setup
from collectors.host.kernel import Dropped
from collectors.host.rpc_stats import V2, V3, V4, at_columns, methods, parse_rpc

_VERSIONS: Final = {"2": (b"proc2", V2), "3": (b"proc3", V3), "4": (b"proc4", V4)}
_COLUMNS: Final = {
    (b"net", 1): catalogue.NFS_PACKETS.series("udp"),
    (b"net", 2): catalogue.NFS_PACKETS.series("tcp"),
    (b"net", 3): catalogue.NFS_CONNECTIONS.series(),
    (b"rpc", 0): catalogue.NFS_RPCS.series(),
    (b"rpc", 1): catalogue.NFS_RETRANSMISSIONS.series(),
    (b"rpc", 2): catalogue.NFS_REFRESHES.series(),
}
"""By the word that begins a line, and the column."""


class Nfs:
    """Reads /proc/net/rpc/nfs. It is there once the client's module is loaded."""

    name: ClassVar[str] = "nfs"
    device: Final = ""

    def __init__(self, setup: Setup[Options]) -> None:
        self.schedule: Final = setup.schedule
        self.dropped: Final = Dropped()
        self._files, self._path = setup.files, setup.proc("net/rpc/nfs")

    def collect(self) -> list[Reading]:
        """Read it once; raises NoData where it is not."""
        found = parse_rpc(self._files.need(self._path), self.dropped)
        readings = at_columns(found, _COLUMNS)
        for version, (word, names) in _VERSIONS.items():
            readings += (
                (catalogue.NFS_REQUESTS.series(version, method), calls)
                for method, calls in methods(found.get(word, ()), names)
            )
        return readings


COLLECTOR: Final = HostCollector(name="nfs", make=Nfs, options=Options)

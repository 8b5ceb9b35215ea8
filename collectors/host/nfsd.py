"""Calls that this machine answers as a server of NFS, from /proc/net/rpc/nfsd. See nfsstat(8)."""

from __future__ import annotations

from typing import ClassVar, Final

from collectors.base import Reading
from collectors.catalogue.host import filesystems as catalogue
from collectors.host.declare import HostCollector, Options, Setup
from collectors.host.kernel import Dropped
from collectors.host.rpc_stats import V2, V3, V4_OPERATIONS, at_columns, methods, parse_rpc

_COLUMNS: Final = {
    **{place: metric.series() for place, metric in catalogue.NFSD.items()},
    (b"net", 1): catalogue.NFSD_PACKETS.series("udp"),
    (b"net", 2): catalogue.NFSD_PACKETS.series("tcp"),
    (b"rpc", 2): catalogue.NFSD_RPC_ERRORS.series("fmt"),
    (b"rpc", 3): catalogue.NFSD_RPC_ERRORS.series("auth"),
    (b"rpc", 4): catalogue.NFSD_RPC_ERRORS.series("cInt"),
}


class Nfsd:
    """Reads /proc/net/rpc/nfsd. It is there once the server's module is loaded."""

    name: ClassVar[str] = "nfsd"
    device: Final = ""

    def __init__(self, setup: Setup[Options]) -> None:
        self.schedule: Final = setup.schedule
        self.dropped: Final = Dropped()
        self._files, self._path = setup.files, setup.proc("net/rpc/nfsd")

    def collect(self) -> list[Reading]:
        """Read it once; raises NoData where it is not."""
        found = parse_rpc(self._files.need(self._path), self.dropped)
        readings = at_columns(found, _COLUMNS)
        # The server does not tell how often its null procedure was called.
        calls = [
            (version, method, count)
            for version, word, names in (("2", b"proc2", V2), ("3", b"proc3", V3))
            for method, count in methods(found.get(word, ()), names)
            if method != "Null"
        ]
        operations = found.get(b"proc4ops", ())[1:]
        calls += (
            ("4", method, operations[number])
            for number, method in V4_OPERATIONS.items()
            if number < len(operations)
        )
        readings += (
            (catalogue.NFSD_REQUESTS.series(version, method), count)
            for version, method, count in calls
        )
        return readings


COLLECTOR: Final = HostCollector(name="nfsd", make=Nfsd, options=Options)

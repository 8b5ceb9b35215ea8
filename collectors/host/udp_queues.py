"""Bytes waiting in UDP sockets, from /proc/net/udp and udp6. See proc_pid_net(5)."""

from __future__ import annotations

from typing import ClassVar, Final

from collectors.base import BadReply, CollectError, NoData, Reading
from collectors.catalogue.host import network as catalogue
from collectors.host.declare import HostCollector, Options, Setup
from collectors.host.kernel import MALFORMED, Dropped

_QUEUES: Final = 4


def parse_udp(data: bytes) -> tuple[float, float]:
    """Parse /proc/net/udp and return bytes waiting to be sent and to be received.

    Raises BadReply.
    """
    sent = received = 0
    for line in data.split(b"\n")[1:]:
        words = line.split(None, _QUEUES + 1)
        if not words:
            continue
        try:
            queue, _, other = words[_QUEUES].partition(b":")
            sent += int(queue, 16)
            received += int(other, 16)
        except (ValueError, IndexError):
            raise BadReply(
                f"/proc/net/udp: expected tx_queue:rx_queue, got {line[:80]!r}"
            ) from None
    return float(min(sent, 2**63)), float(min(received, 2**63))


class UdpQueues:
    """Reads /proc/net/udp and udp6. It runs in a worker thread, since many sockets take long."""

    name: ClassVar[str] = "udp_queues"
    device: Final = ""

    def __init__(self, setup: Setup[Options]) -> None:
        self.schedule: Final = setup.schedule
        self.dropped: Final = Dropped()
        self._files = setup.files
        metric = catalogue.UDP_QUEUES
        self._series = {
            setup.proc("net/udp"): (metric.series("tx", "v4"), metric.series("rx", "v4")),
            setup.proc("net/udp6"): (metric.series("tx", "v6"), metric.series("rx", "v6")),
        }

    def collect(self) -> list[Reading]:
        """Read both once."""
        readings: list[Reading] = []
        failed: CollectError = NoData("no /proc/net/udp")
        for path, series in self._series.items():
            try:
                data = self._files.read(path)
            except OSError:  # no IPv6
                continue
            try:
                readings += zip(series, parse_udp(data), strict=True)
            except BadReply as error:  # a sum without one socket would be too small
                failed = error
                self.dropped[MALFORMED] += 1
        if not readings:
            raise failed
        return readings


COLLECTOR: Final = HostCollector(name="udp_queues", make=UdpQueues, options=Options)

"""What every prober is: it sends probes to one target and times their answers."""

from __future__ import annotations

import socket
from collections import Counter
from dataclasses import dataclass
from typing import Literal, Protocol

Method = Literal["icmp", "tcp", "stamp"]


@dataclass(frozen=True, slots=True)
class Target:
    """Where probes go: an address that needs no look-up."""

    address: str
    port: int
    family: socket.AddressFamily

    @property
    def version(self) -> int:
        """The version of the Internet Protocol."""
        return 6 if self.family == socket.AF_INET6 else 4


class Prober(Protocol):
    """Sends probes to one target."""

    method: Method
    dropped: Counter[str]

    async def probe(self, timeout: float) -> float | None:
        """Send one probe.

        Returns its round trip in seconds, or None where no answer came within `timeout` seconds.
        """

    def close(self) -> None:
        """Close the socket."""

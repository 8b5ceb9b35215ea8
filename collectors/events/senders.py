"""Who is heard, at what rate, and where what is heard comes in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import ClassVar

from collectors.base import Context
from collectors.facility.named import Named

Address = IPv4Address | IPv6Address


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedSender(Named):
    """A device that tells events, and what it is called."""

    node: str = ""
    device: str = ""
    row: str = ""
    rack: str = ""

    kinds: ClassVar[tuple[str, ...]] = (*Named.kinds, "node", "device")

    def check_name(self) -> None:
        """Check that it has one name; raises ValueError."""
        if len(self.names) != 1:
            raise ValueError(f"expected one of {', '.join(self.kinds)}")

    def place(self, context: Context) -> tuple[str, ...]:
        """Return its hub, site, row, rack, kind and name: the labels of its events."""
        ((kind, name),) = self.names.items()
        place = context.place_of(self.rack)
        row = place.row or self.row
        return (place.hub, place.site, row, self.rack or place.rack, kind, name)


class Bucket:
    """How many messages of one device may be read now."""

    __slots__ = ("_at", "_left", "_most", "_rate")

    def __init__(self, rate: float, most: int) -> None:
        self._rate, self._most = rate, float(most)
        self._left, self._at = self._most, 0.0

    def takes(self, now: float) -> bool:
        """Take one away, if there is one left."""
        self._left = min(self._most, self._left + (now - self._at) * self._rate)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


def plain(host: str) -> Address:
    """Return an address without a zone; one of IPv4 within IPv6 as that of IPv4."""
    address = ip_address(host.partition("%")[0])
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def check_address(address: str, key: str) -> None:
    """Check that a text is an IP address; raises ValueError."""
    try:
        ip_address(address)
    except ValueError:
        raise ValueError(
            f"{key}: expected an IP address such as 10.0.4.7, got {address!r}"
        ) from None


def check_once(addresses: Sequence[str], key: str) -> None:
    """Check that no address is given twice, in whatever form; raises ValueError."""
    seen: set[object] = set()
    for address in map(plain, addresses):
        if address in seen:
            raise ValueError(f"{key}: {address} is given twice")
        seen.add(address)


def where_to_listen(listen: str, like: str) -> tuple[str, int]:
    """Split an IP address and a port; raises ValueError."""
    host, _, port = listen.rpartition(":")
    try:
        address = str(ip_address(host.strip("[]")))
    except ValueError:
        address = ""
    if not address or not port.isdigit() or not 0 <= int(port) < 1 << 16:
        raise ValueError(f"listen: expected such as {like}, got {listen!r}")
    return address, int(port)

"""SIMULATED peers of links: STAMP reflectors that answer as if they were far away.

The delay of the event loop is given in the answer as time for which the packet was held. So a busy
simulator does not lengthen the round trip.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator, Mapping
from typing import Any, Final

from collectors.base import BadReply
from collectors.network.packets import reflect
from simulator.faults import Health

DELAYS: Final[Mapping[str, float]] = {"guangzhou": 0.0086, "shenzhen": 0.0093, "hangzhou": 0.0152}
"""Round-trip times in seconds. They are invented for lines of a thousand kilometres, not measured.
"""
_JITTER: Final = 0.0004
_EPOCH: Final = 1.0
"""The reflector's clock begins here: its times are only compared with each other, and must not be
negative."""


class LinkPeer(asyncio.DatagramProtocol):
    """One simulated peer: a reflector (RFC 8762) that is late, uneven and loses packets."""

    def __init__(self, peer: str, delay: float, *, loss: float = 0.0, seed: int = 1) -> None:
        self.peer, self.delay, self.loss = peer, delay, loss
        self.health = Health(0.0)
        self.address = ""
        self._random = random.Random(f"{peer}/{seed}")
        self._transport: Any = None

    async def start(self, listen: str = "127.0.0.1", port: int = 0) -> None:
        """Listen; raises OSError where the address is taken."""
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(
            lambda: self, local_addr=(listen, port)
        )
        host, port = self._transport.get_extra_info("sockname")[:2]
        self.address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    def datagram_received(self, data: bytes, addr: tuple[Any, ...]) -> None:
        """Answer later, or not at all."""
        if self.health.fault == "silent" or self._random.random() < self.loss:
            return
        loop = asyncio.get_running_loop()
        due = loop.time() + self.delay + self.health.delay + self._random.uniform(0.0, _JITTER)
        loop.call_at(due, self._answer, data, addr, due)

    def _answer(self, data: bytes, addr: tuple[Any, ...], due: float) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        try:
            packet = reflect(data, _EPOCH, _EPOCH + asyncio.get_running_loop().time() - due)
        except BadReply:
            return
        self._transport.sendto(packet[::-1] if self.health.fault == "garbage" else packet, addr)

    @staticmethod
    def counted(now: float) -> float:
        """Return 0, because a line has no register."""
        del now
        return 0.0

    def close(self) -> None:
        """Stop answering."""
        if self._transport is not None:
            self._transport.close()


def simulated_links(seed: int) -> Mapping[str, LinkPeer]:
    """Return the peers of a simulated site, by name."""
    return {peer: LinkPeer(peer, delay, seed=seed) for peer, delay in DELAYS.items()}


def links_section(peers: Mapping[str, LinkPeer], interval: str) -> Iterator[str]:
    """Yield the lines of a config that measure them."""
    yield f"  links:\n    interval: {interval}\n    peers:\n"
    for peer in peers.values():
        yield (
            f'      - {{peer: {peer.peer}, address: "{peer.address}", method: stamp}}  # a'
            " reflector with a simulated delay\n"
        )

"""Simulated chips: the pages of Huawei's NPU exporter, one URL for each node.

The chips are the two of each Atlas 300I Duo card (310P3). A card's power follows its rack's
load, so that chips, PDUs and PUE agree. Both chips of a card show the card's power, as in the real
exporter. No such node exists.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from simulator.site import Node, Rack, Site

PROFILE: Final = "ascend-npu-exporter"
_MODEL: Final = "310P3-Ascend-V1"
_CHIPS_A_CARD: Final = 2
_HOST_SHARE: Final = 0.3  # of what a node draws: processors, memory, fans
_IDLE_WATTS, _BUSY_WATTS = 60.0, 150.0  # of a card
_MEMORY_MIB: Final = 44280
_WARMING: Final = 32.0  # degrees above the air at the inlet, when busy
_IDLE_WARMING: Final = 12.0
_MAX_REQUEST: Final = 8192
_PATIENCE: Final = 5.0


@dataclass(frozen=True, slots=True)
class SimulatedNode:
    """One node with chips, in its rack."""

    node: Node
    rack: Rack

    def page(self, at: float) -> str:
        """Return the exporter's page at a time."""
        return "".join(self._lines(at))

    def _lines(self, at: float) -> Iterator[str]:
        stamp = int(at * 1000)
        yield f"machine_npu_nums {self.node.accelerators}\n"
        for chip in range(self.node.accelerators):
            labels = (
                f'id="{chip}",vdie_id="SIM-{zlib.crc32(self.node.node.encode()):08X}-{chip:02}",'
                f'pcie_bus_info="0000:{chip // _CHIPS_A_CARD + 1:02X}:00.0"'
            )
            yield f'npu_chip_info_name{{name="{_MODEL}",{labels}}} 1 {stamp}\n'
            for name, value in self._chip(chip, at):
                yield (
                    f'npu_chip_info_{name}{{model_name="{_MODEL}",{labels}}} {value:.6g} {stamp}\n'
                )

    def _chip(self, chip: int, at: float) -> Iterator[tuple[str, float]]:
        nodes = [node for node in self.rack.nodes if node.accelerators]
        cards = max(self.node.accelerators // _CHIPS_A_CARD, 1)
        watts = self.rack.load.power(at) / len(nodes) * (1 - _HOST_SHARE) / cards
        watts = min(max(watts, _IDLE_WATTS), _BUSY_WATTS)
        # The chips of a node do not work quite alike.
        skew = 0.9 + 0.2 * (zlib.crc32(f"{self.node.node}/{chip}".encode()) % 100) / 100
        busy = min(max((watts - _IDLE_WATTS) / (_BUSY_WATTS - _IDLE_WATTS) * skew, 0.0), 1.0)
        yield "health_status", 1
        yield "power", watts
        yield "utilization", round(100 * busy)
        yield (
            "temperature",
            round(
                self.rack.inlet_celsius.power(at)
                + _IDLE_WARMING
                + (_WARMING - _IDLE_WARMING) * busy
            ),
        )
        yield "total_memory", _MEMORY_MIB
        yield "used_memory", round(_MEMORY_MIB * (0.03 + 0.8 * busy))


class NpuExporters:
    """Serves the pages of all nodes with chips on one port: `/NODE/metrics`."""

    def __init__(self, site: Site, *, clock: Callable[[], float] = time.time) -> None:
        self.nodes = {
            node.node: SimulatedNode(node, rack)
            for rack in site.racks
            for node in rack.nodes
            if node.accelerators
        }
        self._clock = clock
        self._server: asyncio.Server | None = None
        self._base = ""

    @property
    def urls(self) -> Mapping[str, str]:
        """Where each node's page is, once started."""
        return {name: f"{self._base}/{name}/metrics" for name in self.nodes}

    def section(self, interval: str) -> Iterator[str]:
        """Yield the section of a config that reads every node; nothing for a site without chips."""
        if not self.nodes:
            return
        yield f"  accelerators:\n    interval: {interval}\n    timeout: 3s\n"
        yield "    disable: [nvidia, ascend, amd]  # this machine's own are not the site's\n"
        yield "    exporters:\n"
        urls = self.urls
        for name, one in self.nodes.items():
            yield (
                "      -"
                f' {{url: "{urls[name]}", profile: {PROFILE}, '
                f"node: {name}, rack: {one.rack.name}}}\n"
            )

    async def start(self, listen: str = "127.0.0.1", port: int = 0) -> None:
        """Listen; raises OSError where the address is taken."""
        self._server = await asyncio.start_server(self._serve, listen, port, limit=_MAX_REQUEST)
        bound = self._server.sockets[0].getsockname()[1]
        self._base = f"http://{f'[{listen}]' if ':' in listen else listen}:{bound}"

    async def stop(self) -> None:
        """Close the port."""
        if self._server is not None:
            self._server.close()
            self._server = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request and close, which is enough for one request a round."""
        try:
            async with asyncio.timeout(_PATIENCE):
                request = await reader.readuntil(b"\r\n\r\n")
                node = (
                    self.nodes.get(request.split(b"/", 2)[1].decode("ascii", "replace"))
                    if request.startswith(b"GET /")
                    else None
                )
                body = node.page(self._clock()).encode() if node is not None else b""
                status = b"200 OK" if node is not None else b"404 Not Found"
                head = (
                    b"HTTP/1.1 %s\r\nContent-Type: text/plain; version=0.0.4\r\n"
                    b"Content-Length: %d\r\nConnection: close\r\n\r\n"
                )
                writer.write(head % (status, len(body)) + body)
                await writer.drain()
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # the client has gone, or sent no request
        finally:
            writer.close()
            with contextlib.suppress(OSError, asyncio.CancelledError):
                await writer.wait_closed()

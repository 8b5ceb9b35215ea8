"""Polling Modbus TCP meters over 64 connections: the collector beside pymodbus's client.

The collector makes readings; the client stops at registers. One server in another process answers
both, so each side is charged its own CPU and memory only.
"""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

from bench import Row

METERS: Final = 64
ROUNDS: Final = 60
_READS: Final = ((0, 18), (52, 24))
"""What the map of the SDM630 comes to: two reads a round."""


class _Meter(asyncio.Protocol):
    """Answers every read at once with floats of 50.0: a frequency too, so that the map fits."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        count = data[11]
        body = b"\x42\x48\x00\x00" * (count // 2)
        head = data[:4] + (3 + 2 * count).to_bytes(2, "big") + data[6:8] + bytes([2 * count])
        self._transport.write(head + body)


async def serve() -> None:
    """Listen, say where, and answer until killed."""
    server = await asyncio.get_running_loop().create_server(_Meter, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


async def ours(port: int, rounds: int) -> tuple[float, int]:
    """Poll by the collector; returns CPU seconds a round of one meter, and readings of it."""
    from collectors.base import Context, Place, Schedule
    from collectors.facility.modbus.collector import ModbusCollector
    from collectors.facility.modbus.link import Link
    from collectors.facility.modbus.plan import plan_of
    from collectors.facility.modbus.profile import load_profile
    from collectors.facility.naming import Naming

    plan, place = (
        plan_of(load_profile("eastron-sdm630")),
        Context(place=Place(hub="guian", site="bench"), node="n"),
    )
    made = [
        ModbusCollector(
            plan,
            Link("127.0.0.1", port, request_timeout=5.0),
            Naming(
                name=f"m{n}",
                labels={"hub": place.place.hub, "site": place.place.site, "point": "other"},
            ),
            Schedule(interval=10.0, timeout=10.0),
            unit=1,
            monotonic=time.monotonic,
        )
        for n in range(METERS)
    ]
    await asyncio.gather(*(one.collect() for one in made))
    used = time.process_time()
    for _ in range(rounds):
        found = await asyncio.gather(*(one.collect() for one in made))
    used = time.process_time() - used
    for one in made:
        await one.aclose()
    return used / rounds / METERS, len(found[0])


async def theirs(port: int, rounds: int) -> tuple[float, int]:
    """Poll the same registers by pymodbus; returns CPU seconds and registers a round."""
    from pymodbus.client import AsyncModbusTcpClient

    clients = [AsyncModbusTcpClient("127.0.0.1", port=port) for _ in range(METERS)]
    await asyncio.gather(*(client.connect() for client in clients))

    async def one(client: AsyncModbusTcpClient) -> int:
        return sum(
            [
                len((await client.read_input_registers(at, count=count)).registers)
                for at, count in _READS
            ]
        )

    await asyncio.gather(*map(one, clients))
    used = time.process_time()
    for _ in range(rounds):
        found = await asyncio.gather(*map(one, clients))
    used = time.process_time() - used
    for client in clients:
        client.close()
    return used / rounds / METERS, found[0]


def memory() -> float:
    """Return this process's resident memory in MB."""
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * 4096 / 1e6


def main(*, smoke: bool = False) -> list[Row]:
    """Measure both in processes of their own; returns the row of the summary."""
    rounds = 2 if smoke else ROUNDS
    found = {}
    with subprocess.Popen(
        [sys.executable, "-m", "bench.modbus", "serve"], stdout=subprocess.PIPE, text=True
    ) as server:
        try:
            assert server.stdout is not None
            port = server.stdout.readline().strip()
            for side in ("ours", "theirs"):
                command = [sys.executable, "-m", "bench.modbus", side, port, str(rounds)]
                words = subprocess.run(
                    command, capture_output=True, text=True, check=True, timeout=300
                ).stdout.split()
                found[side] = [float(word) for word in words]
        finally:
            server.kill()
    (mine, readings, rss), (other, registers, other_rss) = found["ours"], found["theirs"]
    print("Modbus TCP, 64 connections, two reads a round")
    print(f"  {'':<10} {'µs of CPU a round':>18} {'made':>14} {'MB more than before':>20}")
    for name, used, made, more in (
        ("hubgauge", mine, f"{readings:.0f} readings", rss),
        ("pymodbus", other, f"{registers:.0f} registers", other_rss),
    ):
        print(f"  {name:<10} {used * 1e6:18.0f} {made:>14} {more:20.1f}")
    what = "Modbus meters, CPU a round: pymodbus without decoding / hubgauge"
    return [Row(what=what, value=other / mine, unit="x")]


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        if sys.argv[1] == "serve":
            asyncio.run(serve())
        else:
            before = memory()
            poll = ours if sys.argv[1] == "ours" else theirs
            seconds, count = asyncio.run(poll(int(sys.argv[2]), int(sys.argv[3])))
            print(seconds, count, memory() - before)

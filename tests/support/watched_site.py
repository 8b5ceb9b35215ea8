"""A simulated site that notes when each of its PDUs is asked: an oracle apart from the agent.

Run it as a program. It reads commands from its input, one a line, and answers each with one line:
`silence SHARE` (so many of the PDUs answer no more), `heal`, `begin` (forget the gaps so far) and
`report` (JSON: the number of gaps, their percentiles in seconds, and the longest time for which the
site itself was late, in which it answered nobody).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from array import array
from pathlib import Path

from simulator.config import Wanted, write_config
from simulator.device import SnmpDevice
from simulator.faults import Health
from simulator.makes import choose
from simulator.responder import SharedResponder
from simulator.simulator import Simulator
from simulator.site import build_site
from simulator.snmp_agent import Device, Objects

_NEW_ROUND = 0.3
"""A request that comes so much of an interval after the one before begins another round."""
_LOOK_SECONDS = 0.05


class Gaps:
    """How long after the beginning of a round of a device the next one begins, in seconds."""

    def __init__(self, interval: float) -> None:
        self.interval = interval
        self.all = array("f")
        self.lag = 0.0
        """The longest time by which the site was later than it meant to be."""

    async def watch(self) -> None:
        """Note how late the site is, until it ends."""
        while True:
            due = time.monotonic() + _LOOK_SECONDS
            await asyncio.sleep(_LOOK_SECONDS)
            self.lag = max(self.lag, time.monotonic() - due)

    def forget(self) -> None:
        """Forget what was noted."""
        del self.all[:]
        self.lag = 0.0

    def report(self) -> dict[str, float]:
        """Return the number of gaps and how they are distributed."""
        ordered = sorted(self.all)
        if not ordered:
            return {"count": 0, "lag": self.lag}
        last = len(ordered) - 1
        return {
            "count": len(ordered),
            "p50": ordered[last // 2],
            "p99": ordered[int(last * 0.99)],
            "most": ordered[-1],
            "lag": self.lag,
        }


class Watched:
    """A device that notes when it is asked."""

    def __init__(self, device: SnmpDevice, gaps: Gaps) -> None:
        self._device, self._gaps = device, gaps
        self.value = device.value
        self._asked = self._began = 0.0

    @property
    def objects(self) -> Objects:
        """Its objects."""
        return self._device.objects

    @property
    def community(self) -> bytes:
        """The community that requests must have."""
        return self._device.community

    @property
    def health(self) -> Health:
        """Its faults. Each request looks at them first, so this is when it is asked."""
        now = time.monotonic()
        if now - self._asked > _NEW_ROUND * self._gaps.interval:
            if self._began:
                self._gaps.all.append(now - self._began)
            self._began = now
        self._asked = now
        return self._device.health

    def forget(self) -> None:
        """Forget when it was asked."""
        self._began = 0.0


async def main() -> None:
    """Run the site until its input ends."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--racks", type=int, required=True)
    parser.add_argument("--interval", type=float, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--listen", required=True)
    parser.add_argument("--detail", choices=("inlet", "phase", "outlet"))
    args = parser.parse_args()
    site = build_site("kunming", args.racks, 1, choose([]))
    simulator = Simulator(site, spread=True)
    await simulator.start()
    gaps = Gaps(args.interval)
    watched = _watch(simulator, gaps)
    watching = asyncio.create_task(gaps.watch())
    wanted = Wanted(listen=args.listen, interval=f"{args.interval:g}s", detail=args.detail)
    write_config(simulator, args.folder, wanted)
    print("ready", flush=True)
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    names = sorted(simulator.pdus)
    while line := (await reader.readline()).decode().split():
        if line[0] == "silence":
            step = 1 / float(line[1])
            for n in range(round(len(names) / step)):
                simulator.set_fault(names[int(n * step)], "silent")
        elif line[0] == "heal":
            for name in names:
                simulator.set_fault(name, None)
        elif line[0] == "begin":
            for one in watched:
                one.forget()
            gaps.forget()
        print(json.dumps(gaps.report() if line[0] == "report" else {}), flush=True)
    watching.cancel()
    await simulator.stop()


def _watch(simulator: Simulator, gaps: Gaps) -> list[Watched]:
    (responder,) = (one for one in simulator._responders if isinstance(one, SharedResponder))
    pdus = {id(pdu) for pdu in simulator.pdus.values()}
    watched = []
    devices: dict[bytes, Device] = responder._devices
    for address, device in devices.items():
        if id(device) in pdus:
            assert isinstance(device, SnmpDevice)
            devices[address] = one = Watched(device, gaps)
            watched.append(one)
    return watched


if __name__ == "__main__":
    asyncio.run(main())

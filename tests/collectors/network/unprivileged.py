"""One round of a link's probes by nobody: run as `unshare -n python unprivileged.py METHOD [ping]`.

With `ping` the kernel allows ICMP echo sockets. Prints the method that was used and whether its
socket is a raw one, or the error.
"""

from __future__ import annotations

import asyncio
import os
import sys
from typing import Any

from collectors.base import CollectError, Context, Place
from collectors.network import KIND, Config, Peer, link
from tests.collectors.network.interfaces import allow_ping_sockets, up

NOBODY = 65534


assert link  # loaded now: nobody may not be able to read the modules


async def once(method: Any) -> None:
    """Read a link to a port of loopback that nobody listens on."""
    peers = [Peer(peer="p", address="127.0.0.1:9", method=method)]
    made: Any = KIND.build(Config(peers=peers), Context(place=Place(hub="h"), node="n"))
    (one,) = made
    try:
        readings = {series.metric.name: value for series, value in await one.collect()}
        assert readings["loss_ratio"] == 0, readings
        assert readings["round_trip_seconds"] > 0, readings
        print(one._prober.method, getattr(one._prober, "_raw", ""))
    except CollectError as error:
        print(type(error).__name__, error)
    await one.aclose()


if __name__ == "__main__":
    up("lo")
    if "ping" in sys.argv[2:]:
        allow_ping_sockets()
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)
    asyncio.run(once(sys.argv[1]))

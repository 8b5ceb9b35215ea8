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
from collectors.network import KIND, Config, Peer
from collectors.network.link import Link
from tests.collectors.network.interfaces import allow_ping_sockets, up

NOBODY = 65534


def made(method: Any) -> Link:
    """Make a link to a port of loopback that nobody listens on.

    It is made with privilege: nobody may not be able to read the modules that this loads, as where
    the tree lies in root's home.
    """
    peers = [Peer(peer="p", address="127.0.0.1:9", method=method)]
    (one,) = KIND.build(Config(peers=peers), Context(place=Place(hub="h"), node="n"))
    assert isinstance(one, Link)
    return one


async def once(one: Link) -> None:
    """Read the link, and tell its method or the error."""
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
    link = made(sys.argv[1])
    if "ping" in sys.argv[2:]:
        allow_ping_sockets()
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)
    asyncio.run(once(link))

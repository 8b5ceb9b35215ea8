"""A peer some milliseconds away: run as `unshare -n python far_peer.py PROBES`.

It stands behind a TUN device in a network namespace of its own. It answers ICMP echo and SYNs of
10.99.0.2 after DELAY, loses each fifth packet, answers each seventh twice, and each eleventh only
after the probes' time-out. 10.99.0.3 never answers. Prints what the collectors told, as JSON.
"""

from __future__ import annotations

import asyncio
import json
import os
import struct
import sys
import threading
import time
from typing import Any

from collectors.base import Context, Place
from collectors.network import KIND, Config, Peer
from collectors.network.packets import checksum
from tests.collectors.network.interfaces import give_address, open_tun, up

DELAY = 0.03
TIMEOUT = 1.0
LATE = 1.5


def ip_header(source: bytes, target: bytes, protocol: int, length: int) -> bytes:
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + length, 1, 0, 64, protocol, 0, source, target)
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:]


def answer(packet: bytes) -> bytes | None:
    """Return the echo reply to an echo request, or the RST to a SYN."""
    source, target, body = packet[12:16], packet[16:20], packet[20:]
    if packet[0] >> 4 != 4 or target != bytes([10, 99, 0, 2]):
        return None
    if packet[9] == 1 and body[0] == 8:
        reply = b"\0\0\0\0" + body[4:]
        reply = reply[:2] + struct.pack("!H", checksum(reply)) + reply[4:]
    elif packet[9] == 6 and body[13] == 0x02:
        theirs, ours, sequence = struct.unpack("!HHI", body[:8])
        reply = struct.pack("!HHIIBBHHH", ours, theirs, 0, sequence + 1, 5 << 4, 0x14, 0, 0, 0)
        pseudo = target + source + struct.pack("!BBH", 0, 6, len(reply))
        reply = reply[:16] + struct.pack("!H", checksum(pseudo + reply)) + reply[18:]
    else:
        return None
    return ip_header(target, source, packet[9], len(reply)) + reply


def serve(device: int) -> None:
    counts = {1: 0, 6: 0}
    while True:
        packet = os.read(device, 2048)
        reply = answer(packet)
        if reply is None:
            continue
        counts[packet[9]] += 1
        count = counts[packet[9]]
        if count % 5 == 0:
            continue
        delay = LATE if count % 11 == 0 else DELAY
        for _ in range(2 if count % 7 == 0 else 1):
            threading.Timer(delay, os.write, (device, reply)).start()


def measured(link: Any, probes: int) -> bool:
    """Tell whether a link has so many probes, and the loss of the line.

    A fifth is lost, an eleventh of the rest too late: 27 %. On a machine that stood still, what was
    under way is lost as well, and weighs less with each probe after it.
    """
    return len(link._window) >= probes and 0.15 <= link._window.loss() < 0.45


async def measure(probes: int) -> dict[str, object]:
    """Read three links until those that answer are measured, and there were late answers."""
    peers = [
        Peer(peer="icmp", address="10.99.0.2", method="icmp"),
        Peer(peer="tcp", address="10.99.0.2:80", method="tcp"),
        Peer(peer="dead", address="10.99.0.3", method="icmp"),
    ]
    config = Config(interval=1.0, probes=20, timeout=TIMEOUT, window=120.0, peers=peers)
    links: Any = KIND.build(config, Context(place=Place(hub="h", site="s"), node="n"))
    for link in links:
        await link.collect()
    while not all(measured(link, probes) for link in links[:2]) or links[0].dropped["late"] < 2:
        await asyncio.sleep(0.05)
    told = {}
    for link in links:
        took = float("inf")
        for _ in range(5):  # the best of some: a busy machine may be late with one
            began = time.monotonic()
            found = await link.collect()
            took = min(took, time.monotonic() - began)
        readings = {f"{s.metric.name} {s.values[-1]}": value for s, value in found}
        told[link.device] = {"readings": readings, "dropped": dict(link.dropped), "took": took}
    for link in links:
        await link.aclose()
    return told


if __name__ == "__main__":
    device = open_tun("far0")
    give_address("far0", "10.99.0.1", "255.255.255.0")
    up("far0")
    up("lo")
    threading.Thread(target=serve, args=(device,), daemon=True).start()
    json.dump(asyncio.run(measure(int(sys.argv[1]))), sys.stdout)
    sys.stdout.flush()
    os._exit(0)

"""Links: round trip and loss of peers over ICMP, TCP and STAMP."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from agent.hubs.loader import load_registry
from agent.snapshot import Snapshot
from agent.targets.measured import measure
from collectors.base import Batch
from collectors.network import Peer
from collectors.network.datagrams import icmp_allowed
from collectors.network.link import Link
from collectors.network.prober import Method
from simulator.link_peer import DELAYS, LinkPeer
from tests.collectors.network.linked import linked
from tests.support import ROOT, free_port, until

needs_icmp = pytest.mark.skipif(not icmp_allowed(4), reason="this process may not send ICMP")


needs_namespaces = pytest.mark.skipif(
    os.getuid() != 0 or shutil.which("unshare") is None or not Path("/dev/net/tun").exists(),
    reason="needs root, for a network namespace",
)


async def told(link: Link) -> dict[str, float]:
    """Return a round's readings by metric and last label."""
    return {
        f"{series.metric.name} {series.values[-1]}": value for series, value in await link.collect()
    }


@needs_icmp
@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "[::1]"])
async def test_icmp_over_both_protocols(address: str) -> None:
    """The kernel answers an echo on loopback, and every probe is counted."""
    async with linked(Peer(peer="p", address=address, method="icmp")) as (link,):
        first = await told(link)
        assert first["round_trip_seconds 0.5"] > 0
        await until(lambda: len(link._window) >= 10)
        found = await told(link)
    assert found["loss_ratio p"] == 0
    assert (
        0
        < found["round_trip_seconds 0.5"]
        <= found["round_trip_seconds 0.9"]
        <= found["round_trip_seconds 0.99"]
    )
    assert found["probe_info icmp"] == 1


async def test_tcp_open_and_refused() -> None:
    """A connection and a refusal are both an answer of the peer."""
    with socket.create_server(("127.0.0.1", 0), backlog=100) as server:
        peers = [
            Peer(peer="open", address=f"127.0.0.1:{server.getsockname()[1]}", method="tcp"),
            Peer(peer="refused", address=f"127.0.0.1:{free_port()}", method="tcp"),
        ]
        async with linked(*peers) as links:
            for link in links:
                found = await told(link)
                assert found[f"loss_ratio {link.device}"] == 0
                assert found["round_trip_seconds 0.5"] > 0


class Scripted:
    """A prober that answers by a list: seconds, or None for no answer."""

    method: Method = "tcp"

    def __init__(self, *answers: float | None) -> None:
        self.answers = list(answers)
        self.dropped: Counter[str] = Counter()

    async def probe(self, timeout: float) -> float | None:
        assert timeout > 0
        return self.answers.pop(0)

    def close(self) -> None:
        """Nothing is open."""


@pytest.mark.parametrize(
    ("answers", "trip", "loss"),
    [
        # The first of a new address is slower for what happens once, and is not counted.
        ((0.0064, 0.00005), 0.00005, 0.0),
        ((0.25, 0.008), 0.008, 0.0),
        # A first one that is not answered says nothing of the second, nor the other way round.
        ((None, 0.008), 0.008, 0.0),
        ((0.008, None), None, 1.0),
        ((None, None), None, 1.0),
    ],
)
async def test_the_first_probe_of_an_address_is_not_counted(
    monkeypatch: pytest.MonkeyPatch,
    answers: tuple[float | None, ...],
    trip: float | None,
    loss: float,
) -> None:
    """What a first round tells was measured as every later one is."""
    prober = Scripted(*answers)
    monkeypatch.setattr("collectors.network.link.open_prober", lambda *_: prober)
    async with linked(Peer(peer="p", address="127.0.0.1:9", method="tcp")) as (link,):
        found = await told(link)
    assert found.get("round_trip_seconds 0.5") == trip
    assert found["loss_ratio p"] == loss
    assert prober.answers == []


@contextmanager
def black_hole() -> Iterator[str]:
    """Yield an address that drops SYNs, as a listener does whose backlog is full."""
    with socket.socket() as server, socket.socket() as filling:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        filling.settimeout(0)
        filling.connect_ex(server.getsockname())
        yield f"127.0.0.1:{server.getsockname()[1]}"


async def test_a_black_hole_has_no_round_trip() -> None:
    """Where no probe is answered the loss is 1, and there is no round trip, not a zero."""
    with black_hole() as address:
        hole = Peer(peer="hole", address=address, method="tcp")
        async with linked(hole, timeout=0.2) as (link,):
            assert await told(link) == {"loss_ratio hole": 1.0, "probe_info tcp": 1.0}


@needs_icmp
async def test_a_dead_peer_costs_the_others_nothing() -> None:
    """Beside twenty peers that never answer, one that does keeps its loss of 0."""
    with black_hole() as address:
        dead = [Peer(peer=f"dead-{n}", address=address, method="tcp") for n in range(20)]
        async with linked(
            *dead,
            Peer(peer="live", address="127.0.0.1", method="icmp"),
            interval=1.0,
        ) as links:
            await asyncio.gather(*(link.collect() for link in links))
            await until(lambda: len(links[-1]._window) >= 8)
            assert (await told(links[-1]))["loss_ratio live"] == 0
            assert (await told(links[0]))["loss_ratio dead-0"] == 1
            # A probe each tenth of a second waits for five seconds.
            assert all(len(link._under_way) <= 60 for link in links)


class HoldingPeer(LinkPeer):
    """A reflector that holds each packet for a second, and says so in its answer."""

    def _answer(self, data: bytes, addr: tuple[Any, ...], due: float) -> None:
        asyncio.get_running_loop().call_later(1.0, super()._answer, data, addr, due)


async def test_stamp_reads_the_line_and_not_the_reflector() -> None:
    """A round trip is without the time the reflector held the packet; losses are counted.

    A peer that falls silent has no round trip any more.
    """
    peer = HoldingPeer("gz", 0.02, loss=0.3, seed=4)
    await peer.start()
    async with linked(
        Peer(peer="gz", address=peer.address, method="stamp"),
        interval=0.5,
        probes=25,
        timeout=2.0,
    ) as (link,):
        await link.collect()
        # Of a machine that stood still, what was under way is lost as well.
        await until(lambda: len(link._window) >= 60 and 0.1 < link._window.loss() < 0.5)
        found = await told(link)
        assert 0.02 <= found["round_trip_seconds 0.5"] < 1.0
        assert 0.1 < found["loss_ratio gz"] < 0.5
        peer.health.set("silent", None, now=0.0, counted=0.0)
        link._clock = lambda: time.monotonic() + 1000.0  # what was before is out of the window
        await until(lambda: link._window._probes[-1][0] > time.monotonic() + 900.0)
        assert await told(link) == {"loss_ratio gz": 1.0, "probe_info stamp": 1.0}
    peer.close()


@needs_namespaces
def test_delay_loss_late_and_double_answers_over_a_real_network() -> None:
    """ICMP and TCP tell the delay and the loss of a line as they are.

    The line delays, loses, repeats, and delays some answers for longer than they are waited for.
    """
    command = [
        "unshare",
        "-n",
        sys.executable,
        "-W",
        "error",
        "-m",
        "tests.collectors.network.far_peer",
        "60",
    ]
    run = subprocess.run(
        command,
        cwd=ROOT,
        capture_output=True,
        timeout=300,
        check=True,
    )
    found = json.loads(run.stdout)
    for peer in ("icmp", "tcp"):
        readings = found[peer]["readings"]
        assert 0.03 <= readings["round_trip_seconds 0.5"] < 1.0
        assert 0.15 <= readings[f"loss_ratio {peer}"] < 0.45
    assert found["icmp"]["dropped"]["duplicate"] >= 3
    assert found["icmp"]["dropped"]["late"] >= 2
    assert found["dead"]["readings"] == {"loss_ratio dead": 1.0, "probe_info icmp": 1.0}
    assert all(one["took"] < 1.0 for one in found.values())  # no round waits for a probe


@needs_namespaces
@pytest.mark.parametrize(
    ("words", "expected"),
    [(("auto", "ping"), "icmp False"), (("auto",), "tcp"), (("icmp",), "Refused")],
)
def test_without_privilege(words: Sequence[str], expected: str) -> None:
    """Without privilege a ping socket is used where the kernel allows it, else TCP.

    Where only ICMP will do, the error says what it needs.
    """
    run = subprocess.run(
        ["unshare", "-n", sys.executable, "-m", "tests.collectors.network.unprivileged", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    assert run.stdout.startswith(expected), run.stdout + run.stderr
    if expected == "Refused":
        assert "ping_group_range" in run.stdout


@pytest.mark.parametrize("peer", sorted(DELAYS))
async def test_latency_targets_are_measured(peer: str) -> None:
    """Targets on transmission time are judged by the median round trip to the named peer."""
    reflector = LinkPeer(peer, DELAYS[peer])
    await reflector.start()
    snapshot = Snapshot()
    async with linked(Peer(peer=peer, address=reflector.address, method="stamp")) as (link,):
        await link.collect()
        await until(lambda: len(link._window) >= 10)
        readings = list(await link.collect())
    reflector.close()
    snapshot.update(
        Batch(collector="links", device=peer, time=0.0, lifetime=60.0, readings=readings)
    )
    (found,) = measure(load_registry(), snapshot, "guian", 0.0)[
        "guizhou", f"round_trip_{peer}", "hub"
    ]
    median = next(value for series, value in readings if series.label("share") == "0.5")
    assert found.value == median
    assert found.value >= DELAYS[peer]

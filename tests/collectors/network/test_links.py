from __future__ import annotations

import asyncio
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from agent import config as config_module
from agent.hubs.loader import load_registry
from agent.snapshot import Snapshot
from agent.targets.measured import measure
from collectors.base import Batch, Context, Place, Refused, Unreachable
from collectors.network import KIND, Config, Peer, split_address
from collectors.network.datagrams import icmp_allowed
from collectors.network.link import Link
from collectors.network.prober import Target
from collectors.network.resolve import Resolver
from collectors.strict import Problems
from simulator.link_peer import DELAYS, LinkPeer
from tests.support import HANGS, ROOT, free_port, until

GUIAN = Place(hub="guian", site="s1")
FAST: dict[str, Any] = {"interval": 0.2, "probes": 10, "timeout": 5.0, "window": 120.0}
"""Many probes a second; an answer counts also where a busy machine is late with it."""

needs_icmp = pytest.mark.skipif(not icmp_allowed(4), reason="this process may not send ICMP")
needs_namespaces = pytest.mark.skipif(
    os.getuid() != 0 or shutil.which("unshare") is None or not Path("/dev/net/tun").exists(),
    reason="needs root, for a network namespace",
)


@asynccontextmanager
async def linked(*peers: Peer, **options: Any) -> AsyncIterator[Sequence[Link]]:
    """Run the links of a config until the block ends."""
    links: Any = KIND.build(
        Config(peers=list(peers), **{**FAST, **options}), Context(place=GUIAN, node="n")
    )
    try:
        yield links
    finally:
        for link in links:
            await link.aclose()


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


@contextmanager
def black_hole() -> Iterator[str]:
    """Yield an address that drops SYNs, as a listener does whose backlog is full."""
    with socket.socket() as server, socket.socket() as filling:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        filling.setblocking(False)  # noqa: FBT003 - a socket's own way
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
            timeout=2.0,
        ) as links:
            await asyncio.gather(*(link.collect() for link in links))
            await until(lambda: len(links[-1]._window) >= 8)
            assert (await told(links[-1]))["loss_ratio live"] == 0
            assert (await told(links[0]))["loss_ratio dead-0"] == 1
            # A probe each tenth of a second waits for two seconds.
            assert all(len(link._under_way) <= 30 for link in links)


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
        await until(lambda: len(link._window) >= 60 and link._window.loss() > 0.1)
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
        assert (
            0.15 <= readings[f"loss_ratio {peer}"] < 0.45
        )  # a fifth is lost, an eleventh of the rest too late
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


async def test_a_name_server_that_hangs_costs_its_peer_only() -> None:
    """A look-up that hangs is given up in time, not repeated, and uses no thread of the loop."""
    begun = []
    never = threading.Event()

    def hang(host: str, port: int) -> Sequence[Target]:
        begun.append((host, port))
        never.wait()
        return ()

    resolver = Resolver("gz.example", 443, lookup=hang)
    try:
        for _ in range(3):
            with pytest.raises(Unreachable, match=r"gz\.example"):
                await resolver.target(0.05, 60.0)
        assert len(begun) == 1
        assert await asyncio.wait_for(asyncio.to_thread(lambda: "free"), HANGS) == "free"
    finally:
        never.set()


async def test_an_address_that_changes_is_followed() -> None:
    """A new look-up keeps an address still listed or after a failure; else it takes a new one."""
    one, two = (Target(f"127.0.0.{n}", 9, socket.AF_INET) for n in (1, 2))
    answers: list[Any] = [[one, two], [two, one], OSError("server failed"), [two]]

    def lookup(host: str, port: int) -> Sequence[Target]:
        del host, port
        found = answers.pop(0)
        if isinstance(found, OSError):
            raise found
        return found

    resolver = Resolver("gz.example", 9, lookup=lookup)
    seen = []
    while answers:
        resolver._next = 0.0
        seen.append((await resolver.target(HANGS, 0.0)).address)
        await until(lambda: resolver._asked is None or resolver._asked.done())
    resolver._next = float("inf")
    seen.append((await resolver.target(HANGS, 0.0)).address)
    assert seen[0] == "127.0.0.1"
    assert seen[-1] == "127.0.0.2"
    assert sorted(seen) == seen


async def test_a_name_nobody_knows_is_an_error_and_not_a_loss() -> None:
    """Where no probe could be sent, nothing is told of the link."""
    async with linked(
        Peer(peer="p", address="no-such-host.invalid:80", method="tcp"), timeout=3.0
    ) as (link,):
        with pytest.raises((Unreachable, Refused), match="no-such-host"):
            await link.collect()


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
    median = next(value for series, value in readings if series.label("quantile") == "0.5")
    assert found.value == median
    assert found.value >= DELAYS[peer]


def test_addresses() -> None:
    """Hosts, ports and both ways to write IPv6 are understood; nonsense is refused."""
    assert split_address("gz.example.net", 443) == ("gz.example.net", 443)
    assert split_address("10.1.0.1:7", 443) == ("10.1.0.1", 7)
    assert split_address("fd00::2", 443) == ("fd00::2", 443)
    assert split_address("[fd00::2]", 443) == ("fd00::2", 443)
    assert split_address("[fd00::2]:7", 443) == ("fd00::2", 7)
    for wrong in ("", ":7", "host:port", "a b", "host:70000"):
        with pytest.raises(ValueError, match="address"):
            split_address(wrong, 443)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("peers: [{peer: a, address: ''}]", 4, "address"),
        ("peers: [{peer: '', address: a}]", 4, "must not be empty"),
        ("peers: [{peer: a, address: b, method: ping}]", 4, "one of auto, icmp, tcp, stamp"),
        ("{interval: 1m, window: 30s}", 4, "shorter than the interval"),
        ("{interval: 100ms, probes: 1000}", 4, "more than 100000 probes"),
    ],
)
def test_mistakes_in_the_config_have_a_line(
    tmp_path: Path, text: str, line: int, words: str
) -> None:
    """A wrong section is one line with file, line and key."""
    with pytest.raises(Problems) as caught:
        config_module.load(
            tmp_path / "c.yaml", text=f"hub: guian\ncollectors:\n  links:\n    {text}\n"
        )
    assert f":{line}: collectors.links" in str(caught.value)
    assert words in str(caught.value)


def test_one_name_twice_is_refused(tmp_path: Path) -> None:
    """Two peers of one name would be one series."""
    text = (
        "hub: guian\ncollectors:\n  links:\n    peers:\n"
        "      - {peer: a, address: b}\n      - {peer: a, address: c}\n"
    )
    (tmp_path / "c.yaml").write_text(text)
    config = config_module.load(tmp_path / "c.yaml")
    with pytest.raises(Problems, match=r":6: collectors\.links\.peers\[1\]\.peer"):
        config.build_collectors(config.context({}))

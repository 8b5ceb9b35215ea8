"""Names and addresses of peers, and mistakes in the section `links`."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from agent import config as config_module
from collectors.base import Refused, Unreachable
from collectors.network import Peer, split_address
from collectors.network.prober import Target
from collectors.network.resolve import Resolver
from collectors.strict import Problems
from tests.collectors.network.linked import linked
from tests.support import HANGS, until


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
        await until(lambda: begun)
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

"""What a probe tells where the agent itself stood still: an answer that came in time counts."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from collectors.network.datagrams import EchoProber, StampProber, icmp_allowed
from collectors.network.packets import reflect
from collectors.network.prober import Prober, Target
from collectors.network.tcp import ConnectProber

TIMEOUT = 0.4
STOOD_STILL = 1.5
TRIES = 20
"""The reflector is a thread of a machine that may stand still as well.

And the kernel begins to note times of arrival a moment after the first socket asked for them.
"""


@contextmanager
def reflector(delay: float) -> Iterator[Target]:
    """A STAMP reflector in a thread of its own, which answers one packet after `delay` seconds."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.settimeout(60)

        def answer() -> None:
            data, came_from = sock.recvfrom(2048)
            time.sleep(delay)
            sock.sendto(reflect(data, 1.0, 1.0), came_from)

        thread = threading.Thread(target=answer)
        thread.start()
        yield Target("127.0.0.1", sock.getsockname()[1], socket.AF_INET)
        thread.join(60)


async def probed(prober: Prober) -> float | None:
    """Send a probe, and let the event loop stand still for longer than its time-out."""
    asyncio.get_running_loop().call_soon(time.sleep, STOOD_STILL)
    try:
        return await prober.probe(TIMEOUT)
    finally:
        prober.close()


@pytest.mark.skipif(not icmp_allowed(4), reason="this user may not send ICMP echo")
async def test_the_kernel_s_echo() -> None:
    """The kernel has answered long before the process went on."""
    target = Target("127.0.0.1", 0, socket.AF_INET)
    found = None
    for _ in range(TRIES):
        found = await probed(EchoProber(target, Counter()))
        if found is not None:
            break
    assert found is not None
    assert found < TIMEOUT


async def test_a_handshake() -> None:
    """The kernel has made the connection; it knows how long that took."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        target = Target("127.0.0.1", server.getsockname()[1], socket.AF_INET)
        found = await probed(ConnectProber(target, Counter()))
    assert found is not None
    assert found < TIMEOUT


async def test_an_answer_in_time() -> None:
    """It lay in the socket for over a second; the kernel says when it came."""
    found = None
    for _ in range(TRIES):
        with reflector(0.05) as target:
            found = await probed(StampProber(target, Counter()))
        if found is not None:
            break
    assert found is not None
    assert 0.05 <= found < TIMEOUT


async def test_an_answer_after_the_time_out() -> None:
    """It came before the process went on, and yet too late: the probe is lost."""
    dropped: Counter[str] = Counter()
    for _ in range(TRIES):
        with reflector(0.8) as target:
            assert await probed(StampProber(target, dropped)) is None
        if dropped:
            break
    assert dropped == {"late": 1}

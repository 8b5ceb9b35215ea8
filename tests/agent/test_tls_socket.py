"""A connection that ends between `connect` and the start of TLS is closed, whoever makes it."""

from __future__ import annotations

import gc
import socket
import ssl
import struct
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from agent.inventory.netbox.client import Client
from agent.inventory.netbox.config import NetBox
from agent.json_server import JsonServer
from agent.sinks.delivery import Database, Delivery
from agent.sinks.mqtt.config import Mqtt
from agent.sinks.mqtt.wire import BrokerWire
from agent.sinks.requests import Requests
from collectors.base import Unreachable
from tests.agent.sinks.peers import Scripted
from tests.support import HANGS, wait_for
from tests.support.certificates import self_signed


@pytest.fixture
def authority(tmp_path: Path) -> Path:
    """A certificate that is its own authority; its key is beside it."""
    return self_signed(tmp_path, "localhost")[0]


@contextmanager
def all_closed() -> Iterator[None]:
    """Fail where the block leaves a socket to the collector."""
    gc.collect()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
        gc.collect()
    assert [str(one.message) for one in caught if one.category is ResourceWarning] == []


def is_over(connected: socket.socket) -> bool:
    """Tell whether a connection has ended; its error stays for who reads."""
    try:
        connected.getpeername()
    except OSError:
        return True
    return False


def before_tls(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> list[object]:
    """Have each connection ended by an act before TLS begins; returns a list of those."""
    wrap, ended = ssl.SSLContext.wrap_socket, []

    def wrapped(
        context: ssl.SSLContext, sock: socket.socket, *more: bool, **named: bool
    ) -> ssl.SSLSocket:
        if not named.get("server_side"):
            act()
            wait_for(lambda: is_over(sock), what="the end of the connection")
            ended.append(sock)
        return wrap(context, sock, *more, **named)

    monkeypatch.setattr(ssl.SSLContext, "wrap_socket", wrapped)
    return ended


def lines(url: str, authority: Path) -> Delivery:
    return Delivery(
        Database(
            url=url,
            path="/api/v2/write",
            query={},
            scheme="Token",
            username="",
            timeout=HANGS,
            token_file=None,
            ca_file=authority,
            cert_file=None,
            key_file=None,
        )
    )


def by_lines(url: str, authority: Path) -> None:
    made = lines(url, authority)
    assert made.post(b"x").code == "unreachable"
    made.close()


def by_remote_write(url: str, authority: Path) -> None:
    made = Requests(HANGS, ca_file=authority)
    assert made.send(url, {}, b"x")[0].code == "unreachable"
    made.close()


def by_messages(url: str, authority: Path) -> None:
    made = BrokerWire(Mqtt(url=url.replace("https:", "mqtts:"), ca_file=authority), client_id="x")
    assert made.post(b"").code == "unreachable"
    made.close()


def by_questions(url: str, authority: Path) -> None:
    with pytest.raises(Unreachable):
        JsonServer(url, called="a server", ca_file=authority).ask("/")


def by_netbox(url: str, authority: Path) -> None:
    token = authority.with_name("token")
    token.write_text("f" * 40)
    token.chmod(0o600)
    config = NetBox(url=url, token_file=token, ca_file=authority, timeout=HANGS)
    times = iter((0.0, 0.0, 0.0))  # of the deadlines and of the first request
    with (
        Client(config, monotonic=lambda: next(times, HANGS)) as client,
        pytest.raises(Unreachable),
    ):
        list(client.objects("dcim/racks"))


@pytest.mark.parametrize(
    "way",
    [by_lines, by_remote_write, by_messages, by_questions, by_netbox],
    ids=lambda w: w.__name__,
)
def test_a_peer_may_reset_at_once(
    way: Callable[[str, Path], None], authority: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a load balancer without a server behind it does."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def reset() -> None:
            peer, _ = listener.accept()
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            peer.close()

        ended = before_tls(monkeypatch, reset)
        with all_closed():
            way(f"https://127.0.0.1:{listener.getsockname()[1]}", authority)
        assert len(ended) == 1


@pytest.mark.parametrize("way", ["lines", "remote_write"])
def test_a_sink_may_stop_while_it_connects(
    way: str, authority: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """OpenSSL answers the early end with an alert, which resets a socket that is shut down."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority, authority.with_suffix(".key"))
    with Scripted().up(context) as database:
        url = database.url.replace("http:", "https:")
        made = lines(url, authority) if way == "lines" else Requests(HANGS, ca_file=authority)
        ended = before_tls(monkeypatch, made.close)
        with all_closed():
            reply = made.post(b"x") if isinstance(made, Delivery) else made.send(url, {}, b"x")[0]
            assert reply.code == "aborted"
        assert len(ended) == 1

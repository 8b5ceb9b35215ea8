"""Who refuses an answer before its end closes the connection, and not when the error is gone."""

from __future__ import annotations

import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from agent.inventory.netbox import client as netbox
from agent.inventory.netbox.config import NetBox
from agent.json_server import JsonServer
from collectors.base import BadReply
from tests.support import HANGS

PAGE = b"x" * 1_000_000


def answer(listener: socket.socket, head: bytes) -> None:
    """Answer one request with a long page, and wait until the client has left."""
    connected, _ = listener.accept()
    with connected:
        connected.settimeout(HANGS)
        connected.recv(65_536)
        try:
            connected.sendall(head + b"Content-Length: 1000000\r\n\r\n" + PAGE)
            while connected.recv(65_536):
                pass
        except ConnectionError:  # it has left before it had read all
            return


def by_questions(url: str, _: Path) -> None:
    JsonServer(url, called="a server").ask("/")


def by_netbox(url: str, folder: Path) -> None:
    token = folder / "token"
    token.write_text("f" * 40)
    token.chmod(0o600)
    with netbox.Client(NetBox(url=url, token_file=token, timeout=HANGS)) as client:
        list(client.objects("dcim/racks"))


@pytest.mark.parametrize(("way", "status"), [(by_questions, "500 No"), (by_netbox, "200 OK")])
def test_a_page_that_is_too_long(
    way: Callable[[str, Path], None], status: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its socket is closed while the error is still held."""
    monkeypatch.setattr(netbox, "MAX_PAGE", 1000)
    connect, made = socket.socket.connect, []

    def noted(sock: socket.socket, address: Any) -> None:
        made.append(sock)
        connect(sock, address)

    monkeypatch.setattr(socket.socket, "connect", noted)
    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor(1) as pool:
        left = pool.submit(answer, listener, f"HTTP/1.1 {status}\r\n".encode())
        with pytest.raises(BadReply) as held:
            way(f"http://127.0.0.1:{listener.getsockname()[1]}", tmp_path)
        assert [sock.fileno() for sock in made] == [-1]
        assert held.value
        left.result()

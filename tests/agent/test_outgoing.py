"""Why a request failed, in one plain sentence."""

from __future__ import annotations

import re
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
import urllib3
from urllib3.exceptions import HTTPError

from agent.outgoing import reason_of
from tests.support import certificates


def failure(url: str, **trust: str) -> str:
    """Return the reason why a request fails."""
    pool = urllib3.PoolManager(retries=False, timeout=10.0, **trust)
    with pytest.raises(HTTPError) as caught:
        pool.request("GET", url)
    return reason_of(caught.value)


def test_a_closed_port_is_told_in_the_systems_words() -> None:
    """Without the object of the connection, which urllib3 puts before it."""
    with socket.socket() as taken:  # bound and not listening: nobody else can listen there
        taken.bind(("127.0.0.1", 0))
        assert failure(f"http://127.0.0.1:{taken.getsockname()[1]}/") == "Connection refused"


def once(server: socket.socket, serve: Callable[[socket.socket], object]) -> threading.Thread:
    """Serve one connection on a thread."""

    def run() -> None:
        connected, _ = server.accept()
        with connected, suppress(OSError):
            serve(connected)

    thread = threading.Thread(target=run, daemon=True)  # nobody may connect
    thread.start()
    return thread


def test_a_server_that_hangs_up_is_told() -> None:
    """The text of such an error is that of a tuple; its parts make the sentence."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        served = once(server, lambda connected: connected.recv(1000))
        reason = failure(f"http://127.0.0.1:{server.getsockname()[1]}/")
        served.join()
    assert reason == "Connection aborted. Remote end closed connection without response"


def test_a_certificate_that_nobody_vouches_for_is_told(tmp_path: Path) -> None:
    """OpenSSL's reason, without the line of the source file that follows it."""
    certificate, key = certificates.self_signed(tmp_path, "server")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with socket.create_server(("127.0.0.1", 0)) as server:
        served = once(server, lambda raw: context.wrap_socket(raw, server_side=True))
        reason = failure(f"https://127.0.0.1:{server.getsockname()[1]}/", cert_reqs="CERT_REQUIRED")
        served.join()
    assert re.fullmatch("certificate verify failed: self[- ]signed certificate", reason)

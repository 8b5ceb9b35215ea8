"""Tokens, certificates, and secrets that no message shows."""

from __future__ import annotations

import json
import logging
import re
import socket
import socketserver
import ssl
import struct
import threading
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest

from agent.sinks.http import MAX_ERROR_PAGE, MAX_MESSAGE
from tests.agent.sinks.answers import SECRET, T0, sequence
from tests.agent.sinks.peers import (
    Answer,
    Received,
    Scripted,
    Wire,
    batch,
    drained,
    sink,
)
from tests.support import wait_for
from tests.support.certificates import self_signed


def read_request(connection: socket.socket) -> None:
    """Read a whole request: what comes next is the answer's turn."""
    read = b""
    while b"\r\n\r\n" not in read:
        more = connection.recv(65536)
        if not more:
            return
        read += more
    head, _, body = read.partition(b"\r\n\r\n")
    left = int(head.lower().partition(b"content-length: ")[2].split()[0]) - len(body)
    while left > 0 and (more := connection.recv(65536)):
        left -= len(more)


def test_secrets_are_not_told(
    scripted: Scripted, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A token that a database echoes in its error page is in no log, dead letter or exception."""
    token = tmp_path / "token"
    token.write_text(SECRET)
    token.chmod(0o600)
    scripted.answer = sequence(
        (401, {}, f"bad token {SECRET}".encode()),
        (403, {}, json.dumps({"message": f"no {SECRET}"}).encode()),
        *[(400, {"X-Token": SECRET}, f"bad {SECRET}".encode())] * 1,
    )
    with caplog.at_level(logging.DEBUG), sink(scripted.url, tmp_path, token_file=token) as made:
        made.accept(batch(1.0, when=T0))
        drained(made)
        assert made.spool.state().dropped == {"dead_letter": 1}
        assert SECRET not in repr(made.spool.dead_letters())
    assert SECRET not in caplog.text
    assert "***" in caplog.text
    for file in tmp_path.iterdir():
        assert file.name == "token" or SECRET.encode() not in file.read_bytes()


def in_json(letter: str) -> str:
    return f"\\u{ord(letter):04x}"


ODD = 'p&ss "w/rd" 0123456789'


@pytest.mark.parametrize("kind", ["token", "user"])
@pytest.mark.parametrize(
    "shown",
    [
        lambda header: header,
        lambda header: header.partition(" ")[2].rstrip("="),
        quote,
        lambda _: ODD,
        lambda _: quote(ODD),
        lambda _: f"/write?u=agent&p={quote_plus(ODD)}",
        lambda _: json.dumps({"error": f"no {ODD}"}),
        lambda _: '{"error": "no ' + "".join(map(in_json, ODD)) + '"}',
        lambda header: "x" * (MAX_ERROR_PAGE - 20) + header,
        lambda header: "x" * (MAX_MESSAGE - 20) + header,
        lambda _: "x" * (MAX_MESSAGE - 10) + ODD,
    ],
)
def test_a_password_is_told_in_no_form(
    scripted: Scripted,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    kind: str,
    shown: Callable[[str], str],
) -> None:
    """Whatever way an error page writes what was sent, not eight letters of it are in the log."""
    token = tmp_path / "token"
    token.write_text(ODD + "\n")
    token.chmod(0o600)
    target = {"database": "hub", "username": "agent"} if kind == "user" else {"bucket": "hub"}
    headers = list[str]()

    def answer(request: Received) -> Answer:
        header = str(request.headers["Authorization"])
        headers.append(header)
        return (400, {}, shown(header).encode()) if len(headers) == 1 else (204, {}, b"")

    scripted.answer = answer
    with (
        caplog.at_level(logging.DEBUG),
        sink(scripted.url, tmp_path, token_file=token, target=target) as made,
    ):
        made.accept(batch(1.0, when=T0))
        drained(made)
        told = caplog.text + repr(made.spool.dead_letters())
    sent = headers[0].partition(" ")[2]
    for secret in (ODD, sent, quote(ODD), quote(sent)):
        for start in range(len(secret) - 8):
            assert secret[start : start + 8] not in told


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"", "Remote end closed connection without response"),
        (b"HTTP/1.1 2", "2"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "SSH-2.0-OpenSSH_9.2"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200, "got more than 100 headers"),
        (None, "Connection reset by peer"),
    ],
)
def test_a_broken_connection_is_told_in_words(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, answer: bytes | None, said: str
) -> None:
    """What went wrong is said once, on one line, and not as a tuple or with addresses of
    objects.
    """

    class Broken(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            # An end amid the request is a reset, and would be told by whoever comes first.
            read_request(self.request)
            if answer is None:
                self.request.setsockopt(
                    socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
                )
                self.request.close()
            else:
                self.request.sendall(answer)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Broken) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_address[1]}"
        with caplog.at_level(logging.INFO), sink(url, tmp_path) as made:
            made.accept(batch(1.0, when=T0))
            wait_for(lambda: made.requests["unreachable"] >= 2)
        server.shutdown()
    (line,) = [one.getMessage() for one in caplog.records if said in one.getMessage()]
    assert "\n" not in line
    assert not re.search(r"0x[0-9a-f]{6}|\('|Error\(|<urllib3", line), line


def test_new_token_is_read(scripted: Scripted, tmp_path: Path) -> None:
    """A token replaced on disk is used without a restart."""
    token = tmp_path / "token"
    token.write_text("old")
    token.chmod(0o600)
    scripted.answer = lambda request: (
        204 if request.headers["Authorization"] == "Token new" else 401,
        {},
        b"",
    )
    with sink(scripted.url, tmp_path, token_file=token) as made:
        made.accept(batch(1.0, when=T0))
        wait_for(lambda: made.requests["401"] >= 2)
        token.write_text("new")
        drained(made)


def test_tls(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Over TLS the server must show a certificate of the stated authority, and a handshake that
    hangs ends in time.
    """
    certificate, key = self_signed(tmp_path, "localhost")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with Scripted().up(context) as database, Wire(int(database.url.rsplit(":", 1)[1])).up() as wire:
        url = wire.url.replace("http:", "https:")
        with caplog.at_level(logging.INFO), sink(url, tmp_path) as made:
            made.accept(batch(1.0, when=T0))
            wait_for(lambda: made.requests["unreachable"] >= 2)
        assert "certificate verify failed" in caplog.text
        assert database.requests == []
        wire.fault = "black_hole"
        with sink(url, tmp_path, timeout=0.5, ca_file=certificate) as made:
            wait_for(lambda: made.requests["timeout"] >= 1)
            wire.fault = "none"
            wire.cut()
            drained(made)
            assert made.spool.state().sent == 1

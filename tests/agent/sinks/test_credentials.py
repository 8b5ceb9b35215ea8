"""Tokens, certificates, and secrets that no message shows."""

from __future__ import annotations

import json
import logging
import ssl
from pathlib import Path

import pytest

from tests.agent.sinks.answers import SECRET, T0, sequence
from tests.agent.sinks.peers import (
    Scripted,
    Wire,
    batch,
    drained,
    sink,
)
from tests.support import wait_for
from tests.support.certificates import self_signed


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

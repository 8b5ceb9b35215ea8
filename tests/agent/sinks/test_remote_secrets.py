"""Remote write: secrets, headers and certificates."""

from __future__ import annotations

import logging
import ssl
from pathlib import Path

import pytest

from tests.agent.sinks.answers import SECRET, T0, sequence
from tests.agent.sinks.peers import Scripted, Wire, batch, drained
from tests.agent.sinks.receivers import remote
from tests.support import wait_for
from tests.support.certificates import self_signed


@pytest.mark.parametrize(
    ("keys", "shown"),
    [({"token_file": "f"}, f"Bearer {SECRET}"), ({"username": "hub", "password_file": "f"}, "")],
)
def test_secrets_are_sent_and_not_told(
    scripted: Scripted,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    keys: dict[str, str],
    shown: str,
) -> None:
    """A token or a password that the database echoes is in no log and no dead letter."""
    secret = tmp_path / "secret"
    secret.write_text(SECRET)
    secret.chmod(0o600)
    # printf 'hub:s3cr3t-t0ken-0123456789' | base64
    basic = "Basic aHViOnMzY3IzdC10MGtlbi0wMTIzNDU2Nzg5"
    scripted.answer = sequence(
        (403, {}, f"no {SECRET} {shown or basic}".encode()), (400, {}, f"bad {SECRET}".encode())
    )
    paths = {name: secret if value == "f" else value for name, value in keys.items()}
    with (
        caplog.at_level(logging.DEBUG),
        remote(scripted.url + "/w", tmp_path, protocol="1.0", **paths) as made,
    ):
        made.accept(batch(1.0, when=T0))
        drained(made)
        assert made.spool.state().dropped == {"dead_letter": 1}
        assert SECRET not in repr(made.spool.dead_letters())
    assert scripted.requests[0].headers["Authorization"] == (shown or basic)
    assert SECRET not in caplog.text
    assert (shown or basic).split()[1] not in caplog.text


def test_headers_of_the_operator(scripted: Scripted, tmp_path: Path) -> None:
    """A tenant's header goes along with each request."""
    headers = {"X-Scope-OrgID": "hub"}
    with remote(scripted.url + "/w", tmp_path, headers=headers) as made:
        made.accept(batch(1.0, when=T0))
        drained(made)
    assert {one.headers["X-Scope-OrgID"] for one in scripted.requests} == {"hub"}


def test_the_server_must_show_its_certificate(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Over TLS nothing is sent to a server that the stated authority does not know."""
    certificate, key = self_signed(tmp_path, "localhost")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with (
        Scripted().up(context) as database,
        Wire(int(database.url.rpartition(":")[2])).up() as wire,
    ):
        url = wire.url.replace("http:", "https:") + "/w"
        with remote(url, tmp_path) as made:
            made.accept(batch(1.0, when=T0))
            wait_for(lambda: "certificate verify failed" in caplog.text)
        assert database.requests == []
        with remote(url, tmp_path, ca_file=certificate) as made:
            drained(made)
        assert database.requests

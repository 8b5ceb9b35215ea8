"""Who may talk to the HTTP server: basic authentication and TLS."""

from __future__ import annotations

import base64
import ssl
import subprocess
from pathlib import Path

import bcrypt
import pytest

from agent.settings import Tls
from collectors.base import ConfigError
from tests.agent.web.serving import request, serving


def users_file(folder: Path) -> Path:
    path = folder / "users"
    path.write_text(
        "# who may read\nann:" + bcrypt.hashpw(b"right", bcrypt.gensalt(4)).decode() + "\n"
    )
    path.chmod(0o600)
    return path


async def test_basic_authentication(tmp_path: Path) -> None:
    """Only a listed user with the right password reads; `/-/healthy` is open to everybody."""

    def basic(text: str) -> str:
        return "Authorization: Basic " + base64.b64encode(text.encode()).decode()

    async with serving(users_file=users_file(tmp_path)) as port:
        assert (await request(port, "/-/healthy"))[0] == 200
        status, head, _ = await request(port, "/metrics")
        assert status == 401
        assert "www-authenticate: basic" in head
        for text, status in (
            ("ann:right", 200),
            ("ann:wrong", 401),
            ("ann:right", 200),
            ("bob:right", 401),
            ("ann", 401),
            (":", 401),
        ):
            assert (await request(port, "/metrics", basic(text)))[0] == status, text
        assert (await request(port, "/metrics", "Authorization: Basic !!!"))[0] == 401
        assert (await request(port, "/metrics", "Authorization: Bearer x"))[0] == 401


async def test_a_users_file_readable_by_all_is_refused(tmp_path: Path) -> None:
    """A secret that all may read is no secret."""
    path = users_file(tmp_path)
    path.chmod(0o644)
    with pytest.raises(ConfigError, match="readable by all"):
        async with serving(users_file=path):
            pass


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An authority, a server's and a client's certificate."""
    folder = tmp_path_factory.mktemp("tls")

    def openssl(*words: str) -> None:
        subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)

    openssl(
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-keyout",
        "ca.key",
        "-out",
        "ca.pem",
        "-subj",
        "/CN=ca",
        "-days",
        "2",
    )
    (folder / "san").write_text("subjectAltName=DNS:localhost")
    for name in ("server", "client"):
        openssl(
            "req",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-keyout",
            f"{name}.key",
            "-out",
            f"{name}.csr",
            "-subj",
            f"/CN={name}",
        )
        openssl(
            "x509",
            "-req",
            "-in",
            f"{name}.csr",
            "-CA",
            "ca.pem",
            "-CAkey",
            "ca.key",
            "-out",
            f"{name}.pem",
            "-days",
            "2",
            "-extfile",
            "san",
        )
    return folder


async def test_tls_with_client_certificates(certificates: Path) -> None:
    """With a client authority, only a client that shows its certificate is answered."""
    tls = Tls(
        cert_file=certificates / "server.pem",
        key_file=certificates / "server.key",
        client_ca_file=certificates / "ca.pem",
    )
    good = ssl.create_default_context(cafile=str(certificates / "ca.pem"))
    good.load_cert_chain(certificates / "client.pem", certificates / "client.key")
    nameless = ssl.create_default_context(cafile=str(certificates / "ca.pem"))
    async with serving(tls=tls) as port:
        assert (await request(port, "/metrics", tls=good))[0] == 200
        with pytest.raises((OSError, IndexError)):
            await request(port, "/metrics", tls=nameless)

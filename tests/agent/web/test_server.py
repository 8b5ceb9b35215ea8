"""The HTTP server, spoken to as clients good and bad would."""

from __future__ import annotations

import asyncio
import base64
import gzip
import resource
import socket
import ssl
import subprocess
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import bcrypt
import pytest
from prometheus_client import CollectorRegistry

from agent.selfmetrics import SelfMetrics
from agent.settings import Http, Tls
from agent.snapshot import Snapshot
from agent.web import connections, routes
from agent.web.limits import raise_file_limit
from agent.web.response import Response
from agent.web.routes import Handlers
from agent.web.server import WebServer
from collectors.base import Batch, ConfigError, Metric
from tests.support import HANGS, free_port, wait_for

VALUE = Metric(
    namespace="t", subsystem="x", name="value", type="gauge", help="Value.", labels=("who",)
)


def page(path: str, query: Mapping[str, str], _language: str) -> Response | None:
    if path == "/boom":
        raise RuntimeError("a secret detail")
    if path == "/":
        return Response(content_type="text/plain", body=query.get("say", "board").encode())
    return None


@asynccontextmanager
async def serving(*, series: int = 50, **options: Any) -> AsyncIterator[int]:
    port = free_port()
    snapshot = Snapshot()
    readings = [(VALUE.series(str(n)), float(n)) for n in range(series)]
    snapshot.update(Batch(collector="t", device="", time=0.0, lifetime=600.0, readings=readings))

    async def reload() -> str:
        return "hub.yaml:3: hub: no such hub"

    server = WebServer(
        config=Http(listen=f"127.0.0.1:{port}", **options),
        snapshot=snapshot,
        metrics=SelfMetrics(CollectorRegistry()),
        handlers=Handlers(ready=lambda: True, reload=reload, pages=page, targets=lambda _: None),
    )
    await server.start()
    async with asyncio.timeout(HANGS):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                break
            except OSError:
                await asyncio.sleep(0.02)
    try:
        yield port
    finally:
        await server.stop()


async def request(
    port: int, path: str, *headers: str, method: str = "GET", tls: ssl.SSLContext | None = None
) -> tuple[int, str, bytes]:
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", port, ssl=tls, server_hostname="localhost" if tls else None
    )
    writer.write(
        "\r\n".join(
            [f"{method} {path} HTTP/1.1", "Host: x", "Connection: close", *headers, "", ""]
        ).encode()
    )
    reply = await asyncio.wait_for(reader.read(), HANGS)
    writer.close()
    head, _, body = reply.partition(b"\r\n\r\n")
    return int(head.split()[1]), head.decode().lower(), body


async def test_metrics_in_both_formats_and_compressed() -> None:
    """Text by default, OpenMetrics when asked for, gzip when taken."""
    async with serving() as port:
        status, head, body = await request(port, "/metrics")
        assert status == 200
        assert "content-type: text/plain; version=0.0.4" in head
        assert body.count(b"\nt_x_value{") == 50
        _, head, opened = await request(
            port, "/metrics", "Accept: application/openmetrics-text;version=1.0.0"
        )
        assert "content-type: application/openmetrics-text; version=1.0.0" in head
        assert opened.endswith(b"# EOF\n")
        _, head, zipped = await request(port, "/metrics", "Accept-Encoding: gzip")
        assert "content-encoding: gzip" in head
        assert gzip.decompress(zipped) == body


async def test_paths() -> None:
    """Health, readiness, reload, pages, and what is none of them."""
    async with serving() as port:
        assert (await request(port, "/-/healthy"))[0] == 200
        assert (await request(port, "/-/ready"))[0] == 200
        assert (await request(port, "/-/reload"))[0] == 405
        status, _, body = await request(port, "/-/reload", method="POST")
        assert (status, body) == (500, b"hub.yaml:3: hub: no such hub\n")
        assert (await request(port, "/?say=a%20b"))[2] == b"a b"
        assert (await request(port, "/none"))[0] == 404
        assert (await request(port, "/", method="DELETE"))[0] == 405
        assert (await request(port, "/?" + "&".join(f"a{n}=1" for n in range(100))))[0] == 400


async def test_a_page_that_fails_tells_no_details(caplog: Any) -> None:
    """An error is for the log, not for the client."""
    async with serving() as port:
        status, _, body = await request(port, "/boom")
    assert status == 500
    assert b"secret detail" not in body
    assert "secret detail" in caplog.text


async def test_clients_that_never_finish_a_request_are_cut_and_cost_others_nothing() -> None:
    """Beside hundreds of half-open connections a scrape is answered; they end by their deadline.

    A byte now and then buys no time: bytes are sent until the last one has ended.
    """
    async with serving(request_timeout=3.0) as port:
        slow = [await asyncio.open_connection("127.0.0.1", port) for _ in range(300)]
        for _, writer in slow:
            writer.write(b"GET /metrics HT")
        assert (await request(port, "/metrics"))[0] == 200
        ends = asyncio.gather(*(reader.read() for reader, _ in slow), return_exceptions=True)
        async with asyncio.timeout(HANGS):
            while not ends.done():
                for _, writer in slow:
                    writer.write(b"T")
                await asyncio.wait([ends], timeout=0.3)
        assert len(await ends) == 300
        for _, writer in slow:
            writer.close()


async def test_too_many_connections_get_503_at_once() -> None:
    """Past the bound a client is told so, and those within it are served."""
    async with serving(max_connections=5) as port:
        held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(5)]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        assert (await asyncio.wait_for(reader.read(), HANGS)).startswith(b"HTTP/1.1 503")
        writer.close()
        for served, other in held:
            other.write(b"GET /-/healthy HTTP/1.1\r\nHost: x\r\n\r\n")
            assert (await served.readline()).startswith(b"HTTP/1.1 200")
        for _, other in held:
            other.close()


async def test_a_client_that_does_not_read_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """A large answer that nobody reads does not keep its connection past the idle time."""
    monkeypatch.setattr(connections, "KEEP_ALIVE_SECONDS", 1)
    async with serving(series=200_000) as port:
        with socket.socket() as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.connect(("127.0.0.1", port))
            client.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
            await asyncio.to_thread(
                wait_for,
                lambda: not _established(port),
                timeout=60,
                what="the end of the connection",
            )


def _established(port: int) -> int:
    """Return how many connections a local server has open, as the kernel has it."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(row[1].endswith(f":{port:04X}") and row[3] == "01" for row in rows)


async def test_scrapes_past_the_limit_get_503_and_the_next_one_is_answered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Only so many pages of metrics are rendered at once; a rendered one makes room again."""
    monkeypatch.setattr(routes, "METRICS_PAGES", 0)
    async with serving() as port:
        status, head, _ = await request(port, "/metrics")
        assert status == 503
        assert "retry-after: 5" in head
        monkeypatch.setattr(routes, "METRICS_PAGES", 1)
        for _ in range(3):
            assert (await request(port, "/metrics"))[0] == 200


@pytest.mark.parametrize(
    ("hard", "expected"), [(1_048_576, 65_536), (4096, 4096), (resource.RLIM_INFINITY, 65_536)]
)
def test_the_limit_of_open_files_is_raised(
    monkeypatch: pytest.MonkeyPatch, hard: int, expected: int
) -> None:
    """It rises to 65536, or as far as the system allows; a higher one stays."""
    asked: list[tuple[int, tuple[int, int]]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: (1024, hard))
    monkeypatch.setattr(resource, "setrlimit", lambda *what: asked.append(what))
    raise_file_limit()
    monkeypatch.setattr(resource, "getrlimit", lambda _: (100_000, 1_048_576))
    raise_file_limit()
    assert asked == [(resource.RLIMIT_NOFILE, (expected, hard))]


async def test_a_connection_is_kept_for_the_next_scrape() -> None:
    """Prometheus keeps its connection; the second request on it is answered too."""
    async with serving() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(3):
            writer.write(b"GET /-/healthy HTTP/1.1\r\nHost: x\r\n\r\n")
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), HANGS)
            assert head.startswith(b"HTTP/1.1 200")
            assert await reader.readexactly(8) == b"healthy\n"
        writer.close()


async def test_many_scrapes_at_once_are_all_answered() -> None:
    """A few hundred scrapes at the same moment: each is a whole page or a clear 503."""
    async with serving(series=2000) as port:
        replies = await asyncio.gather(*(request(port, "/metrics") for _ in range(300)))
    assert {status for status, _, _ in replies} <= {200, 503}
    assert all(body.count(b"\nt_x_value{") == 2000 for status, _, body in replies if status == 200)


def users_file(folder: Path) -> Path:
    path = folder / "users"
    path.write_text(
        "# who may read\nann:" + bcrypt.hashpw(b"right", bcrypt.gensalt(4)).decode() + "\n"
    )
    path.chmod(0o600)
    return path


async def test_basic_authentication(tmp_path: Path) -> None:
    """Only a listed user with the right password reads; health is told to anyone; a wrong one stays wrong after a right one."""

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
    """With a client authority only a client that shows its certificate is answered; nothing below TLS 1.2 is spoken."""
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

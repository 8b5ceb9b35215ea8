"""The HTTP server, spoken to as clients good and bad would."""

from __future__ import annotations

import asyncio
import gzip
import resource
import socket
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from agent.settings import Http
from agent.web import connections, crowd, server
from agent.web.limits import raise_file_limit
from tests.agent.web.serving import request, serving
from tests.support import HANGS, wait_for


async def test_metrics_in_both_formats_and_compressed() -> None:
    """Text by default, OpenMetrics when asked for, gzip when taken."""
    async with serving() as port:
        status, head, body = await request(port, "/metrics")
        assert status == 200
        assert "content-type: text/plain; version=0.0.4" in head
        assert "x-content-type-options: nosniff" in head
        assert body.count(b"\nt_x_value{") == 50
        _, head, opened = await request(
            port, "/metrics", "Accept: application/openmetrics-text;version=1.0.0"
        )
        assert "content-type: application/openmetrics-text; version=1.0.0" in head
        assert opened.endswith(b"# EOF\n")
        _, head, zipped = await request(port, "/metrics", "Accept-Encoding: gzip")
        assert "content-encoding: gzip" in head
        assert gzip.decompress(zipped) == body
        long = "/echo/" + "x" * 2000
        for header in ("Accept: */*", "Accept-Encoding: gzip;q=0"):
            assert (await request(port, long, header))[2] == long.encode()
        _, head, zipped = await request(port, long, "Accept-Encoding: gzip")
        assert "content-encoding: gzip" in head
        assert "vary: accept-encoding" in head
        assert gzip.decompress(zipped) == long.encode()


async def test_paths() -> None:
    """Health, readiness, reload, pages, and what is none of them."""
    async with serving() as port:
        assert (await request(port, "/-/healthy"))[0] == 200
        assert (await request(port, "/-/ready"))[0] == 200
        assert (await request(port, "/-/reload"))[0] == 405
        status, _, body = await request(port, "/-/reload", method="POST")
        assert (status, body) == (500, b"hub.yaml:3: hub: no such hub\n")
        assert (await request(port, "/?say=a%20b"))[2] == b"a b"
        assert (await request(port, "/echo/a%2Fb%20c"))[2] == b"/echo/a%2Fb%20c"
        assert (await request(port, "/none"))[0] == 404
        assert (await request(port, "/", method="DELETE"))[0] == 405
        assert (await request(port, "/?" + "&".join(f"a{n}=1" for n in range(100))))[0] == 400


async def test_a_refusal_speaks_the_language_of_its_reader() -> None:
    """The address comes before Accept-Language; a program that names none is answered in English.

    A line that is mostly the client's own words is not compared with anything.
    """
    chinese = "Accept-Language: zh-CN,en;q=0.5"
    async with serving() as port:
        status, head, body = await request(port, "/-/reload", chinese)
        assert (status, body.decode()) == (405, "请用 POST\n")
        assert "allow: post, put" in head
        assert "vary: accept-language" in head
        assert (await request(port, "/-/reload?lang=zh"))[2].decode() == "请用 POST\n"
        assert (await request(port, "/-/reload?lang=en", chinese))[2] == b"use POST\n"
        assert (await request(port, "/-/reload"))[2] == b"use POST\n"
        assert (await request(port, "/boom", chinese))[2].decode() == "无法生成本页；原因见日志\n"
        given = (await request(port, "/metrics?shard=1/2&shard=2/2", chinese))[2]
        assert given.decode() == "shard: 重复给出\n"
        long = await request(port, f"/metrics?shard={'1' * 300}", chinese)
        assert (long[0], b"expected a part" in long[2]) == (400, True)


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


async def test_too_many_connections_get_503_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Past the bound a client is told so, and those within it are served."""
    monkeypatch.setattr(crowd, "PATIENCE_SECONDS", 3600.0)
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
    async with serving(series=12_000, digits=1_000) as port:  # more than the kernel buffers
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


@pytest.mark.parametrize(("unread", "end"), [(1, "abort"), (0, "close")])
def test_an_idle_connection_is_cut_where_something_is_unread(unread: int, end: str) -> None:
    """An orderly close would wait for ever for a client that does not read."""
    ended: list[str] = []
    one: Any = connections.TimedProtocol.__new__(connections.TimedProtocol)
    one.conn = SimpleNamespace(send=lambda *_: None)
    one.transport = SimpleNamespace(
        get_write_buffer_size=lambda: unread,
        is_closing=lambda: bool(ended),
        abort=lambda: ended.append("abort"),
        close=lambda: ended.append("close"),
    )
    one.timeout_keep_alive_handler()
    assert ended == [end]


def _established(port: int) -> int:
    """Return how many connections a local server has open, as the kernel has it."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(row[1].endswith(f":{port:04X}") and row[3] == "01" for row in rows)


async def test_scrapes_past_the_limit_get_503_and_the_next_one_is_answered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Only so many requests of strangers are answered at once; an answered one makes room again."""
    monkeypatch.setattr(crowd, "BUSY_REQUESTS", 0)
    async with serving() as port:
        status, head, _ = await request(port, "/metrics")
        assert status == 503
        assert "retry-after: 5" in head
        monkeypatch.setattr(crowd, "BUSY_REQUESTS", 1)
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


@pytest.mark.parametrize(
    ("open_files", "collectors", "most"),
    [
        (65_536, 20_000, 4096),  # what the unit allows
        # 1024 - 40 collectors - 64 of the agent - 64 of one turn - 2 * 64 kept open
        (1024, 40, 728),
        (220, 40, 26),
        # of more than half, the others are between two rounds: 1024 - 512 - 64 - 64 - 2 * 64
        (1024, 900, 256),
    ],
)
def test_connections_leave_open_files_to_the_collectors(
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    open_files: int,
    collectors: int,
    most: int,
) -> None:
    """Strangers cannot take the last one; one line says so where it lowers what the config asks."""
    monkeypatch.setattr(resource, "getrlimit", lambda _: (open_files, open_files))
    assert server._limits(Http(), collectors).max_connections == most
    told = [one.message for one in caplog.records]
    start = f"outputs.http.max_connections: {most} instead of 4096: the system allows {open_files} "
    assert [one.startswith(start) for one in told] == [True] * (most < 4096)


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

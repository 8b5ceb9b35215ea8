"""A flood of strangers is refused before anything is done for it, however it comes."""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from agent.settings import Tls
from agent.web import crowd
from agent.web.request import Request
from agent.web.response import Response, plain_text
from agent.web.routes import Routes
from tests.agent.web.serving import request, serving
from tests.agent.web.test_server_access import users_file
from tests.support import HANGS
from tests.support.certificates import self_signed

RIGHT = "Authorization: Basic " + base64.b64encode(b"ann:right").decode()
BEGIN, REST = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n", b"Connection: close\r\n\r\n"


@pytest.fixture
def answered(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths that came as far as the part that looks for users and makes pages."""
    paths: list[str] = []

    async def answer(_: Routes, asked: Request) -> Response:
        paths.append(asked.path)
        return plain_text(200, "made")

    monkeypatch.setattr(Routes, "answer", answer)
    return paths


@asynccontextmanager
async def connected(
    port: int, tls: ssl.SSLContext | None = None
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection that the server has taken, for it has answered a question for health on it."""
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", port, ssl=tls, server_hostname="localhost" if tls else None
    )
    writer.write(b"GET /-/healthy HTTP/1.1\r\nHost: localhost\r\n\r\n")
    await asyncio.wait_for(reader.readuntil(b"made\n"), HANGS)
    try:
        yield reader, writer
    finally:
        writer.close()


@pytest.mark.parametrize("way", ["plain", "tls"])
async def test_what_comes_after_the_acceptance_is_refused_unparsed(
    way: str, answered: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Also with TLS, and where the head comes in two pieces: it is judged when it is whole."""
    tls = good = None
    if way == "tls":
        self_signed(tmp_path, "server", host="DNS:localhost")
        tls = Tls(cert_file=tmp_path / "server.pem", key_file=tmp_path / "server.key")
        good = ssl.create_default_context(cafile=str(tmp_path / "server.pem"))
    async with serving(tls=tls) as port, connected(port, good) as (reader, writer):
        monkeypatch.setattr(crowd, "BUSY_REQUESTS", 0)
        writer.write(BEGIN)
        await writer.drain()
        assert (await request(port, "/metrics", tls=good))[0] == 503
        writer.write(REST)
        reply = await asyncio.wait_for(reader.read(), HANGS)
        assert reply.startswith(b"HTTP/1.1 503 ")
        assert b"retry-after: 5" in reply
        assert answered == ["/-/healthy"]
        assert (await request(port, "/-/healthy", tls=good))[0] == 200


async def test_a_head_in_pieces_is_of_a_known_user_or_not(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Neither a remembered password nor a question for health is refused by its first piece."""
    async with serving(users_file=users_file(tmp_path)) as port:
        assert (await request(port, "/metrics", RIGHT))[0] == 200
        monkeypatch.setattr(crowd.Known, "__contains__", lambda *_: False)  # a new address
        for first, rest in (
            (BEGIN, f"{RIGHT}\r\n".encode() + REST),
            (b"GET /-/hea", b"lthy HTTP/1.1\r\nHost: localhost\r\n" + REST),
        ):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            monkeypatch.setattr(crowd, "BUSY_REQUESTS", 0)
            writer.write(first)
            assert (await request(port, "/metrics"))[0] == 503  # so the first piece has come
            writer.write(rest)
            reply = await asyncio.wait_for(reader.read(), HANGS)
            assert reply.startswith(b"HTTP/1.1 200 ")
            writer.close()


async def test_a_remembered_password_goes_first_on_an_open_connection(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Who has none is refused without a bcrypt, and not told that a password is needed."""
    async with serving(users_file=users_file(tmp_path)) as port:
        assert (await request(port, "/metrics", RIGHT))[0] == 200
        monkeypatch.setattr(crowd.Known, "__contains__", lambda *_: False)  # a new address
        monkeypatch.setattr(crowd, "BUSY_REQUESTS", 0)
        assert (await request(port, "/metrics", RIGHT))[0] == 200
        assert (await request(port, "/metrics", RIGHT[:-2]))[0] == 503
        assert (await request(port, "/metrics"))[0] == 503


async def test_a_burst_is_counted_as_it_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 40 requests that are all there before the first is answered, only 8 come to be made."""
    monkeypatch.setattr(crowd, "BUSY_REQUESTS", 8)
    monkeypatch.setattr(crowd, "PATIENCE_SECONDS", HANGS)
    made = 0
    refused = asyncio.Event()

    async def answer(_: Routes, asked: Request) -> Response:
        nonlocal made
        if asked.path == "/metrics":
            made += 1
            await refused.wait()
        return plain_text(200, "made")

    monkeypatch.setattr(Routes, "answer", answer)
    async with serving() as port:
        asked = [asyncio.create_task(request(port, "/metrics")) for _ in range(40)]
        async with asyncio.timeout(HANGS):
            while sum(one.done() for one in asked) < 32:
                await asyncio.sleep(0.01)
        refused.set()
        found = [status for status, _, _ in await asyncio.gather(*asked)]
        assert made == found.count(200) == 8
        assert found.count(503) == 32


async def test_an_answer_makes_room_for_the_next_request_of_its_connection(
    answered: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Requests that come at once on one connection take one place, one after another."""
    monkeypatch.setattr(crowd, "BUSY_REQUESTS", 1)
    async with serving() as port, connected(port) as (reader, writer):
        writer.write((BEGIN + b"\r\n") * 3 + BEGIN + REST)
        reply = await asyncio.wait_for(reader.read(), HANGS)
        assert reply.count(b"HTTP/1.1 200 ") == 4
        assert answered == ["/-/healthy"] + ["/metrics"] * 4
        assert (await request(port, "/metrics"))[0] == 200

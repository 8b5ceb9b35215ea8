"""Broken and odd requests make no trace, hardly a line, and leave nothing behind."""

from __future__ import annotations

import asyncio
import socket

import pytest

from agent.web import pages
from tests.agent.web import rack_fixture
from tests.agent.web.serving import ended, request, serving

HOSTILE = [
    b"POST /-/healthy HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + b"f" * 30 + b"\r\n",
    b"POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
    b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\n",
    b"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
    b"GET /-/healthy HTTP/1.1\r\nHost: a\r\n\r\nGARBAGE\r\n\r\n",
    b"GET /-/healthy HTTP/1.1\r\nHost: a\r\n\r\n" * 50 + b"\x00\x00\r\n\r\n",
    b"GET / HTTP/9.9\r\nHost: a\r\n\r\n",
    b"GET /%00%ff%0a%0d HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /?" + b"%ff=%00&" * 20 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET / HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: \xff\xfe\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: [\r\n\r\n",
    b"GET /metrics HTTP/1.1\r\nHost: a\r\nAccept: ;q=;;,,q\r\nAccept-Encoding: ;;\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n",
    b"A" * 40_000,
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 200,
    b"\r\n" * 5000,
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
]


async def test_whatever_is_sent_makes_no_trace_and_hardly_a_line(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Each broken request is sent thrice: read to the end, reset half-way, and cut short."""
    async with serving(request_timeout=5.0) as port:
        for data in HOSTILE * 3:
            for way in ("read", "reset", "short"):
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(data[: len(data) // 2] if way == "short" else data)
                await asyncio.sleep(0)
                if way == "reset":
                    linger = b"\x01\0\0\0\0\0\0\0"
                    writer.get_extra_info("socket").setsockopt(
                        socket.SOL_SOCKET, socket.SO_LINGER, linger
                    )
                else:
                    writer.write(b"zz\r\n\r\nzz\r\n")
                    writer.write_eof()
                    await ended(reader) if way == "short" else await asyncio.sleep(0)
                writer.close()
        assert (await request(port, "/-/healthy"))[0] == 200
    assert [record.getMessage() for record in caplog.records] == []


def test_paths_under_static_that_are_no_file_leave_nothing_behind() -> None:
    """Only the files that there are, are kept."""
    view = rack_fixture.view()
    for n in range(2000):
        assert pages.handle(view, f"/static/{n}{'x' * 100}", {}) is None
    assert pages.handle(view, "/static/board.css", {}) is not None
    assert pages._static.cache_info().currsize <= len(pages._STATIC)

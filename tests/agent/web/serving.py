"""The HTTP server with a snapshot of made-up series, and a client for it."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from prometheus_client import CollectorRegistry

from agent.access import Reader
from agent.reload import Reloaded
from agent.selfmetrics import SelfMetrics
from agent.settings import Http
from agent.snapshot import Snapshot
from agent.web.pages import HEADERS
from agent.web.response import Response
from agent.web.routes import Handlers
from agent.web.server import WebServer
from collectors.base import Batch, Metric
from tests.support import HANGS, free_port

VALUE = Metric(
    namespace="t", subsystem="x", name="value", type="gauge", help="Value.", labels=("who",)
)


def page(path: str, query: Mapping[str, str], _language: str, _reader: Reader) -> Response | None:
    if path == "/boom":
        raise RuntimeError("a secret detail")
    if path.startswith("/echo/"):
        return Response(content_type="text/plain", body=path.encode())
    if path == "/framed":
        return Response(content_type="text/html", headers=HEADERS)
    if path == "/":
        return Response(content_type="text/plain", body=query.get("say", "board").encode())
    return None


@asynccontextmanager
async def serving(
    *, series: int = 50, digits: int = 0, node: str = "", **options: Any
) -> AsyncIterator[int]:
    """Serve so many series, whose labels have at least so many digits; yields the port."""
    port = free_port()
    snapshot = Snapshot()
    readings = [(VALUE.series(f"{n:0{digits}}"), float(n)) for n in range(series)]
    snapshot.update(Batch(collector="t", device="", time=0.0, lifetime=600.0, readings=readings))

    async def reload() -> Reloaded:
        return Reloaded(wrong="hub.yaml:3: hub: no such hub")

    server = WebServer(
        config=Http(listen=f"127.0.0.1:{port}", **options),
        snapshot=snapshot,
        metrics=SelfMetrics(CollectorRegistry()),
        handlers=Handlers(waits_for=str, reload=reload, pages=page, targets=lambda _: None),
        node=node,
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
    port: int,
    path: str,
    *headers: str,
    method: str = "GET",
    host: str = "localhost",
    tls: ssl.SSLContext | None = None,
    source: str = "127.0.0.1",
) -> tuple[int, str, bytes]:
    reader, writer = await asyncio.open_connection(
        "127.0.0.1",
        port,
        ssl=tls,
        server_hostname="localhost" if tls else None,
        local_addr=(source, 0),
    )
    writer.write(
        "\r\n".join(
            [f"{method} {path} HTTP/1.1", f"Host: {host}", "Connection: close", *headers, "", ""]
        ).encode()
    )
    reply = await asyncio.wait_for(reader.read(), HANGS)
    writer.close()
    head, _, body = reply.partition(b"\r\n\r\n")
    return int(head.split()[1]), head.decode().lower(), body


async def ended(reader: asyncio.StreamReader) -> bool:
    """Tell that the other side has ended a connection, in whatever way."""
    try:
        return await asyncio.wait_for(reader.read(), HANGS) == b""
    except ConnectionError:
        return True

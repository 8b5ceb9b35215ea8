"""One HTTP GET with h11: one deadline for the whole exchange, a limit on the body's size."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import h11

from collectors.base import BadReply, Refused, Unreachable

if TYPE_CHECKING:
    import ssl

_CHUNK: Final = 65_536
_OK: Final = 200
_REFUSALS: Final = frozenset({401, 403})


async def fetch(
    url: str,
    *,
    timeout: float,
    max_bytes: int,
    trust: ssl.SSLContext | None = None,
) -> bytes:
    """Return the body that a URL answers with; raises Unreachable, Refused or BadReply."""
    parts = urlsplit(url)
    tls = trust if parts.scheme == "https" else None
    port = parts.port or (443 if parts.scheme == "https" else 80)
    writer: asyncio.StreamWriter | None = None
    try:
        async with asyncio.timeout(timeout):
            reader, writer = await asyncio.open_connection(parts.hostname, port, ssl=tls)
            return await _exchange(reader, writer, url, max_bytes)
    except TimeoutError:
        raise Unreachable(f"{parts.netloc}: no answer within {timeout:g} s") from None
    except h11.RemoteProtocolError as error:
        raise BadReply(f"{parts.netloc} does not speak HTTP: {error}") from None
    except OSError as error:
        raise Unreachable(f"{parts.netloc}: {error.strerror or error}") from None
    finally:
        if writer is not None:
            writer.close()
            with contextlib.suppress(OSError, TimeoutError):
                await asyncio.wait_for(writer.wait_closed(), 1.0)


async def _exchange(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, url: str, max_bytes: int
) -> bytes:
    parts = urlsplit(url)
    client = h11.Connection(h11.CLIENT)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    headers = [
        ("Host", parts.netloc),
        ("User-Agent", "hubgauge"),
        ("Accept", "text/plain"),
        ("Connection", "close"),
    ]
    writer.write(client.send(h11.Request(method="GET", target=target, headers=headers)) or b"")
    writer.write(client.send(h11.EndOfMessage()) or b"")
    await writer.drain()
    body = bytearray()
    while True:
        event = client.next_event()
        if event is h11.NEED_DATA:
            client.receive_data(await reader.read(_CHUNK))
        elif isinstance(event, h11.Response):
            _check(parts.netloc, event.status_code)
        elif isinstance(event, h11.Data):
            body += event.data
            if len(body) > max_bytes:
                raise BadReply(f"{parts.netloc} answers more than {max_bytes} bytes")
        elif isinstance(event, h11.EndOfMessage):
            return bytes(body)


def _check(host: str, status: int) -> None:
    if status in _REFUSALS:
        raise Refused(f"{host} answers {status}")
    if status != _OK:
        raise BadReply(f"{host} answers {status}")

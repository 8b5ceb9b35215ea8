"""Serve simulated management controllers by Redfish over HTTP, each on a port of its own.

The servers speak plain HTTP, because they listen on loopback.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
from collections.abc import Callable, Sequence
from typing import Final

import h11

from simulator.controllers import SimulatedController
from simulator.snmp_agent import spoil

_CHUNK: Final = 65_536


class RedfishServers:
    """Answers for simulated controllers, each on a port of its own."""

    def __init__(self, controllers: Sequence[SimulatedController]) -> None:
        self._controllers = controllers
        self._servers: list[asyncio.Server] = []
        self._connections: set[asyncio.Task[None]] = set()

    async def start(self, host: str, port: int) -> dict[str, tuple[str, int]]:
        """Listen, on ports from `port` on or on free ones; returns the address of each.

        Raises OSError if a port is taken.
        """
        found = {}
        for number, controller in enumerate(self._controllers):
            server = await asyncio.start_server(
                self._serving(controller), host, port + number if port else 0
            )
            self._servers.append(server)
            found[controller.name] = (host, server.sockets[0].getsockname()[1])
        return found

    async def stop(self) -> None:
        """Close all ports and connections."""
        for server in self._servers:
            server.close()
        self._servers.clear()
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    def _serving(
        self, controller: SimulatedController
    ) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], None]:
        def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.ensure_future(_serve(controller, reader, writer))
            self._connections.add(task)
            task.add_done_callback(self._connections.discard)

        return connected


async def _serve(
    controller: SimulatedController, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Answer the requests of one connection until the client closes it."""
    connection = h11.Connection(h11.SERVER)
    try:
        with contextlib.suppress(OSError, h11.RemoteProtocolError):
            while (asked := await _request(connection, reader)) is not None:
                answer = await _response(controller, connection, *asked)
                if answer:
                    writer.write(answer)
                    await writer.drain()
                if connection.our_state is not h11.DONE or connection.their_state is not h11.DONE:
                    break
                connection.start_next_cycle()
    finally:
        writer.close()


async def _request(
    connection: h11.Connection, reader: asyncio.StreamReader
) -> tuple[h11.Request, bytes] | None:
    request: h11.Request | None = None
    body = b""
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            connection.receive_data(await reader.read(_CHUNK))
        elif isinstance(event, h11.Request):
            request = event
        elif isinstance(event, h11.Data):
            body += event.data
        elif isinstance(event, h11.EndOfMessage) and request is not None:
            return request, body
        else:
            return None


async def _response(
    controller: SimulatedController, connection: h11.Connection, request: h11.Request, body: bytes
) -> bytes:
    """Answer as the present fault requires: correctly, late, not at all, or with garbage."""
    health = controller.health
    if health.fault == "silent":
        await asyncio.Event().wait()
    await asyncio.sleep(health.delay)
    token = dict(request.headers).get(b"x-auth-token", b"").decode("latin-1")
    method, target = request.method.decode("ascii"), request.target.decode("latin-1")
    status, headers, document = controller.answer(method, target, token, body)
    content = json.dumps(document).encode() if document else b""
    if health.fault == "garbage" and len(content) > 1:
        content = spoil(content, random.Random(content))
    head = [
        ("Content-Type", "application/json"),
        ("Content-Length", str(len(content))),
        *headers.items(),
    ]
    sent = connection.send(h11.Response(status_code=status, headers=head)) or b""
    sent += connection.send(h11.Data(data=content)) or b""
    return sent + (connection.send(h11.EndOfMessage()) or b"")

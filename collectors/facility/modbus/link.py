"""One Modbus connection to one address, shared by all devices behind it.

It uses TCP, TLS, or the frames of a serial line over TCP.

Gateways accept few connections and send one request at a time to their serial bus. So requests are
sent one after another. Devices that answered last time go first. A device that shares a gateway
with silent devices waits for at most one of their requests.
"""

from __future__ import annotations

import asyncio
import heapq
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from itertools import count
from typing import TYPE_CHECKING, Final, TypeVar

from collectors.base import BadReply, Unreachable
from collectors.facility.modbus.frame import (
    LAST_TRANSACTION,
    ExceptionAnswer,
    registers_in,
    request,
)

if TYPE_CHECKING:
    import ssl

    from collectors.facility.modbus.frame import Framing, Question

T = TypeVar("T")

_REFUSAL_SECONDS: Final = 1.0
"""After a failed attempt to connect, all devices of the address are unreachable for this time."""
_MAX_SILENT: Final = 3  # unanswered requests in a row after which the connection is closed
_CHUNK: Final = 1024


class Turns:
    """A lock that lets devices that answer go first, and else the one that has waited longest."""

    def __init__(self) -> None:
        self._busy = False
        self._order = count()
        self._waiting: list[tuple[bool, int, asyncio.Future[None]]] = []

    @asynccontextmanager
    async def turn(self, *, failing: bool) -> AsyncIterator[None]:
        """Wait for a turn and hold it until the block ends."""
        if self._busy:
            mine = asyncio.get_running_loop().create_future()
            heapq.heappush(self._waiting, (failing, next(self._order), mine))
            try:
                await mine
            except asyncio.CancelledError:
                if mine.done() and not mine.cancelled():  # the turn had just been given to us
                    self._pass_on()
                raise
        self._busy = True
        try:
            yield
        finally:
            self._pass_on()

    def _pass_on(self) -> None:
        while self._waiting:
            _, _, following = heapq.heappop(self._waiting)
            if not following.done():
                following.set_result(None)
                self._busy = True
                return
        self._busy = False


class Link:
    """The connection to one address. It is opened when first needed, and again after it failed.

    `pause` is the time in seconds that the bus needs between an answer and the next request.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        request_timeout: float,
        framing: Framing = "tcp",
        tls: ssl.SSLContext | None = None,
        server_name: str = "",
    ) -> None:
        self.host, self.port, self.framing = host, port, framing
        self.pause = 0.0
        self.request_timeout = request_timeout
        self.users = 0
        self.answered_at = float("-inf")
        """When a device last answered on it, by the loop's clock."""
        self._tls, self._server_name = tls, (server_name or host) if tls is not None else None
        self._turns = Turns()
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._transaction = 0
        self._silent = 0
        self._fresh = True  # no device has answered on this connection yet
        self._refused_until = self._rested = float("-inf")

    @property
    def address(self) -> str:
        """Its host and port, for messages."""
        return f"{self.host}:{self.port}"

    def turn(self, *, failing: bool) -> AbstractAsyncContextManager[None]:
        """Wait for the connection and hold it for a round.

        `failing` devices, which did not answer last time, let the others go first.
        """
        return self._turns.turn(failing=failing)

    async def read(self, question: Question) -> Sequence[int]:
        """Send one request and return the registers. The caller must hold the turn.

        Raises:
            Unreachable: no connection, or no complete answer within `request_timeout` seconds.
            BadReply: the answer does not fit the request. ExceptionAnswer if the device gives the
            reason.
        """
        if self.pause and (rest := self._rested - time.monotonic()) > 0:
            await asyncio.sleep(rest)
        try:
            async with asyncio.timeout(self.request_timeout):
                return await self._ask_connected(question)
        except TimeoutError:
            message = (
                f"{self.address} unit {question.unit}: no answer within {self.request_timeout:g} s"
            )
            raise Unreachable(message) from None
        finally:
            self._rested = time.monotonic() + self.pause

    async def converse(
        self,
        talk: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[T]],
        who: str,
    ) -> T:
        """Let a function that reads no registers use the connection. The caller must hold the turn.

        `who` names the device in errors. Raises Unreachable. A conversation that fails closes the
        connection: what is left of its answer would be read as the next one.
        """
        whole = False
        try:
            async with asyncio.timeout(self.request_timeout):
                found = await talk(*await self._connect())
            whole, self._fresh = True, False
        except TimeoutError:
            message = f"{who}: no answer within {self.request_timeout:g} s"
            raise Unreachable(message) from None
        except (OSError, asyncio.IncompleteReadError) as error:
            raise Unreachable(f"cannot reach {self.address}: {error}") from None
        finally:
            if not whole:
                self.close()
        return found

    def close(self) -> None:
        """Close the connection. The next request opens a new one."""
        streams, self._streams = self._streams, None
        if streams is not None:
            _, writer = streams
            writer.transport.abort()  # a normal close would wait for a peer that may be dead

    async def _ask_connected(self, question: Question) -> Sequence[int]:
        """Send a request. If an idle connection was closed, send it again on a new one."""
        for attempt in (1, 2):
            reader, writer = await self._connect()
            reused = not self._fresh
            try:
                return await self._ask(reader, writer, question)
            except OSError:
                self.close()
                if attempt == 2 or not reused:
                    break
        raise Unreachable(f"{self.address} closed the connection")

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._streams is not None and self._transaction < LAST_TRANSACTION:
            return self._streams
        self.close()
        if time.monotonic() < self._refused_until:
            raise Unreachable(f"cannot connect to {self.address}")
        # Until the connection is open it counts as refused, so that other devices do not queue for
        # a dead address.
        why = ""
        try:
            self._streams = await asyncio.open_connection(
                self.host, self.port, ssl=self._tls, server_hostname=self._server_name
            )
        except OSError as error:  # ssl.SSLError is an OSError
            why = f": {error.strerror or error}" if self._tls is not None else ""
        finally:
            if self._streams is None:
                self._refused_until = time.monotonic() + _REFUSAL_SECONDS
        if self._streams is None:
            raise Unreachable(f"cannot connect to {self.address}{why}")
        self._transaction, self._fresh, self._silent = 0, True, 0
        return self._streams

    async def _ask(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, question: Question
    ) -> Sequence[int]:
        self._transaction += 1
        data = b""
        try:
            writer.write(request(self.framing, question, self._transaction))
            while True:
                chunk = await reader.read(_CHUNK)
                if not chunk:
                    raise ConnectionResetError
                data += chunk
                registers = registers_in(self.framing, data, question, self._transaction)
                if registers is not None:
                    self._note_answer()
                    return registers
        except asyncio.CancelledError:  # the deadline of the request or of the round
            self._silent += 1
            # The rest of a partial answer would be read as the next answer. Frames of a serial line
            # do not say which request they answer.
            if data or self.framing == "rtu" or self._fresh or self._silent >= _MAX_SILENT:
                self.close()
            raise
        except ExceptionAnswer:
            self._note_answer()
            raise
        except BadReply as error:
            self.close()
            raise BadReply(f"{self.address} unit {question.unit}: {error}") from None

    def _note_answer(self) -> None:
        self._fresh, self._silent = False, 0
        self.answered_at = asyncio.get_running_loop().time()

"""One Modbus connection to one address, shared by all devices behind it.

It speaks TCP, TLS, or a serial line's frames over TCP.

Gateways take few connections and ask their serial bus one question at a time, so questions go one
after another. Devices that answered last time go first: whoever shares a gateway with silent
devices waits for at most one of their questions.
"""

from __future__ import annotations

import asyncio
import heapq
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from itertools import count
from typing import TYPE_CHECKING, Final

from collectors.base import BadReply, Unreachable
from collectors.facility.modbus_frame import (
    LAST_TRANSACTION,
    ExceptionAnswer,
    registers_in,
    request,
)

if TYPE_CHECKING:
    import ssl

    from collectors.facility.modbus_frame import Framing, Question

_REFUSAL_MEMORY: Final = (
    1.0  # seconds for which a failed connection answers for all devices behind it
)
_MAX_SILENT: Final = 3  # unanswered questions in a row after which the connection itself is doubted
_CHUNK: Final = 1024


class Turns:
    """A lock that lets the healthy go first; among equals, whoever came first."""

    def __init__(self) -> None:
        self._busy = False
        self._order = count()
        self._waiting: list[tuple[bool, int, asyncio.Future[None]]] = []

    @asynccontextmanager
    async def turn(self, *, ailing: bool) -> AsyncIterator[None]:
        """Wait for one's turn and hold it until the block ends."""
        if self._busy:
            mine = asyncio.get_running_loop().create_future()
            heapq.heappush(self._waiting, (ailing, next(self._order), mine))
            try:
                await mine
            except asyncio.CancelledError:
                if mine.done() and not mine.cancelled():  # it had just been given to us
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
    """The connection to one address. It is opened when first needed, and again after it broke.

    `pause` is how many seconds the bus behind it rests between an answer and the next question.
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
        self._tls, self._server_name = tls, (server_name or host) if tls is not None else None
        self._turns = Turns()
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._transaction = 0
        self._silent = 0
        self._fresh = True  # nobody has answered on this connection yet
        self._refused_until = self._rested = float("-inf")

    @property
    def address(self) -> str:
        """Where it leads, for messages."""
        return f"{self.host}:{self.port}"

    def turn(self, *, ailing: bool) -> AbstractAsyncContextManager[None]:
        """Wait for the connection and hold it for a round.

        `ailing` devices, silent last time, let the others go first.
        """
        return self._turns.turn(ailing=ailing)

    async def read(self, question: Question) -> Sequence[int]:
        """Ask one question and return the registers; only for whoever holds the turn.

        Raises:
            Unreachable: no connection, or no complete answer within `request_timeout` seconds.
            BadReply: the answer is not one to this question; ExceptionAnswer where the device says
            why.
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

    def close(self) -> None:
        """Close the connection; the next question opens a new one."""
        streams, self._streams = self._streams, None
        if streams is not None:
            streams[
                1
            ].transport.abort()  # nothing is left to say, and a dead peer would have us wait

    async def _ask_connected(self, question: Question) -> Sequence[int]:
        """Ask.

        Where a connection that had been idle turns out to be closed, ask once more on a new one.
        """
        for attempt in (1, 2):
            reader, writer = await self._connect()
            worn = not self._fresh
            try:
                return await self._ask(reader, writer, question)
            except OSError:
                self.close()
                if attempt == 2 or not worn:
                    break
        raise Unreachable(f"{self.address} closed the connection")

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._streams is not None and self._transaction < LAST_TRANSACTION:
            return self._streams
        self.close()
        if time.monotonic() < self._refused_until:
            raise Unreachable(f"cannot connect to {self.address}")
        # Until the connection stands, it counts as refused: siblings do not queue up behind a dead
        # address.
        why = ""
        try:
            self._streams = await asyncio.open_connection(
                self.host, self.port, ssl=self._tls, server_hostname=self._server_name
            )
        except OSError as error:  # what TLS refuses is one too
            why = f": {error.strerror or error}" if self._tls is not None else ""
        finally:
            if self._streams is None:
                self._refused_until = time.monotonic() + _REFUSAL_MEMORY
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
                    self._fresh, self._silent = False, 0
                    return registers
        except asyncio.CancelledError:  # the question's or the round's deadline
            self._silent += 1
            # The rest of half an answer would be taken for the next one, and a serial line's frames
            # do not say whose they are.
            if data or self.framing == "rtu" or self._fresh or self._silent >= _MAX_SILENT:
                self.close()
            raise
        except ExceptionAnswer:
            self._fresh, self._silent = False, 0
            raise
        except BadReply as error:
            self.close()
            raise BadReply(f"{self.address} unit {question.unit}: {error}") from None

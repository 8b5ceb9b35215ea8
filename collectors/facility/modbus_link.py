"""One Modbus TCP connection to one address, shared by all devices behind it.

Gateways take few connections and ask their serial bus one question at a time, so questions go one after another. Devices
that answered last time go first: whoever shares a gateway with silent devices waits for at most one of their questions.
`check_answer` is pure and raises only `BadReply`.
"""

from __future__ import annotations

import asyncio
import heapq
import logging
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Final

from collectors.base import BadReply, Unreachable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from contextlib import AbstractAsyncContextManager

    from pymodbus.client import AsyncModbusTcpClient

_HEADER: Final = 8  # transaction 2, protocol 2, length 2, unit 1, function 1
_MAX_LENGTH: Final = 254  # unit 1 + the largest PDU, 253 (MODBUS Messaging Implementation Guide V1.0b, 3.1.3)
_EXCEPTION: Final = 0x80
_EXCEPTION_LENGTH: Final = 3
_REFUSAL_MEMORY: Final = 1.0  # seconds for which a failed connection answers for all devices behind it
_MAX_SILENT: Final = 3  # unanswered questions in a row after which the connection itself is doubted

EXCEPTIONS: Final[dict[int, str]] = {
    1: "illegal function", 2: "illegal data address", 3: "illegal data value", 4: "device failure", 5: "acknowledge",
    6: "device busy", 8: "memory parity error", 10: "gateway path unavailable", 11: "gateway target did not respond",
}  # fmt: skip
GATEWAY: Final = frozenset({10, 11})
"""Exceptions by which a gateway says that the device behind it is silent."""
WRONG_MAP: Final = frozenset({1, 2, 3})
"""Exceptions by which a device says that it does not have these registers."""


class ExceptionAnswer(BadReply):
    """The device answered with an exception code (MODBUS Application Protocol V1.1b3, 7)."""

    def __init__(self, code: int) -> None:
        self.code = code
        super().__init__(f"exception {code}: {EXCEPTIONS.get(code, 'unknown')}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One read that has been asked, and that the answer is held against."""

    unit: int
    function: int
    address: int
    count: int


def check_answer(data: bytes, question: Question, transaction: int) -> None:
    """Check what has come of an answer so far; raises BadReply as soon as it cannot become a good one.

    Late answers to earlier questions are passed over. Transaction 0 is taken, as some gateways never fill it in.
    """
    while len(data) >= _HEADER:
        came, protocol, length = (int.from_bytes(data[at : at + 2], "big") for at in (0, 2, 4))
        unit, function = data[6], data[7]
        if protocol:
            raise BadReply(f"not Modbus TCP: protocol {protocol} where 0 is due")
        if not _EXCEPTION_LENGTH <= length <= _MAX_LENGTH:
            raise BadReply(f"not Modbus TCP: a length of {length}")
        if came in (0, transaction):
            _check_frame(data[_HEADER : length + 6], length, unit, function, question)
        elif came > transaction:
            raise BadReply(f"an answer to question {came}, which was never asked")
        if len(data) < length + 6:
            return
        data = data[length + 6 :]


def _check_frame(body: bytes, length: int, unit: int, function: int, question: Question) -> None:
    if unit != question.unit:
        raise BadReply(f"asked unit {question.unit}, unit {unit} answered")
    if function == question.function | _EXCEPTION:
        if length != _EXCEPTION_LENGTH:
            raise BadReply(f"an exception of {length} bytes")
        return
    if function != question.function:
        raise BadReply(f"asked function {question.function}, function {function} answered")
    if length != 3 + 2 * question.count or (body and body[0] != 2 * question.count):
        raise BadReply(f"asked for {question.count} registers at {question.address}, the answer's length is {length}")


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
    """The connection to one address. It is opened when first needed, and again after it broke."""

    def __init__(self, host: str, port: int) -> None:
        self.host, self.port = host, port
        self.users = 0
        self._turns = Turns()
        self._client: AsyncModbusTcpClient | None = None
        self._question: Question | None = None
        self._silent = 0
        self._fresh = True  # nobody has answered on this connection yet
        self._refused_until = float("-inf")

    def turn(self, *, ailing: bool) -> AbstractAsyncContextManager[None]:
        """Wait for the connection and hold it for a round; `ailing` devices, silent last time, let the others go first."""
        return self._turns.turn(ailing=ailing)

    async def read(self, question: Question, *, timeout: float) -> Sequence[int]:  # noqa: ASYNC109 - of one question
        """Ask one question and return the registers; only for whoever holds the turn.

        Raises:
            Unreachable: no connection, or no complete answer within `timeout` seconds.
            BadReply: the answer is not one to this question; ExceptionAnswer where the device says why.
        """
        try:
            async with asyncio.timeout(timeout):
                return await self._ask_connected(question)
        except TimeoutError:
            raise Unreachable(f"{self.host}:{self.port} unit {question.unit}: no answer within {timeout:g} s") from None

    def close(self) -> None:
        """Close the connection; the next question opens a new one."""
        client, self._client = self._client, None
        self._question = None
        if client is not None:
            client.close()

    async def _ask_connected(self, question: Question) -> Sequence[int]:
        """Ask; where a connection that had been idle turns out to be closed, ask once more on a new one."""
        for attempt in (1, 2):
            client = await self._connect()
            worn = not self._fresh
            try:
                return await self._ask(client, question)
            except ConnectionError:
                self.close()
                if attempt == 2 or not worn:  # noqa: PLR2004 - the second and last
                    break
        raise Unreachable(f"{self.host}:{self.port} closed the connection")

    async def _connect(self) -> AsyncModbusTcpClient:
        if self._client is not None and self._client.connected:
            return self._client
        self.close()
        if time.monotonic() < self._refused_until:
            raise Unreachable(f"cannot connect to {self.host}:{self.port}")
        client = _new_client(self)
        # Until the connection stands, it counts as refused: siblings do not queue up behind a dead address.
        done = False
        try:
            done = await client.connect()
        finally:
            if not done:
                client.close()
                self._refused_until = time.monotonic() + _REFUSAL_MEMORY
        if not done:
            raise Unreachable(f"cannot connect to {self.host}:{self.port}")
        self._client, self._fresh, self._silent = client, True, 0
        return client

    async def _ask(self, client: AsyncModbusTcpClient, question: Question) -> Sequence[int]:
        from pymodbus.exceptions import ModbusException  # noqa: PLC0415 - loaded by now
        from pymodbus.pdu.register_message import ReadHoldingRegistersRequest, ReadInputRegistersRequest  # noqa: PLC0415

        kind = (
            ReadInputRegistersRequest
            if question.function == ReadInputRegistersRequest.function_code
            else ReadHoldingRegistersRequest
        )
        request = kind(dev_id=question.unit, address=question.address, count=question.count)
        self._question = question
        try:
            answer = await client.ctx.execute(False, request)  # noqa: FBT003 - pymodbus's own: an answer is expected
        except asyncio.CancelledError:  # the question's or the round's deadline
            self._silent += 1
            # A half answer would be taken for the beginning of the next one.
            if client.ctx.recv_buffer or self._fresh or self._silent >= _MAX_SILENT:
                self.close()
            raise
        except BadReply:
            self.close()
            raise
        except ModbusException as error:
            self.close()
            raise BadReply(str(error)) from None
        finally:
            self._question = None
        self._fresh, self._silent = False, 0
        if answer.isError():
            raise ExceptionAnswer(answer.exception_code)
        return answer.registers

    def received(self, client: AsyncModbusTcpClient, data: bytes) -> bytes:
        """Look at what has come before pymodbus does; what it would stumble over ends the question at once."""
        if self._question is None or self._client is not client:
            return b""  # nobody asked
        try:
            check_answer(data, self._question, client.ctx.request_transaction_id)
        except BadReply as error:
            self._end_question(client, BadReply(f"{self.host}:{self.port} unit {self._question.unit}: {error}"))
            return b""
        return data

    def lost(self, client: AsyncModbusTcpClient) -> None:
        """End the question at hand when the other side closes the connection."""
        if self._client is client and self._question is not None:
            self._end_question(client, ConnectionResetError())

    @staticmethod
    def _end_question(client: AsyncModbusTcpClient, error: Exception) -> None:
        if not client.ctx.response_future.done():
            client.ctx.response_future.set_exception(error)


def _new_client(link: Link) -> AsyncModbusTcpClient:
    from pymodbus.client import AsyncModbusTcpClient  # noqa: PLC0415 - loaded only where a config names Modbus devices
    from pymodbus.logging import Log  # noqa: PLC0415

    # It logs every frame it does not like; the collector's own errors say the same once.
    logging.getLogger(Log.__module__).setLevel(logging.CRITICAL + 1)
    client: AsyncModbusTcpClient

    def trace_packet(sending: bool, data: bytes) -> bytes:  # noqa: FBT001 - pymodbus's signature
        return data if sending else link.received(client, data)

    def trace_connect(connected: bool) -> None:  # noqa: FBT001 - pymodbus's signature
        if not connected:
            link.lost(client)

    # No retries and no reconnecting of its own: the runner's next round is the retry. Deadlines are ours.
    client = AsyncModbusTcpClient(
        link.host, port=link.port, retries=0, reconnect_delay=0, timeout=600, trace_packet=trace_packet,
        trace_connect=trace_connect,
    )  # fmt: skip
    return client

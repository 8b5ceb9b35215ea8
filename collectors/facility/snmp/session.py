"""A session of gufo_snmp that waits for answers at less cost, and has three more requests.

gufo_snmp has the event loop watch the socket anew for each request, and ends it by a task of its
own. That is a third of what a request takes. Here the loop watches a socket from its first request
until it is closed, and several requests in a row need one turn of who waits for them.
"""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

from gufo.snmp._fast import GetIter
from gufo.snmp.aio import SnmpSession

T = TypeVar("T")

REPETITIONS: Final = 20
"""How many objects one answer to GETBULK has at most, as in gufo_snmp's own walks."""


class _MoreToCome:
    """What a receiver returns where one more answer is to come, for which time begins anew."""


_MORE: Final = _MoreToCome()


class _Wait:
    """A wait for an answer: who waits, what reads it from the socket, and until when."""

    __slots__ = ("answer", "due", "receiver", "timer")

    def __init__(
        self, answer: asyncio.Future[Any], receiver: Callable[[], object], due: float
    ) -> None:
        self.answer: Final = answer
        self.receiver: Final = receiver
        self.due = due
        """The time of the loop's clock at which it is too late."""
        self.timer = answer.get_loop().call_at(due, self.end)

    def end(self) -> None:
        """End it if its time is over. One timer is enough for several answers in a row."""
        if self.answer.done():
            return
        loop = self.answer.get_loop()
        if loop.time() < self.due:
            self.timer = loop.call_at(self.due, self.end)
        else:
            self.answer.set_exception(TimeoutError())


class Session(SnmpSession):
    """A session whose socket stays watched."""

    _watching: asyncio.AbstractEventLoop | None = None
    """The loop that watches its socket."""
    _wait: _Wait | None = None
    """Set where an answer is waited for."""

    async def following(self, oid: str) -> str | None:
        """Return the OID of the first object after `oid` (GETNEXT); None at the end of the MIB.

        `SnmpSession.getnext` hides an object that is not beneath the OID that was asked. Such an
        object tells what a device does not have in between.
        """
        step = GetIter(oid)
        await self._send(lambda: self._sock.send_get_next(step))
        found = await self._recv(self._sock.recv_get_many)
        return next(iter(found), None)

    async def bulk(self, oid: str) -> Mapping[str, object]:
        """Return the objects after `oid` in the order of the answer to one GETBULK; version 2c on.

        `SnmpSession.getbulk` hides those that are not beneath the OID that was asked. Objects
        without a value are left out.
        """
        step = GetIter(oid, REPETITIONS)
        await self._send(lambda: self._sock.send_get_bulk(step))
        return await self._recv(self._sock.recv_get_many)

    async def get_parts(
        self, parts: Sequence[list[str]], answers: list[Mapping[str, object]]
    ) -> None:
        """GET some objects after others; append each answer to `answers`.

        Each request is sent as soon as the one before is answered: who waits has its turn when all
        are. After an answer without a value it ends. Raises TimeoutError after a part without an
        answer in time.
        """

        def receive() -> _MoreToCome | None:
            answers.append(self._sock.recv_get_many())
            if not answers[-1] or len(answers) == len(parts):
                return None
            try:
                self._sock.send_get_many(parts[len(answers)])
            except BlockingIOError:  # the kernel takes no more at the moment: whoever waits asks on
                return None
            return _MORE

        await self._send(lambda: self._sock.send_get_many(parts[0]))
        await self._recv(receive)

    async def _recv(self, receiver: Callable[[], T]) -> T:
        """Return what `receiver` makes of the answer; raises TimeoutError without one in time."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()
        self._wait = wait = _Wait(answer, receiver, loop.time() + self._timeout)
        if self._watching is not loop:
            self._watch(loop)
        try:
            return await answer
        finally:
            self._wait = None
            wait.timer.cancel()

    def _watch(self, loop: asyncio.AbstractEventLoop) -> None:
        """Have a loop watch the socket. It does not keep the session, which closes its socket."""
        self._watching = loop
        loop.add_reader(self._fd, _readable, weakref.ref(self))

    def came(self) -> None:
        """Read what came. What nobody waits for stays in the socket, unwatched.

        It is read here, and not by who waits: until that has its turn the loop would find the
        socket readable once more, and tell it of an answer that has been read by then.
        """
        wait = self._wait
        if wait is None:
            self._leave()
            return
        if wait.answer.done():
            return
        try:
            found = wait.receiver()
        except BlockingIOError:  # it answers an earlier request, or nobody's
            return
        except BaseException as error:  # noqa: BLE001 - whoever waits handles it
            wait.answer.set_exception(error)
            return
        if found is _MORE:
            wait.due = wait.answer.get_loop().time() + self._timeout
        else:
            wait.answer.set_result(found)

    def _leave(self) -> None:
        """Have the loop watch the socket no longer."""
        loop, self._watching = self._watching, None
        if loop is not None and not loop.is_closed():
            loop.remove_reader(self._fd)

    def __del__(self) -> None:
        """Leave the loop: it must not watch a number that another socket gets next."""
        self._leave()


def _readable(session: weakref.ref[Session]) -> None:
    found = session()
    if found is not None:
        found.came()

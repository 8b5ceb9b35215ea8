"""A session of gufo_snmp that waits for answers at less cost, and has two more requests.

gufo_snmp has the event loop watch the socket anew for each request, and ends it by a task of its
own. That is a third of what a request takes. Here the loop watches a socket from its first request
until it is closed.
"""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Callable, Mapping
from typing import Final, TypeVar

from gufo.snmp._fast import GetIter
from gufo.snmp.aio import SnmpSession

T = TypeVar("T")

REPETITIONS: Final = 20
"""How many objects one answer to GETBULK has at most, as in gufo_snmp's own walks."""


class Session(SnmpSession):
    """A session whose socket stays watched."""

    _watching: asyncio.AbstractEventLoop | None = None
    """The loop that watches its socket."""
    _answer: asyncio.Future[None] | None = None
    """Set where an answer is waited for, and done once there is one."""
    _late = False
    """Whether the time for the answer has passed."""

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

    async def _recv(self, receiver: Callable[[], T]) -> T:
        """Return what `receiver` makes of the answer; raises TimeoutError without one in time."""
        loop = asyncio.get_running_loop()
        self._late = False
        timer = loop.call_later(self._timeout, self._end)
        try:
            while not self._late:
                answer = self._answer = loop.create_future()
                if self._watching is not loop:
                    self._watch(loop)
                await answer
                try:
                    return receiver()
                except BlockingIOError:  # an answer to an earlier request, or to nobody's
                    continue
            raise TimeoutError  # it passed just as such an answer came
        finally:
            self._answer = None
            timer.cancel()

    def _watch(self, loop: asyncio.AbstractEventLoop) -> None:
        """Have a loop watch the socket. It does not keep the session, which closes its socket."""
        self._watching = loop
        loop.add_reader(self._fd, _readable, weakref.ref(self))

    def came(self) -> None:
        """Take note that something came. What nobody waits for stays in the socket, unwatched."""
        if self._answer is None:
            self._leave()
        elif not self._answer.done():
            self._answer.set_result(None)

    def _end(self) -> None:
        self._late = True
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(TimeoutError())

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

"""Resolve names of peers to addresses, each on a thread of its own.

A name server that hangs delays one peer, but no other thread of the agent.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from collectors.base import Unreachable
from collectors.network.prober import Target

if TYPE_CHECKING:
    Lookup = Callable[[str, int], Sequence[Target]]

_RETRY_SECONDS: Final = 5.0


class Resolver:
    """Keeps one name's address, and looks it up again from time to time.

    At most one look-up is under way.
    """

    def __init__(self, host: str, port: int, *, lookup: Lookup | None = None) -> None:
        self._host, self._port = host, port
        self._lookup = lookup or look_up
        self._target = literal(host, port)
        self._fixed = self._target is not None
        self._asked: asyncio.Future[Sequence[Target]] | None = None
        self._next = 0.0
        self._why = ""

    async def target(self, deadline: float, refresh: float) -> Target:
        """Return where probes go.

        A known address is returned without waiting. Raises Unreachable if none was ever found.
        """
        loop = asyncio.get_running_loop()
        if self._fixed and self._target is not None:
            return self._target
        if self._asked is None and loop.time() >= self._next:
            self._asked = self._ask(loop)
        if self._asked is not None and self._target is None:
            await asyncio.wait((self._asked,), timeout=deadline)
        if self._asked is not None and self._asked.done():
            asked, self._asked = self._asked, None
            self._next = loop.time() + (
                min(refresh, _RETRY_SECONDS) if asked.exception() else refresh
            )
            self._take(asked)
        if self._target is None:
            raise Unreachable(
                f"the name {self._host} is not known:"
                f" {self._why or f'no answer within {deadline:g} s'}"
            )
        return self._target

    def _take(self, asked: asyncio.Future[Sequence[Target]]) -> None:
        """Keep the present address while the name still has it.

        A failed look-up changes nothing.
        """
        error = asked.exception()
        self._why = str(getattr(error, "strerror", None) or error) if error else ""
        if error is None:
            found = asked.result()
            if found and self._target not in found:
                self._target = found[0]

    def _ask(self, loop: asyncio.AbstractEventLoop) -> asyncio.Future[Sequence[Target]]:
        answered: asyncio.Future[Sequence[Target]] = loop.create_future()

        def settle(found: Sequence[Target], error: Exception | None) -> None:
            if error is None:
                answered.set_result(found)
            else:
                answered.set_exception(error)
                answered.exception()  # mark it as retrieved, also if nothing waits for it

        def run() -> None:
            found: Sequence[Target] = ()
            error: Exception | None = None
            try:
                found = self._lookup(self._host, self._port)
            except Exception as raised:  # noqa: BLE001 - the waiting task gets it
                error = raised
            with contextlib.suppress(RuntimeError):  # the loop was closed in the meantime
                loop.call_soon_threadsafe(settle, found, error)

        threading.Thread(target=run, name=f"resolve {self._host}", daemon=True).start()
        return answered


def literal(host: str, port: int) -> Target | None:
    """Return the target of a numeric address; None for a name."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None
    return Target(host, port, socket.AF_INET6 if address.version == 6 else socket.AF_INET)


def look_up(host: str, port: int) -> Sequence[Target]:
    """Return the addresses of a name in the system's order of preference (RFC 6724).

    Blocks, raises OSError.
    """
    rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [Target(str(address[0]), port, family) for family, _, _, _, address in rows]

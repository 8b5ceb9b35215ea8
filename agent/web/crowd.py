"""Who is connected, and who has to go when there are too many.

A client keeps the server waiting if it has not sent its request, has not read its answer, or is
idle between two requests. If there is no place for a new client, the one that has kept the server
waiting longest is cut. So half-open connections keep nobody out: an honest client sends its request
at once.
"""

from __future__ import annotations

import ipaddress
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from agent.web.limits import BUSY_REQUESTS, PATIENCE_SECONDS, ConnectionLimits

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_MOST_KNOWN: Final = 1024


def _nothing() -> None:
    """Do nothing: there is no connection yet."""


@dataclass(slots=True, kw_only=True, eq=False)
class Client:
    """One connection, from its acceptance to its end.

    The bound per address counts clients of one `origin`. `known` clients have precedence. `cut`
    ends the connection at once. `waiting_since` is in seconds of a monotonic clock, and None while
    the server works for the client.
    """

    address: str
    origin: str
    known: bool
    cut: Callable[[], None] = _nothing
    waiting_since: float | None = None
    answering: bool = False
    gone: bool = False
    """Whether the connection has ended."""


class Known:
    """The addresses with precedence: those of the config, and those that sent a right password."""

    def __init__(self, networks: Sequence[Network] = ()) -> None:
        self._networks: Final = tuple(networks)
        self._learned: Final[dict[str, None]] = {}

    def __contains__(self, address: str) -> bool:
        if address in self._learned:
            return True
        if not self._networks:
            return False
        found = ipaddress.ip_address(_plain(address))
        return any(found in network for network in self._networks)

    def learn(self, address: str) -> None:
        """Remember an address whose user and password were right."""
        self._learned.pop(address, None)
        self._learned[address] = None
        if len(self._learned) > _MOST_KNOWN:
            del self._learned[next(iter(self._learned))]


class Crowd:
    """The connections that are open, and the bounds on them."""

    def __init__(
        self,
        limits: ConnectionLimits,
        known: Known,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.known: Final = known
        self._limits: Final = limits
        self._monotonic: Final = monotonic
        self._clients: Final[set[Client]] = set()
        self._of_origin: Final[Counter[str]] = Counter()
        self._strangers = 0
        self._answering = 0
        self._waiting: Final[dict[bool, dict[Client, None]]] = {False: {}, True: {}}
        """The clients that the server waits for, the longest first; by whether they are known."""

    def __len__(self) -> int:
        return len(self._clients)

    def is_full(self) -> bool:
        """Tell whether no further request of a stranger can be answered now.

        Where as many are answered as may be, the slowest reader is cut first to make a place.
        """
        return self._answering >= BUSY_REQUESTS and not self._evict_reader()

    def admit(self, address: str, *, trusted: bool = False) -> Client | None:
        """Give a new client a place; None if there is none and no client can be cut for it."""
        origin = origin_of(address)
        known = trusted or address in self.known
        if self._of_origin[origin] >= self._limits.per_address and not self._evict(
            known=known, origin=origin
        ):
            return None
        full = len(self._clients) >= self._limits.max_connections
        full |= not known and self._strangers >= self._limits.for_strangers
        if full and not self._evict(known=known):
            return None
        client = Client(address=address, origin=origin, known=known)
        self._clients.add(client)
        self._of_origin[origin] += 1
        self._strangers += not known
        self.waits(client)
        return client

    def leave(self, client: Client) -> None:
        """Forget a client whose connection has ended; a second time does nothing."""
        if client not in self._clients:
            return
        self.done(client)
        self._clients.discard(client)
        self._waiting[client.known].pop(client, None)
        self._strangers -= not client.known
        self._of_origin[client.origin] -= 1
        if not self._of_origin[client.origin]:
            del self._of_origin[client.origin]

    def waits(self, client: Client) -> None:
        """Note that from now on the server waits for this client."""
        if client in self._clients:
            line = self._waiting[client.known]
            line.pop(client, None)
            line[client] = None
            client.waiting_since = self._monotonic()

    def works(self, client: Client) -> None:
        """Note that the server works for this client."""
        self._waiting[client.known].pop(client, None)
        client.waiting_since = None

    def recognise(self, client: Client) -> None:
        """Make a client known, whose user and password were right."""
        self.known.learn(client.address)
        if client.known or client not in self._clients:
            return
        self.done(client)
        self._waiting[False].pop(client, None)
        self._strangers -= 1
        client.known = True

    def begins(self, client: Client) -> bool:
        """Count a request whose head has arrived; False if too many of strangers are under way.

        A second call for the same request does nothing.
        """
        if not client.known and not client.answering:
            if self.is_full():
                return False
            self._answering += 1
            client.answering = True
        self.works(client)
        return True

    def done(self, client: Client) -> None:
        """Note the end of an answer."""
        if client.answering:
            client.answering = False
            self._answering -= 1

    def make_room(self) -> bool:
        """Cut the client that has kept the server waiting longest; False if there is none."""
        return self._evict(known=True)

    def _evict(self, *, known: bool, origin: str | None = None) -> bool:
        """Cut the client that has kept the server waiting longest; False if there is none.

        A known client is cut only in favour of another known one.
        """
        before = self._monotonic() - PATIENCE_SECONDS
        for line in (self._waiting[False], *([self._waiting[True]] if known else [])):
            for client in line:
                if client.waiting_since is None or client.waiting_since > before:
                    break
                if origin is None or client.origin == origin:
                    self._end(client)
                    return True
        return False

    def _evict_reader(self) -> bool:
        """Cut the stranger that has waited longest without reading its answer; False if none."""
        before = self._monotonic() - PATIENCE_SECONDS
        for client in self._waiting[False]:
            if client.waiting_since is None or client.waiting_since > before:
                break
            if client.answering:
                self._end(client)
                return True
        return False

    def _end(self, client: Client) -> None:
        self.leave(client)
        client.cut()


def origin_of(address: str) -> str:
    """Return the address that counts as one client: an IPv4 address, or a /64 network of IPv6."""
    found = ipaddress.ip_address(_plain(address))
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    return str(ipaddress.ip_network((found, 64), strict=False))


def _plain(address: str) -> str:
    """Return an address without its zone; an IPv4 address in IPv6 form as IPv4."""
    return address.partition("%")[0].removeprefix("::ffff:")

"""Who is connected, and who has to go when there are too many.

A client that keeps the server waiting (it has not sent its request, has not read its answer, or
rests between two requests) gives up its place when another one wants in. So half-open connections
crowd nobody out: an honest client sends its request at once.
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

    `origin` is what the bound per address counts by. `known` clients go first. `cut` ends the
    connection at once.
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
    """The addresses that go first: those of the config, and those that showed a right password."""

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
        """Who keeps us waiting, the longest first: strangers, and known clients."""

    def __len__(self) -> int:
        return len(self._clients)

    def is_full(self) -> bool:
        """Tell whether no further request of a stranger can be answered now.

        The slowest reader gives up its place.
        """
        return self._answering >= BUSY_REQUESTS and not self._evict_reader()

    def admit(self, address: str, *, trusted: bool = False) -> Client | None:
        """Give a newcomer a place; None if there is none, and nobody has to give one up."""
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
        """Make a stranger known, whose user and password were right."""
        self.known.learn(client.address)
        if client.known or client not in self._clients:
            return
        self.done(client)
        self._waiting[False].pop(client, None)
        self._strangers -= 1
        client.known = True

    def begins(self, client: Client) -> bool:
        """Count a request whose head has come; False if too many of strangers are under way.

        A second time for the same request does nothing.
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
        """End the connection that has kept us waiting longest; False if there is none."""
        return self._evict(known=True)

    def _evict(self, *, known: bool, origin: str | None = None) -> bool:
        """End who has kept us waiting longest: a known client only for another known one."""
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
        """End the stranger that has been slowest to read its answer."""
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

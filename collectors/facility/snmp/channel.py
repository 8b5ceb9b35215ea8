"""SNMP with one device: GET requests of a size that it accepts, and walks with a limit.

gufo_snmp implements the protocol. Its errors are turned into those of `collectors.base`. For an
error status (tooBig, and noSuchName of version 1) it returns no values at all. So a request for
several objects with an empty answer is repeated in halves.
"""

from __future__ import annotations

import errno
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final, TypeVar

from collectors.base import BadReply, CollectError, Late, Refused, Unreachable
from collectors.facility.snmp.credentials import Secrets, resolve, split_address

if TYPE_CHECKING:
    from collectors.facility.snmp.session import Session

T = TypeVar("T")
_SMALL: Final = 4
"""The number of objects in a request that every device accepts."""

_OURS: Final = frozenset(
    {
        errno.EMFILE,
        errno.ENFILE,
        errno.EAGAIN,
        errno.EADDRNOTAVAIL,
        errno.ENOBUFS,
        errno.ENOMEM,
    }
)
"""Errors of this machine, which has no open file, port or memory left: nothing is known of the
device."""

_SAYS_NUMBER: Final = re.compile(r"\(os error (\d+)\)")

MAX_ROWS: Final = 10_000
"""The most rows of one column. A device with more rows is broken, or it is not a PDU."""


class Channel:
    """One session with one device. Only one task may use it at a time."""

    __slots__ = ("_address", "_answered", "_secrets", "_session", "_timeout", "max_oids")

    def __init__(
        self, address: str, secrets: Secrets, *, timeout: float, max_oids: int = 24
    ) -> None:
        """Prepare the session without I/O.

        `timeout` is the time in seconds for one request and its one repetition.
        """
        self._address, self._secrets, self._timeout = address, secrets, timeout
        self._session: Session | None = None
        self._answered = False
        self.max_oids = max_oids

    @property
    def silence(self) -> Unreachable:
        """The error of a device that does not answer. It names the secret that may be wrong."""
        secret = "user" if self._secrets.version == "3" else "community"
        return Unreachable(f"no answer (unreachable, or the {secret} is wrong)")

    @property
    def takes_bulk(self) -> bool:
        """Whether the version of SNMP has GETBULK (RFC 3416)."""
        return self._secrets.version != "1"

    @property
    def answered(self) -> bool:
        """Whether the device has ever answered in this session."""
        return self._answered

    def close(self) -> None:
        """Close the socket. The next request opens a new one."""
        self._session = None

    async def get(self, oids: Sequence[str]) -> dict[str, object]:
        """GET objects, in as many requests as they need.

        Objects that the device does not have are missing from the result.
        """
        found: dict[str, object] = {}
        await self.get_into(found, oids)
        return found

    async def get_into(self, found: dict[str, object], oids: Sequence[str]) -> None:
        """GET objects as `get` does; those that were answered before an error are in `found`."""
        first = 0
        while first < len(oids):
            size = self.max_oids  # a request may make it smaller
            parts = [list(oids[at : at + size]) for at in range(first, len(oids), size)]
            answers: list[Mapping[str, object]] = []
            in_time = await self._get_parts(parts, answers, found)
            first += size * len(answers)
            if not in_time:
                part = parts[len(answers)]
                found |= await self._get_again(part)
                first += len(part)
            elif not answers[-1]:
                part = parts[len(answers) - 1]
                found |= await self._halve(part) if len(part) > 1 else {}

    async def _get_parts(
        self,
        parts: Sequence[list[str]],
        answers: list[Mapping[str, object]],
        found: dict[str, object],
    ) -> bool:
        """GET parts until one has no answer in time, or an empty one; tell whether all had one."""
        session = self._session or await self._open()
        try:
            await session.get_parts(parts, answers)
        except TimeoutError:
            return False
        except BaseException as error:
            raise self._translate(error) from None
        finally:
            self._answered = self._answered or bool(answers)
            for one in answers:
                found |= one
        return True

    async def _get_again(self, oids: list[str]) -> dict[str, object]:
        """GET objects whose first request had no answer."""
        try:
            answer = await self._ask(oids, again=True)
        except Unreachable:
            if not self._answered or len(oids) <= _SMALL:
                raise
            # Some devices do not answer a request that is too large for them.
            self.max_oids = max(_SMALL, len(oids) // 2)
            return await self.get(oids)
        return dict(answer) if answer or len(oids) == 1 else await self._halve(oids)

    async def _halve(self, oids: Sequence[str]) -> dict[str, object]:
        middle = len(oids) // 2
        halves = oids[:middle], oids[middle:]
        answers = [await self._ask(half) for half in halves]
        # Both halves were answered, so the request was too large. If an object were missing
        # (version 1), the half that holds it would still be empty.
        if all(answers):
            self.max_oids = min(self.max_oids, max(1, len(oids) - middle))
        found: dict[str, object] = {}
        for half, answer in zip(halves, answers, strict=True):
            found |= answer if answer or len(half) == 1 else await self._halve(half)
        return found

    async def _ask(self, oids: Sequence[str], *, again: bool = False) -> Mapping[str, object]:
        """GET objects by one request."""
        return await self._request(lambda session: session.get_many(oids), again=again)

    async def next(self, oid: str) -> str | None:
        """Return the OID of the first object after `oid`; None if the device has none."""
        following = await self._request(lambda session: session.following(oid))
        # A device that does not go forward has nothing there.
        return following if following is not None and _after(following, oid) else None

    async def bulk(self, oid: str) -> Mapping[str, object]:
        """Return objects after `oid` with their values, in the order of one answer to GETBULK.

        Empty at the end of what the device has. Not for version 1, which has no such request.
        """
        return await self._request(lambda session: session.bulk(oid))

    async def _request(self, send: Callable[[Session], Awaitable[T]], *, again: bool = False) -> T:
        """Send one request, and send it again if there is no answer; once if it was sent before."""
        session = self._session or await self._open()
        for last in (True,) if again else (False, True):
            try:
                found = await send(session)
            except TimeoutError:
                if last:
                    raise self._translate(TimeoutError()) from None
            except BaseException as error:
                raise self._translate(error) from None
            else:
                self._answered = True
                return found
        raise AssertionError  # pragma: no cover - the loop returns or raises

    async def walk(
        self, base: str, limit: int = MAX_ROWS, into: dict[str, object] | None = None
    ) -> dict[str, object]:
        """Return the objects beneath an OID, by the rest of their OIDs.

        At most `limit` objects are read. If `into` is given, it gets the objects found before an
        error. Raises BadReply for a walk that does not go forward.
        """
        session = self._session or await self._open()
        rows: dict[str, object] = {} if into is None else into
        prefix = base + "."
        last: tuple[int, ...] = ()
        steps = session.fetch(base).__aiter__()
        retries = 1
        while len(rows) < limit:
            try:
                oid, value = await anext(steps)
            except StopAsyncIteration:
                break
            except TimeoutError:
                if not retries:
                    raise self._translate(TimeoutError()) from None
                retries -= 1
                continue
            except BaseException as error:
                raise self._translate(error) from None
            self._answered, retries = True, 1
            if not oid.startswith(prefix):
                break
            here = tuple(map(int, oid[len(prefix) :].split(".")))
            # noSuchName: the end of a walk in version 1 (RFC 1157, 4.1.3).
            if here == last and value is None:
                break
            if here <= last:
                raise BadReply(f"a walk of {base} does not go forward at {oid}")
            last = here
            rows[oid[len(prefix) :]] = value
        return rows

    async def _open(self) -> Session:
        try:
            session = await _session_with(self._address, self._secrets, self._timeout / 2)
        except BaseException as error:
            raise self._translate(error) from None
        self._session = session
        return session

    def _translate(self, error: BaseException) -> BaseException:
        """Turn an error of gufo_snmp or of the kernel into one of `collectors.base`.

        A session that may no longer work is closed.
        """
        if _stays(error):
            return error
        if self._secrets.version == "3" or not isinstance(error, TimeoutError):
            # Version 3: a restart changes the device's engine clock (RFC 3414, 3.2), so the session
            # must be opened again.
            self.close()
        return self.silence if isinstance(error, TimeoutError) else _collect_error(error)


async def _session_with(address: str, secrets: Secrets, timeout: float) -> Session:
    """Open a session with a device; `timeout` is for one request, in seconds."""
    from gufo.snmp import SnmpVersion

    from collectors.facility.snmp.session import Session

    host, port = split_address(address)
    versions = {"1": SnmpVersion.v1, "2c": SnmpVersion.v2c, "3": SnmpVersion.v3}
    session = Session(
        await resolve(host),
        port,
        community=secrets.community,
        user=secrets.user() if secrets.version == "3" else None,
        version=versions[secrets.version],
        timeout=timeout,
    )
    await session.refresh()
    return session


def _stays(error: BaseException) -> bool:
    """Tell whether an error stays as it is: one of ours, a cancellation or Ctrl-C."""
    panic = type(error).__name__ == "PanicException"
    return isinstance(error, CollectError) or not (panic or isinstance(error, Exception))


def _after(later: str, earlier: str) -> bool:
    return list(map(int, later.split("."))) > list(map(int, earlier.split(".")))


def _number(error: OSError) -> int | None:
    """Return the kernel's number of an error; gufo_snmp tells it in words alone."""
    found = _SAYS_NUMBER.search(str(error))
    return int(found[1]) if error.errno is None and found is not None else error.errno


def _collect_error(error: BaseException) -> CollectError:
    from gufo.snmp import SnmpAuthError, SnmpError

    if isinstance(error, SnmpAuthError):
        return Refused("authentication failed: the user, a passphrase or its algorithm is wrong")
    if isinstance(error, OSError) and _number(error) in _OURS:
        return Late(f"not asked: {error.strerror or error}")
    if isinstance(error, ConnectionRefusedError):
        return Unreachable("connection refused: no SNMP agent at this address and port")
    if isinstance(error, OSError):
        return Unreachable(f"cannot be reached: {error.strerror or error}")
    name = "" if isinstance(error, SnmpError) else f"{type(error).__name__}: "
    return BadReply(f"not a valid SNMP message: {name}{error}")

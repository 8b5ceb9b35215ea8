"""Asks a device for the probes of many profiles in few requests."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collectors.facility.snmp.channel import Channel

_Arcs = tuple[int, ...]
_MAKER: Final = 7
"""The length of a maker's own branch, 1.3.6.1.4.1.N: not all beneath it is one table."""


class Probes:
    """The answers of one device to probes.

    The answer to a GETNEXT tells more than whether one probe is there: the device has no object
    between the OID that was asked and the one that follows it. So the probes of all makers whom a
    device does not know cost one request for each branch that it has.
    """

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._answers: list[tuple[_Arcs, _Arcs | None]] = []
        self._ends: list[_Arcs] = []

    async def sweep(self, oids: Iterable[str]) -> None:
        """Ask for many OIDs in their order, in which an answer tells the most."""
        for oid in sorted(oids, key=_arcs):
            await self.has(oid)

    async def has(self, oid: str, *, exactly: bool = False) -> bool:
        """Tell whether the device has an object, or one beneath it.

        A GETNEXT does not find an object that is itself one row of a table. It is asked for with
        `exactly`, and where the device is known to have others beside it.
        """
        # The object before a scalar is its own branch.
        start = oid.removesuffix(".0")
        found = self._known(_arcs(oid), _arcs(start))
        if found is None:
            self._note(_arcs(start), await self._channel.next(start))
            found = self._known(_arcs(oid), _arcs(start))
        if not found and (exactly or (start == oid and self._is_beside(_arcs(oid)))):
            return bool(await self._channel.get((oid,)))
        return bool(found)

    def _is_beside(self, oid: _Arcs) -> bool:
        """Tell whether the device has been seen to have objects in the same table."""
        branch = oid[:-2]
        return len(branch) > _MAKER and any(
            following is not None and following[: len(branch)] == branch
            for _, following in self._answers
        )

    def _note(self, asked: _Arcs, following: str | None) -> None:
        if following is not None:
            self._answers.append((asked, _arcs(following)))
            return
        # No answer may be the end of the device's objects, or an error beneath one OID: of errors
        # beneath two OIDs a device is not suspected.
        self._ends.append(asked)
        if len(self._ends) > 1:
            self._answers.append((min(self._ends), None))

    def _known(self, oid: _Arcs, start: _Arcs) -> bool | None:
        """Return what the answers say about an OID; None if they say nothing."""
        for asked, following in self._answers:
            if asked > start:
                continue
            if following is None:
                return False
            if following[: len(oid)] == oid:
                return True
            if following > oid:
                return False
        return None


def _arcs(oid: str) -> _Arcs:
    return tuple(map(int, oid.split(".")))

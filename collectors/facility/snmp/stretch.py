"""Reads the columns of a device in few requests: one answer often has the next columns too.

An answer to GETBULK goes on where a column ends (RFC 3416, 4.2.3), and most columns of a PDU have
a few rows. So what the answer has beyond its column is kept: it may be the next column that is
wanted, or an object that describes a row. The requests are those of a walk, and not larger.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import TYPE_CHECKING, Final

from collectors.base import BadReply
from collectors.facility.snmp.channel import MAX_ROWS

if TYPE_CHECKING:
    from collectors.facility.snmp.channel import Channel

_Arcs = tuple[int, ...]
_Object = tuple[_Arcs, str, object]
_ARCS: Final = itemgetter(0)
_MOST_OIDS: Final = 16_384


@lru_cache(_MOST_OIDS)
def arcs_of(oid: str) -> _Arcs:
    """Return the numbers of an OID: by them OIDs are ordered."""
    return tuple(map(int, oid.split(".")))


class Stretch:
    """What one device was seen to have, while it is discovered."""

    def __init__(self, channel: Channel) -> None:
        self._channel: Final = channel
        self._seen: Final[dict[str, object]] = {}
        """The value of every object of all answers."""
        self._after: _Arcs = ()
        self._objects: Sequence[_Object] = ()
        """All that the device has from `_after`, which is not among them, to the last of these."""

    async def columns(self, oids: Iterable[str]) -> dict[str, dict[str, object]]:
        """Return the objects beneath each OID, by the rest of their OIDs; raises as `walk` does."""
        found: dict[str, dict[str, object]] = {oid: {} for oid in oids}
        for oid in sorted(found, key=arcs_of):
            found[oid] = await self._column(oid)
        return found

    async def get(self, oids: Iterable[str]) -> dict[str, object]:
        """Return the values of objects, as `Channel.get` does, asking for those not yet seen."""
        wanted = tuple(dict.fromkeys(oids))
        asked = await self._channel.get([one for one in wanted if one not in self._seen])
        known: Mapping[str, object] = self._seen | asked
        return {oid: known[oid] for oid in wanted if oid in known}

    async def _column(self, base: str) -> dict[str, object]:
        if not self._channel.takes_bulk:
            return await self._channel.walk(base)
        rows: dict[str, object] = {}
        if self._holds(arcs_of(base)) and self._take(base, self._objects, rows):
            # An agent that leaves out a table on its way may have it all the same when it is asked.
            if rows or self._passes(base):
                return rows
            rows.clear()
        at = f"{base}.{next(reversed(rows))}" if rows else base
        while len(rows) < MAX_ROWS:
            answer = await self._channel.bulk(at)
            if not answer or self._take(base, self._note(at, answer), rows):
                break
            *_, at = answer
        return rows

    def _holds(self, base: _Arcs) -> bool:
        """Tell whether the beginning of a column lies in the stretch."""
        return bool(self._objects) and self._after <= base < self._objects[-1][0]

    def _passes(self, base: str) -> bool:
        """Tell whether the stretch goes on in the same table after a column without a row."""
        column = arcs_of(base)
        entry = column[:-1]
        following = self._objects[bisect_right(self._objects, column, key=_ARCS)][0]
        return following[: len(entry)] == entry

    def _note(self, at: str, answer: Mapping[str, object]) -> Sequence[_Object]:
        """Keep an answer as the stretch, as far as it goes forward; return all of it."""
        objects = [(arcs_of(oid), oid, value) for oid, value in answer.items()]
        last = self._after = arcs_of(at)
        forward: list[_Object] = []
        for one in objects:
            if one[0] <= last:
                break
            last = one[0]
            forward.append(one)
        self._objects = forward
        self._seen.update((oid, value) for _, oid, value in forward)
        return objects

    def _take(self, base: str, objects: Sequence[_Object], rows: dict[str, object]) -> bool:
        """Take the rows of a column from objects; tell whether it ends among them.

        Raises BadReply where the rows do not go forward.
        """
        start, prefix = arcs_of(base), f"{base}."
        last = arcs_of(prefix + next(reversed(rows))) if rows else start
        first = bisect_right(self._objects, start, key=_ARCS) if objects is self._objects else 0
        for arcs, oid, value in objects[first:]:
            if not oid.startswith(prefix):
                return True
            if arcs <= last:
                raise BadReply(f"a walk of {base} does not go forward at {oid}")
            if len(rows) >= MAX_ROWS:
                return True
            last = arcs
            rows[oid[len(prefix) :]] = value
        return False

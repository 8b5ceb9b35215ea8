"""A small SNMP version 2c agent over a fixed set of objects (RFC 3416).

It answers GET, GETNEXT and GETBULK. Many agents share one process. All devices of one layout share
its table of OIDs. The plan of a request is made once and kept, because pollers repeat their
requests. `respond` does no I/O. An invalid request gets no answer, as from real agents.
"""

from __future__ import annotations

import random
from bisect import bisect_right
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, Protocol

from simulator import ber

if TYPE_CHECKING:
    from simulator.faults import Health

MAX_BINDINGS: Final = 128
"""Maximum number of bindings in an answer: a GETBULK that asks for more gets fewer, as RFC 3416,
4.2.3 allows."""
_MAX_PLANS: Final = 4096
_VERSION_2C: Final = b"\x02\x01\x01"
_NO_ERROR: Final = b"\x02\x01\x00\x02\x01\x00"

Plan = tuple[tuple[bytes, int], ...]
"""The plan of a request: for each binding its encoded OID and the place of its object in the table.
Where the place is -1, it is the whole binding: the value never changes, or is an exception."""

_Entry = tuple[bytes, int, bytes]
"""An encoded OID, the place of its object (-1 if none), and the exception in place of a value."""


class Objects:
    """The objects of one layout, in the order of their OIDs."""

    def __init__(
        self, oids: Mapping[ber.Oid, object], fixed: Mapping[ber.Oid, bytes] | None = None
    ) -> None:
        """`fixed` are the encoded values of objects that are the same for all devices, always."""
        self.oids: tuple[ber.Oid, ...] = tuple(sorted(oids))
        self._encoded = tuple(map(ber.oid, self.oids))
        self._places = {oid: place for place, oid in enumerate(self.oids)}
        self._fixed = {self._places[oid]: value for oid, value in (fixed or {}).items()}
        self._plans: dict[tuple[int, int, int, bytes], Plan] = {}

    def plan(self, kind: int, first: int, second: int, bindings: bytes) -> Plan:
        """Return the plan of a request.

        `first` and `second` are a GETBULK's non-repeaters and max-repetitions.
        """
        key = (kind, first, second, bindings)
        plan = self._plans.get(key)
        if plan is None:
            if len(self._plans) >= _MAX_PLANS:
                self._plans.clear()
            made = self._make(kind, first, second, _asked(bindings))
            plan = self._plans[key] = tuple(map(self._settled, made))
        return plan

    def _settled(self, entry: _Entry) -> tuple[bytes, int]:
        oid, place, instead = entry
        value = instead if place < 0 else self._fixed.get(place)
        return (oid, place) if value is None else (ber.tlv(ber.SEQUENCE, oid + value), -1)

    def _make(self, kind: int, first: int, second: int, asked: list[ber.Oid]) -> list[_Entry]:
        if kind == ber.GET:
            return [self._exact(oid) for oid in asked]
        if kind == ber.GET_NEXT:
            return [self._next(oid)[0] for oid in asked]
        first = min(max(first, 0), len(asked))
        found = [self._next(oid)[0] for oid in asked[:first]]
        at = asked[first:]
        for _ in range(max(second, 0)):
            if not at or len(found) + len(at) > MAX_BINDINGS:
                break
            steps = [self._next(oid) for oid in at]
            found += [entry for entry, _ in steps]
            at = [oid for _, oid in steps]
            if all(place < 0 for (_, place, _), _ in steps):
                break
        return found

    def _exact(self, oid: ber.Oid) -> _Entry:
        place = self._places.get(oid, -1)
        return ber.oid(oid), place, ber.NO_SUCH_OBJECT

    def _next(self, oid: ber.Oid) -> tuple[_Entry, ber.Oid]:
        place = bisect_right(self.oids, oid)
        if place == len(self.oids):
            return (ber.oid(oid), -1, ber.END_OF_MIB), oid
        return (self._encoded[place], place, b""), self.oids[place]


def _asked(bindings: bytes) -> list[ber.Oid]:
    found = []
    at = 0
    while at < len(bindings):
        begin, at = ber.expect(bindings, at, len(bindings), ber.SEQUENCE)
        oid_begin, oid_end = ber.expect(bindings, begin, at, ber.OID)
        found.append(ber.parse_oid(bindings[oid_begin:oid_end]))
    return found


class Device(Protocol):
    """One simulated device."""

    @property
    def objects(self) -> Objects:
        """Its objects."""

    @property
    def community(self) -> bytes:
        """The community that requests must have."""

    @property
    def health(self) -> Health:
        """Its faults."""

    def value(self, place: int) -> bytes:
        """Encode the value of one object as of now, by its place among the objects."""


def respond(data: bytes, device: Device) -> bytes | None:
    """Answer one request, or None where an agent would not answer.

    Requests of another version or community and invalid requests get no answer.
    """
    try:
        begin, end = ber.expect(data, 0, len(data), ber.SEQUENCE)
        if data[begin : begin + 3] != _VERSION_2C:
            return None
        community, at = ber.expect(data, begin + 3, end, ber.OCTETS)
        if data[community:at] != device.community:
            return None
        kind, pdu, stop = ber.open_tlv(data, at, end)
        if kind not in (ber.GET, ber.GET_NEXT, ber.GET_BULK):
            return None
        _, request_end = ber.expect(data, pdu, stop, ber.INTEGER)
        first_at, second_at = ber.expect(data, request_end, stop, ber.INTEGER)
        first = int.from_bytes(data[first_at:second_at], "big", signed=True)
        third_at, third_end = ber.expect(data, second_at, stop, ber.INTEGER)
        second = int.from_bytes(data[third_at:third_end], "big", signed=True)
        bindings, bindings_end = ber.expect(data, third_end, stop, ber.SEQUENCE)
        plan = device.objects.plan(kind, first, second, data[bindings:bindings_end])
    except ValueError:
        return None
    value = device.value
    body = b"".join(
        [
            whole if place < 0 else ber.tlv(ber.SEQUENCE, whole + value(place))
            for whole, place in plan
        ]
    )
    answer = ber.tlv(ber.RESPONSE, data[pdu:request_end] + _NO_ERROR + ber.tlv(ber.SEQUENCE, body))
    return ber.tlv(ber.SEQUENCE, data[begin:at] + answer)


def behave(data: bytes, device: Device) -> bytes | None:
    """Answer as the device's present fault requires: correctly, not at all, or with garbage."""
    fault = device.health.fault
    if fault == "silent":
        return None
    answer = respond(data, device)
    return (
        spoil(answer, random.Random(answer))
        if answer is not None and fault == "garbage"
        else answer
    )


def spoil(answer: bytes, rng: random.Random) -> bytes:
    """Return a broken device's answer: cut short, and with bytes changed."""
    spoilt = bytearray(answer[: rng.randrange(4, max(len(answer) // 2, 5))])
    for _ in range(4):
        spoilt[rng.randrange(len(spoilt))] = rng.randrange(256)
    return bytes(spoilt)

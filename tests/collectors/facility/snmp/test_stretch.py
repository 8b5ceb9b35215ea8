"""Columns read together: few requests, and the same rows as each column has by itself."""

from __future__ import annotations

import gc

from collectors.facility.snmp.channel import Channel
from collectors.facility.snmp.credentials import Secrets
from collectors.facility.snmp.stretch import Stretch
from tests.collectors.facility.snmp.agents import Fake, serving
from tests.collectors.facility.snmp.test_sockets import sockets
from tests.support import HANGS

ENTRY = "1.3.6.1.4.1.99.1.1"
OTHER = "1.3.6.1.4.1.99.2.1"
OBJECTS: dict[str, object] = {
    f"{ENTRY}.2.1": 21,
    f"{ENTRY}.2.2": 22,
    f"{ENTRY}.3.1": 31,
    f"{ENTRY}.5.1": 51,
    f"{ENTRY}.5.2": 52,
    f"{OTHER}.1.7": 17,
}
WANTED = (f"{ENTRY}.5", f"{ENTRY}.2", f"{ENTRY}.4", f"{ENTRY}.3")
ROWS = {
    f"{ENTRY}.5": {"1": 51, "2": 52},
    f"{ENTRY}.2": {"1": 21, "2": 22},
    f"{ENTRY}.4": {},
    f"{ENTRY}.3": {"1": 31},
}


V1 = Secrets(version="1")
V2 = Secrets()


def channel(address: str, secrets: Secrets = V2) -> Channel:
    """Make a channel to an agent."""
    return Channel(address, secrets, timeout=HANGS)


async def test_columns_beside_each_other_take_one_request() -> None:
    """One answer has all columns of a small table, and which of them has no row."""
    async with serving(fake := Fake(dict(OBJECTS))) as address:
        found = await Stretch(channel(address)).columns(WANTED)
    assert found == ROWS
    assert list(found) == list(WANTED)
    assert fake.requests == 1


async def test_a_column_longer_than_an_answer_is_read_to_its_end() -> None:
    """An answer that ends within a column is followed by the next, and so on."""
    # An answer of this agent has ten objects.
    many = {f"{ENTRY}.{column}.{n}": n for column in (2, 3) for n in range(1, 26)}
    async with serving(fake := Fake({**many, f"{OTHER}.1.7": 17})) as address:
        found = await Stretch(channel(address)).columns((f"{ENTRY}.2", f"{ENTRY}.3"))
    assert found == {f"{ENTRY}.{c}": {str(n): n for n in range(1, 26)} for c in (2, 3)}
    assert fake.requests == 6  # 50 objects, and the one after them


async def test_an_object_that_was_seen_is_not_asked_for_again() -> None:
    """What describes a row is often in the answer that had the row."""
    async with serving(fake := Fake(dict(OBJECTS))) as address:
        stretch = Stretch(channel(address))
        await stretch.columns((f"{ENTRY}.2",))
        wanted = (f"{OTHER}.1.7", f"{ENTRY}.9.1", f"{ENTRY}.3.1")
        assert await stretch.get(wanted) == {f"{OTHER}.1.7": 17, f"{ENTRY}.3.1": 31}
        assert (fake.requests, fake.largest) == (2, 1)


async def test_version_1_has_no_such_request() -> None:
    """A device of version 1 is read by its columns, one object after the other."""
    async with serving(Fake(dict(OBJECTS))) as address:
        assert await Stretch(channel(address, V1)).columns(WANTED) == ROWS


async def test_a_table_left_out_on_the_way_is_asked_for() -> None:
    """An agent that goes past a table is asked for it: some leave one out, and have it."""
    order = [f"{ENTRY}.2.1", f"{ENTRY}.2.2", "1.3.6.1.4.1.99.3.1.1.1"]

    def successor(oid: str) -> str | None:
        if oid.startswith(OTHER):
            return f"{OTHER}.1.7" if oid == f"{OTHER}.1" else order[-1]
        return next((one for one in order if one > oid), None)

    async with serving(Fake({}, successor=successor)) as address:
        found = await Stretch(channel(address)).columns((f"{ENTRY}.2", f"{OTHER}.1"))
    assert found == {f"{ENTRY}.2": {"1": 1, "2": 1}, f"{OTHER}.1": {"7": 1}}


async def test_what_goes_back_is_not_believed() -> None:
    """Behind its column an agent goes back: the columns there are read by themselves."""
    order = {
        f"{ENTRY}.2": f"{ENTRY}.2.1",
        f"{ENTRY}.2.1": f"{ENTRY}.9.1",
        f"{ENTRY}.9.1": f"{ENTRY}.4.1",
        f"{ENTRY}.4.1": f"{ENTRY}.9.1",
        f"{ENTRY}.4": f"{ENTRY}.4.1",
    }
    async with serving(fake := Fake({}, successor=order.get)) as address:
        stretch = Stretch(channel(address))
        found = await stretch.columns((f"{ENTRY}.2",))
        assert found == {f"{ENTRY}.2": {"1": 1}}
        before = fake.requests
        wanted = {f"{ENTRY}.4.1", f"{ENTRY}.9.1"}
        assert set(await stretch.get(wanted)) == wanted
        assert (fake.requests, fake.largest) == (before + 1, 1)  # asked for the one that goes back


class Slow(Fake):
    """An agent whose answer to an earlier request comes just before that to the next."""

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Send the earlier answer, then this one."""
        if self.sent and self._transport is not None:
            self._transport.sendto(self.sent, addr)
        super().datagram_received(data, addr)

    sent = b""

    def keep(self, answer: bytes) -> bytes:
        """Keep an answer."""
        self.sent = answer
        return answer


async def test_an_answer_to_an_earlier_request_is_passed_over() -> None:
    """Each request gets its own answer, though others come before it."""
    fake = Slow(dict(OBJECTS))
    fake.mangle = fake.keep
    async with serving(fake) as address:
        one = channel(address)
        for oid in (f"{ENTRY}.2.1", f"{ENTRY}.3.1", f"{ENTRY}.5.1"):
            assert await one.get((oid,)) == {oid: OBJECTS[oid]}


async def test_a_socket_that_is_dropped_leaves_its_number_to_another() -> None:
    """A channel that is forgotten is watched no longer: the next socket has the same number."""
    async with serving(Fake(dict(OBJECTS))) as address:
        for _ in range(3):
            before = sockets()
            assert await channel(address).get((f"{ENTRY}.2.1",)) == {f"{ENTRY}.2.1": 21}
            gc.collect()
            assert sockets() <= before

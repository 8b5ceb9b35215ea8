"""A session that waits for answers."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest
from gufo.snmp import SnmpVersion

from collectors.facility.snmp.channel import Channel
from collectors.facility.snmp.credentials import Secrets
from collectors.facility.snmp.session import Session
from tests.collectors.facility.snmp.agents import Fake, serving
from tests.support import HANGS

ENTRY = "1.3.6.1.4.1.99.1.1"
OBJECTS: dict[str, object] = {f"{ENTRY}.{n}.1": n for n in range(1, 8)}
"""Seven objects: in parts of two they take four requests."""


def session(address: str = "127.0.0.1:161") -> Session:
    """Make a session whose time never ends by itself."""
    host, _, port = address.partition(":")
    return Session(host, int(port), version=SnmpVersion.v2c, community="public", timeout=3600.0)


async def waiting(one: Session, receiver: object) -> asyncio.Task[object]:
    """Begin to wait for an answer."""
    request = asyncio.create_task(one._recv(receiver))
    await asyncio.sleep(0)
    return request


def end(one: Session) -> None:
    """Let the time for an answer pass."""
    assert one._wait is not None
    one._wait.due = 0.0
    one._wait.end()


def nobodys() -> str:
    """Read what is no answer to the request."""
    raise BlockingIOError


async def test_what_answers_another_request_does_not_keep_a_request_for_ever() -> None:
    """It comes in the very moment in which the time passes: the request ends then all the same."""
    one = session()
    request = await waiting(one, nobodys)
    one.came()
    end(one)
    with pytest.raises(TimeoutError):
        await request


async def test_the_time_that_passed_is_that_of_one_request() -> None:
    """The next one has its own, and is answered."""
    one = session()
    first = await waiting(one, lambda: "answer")
    end(one)
    with pytest.raises(TimeoutError):
        await first
    second = await waiting(one, lambda: "answer")
    one.came()
    assert await second == "answer"


async def test_an_answer_in_the_moment_of_the_time_out_counts() -> None:
    """What came is read before the time passes, so the device has answered."""
    one = session()
    request = await waiting(one, lambda: "answer")
    one.came()
    end(one)
    assert await request == "answer"


async def test_each_of_several_requests_has_the_whole_time() -> None:
    """The timer of the first one rings after the second was sent: its time begins with it."""
    async with serving(fake := Fake(dict(OBJECTS))) as address:
        fake.mangle = lambda answer: answer if fake.requests < 2 else None
        one = session(address)
        answers: list[Mapping[str, object]] = []
        request = asyncio.create_task(one.get_parts([[oid] for oid in OBJECTS], answers))
        while fake.requests < 2:
            await asyncio.sleep(0)
        assert one._wait is not None
        one._wait.end()  # the time of the first one
        await asyncio.sleep(0)
        assert not request.done()
        end(one)
        with pytest.raises(TimeoutError):
            await request
        assert answers == [{f"{ENTRY}.1.1": 1}]


def channel(address: str, secrets: Secrets | None = None) -> Channel:
    """Make a channel that asks for two objects at once."""
    return Channel(address, secrets or Secrets(), timeout=HANGS, max_oids=2)


async def test_objects_are_asked_for_in_parts() -> None:
    """Seven objects in parts of two take four requests, and all are found."""
    async with serving(fake := Fake(dict(OBJECTS))) as address:
        assert await channel(address).get(tuple(OBJECTS)) == OBJECTS
    assert (fake.requests, fake.largest) == (4, 2)


@pytest.mark.parametrize("lost", [1, 3, 4])
async def test_a_request_without_an_answer_is_sent_again(lost: int) -> None:
    """Whichever of the four it is, it is sent once more and no other one is."""
    async with serving(fake := Fake(dict(OBJECTS))) as address:
        one = channel(address)

        def lose(answer: bytes) -> bytes | None:
            if fake.requests != lost:
                return answer
            assert one._session is not None
            asyncio.get_running_loop().call_soon(end, one._session)
            return None

        fake.mangle = lose
        assert await one.get(tuple(OBJECTS)) == OBJECTS
    assert (fake.requests, one.max_oids) == (5, 2)


async def test_an_object_that_version_1_does_not_have_costs_its_own_part_alone() -> None:
    """RFC 1157: the answer has no value then. Its part is asked for one by one, the others not."""
    objects = dict(OBJECTS)
    del objects[f"{ENTRY}.3.1"]
    async with serving(fake := Fake(objects)) as address:
        found = await channel(address, Secrets(version="1")).get(tuple(OBJECTS))
    assert found == objects
    assert fake.requests == 4 + 2


async def test_what_was_answered_before_an_error_is_kept() -> None:
    """The device falls silent after two parts: these are in the result all the same."""
    async with serving(fake := Fake(dict(OBJECTS))) as address:
        fake.mangle = lambda answer: answer if fake.requests <= 2 else None
        found: dict[str, object] = {}
        request = asyncio.create_task(channel(address).get_into(found, tuple(OBJECTS)))
        while fake.requests < 3:
            await asyncio.sleep(0)
        request.cancel()  # as the end of a round does
        with pytest.raises(asyncio.CancelledError):
            await request
    assert found == {f"{ENTRY}.{n}.1": n for n in range(1, 5)}

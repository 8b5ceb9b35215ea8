"""A session that waits for an answer."""

from __future__ import annotations

import asyncio

import pytest
from gufo.snmp import SnmpVersion

from collectors.facility.snmp.session import Session


async def test_what_answers_another_request_does_not_keep_a_request_for_ever() -> None:
    """It comes in the very moment in which the time passes: the request ends then all the same."""
    session = Session("127.0.0.1", version=SnmpVersion.v2c, community="public", timeout=3600.0)
    seen: list[None] = []

    def receive() -> str:
        seen.append(None)
        raise BlockingIOError  # what came is no answer to this request

    request = asyncio.create_task(session._recv(receive))
    await asyncio.sleep(0)
    session.came()
    session._end()
    for _ in range(5):
        await asyncio.sleep(0)
    assert (len(seen), request.done()) == (1, True)
    assert isinstance(request.exception(), TimeoutError)


async def test_the_time_that_passed_is_that_of_one_request() -> None:
    """The next one has its own, and is answered."""
    session = Session("127.0.0.1", version=SnmpVersion.v2c, community="public", timeout=3600.0)
    first = asyncio.create_task(session._recv(lambda: "answer"))
    await asyncio.sleep(0)
    session._end()
    with pytest.raises(TimeoutError):
        await first
    second = asyncio.create_task(session._recv(lambda: "answer"))
    await asyncio.sleep(0)
    session.came()
    assert await second == "answer"

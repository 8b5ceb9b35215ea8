"""The connection to a Modbus device: shared, closed, silent, late, or not Modbus at all."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable

import pytest

from collectors.base import Unreachable
from collectors.facility.modbus.frame import Question
from tests.collectors.facility.modbus.kit import (
    SDM630,
    frame,
    impatient,
    meter,
    meters,
    misbehaving,
    one_bad_reply,
    serving,
    simulated,
    values,
)
from tests.support import HANGS, free_port, hurried, until


async def test_meters_at_one_address_share_one_connection() -> None:
    """Two units behind a gateway take one of its few connections, and it is closed with the last of
    them.
    """
    connections = []

    async with serving(
        simulated(SDM630, unit=1), simulated(SDM630, unit=2), trace_connect=connections.append
    ) as address:
        async with meters(meter(address, unit=1), meter(address, unit=2, meter="m2")) as made:
            for _ in range(2):
                await asyncio.gather(*(one.collect() for one in made))
            assert connections == [True]
        await until(lambda: connections == [True, False])


async def test_a_connection_that_was_closed_while_idle_is_opened_again_within_the_round() -> None:
    """A gateway that drops idle connections costs no round."""
    async with serving(simulated(SDM630)) as address, meters(meter(address)) as (one,):
        await one.collect()
        assert one._unit.link._streams is not None
        # Half closed without our knowing: the next question meets a connection that ends.
        one._unit.link._streams[1].get_extra_info("socket").shutdown(socket.SHUT_WR)
        assert len(await one.collect()) == 15


async def test_a_server_that_accepts_and_never_answers_is_given_up_at_the_deadline() -> None:
    """The total deadline holds against a black hole."""

    async def hold(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with misbehaving(hold) as address, meters(meter(address, timeout=0.5)) as (one,):
        with pytest.raises(Unreachable, match=r"no answer within 0\.5 s"):
            await asyncio.wait_for(one.collect(), HANGS)


async def test_a_byte_a_second_is_given_up_at_the_deadline() -> None:
    """An answer that trickles in does not extend the deadline, and its rest is not taken for the
    next answer.
    """
    answers = 0

    async def trickle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal answers
        answers += 1
        question = await reader.readexactly(12)
        answer = frame(question, [0] * question[11])
        if answers == 1:
            for byte in answer:
                writer.write(bytes([byte]))
                await asyncio.sleep(0.5)
        while True:
            writer.write(answer)
            question = await reader.readexactly(12)
            answer = frame(question, [0] * question[11])

    async with misbehaving(trickle) as address, meters(meter(address)) as (one,):
        with hurried(one, 1.5), pytest.raises(Unreachable):  # the whole answer would take 20 s
            await one.collect()
        got = await values(one)  # on a new connection
        assert got['dc_meter_power_watts{meter="m1",point="utility"}'] == 0.0


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda q: frame(q, [0] * q[11], unit=9), "asked unit 1, unit 9 answered"),
        (lambda q: frame(q, [0] * 3), "asked for 18 registers at 0"),
        (lambda q: frame(q, [0] * q[11], transaction=900), "never sent"),
        (lambda _: b"HTTP/1.1 400 Bad Request\r\n\r\n", "not Modbus TCP"),
        (lambda q: q[:2] + b"\0\0\0\x06\x01\x03" + q[8:], "asked function 4, function 3 answered"),
        (lambda q: q[:2] + b"\0\0\xff\xff\x01\x04", "a length of 65535"),
        (lambda q: q[:2] + b"\0\0\0\x01\x01\x04", "a length of 1"),
        (lambda q: q[:2] + b"\0\0\0\x05\x01\x84\x02\0\0", "an exception of 5 bytes"),
    ],
)
async def test_an_answer_that_is_not_one_is_a_bad_reply_at_once(
    answer: Callable[[bytes], bytes], message: str
) -> None:
    """Another unit, function or length or no Modbus at all ends the round before its deadline.

    At the deadline the error would be another one.
    """
    await one_bad_reply(meter, 12, answer, message)


async def test_a_late_answer_is_passed_over() -> None:
    """The answer to a question that was given up is not taken for the next question's."""
    questions = 0

    async def late(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal questions
        held = b""
        while True:
            question = await reader.readexactly(12)
            questions += 1
            # As a float32 0x4248_4248 is 50.06: a frequency that a meter may tell.
            answer = frame(question, [0x4247 + questions] * question[11])
            if questions == 3:
                held = answer  # too late for its own question
                continue
            writer.write(held + answer)
            held = b""

    async with (
        misbehaving(late) as address,
        meters(meter(address)) as (one,),
    ):
        assert len(await one.collect()) > 1
        with impatient(one._unit.link, 1), pytest.raises(Unreachable):
            await one.collect()
        registers = await one._unit.link.read(Question(unit=1, function=4, address=0, count=2))
    assert registers == (0x424B, 0x424B)


async def test_a_refused_connection_is_unreachable_and_answers_for_the_siblings() -> None:
    """Nobody listens: one line, at once, for every meter of the address."""
    address = f"127.0.0.1:{free_port()}"
    async with meters(meter(address), meter(address, unit=2, meter="m2")) as made:
        for one in made:
            with pytest.raises(Unreachable, match=f"cannot connect to {address}"):
                await one.collect()

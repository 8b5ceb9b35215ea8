"""Real Modbus servers, servers that misbehave, and our collectors that read them."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress

import pytest
from pymodbus.framer.rtu import FramerRTU
from pymodbus.pdu.device import ModbusControlBlock
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from collectors.base import BadReply, Context, Place
from collectors.facility.modbus import config as modbus
from collectors.facility.modbus.collector import ModbusCollector
from collectors.facility.modbus.config import Device
from collectors.facility.modbus.frame import Question
from collectors.facility.modbus.kind import KIND
from collectors.facility.modbus.link import Link
from tests.support import HANGS

CONTEXT = Context(place=Place(hub="guian", site="s1"), node="gateway")
SDM630 = {  # what a three-phase meter shows: address -> value
    0: 230.5,
    2: 231.25,
    4: 229.75,
    6: 10.0,
    8: 11.0,
    10: 12.0,
    12: 2300.0,
    14: 2500.0,
    16: 2700.0,
    52: 7500.0,
    62: 0.97,
    70: 50.01,
    72: 1234.5,
    74: 2.0,
}


def simulated(
    values: dict[int, float], *, unit: int = 1, last: int = 76, action: object = None
) -> SimDevice:
    registers = [0] * last
    for address, value in values.items():
        registers[address : address + 2] = struct.unpack(">2H", struct.pack(">f", value))
    data = SimData(0, values=registers, datatype=DataType.REGISTERS)
    return SimDevice(unit, [data], action=action)


@asynccontextmanager
async def serving(
    *devices: SimDevice, kind: type[ModbusTcpServer] = ModbusTcpServer, **options: object
) -> AsyncIterator[str]:
    # pymodbus keeps one identification for all servers of a process: the last test's must go.
    told = ModbusControlBlock().Identity
    for number, _ in list(told):
        told[number] = ""
    server = kind(list(devices), address=("127.0.0.1", 0), **options)
    await server.serve_forever(background=True)
    try:
        yield f"127.0.0.1:{server.transport.sockets[0].getsockname()[1]}"
    finally:
        await server.shutdown()


@asynccontextmanager
async def misbehaving(handler: Callable[..., object]) -> AsyncIterator[str]:
    """A TCP server of our own for what no real one does."""
    writers = []

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            await handler(reader, writer)

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    try:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for writer in writers:
            writer.close()
            writer.transport.abort()
        await asyncio.sleep(0.01)


def meter(address: str, **options: object) -> Device:
    return Device(
        **{"address": address, "profile": "eastron-sdm630", "meter": "m1", "point": "utility"}
        | options
    )


PATIENT: dict[str, float] = {"timeout": HANGS, "request_timeout": HANGS}
"""Time limits for devices that answer: a busy machine may be slow to."""


@contextmanager
def impatient(link: Link, *units: int, seconds: float = 0.4) -> Iterator[None]:
    """Have a connection wait so briefly for some units that are silent, for others as before."""
    read, patient = link.read, link.request_timeout

    async def asked(question: Question) -> Sequence[int]:
        link.request_timeout = seconds if question.unit in units else patient
        return await read(question)

    link.read = asked
    try:
        yield
    finally:
        link.read, link.request_timeout = read, patient


@asynccontextmanager
async def meters(*devices: Device, **options: object) -> AsyncIterator[list[ModbusCollector]]:
    made = KIND.build(modbus.Config(devices=list(devices), **PATIENT | options), CONTEXT)
    try:
        yield made
    finally:
        for one in made:
            await one.aclose()


async def values(one: ModbusCollector) -> dict[str, float]:
    return {
        series.prefix.strip().replace('hub="guian",site="s1",', ""): value
        for series, value in await one.collect()
    }


def rtu_frame(question: bytes, registers: list[int], *, unit: int | None = None) -> bytes:
    body = bytes([question[0] if unit is None else unit, question[1], 2 * len(registers)])
    body += struct.pack(f">{len(registers)}H", *registers)
    return body + FramerRTU.compute_CRC(body).to_bytes(2, "big")


def frame(
    question: bytes,
    registers: list[int],
    *,
    unit: int | None = None,
    transaction: int | None = None,
) -> bytes:
    body = bytes([question[7], 2 * len(registers)]) + struct.pack(f">{len(registers)}H", *registers)
    head = struct.pack(">H", transaction) if transaction is not None else question[:2]
    return (
        head + struct.pack(">HHB", 0, len(body) + 1, question[6] if unit is None else unit) + body
    )


async def one_bad_reply(
    device: Callable[[str], Device], asked: int, answer: Callable[[bytes], bytes], message: str
) -> None:
    """Answer a question of so many bytes, then nothing more: the round must end with `message`."""

    async def reply(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(await reader.readexactly(asked)))
        await reader.read()

    async with misbehaving(reply) as address, meters(device(address)) as (one,):
        with pytest.raises(BadReply, match=message):
            await one.collect()

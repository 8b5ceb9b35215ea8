"""`hubgauge devices identify modbus://…`: what a Modbus device says that it is, and its profile."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import struct

import pytest
from pymodbus import ModbusDeviceIdentification
from pymodbus.simulator import DataType, SimData, SimDevice

from agent.commands import devices
from agent.commands.devices import modbus
from collectors.base import BadReply
from collectors.facility.modbus.identity import Identity, read_identity
from collectors.facility.modbus.link import Link
from tests.collectors.facility.modbus.kit import SDM630, misbehaving, serving, simulated

IDENTITY = ModbusDeviceIdentification(
    info_name={
        "VendorName": "Schneider Electric",
        "ProductCode": "METSEPM5560",
        "MajorMinorRevision": "2.6.4",
        "ProductName": "PM5560 meter",
        "ModelName": "PM5560",
    }
)


def named() -> SimDevice:
    """Return a meter that says what it is."""
    data = SimData(0, values=[0] * 100, datatype=DataType.REGISTERS)
    return SimDevice(1, [data])


def split(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    return host, int(port)


async def identity_of(address: str) -> Identity:
    link = Link(*split(address), request_timeout=10.0)
    try:
        return await read_identity(link, 1)
    finally:
        link.close()


async def run(*words: str) -> int:
    parser = argparse.ArgumentParser()
    devices.configure(parser)
    return await asyncio.to_thread(devices.run, parser.parse_args(["identify", *words]))


async def test_a_device_is_asked_for_its_identification() -> None:
    """All objects of the regular identification come, as another implementation sends them."""
    async with serving(named(), identity=IDENTITY) as address:
        found = await identity_of(address)
    assert found.objects[0] == "Schneider Electric"
    assert found.objects[5] == "PM5560"
    assert "PM5560 meter" in found.text


async def test_an_identified_device_names_its_profile(capsys: pytest.CaptureFixture[str]) -> None:
    """Maker and model are shown with the profile that they fit."""
    async with serving(named(), identity=IDENTITY) as address:
        await run(f"modbus://{address}/1", "--timeout", "10")
    said = capsys.readouterr().out
    assert "Schneider Electric" in said
    assert "profile      schneider-pm5000" in said


def named_in_registers(name: bytes, model: bytes) -> SimDevice:
    """Return a meter of Schneider's: the name in register 30 (address 29), the model in 50 (49)."""
    registers = [0] * 90
    for address, text in ((29, name), (49, model)):
        words = struct.unpack(f">{len(text) // 2}H", text)
        registers[address : address + len(words)] = words
    return SimDevice(1, [SimData(0, values=registers, datatype=DataType.REGISTERS)])


@pytest.mark.parametrize(
    ("model", "profile"),
    [
        (b"PM5340", "schneider-pm5000"),
        (b"iEM3155\0", "schneider-iem3000"),
        (b"PM5760", "schneider-pm5000"),
    ],
)
async def test_a_model_s_registers_name_the_profile(
    model: bytes, profile: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A meter without function 43 is recognised by the registers in which its maker has the model,
    whatever the owner has written for its name.
    """
    async with serving(named_in_registers(b"row B 16", model)) as address:
        await run(f"modbus://{address}", "--timeout", "10")
    assert f"profile      {profile}" in capsys.readouterr().out


async def test_a_name_that_an_owner_wrote_is_no_model(capsys: pytest.CaptureFixture[str]) -> None:
    """A meter of another model is no PM5000, though its owner calls it by the one it replaced."""
    async with serving(named_in_registers(b"PM5340", b"ION7650\0")) as address:
        assert await run(f"modbus://{address}", "--timeout", "10") == 1
    assert "schneider-pm5000" not in capsys.readouterr().out


async def test_a_named_profile_is_read_though_nothing_tells_of_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Many meters say nothing of themselves: without a profile it is an error,
    with one a reading.
    """
    nobody = ModbusDeviceIdentification(info_name={"VendorName": "Acme"})
    async with serving(simulated(SDM630), identity=nobody) as address:
        assert await run(f"modbus://{address}/1", "--timeout", "10") == 1
        told = capsys.readouterr()
        assert "no profile says that it fits" in told.err
        assert (
            await run(f"modbus://{address}/1", "--profile", "eastron-sdm630", "--timeout", "10")
            == 0
        )
    assert "7500 W" in capsys.readouterr().out


@pytest.mark.parametrize("unit", ["256", "x", "-1"])
async def test_a_unit_that_is_none_is_refused(unit: str) -> None:
    """A unit is a number up to 255."""
    assert await run(f"modbus://127.0.0.1:5/{unit}") == 2


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"\x48\x44\x00\x00\x00\x0a\x01\x2b\x0e\x01\x01\x00\x00\x02\x00\x09",  # ends early
        b"\x48\x44\x00\x00\x00\x03\x01\x03\x00",  # another function
    ],
)
async def test_an_answer_that_is_none_is_one_error(answer: bytes) -> None:
    """What is no identification is told as such."""

    async def answering(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(answer)
        await reader.read(100)

    async with misbehaving(answering) as address:
        with pytest.raises(BadReply):
            await identity_of(address)


@pytest.mark.parametrize(("hangs_up", "connections"), [(False, 1), (True, 2)])
async def test_a_device_is_asked_all_on_one_connection(hangs_up: bool, connections: int) -> None:
    """Gateways accept few connections: identification and model registers go over one. Where the
    device hangs up after a function that it does not know, a second one is opened.
    """
    seen: list[list[int]] = []

    async def refusing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked: list[int] = []
        seen.append(asked)
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = await reader.readexactly(6)
                body = await reader.readexactly(int.from_bytes(head[4:6], "big"))
                asked.append(body[1])
                # Illegal function (1) or illegal data address (2).
                code = 1 if body[1] == 0x2B else 2
                writer.write(head[:4] + b"\0\3" + bytes((body[0], body[1] | 0x80, code)))
                if hangs_up and asked == [0x2B, 0x2B]:
                    writer.close()
                    return

    async with misbehaving(refusing) as address:
        answer = await modbus.ask(*split(address), 1, 10.0, modbus.profiles(None))
    assert answer.names == []
    assert not answer.identity.objects
    assert len(seen) == connections
    functions = [one for asked in seen for one in asked]
    assert functions[:2] == [0x2B, 0x2B]
    assert set(functions[2:]) <= {3, 4}
    assert len(functions) > 5

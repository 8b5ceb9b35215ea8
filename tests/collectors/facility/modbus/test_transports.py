"""The same meters over a serial line's frames and over TLS, against real pymodbus servers and
servers that misbehave.
"""

from __future__ import annotations

import asyncio
import itertools
import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from pymodbus.framer import FramerType
from pymodbus.pdu import ModbusPDU
from pymodbus.server import ModbusTlsServer

from collectors.base import ConfigError, Unreachable
from collectors.facility.modbus.config import Config, Device
from collectors.facility.modbus.kind import KIND
from collectors.strict import Problems, read
from tests.collectors.facility.modbus.kit import (
    CONTEXT,
    SDM630,
    impatient,
    meter,
    meters,
    misbehaving,
    one_bad_reply,
    rtu_frame,
    serving,
    simulated,
    values,
)
from tests.support.certificates import self_signed


def serial(address: str, **options: object) -> Device:
    return meter(address, transport="rtu_over_tcp", **options)


async def test_a_serial_line_s_frames_over_tcp_bring_the_same_values() -> None:
    """Behind a converter that passes RTU frames on, a meter reads as over Modbus TCP."""
    devices = [simulated(SDM630, unit=1), simulated(SDM630 | {52: -70.5}, unit=247)]
    async with (
        serving(*devices, framer=FramerType.RTU) as address,
        meters(serial(address), serial(address, unit=247, meter="m2")) as (one, two),
    ):
        for _ in range(2):
            got = await values(one)
            assert got['dc_meter_energy_joules_total{meter="m1",point="utility"}'] == 1234.5 * 3.6e6
            assert (await values(two))['dc_meter_power_watts{meter="m2",point="utility"}'] == -70.5
    assert len(got) == 15


async def test_an_exception_over_a_serial_line_costs_only_its_registers() -> None:
    """The shorter frames of exceptions are understood as well."""
    short = simulated({k: v for k, v in SDM630.items() if k < 20}, last=20)
    async with serving(short, framer=FramerType.RTU) as address, meters(serial(address)) as (one,):
        assert len(await values(one)) == 10
    assert one.dropped == {"exception": 5}


async def test_a_silent_unit_on_a_serial_line_does_not_cost_its_siblings() -> None:
    """Its late answer cannot be told from another's, so the connection begins anew.

    The sibling is read all the same.
    """

    def only_seven(sending: bool, pdu: ModbusPDU) -> ModbusPDU | None:
        return pdu if sending or pdu.dev_id == 7 else None

    async with serving(
        simulated(SDM630, unit=7), framer=FramerType.RTU, trace_pdu=only_seven
    ) as address:
        dead, live = (
            serial(address, unit=1, meter="dead"),
            serial(address, unit=7),
        )
        async with meters(dead, live) as made:
            for _ in range(2):
                with impatient(made[0]._unit.link, 1):
                    asked = [asyncio.create_task(one.collect()) for one in made]
                    assert len(await asked[1]) == 15
                    with pytest.raises(Unreachable):
                        await asked[0]


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda q: rtu_frame(q, [0] * q[5], unit=9), "asked unit 1, unit 9 answered"),
        (lambda q: rtu_frame(q, [0] * 3), "asked for 18 registers at 0"),
        (lambda q: rtu_frame(q, [0] * q[5])[:-1] + b"\x99", "the checksum is wrong"),
        (lambda q: bytes([q[0], 3]), "asked function 4, function 3 answered"),
        (lambda q: bytes([q[0], 0x84, 2, 0, 0]), "the checksum is wrong"),
        (lambda _: b"HTTP/1.1 400 Bad Request\r\n\r\n", "asked unit 1, unit 72 answered"),
    ],
)
async def test_a_serial_answer_that_is_not_one_is_a_bad_reply_at_once(
    answer: Callable[[bytes], bytes], message: str
) -> None:
    """Another unit, function or length, or a wrong checksum ends the round before its deadline.

    At the deadline the error would be another one.
    """
    await one_bad_reply(serial, 8, answer, message)


async def test_a_serial_answer_cut_short_is_given_up_and_never_finished_by_the_next() -> None:
    """Half an answer, then silence: the deadline holds, and the next round reads whole answers."""
    asked = itertools.count()

    async def cut(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            question = await reader.readexactly(8)
            # 50.0 in each register: a power and a frequency that can be.
            whole = rtu_frame(question, [0x4248, 0x0000] * (question[5] // 2))
            writer.write(whole[:10] if next(asked) == 0 else whole)

    async with (
        misbehaving(cut) as address,
        meters(serial(address)) as (one,),
    ):
        with impatient(one._unit.link, 1), pytest.raises(Unreachable):
            await one.collect()
        assert (await values(one))['dc_meter_power_watts{meter="m1",point="utility"}'] == 50.0


@pytest.mark.parametrize("transport", ["tcp", "rtu_over_tcp"])
async def test_a_byte_now_and_then_does_not_extend_the_deadline(transport: str) -> None:
    """However slowly bytes trickle in, the round ends when it has to.

    The whole answer would take 6 s.
    """

    async def trickle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        question = await reader.readexactly(8 if transport == "rtu_over_tcp" else 12)
        head = (
            question[:2] + b"\x24"
            if transport == "rtu_over_tcp"
            else question[:4] + b"\0\x27" + question[6:8] + b"\x24"
        )
        for byte in head + bytes(40):
            writer.write(bytes([byte]))
            await asyncio.sleep(0.15)

    async with (
        misbehaving(trickle) as address,
        meters(meter(address, transport=transport, timeout=0.8)) as (one,),
    ):
        with pytest.raises(Unreachable, match="no answer within"):
            await one.collect()


async def test_a_gateway_gets_the_rest_it_needs_between_questions() -> None:
    """With a pause, no question comes sooner after an answer."""
    times: list[float] = []

    def hear(_sending: bool, pdu: ModbusPDU) -> ModbusPDU:
        times.append(time.monotonic())
        return pdu

    async with (
        serving(simulated(SDM630), trace_pdu=hear) as address,
        meters(meter(address, pause=0.2)) as (one,),
    ):
        await one.collect()
        await one.collect()
    assert len(times) == 8
    rests = [after - before for before, after in itertools.pairwise(times)][1::2]
    assert all(rest > 0.15 for rest in rests)


async def test_modbus_security_is_modbus_over_tls_and_both_sides_know_each_other(
    tmp_path: Path,
) -> None:
    """A device is read over TLS with our certificate.

    Without it, or with another authority, there is no connection.
    """
    for name in ("device", "ours", "stranger"):
        self_signed(tmp_path, name)
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=tmp_path / "ours.pem")
    server.verify_mode = ssl.CERT_REQUIRED
    server.load_cert_chain(tmp_path / "device.pem", tmp_path / "device.key")
    ours = "cert_file: ours.pem, key_file: ours.key"

    def device(tls: str) -> str:
        return (
            "devices:\n  -"
            f" {{address: '{address}', profile: eastron-sdm630,"
            f" meter: m, point: utility, tls: {{{tls}}}}}\n"
        )

    async with serving(simulated(SDM630), kind=ModbusTlsServer, sslctx=server) as address:
        for tls, readable in (
            (f"ca_file: device.pem, {ours}", True),
            (f"ca_file: stranger.pem, {ours}", False),
            ("ca_file: device.pem", False),
        ):
            (one,) = KIND.build(read(tmp_path / "c.yaml", Config, text=device(tls)), CONTEXT)
            if readable:
                assert len(await one.collect()) == 15
            else:
                with pytest.raises(Unreachable):
                    await one.collect()
            await one.aclose()
        with pytest.raises(ConfigError, match=r"devices\[0\]\.tls\.ca_file: cannot be read"):
            KIND.build(
                read(tmp_path / "c.yaml", Config, text=device("ca_file: nowhere.pem")), CONTEXT
            )


def test_port_802_is_that_of_modbus_security(tmp_path: Path) -> None:
    """With tls, the port is 802 unless given (MODBUS/TCP Security V21)."""
    text = "devices: [{address: 10.0.0.1, profile: eastron-sdm630, ups: u, tls: {ca_file: ca.pem}}]"
    assert read(tmp_path / "c.yaml", Config, text=text).devices[0].endpoint == ("10.0.0.1", 802)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("unit: 0, transport: rtu_over_tcp, meter: m, point: other", "none of them answers"),
        (
            "transport: rtu_over_tcp, tls: {ca_file: a}, meter: m, point: other",
            "works only with the transport tcp",
        ),
        ("transport: rtu, meter: m, point: other", "expected one of tcp, rtu_over_tcp"),
        ("meter: m", "point: a meter needs it"),
        ("pdu: p, point: other", "no other device may have it"),
        (
            "meter: m, point: other, pdu: p",
            "expected one of cooling, meter, ups, pdu, ats, dcplant, generator, sensor",
        ),
        ("unit: 1", "expected one of cooling, meter, ups, pdu, ats, dcplant, generator, sensor"),
    ],
)
def test_a_device_that_cannot_be_is_found_before_anything_runs(
    words: str, message: str, tmp_path: Path
) -> None:
    """What contradicts itself is one line."""
    text = f"devices:\n  - {{address: 10.0.0.1, profile: eastron-sdm630, {words}}}\n"
    with pytest.raises(Problems, match=message) as caught:
        read(tmp_path / "c.yaml", Config, text=text)
    assert caught.value.errors[0].line == 2


def test_devices_of_one_address_are_reached_one_way() -> None:
    """A gateway speaks one framing; and a profile's kind must be the device's."""
    one, two = meter("10.0.0.1"), serial("10.0.0.1", unit=2, meter="m2")
    with pytest.raises(ConfigError, match=r"devices\[1\]\.transport: m1 has the same address"):
        KIND.build(Config(devices=[one, two]), CONTEXT)
    crac = Device(address="10.0.0.1", profile="eastron-sdm630", cooling="crac-1")
    with pytest.raises(ConfigError, match="is the profile of a meter"):
        KIND.build(Config(devices=[crac]), CONTEXT)
    with pytest.raises(ConfigError, match=r"devices\[0\]\.ratios: missing pt"):
        KIND.build(
            Config(devices=[meter("10.0.0.1", profile="acrel-adw300", ratios={"ct": 40.0})]),
            CONTEXT,
        )


async def test_a_connection_closed_in_the_middle_of_an_answer_is_not_an_answer() -> None:
    """A truncated frame followed by the end of the connection is unreachable, not a value."""

    async def half(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        question = await reader.readexactly(12)
        writer.write(question[:4] + b"\0\x27" + question[6:8] + b"\x24\x43")
        with suppress(ConnectionError):
            await writer.drain()
        writer.close()

    async with misbehaving(half) as address, meters(meter(address)) as (one,):
        with pytest.raises(Unreachable, match="closed the connection"):
            await one.collect()

"""BACnet devices that are dead, refuse, or are not found, and junk on our port."""

from __future__ import annotations

import asyncio
import random
import socket
import time
from socket import SOCK_DGRAM

import pytest
from bacpypes3.apdu import RejectPDU
from bacpypes3.errors import ExecutionError
from bacpypes3.pdu import Address
from bacpypes3.primitivedata import ObjectIdentifier, PropertyIdentifier

from collectors.base import Refused, Unreachable
from tests.collectors.facility.bacnet.plant import CHILLER, analog, collectors, plant, values
from tests.support import HANGS, free_port, hurried


async def test_a_dead_device_costs_its_deadline_and_not_its_neighbour() -> None:
    """One that is silent is unreachable at its deadline, and down.

    On the same socket the other is read meanwhile.
    """
    objects = [
        analog(n, 10.0, unit)
        for n, unit in enumerate(
            ("degrees-celsius", "degrees-celsius", "kilowatts", "kilowatts"), 1
        )
    ]
    async with plant(*objects) as (live, _), plant(*objects) as (dead, server):
        server.silent = True
        text = CHILLER.format(address=live) + CHILLER.format(address=dead).replace(
            "devices:\n", ""
        ).replace("chiller-1", "chiller-2")
        async with collectors(text) as (one, two):
            silent = asyncio.create_task(two.collect())
            await asyncio.sleep(0)
            assert len(await values(one)) == 5
            assert not silent.done()
            silent.cancel()
            with (
                hurried(two, 1.0),
                pytest.raises(Unreachable, match=f"{dead}: no answer within 1 s"),
            ):
                await asyncio.wait_for(two.collect(), HANGS)
            assert len(two.up_series) == 1
            server.silent = False
            assert len(await values(two)) == 5


async def test_requests_that_get_no_answer_end_before_the_deadline() -> None:
    """Each request is sent twice.

    Then the device is unreachable, however long the round might last.
    """
    async with collectors(
        "request_timeout: 200ms\n" + CHILLER.format(address=f"127.0.0.1:{free_port()}")
    ) as (one,):
        began = time.monotonic()
        with pytest.raises(Unreachable, match=r"no answer$"):  # else it would say within what time
            await one.collect()
        assert time.monotonic() - began > 0.3


async def test_a_device_that_refuses_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A security error is a refusal, with the device's own words."""

    async def refuse(*_: object) -> None:
        raise ExecutionError(errorClass="security", errorCode="readAccessDenied")

    async with (
        plant(analog(1, 7.5, "degrees-celsius")) as (address, server),
        collectors(CHILLER.format(address=address)) as (one,),
    ):
        monkeypatch.setattr(server, "do_ReadPropertyMultipleRequest", refuse)
        with pytest.raises(Refused, match="security: read-access-denied"):
            await one.collect()


async def test_a_device_is_found_by_its_instance(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who-Is is asked once; where nobody is that device, the error says so."""
    async with plant(analog(1, 7.5, "degrees-celsius")) as (address, server):
        text = CHILLER.format(address="x").replace("address: x", "instance: 1001")
        async with collectors(f"listen: 127.0.0.1/32:{free_port()}\n{text}") as (one,):
            application = one._client.application
            who_is = application.who_is
            # Loopback has no broadcast: the question goes to the plant alone.
            monkeypatch.setattr(
                application,
                "who_is",
                lambda low, high, **options: who_is(low, high, address=Address(address), **options),
            )
            for _ in range(2):
                assert (await values(one))[
                    'dc_cooling_supply_temperature_celsius{unit="chiller-1"}'
                ] == 7.5
            assert server.asked.count("WhoIsRequest") == 1
            one._remote, one._instance, one._client._request_timeout = None, 7, 0.2
            with pytest.raises(Unreachable, match="no device 7 answers to Who-Is"):
                await one.collect()


async def test_nobody_can_read_or_write_us() -> None:
    """Whatever is asked of our own socket is rejected, and Who-Is is not answered."""
    port = free_port()
    async with (
        plant(analog(1, 7.5, "degrees-celsius")) as (address, server),
        collectors(f"listen: 127.0.0.1:{port}\n{CHILLER.format(address=address)}") as (one,),
    ):
        await one.collect()
        us = Address(f"127.0.0.1:{port}")
        myself, name = ObjectIdentifier("device,4194303"), PropertyIdentifier("object-name")
        with pytest.raises(RejectPDU):
            await server.read_property(us, myself, name)
        with pytest.raises(RejectPDU):
            await server.write_property(us, myself, name, "mine")
        assert await server.who_is(address=us, timeout=0.2) == []
        assert len(await one.collect()) == 2


async def test_junk_on_our_port_costs_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """Datagrams of random bytes, with a true header or without, neither stop the next round nor
    fill the log.
    """
    port, some = free_port(), random.Random(1)
    async with (
        plant(analog(1, 7.5, "degrees-celsius")) as (address, _),
        collectors(f"listen: 127.0.0.1:{port}\n{CHILLER.format(address=address)}") as (one,),
    ):
        before = await values(one)
        caplog.clear()
        with socket.socket(socket.AF_INET, SOCK_DGRAM) as sender:
            for number in range(200):
                junk = some.randbytes(some.randrange(40))
                if number % 2:
                    junk = b"\x81\x0a" + (len(junk) + 6).to_bytes(2, "big") + b"\x01\x00" + junk
                sender.sendto(junk, ("127.0.0.1", port))
                await asyncio.sleep(0)
        # Its answers come after the junk, on the same socket.
        assert await values(one) == before
    assert not caplog.records


async def test_an_address_that_is_not_ours_is_told() -> None:
    """To listen where we cannot is an error at once, not a silence."""
    async with collectors("listen: 192.0.2.1:47808\n" + CHILLER.format(address="127.0.0.1:1")) as (
        one,
    ):
        with pytest.raises(
            Unreachable, match=r"cannot listen on 192\.0\.2\.1:47808: Cannot assign"
        ):
            await one.collect()

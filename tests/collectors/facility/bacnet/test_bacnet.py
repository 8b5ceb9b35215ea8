"""The BACnet collector against real bacpypes3 servers on loopback, and against what they cannot be
made to do.
"""

from __future__ import annotations

import asyncio
import logging
import random
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from socket import SOCK_DGRAM
from typing import Any

import pytest
from bacpypes3.apdu import AbortPDU, RejectPDU
from bacpypes3.basetypes import Scale, StatusFlags
from bacpypes3.errors import ExecutionError
from bacpypes3.ipv4.app import NormalApplication
from bacpypes3.local.device import DeviceObject
from bacpypes3.object import (  # not those of bacpypes3.local, which make their own status flags
    AccumulatorObject,
    AnalogInputObject,
    AnalogValueObject,
    BinaryInputObject,
    MultiStateInputObject,
)
from bacpypes3.pdu import Address, IPv4Address
from bacpypes3.primitivedata import ObjectIdentifier, PropertyIdentifier

from collectors.base import BadReply, ConfigError, Context, Place, Refused, Unreachable
from collectors.facility.bacnet import KIND
from collectors.facility.bacnet_collector import BacnetCollector
from collectors.facility.bacnet_config import Config
from collectors.strict import Problems, read
from tests.support import HANGS, free_port

CONTEXT = Context(
    place=Place(hub="guian", site="s1"),
    node="gateway",
    racks={"A07": Place(hub="guian", site="s1", row="A", rack="A07")},
)
HEALTHY = StatusFlags([0, 0, 0, 0])


class Plant(NormalApplication):
    """A controller; counts what it is asked, and can be made old or narrow."""

    def __init__(
        self, port: int, *, multiple: bool = True, most: int = 1000, host: str = "127.0.0.1"
    ) -> None:
        device = DeviceObject(
            objectIdentifier=("device", 1001), objectName="plant", vendorIdentifier=999
        )
        super().__init__(device, IPv4Address(f"{host}:{port}"))
        self.multiple, self.most = multiple, most
        self.asked: list[str] = []
        self.silent = False

    async def indication(self, apdu: Any) -> None:
        self.asked.append(type(apdu).__name__)
        if not self.silent:
            await super().indication(apdu)

    async def do_ReadPropertyMultipleRequest(self, apdu: Any) -> None:  # noqa: N802 - the library's name
        properties = sum(len(spec.listOfPropertyReferences) for spec in apdu.listOfReadAccessSpecs)
        if not self.multiple:
            await self.response(RejectPDU(reason="unrecognized-service", context=apdu))
        elif properties > self.most:
            await self.response(
                AbortPDU(srv=True, reason="segmentation-not-supported", context=apdu)
            )
        else:
            await super().do_ReadPropertyMultipleRequest(apdu)


def analog(number: int, value: float, units: str, **options: Any) -> AnalogInputObject:
    options = {
        "statusFlags": HEALTHY,
        "eventState": "normal",
        "outOfService": False,
        "covIncrement": 1.0,
    } | options
    return AnalogInputObject(
        objectIdentifier=("analog-input", number),
        objectName=f"ai{number}",
        presentValue=value,
        units=units,
        **options,
    )


@asynccontextmanager
async def plant(*objects: Any, **options: Any) -> AsyncIterator[tuple[str, Plant]]:
    port = free_port(SOCK_DGRAM)
    server = Plant(port, **options)
    for one in objects:
        server.add_object(one)
    try:
        yield f"127.0.0.1:{port}", server
    finally:
        server.close()
        await asyncio.sleep(0)


@asynccontextmanager
async def collectors(text: str, folder: Path | None = None) -> AsyncIterator[list[BacnetCollector]]:
    made = KIND.build(read((folder or CONTEXT.rootfs) / "f.yaml", Config, text=text), CONTEXT)
    try:
        yield made
    finally:
        for one in made:
            await one.aclose()


async def values(one: BacnetCollector) -> dict[str, float]:
    return {
        series.prefix.strip().replace('hub="guian",site="s1",', ""): value
        for series, value in await one.collect()
    }


CHILLER = """
devices:
  - address: {address}
    cooling: chiller-1
    points:
      - {{object: "analog-input,1", metric: dc_cooling_supply_temperature_celsius}}
      - {{object: "analog-input,2", metric: dc_cooling_return_temperature_celsius}}
      - {{object: "analog-input,3", metric: dc_cooling_power_watts}}
      - {{object: "analog-input,4", metric: dc_cooling_capacity_watts}}
"""


async def test_points_come_out_in_base_units_by_the_device_s_own_unit() -> None:
    """Degrees Fahrenheit, kilowatts and tons of refrigeration become degrees Celsius and watts."""
    objects = (
        analog(1, 7.5, "degrees-celsius"),
        analog(2, 53.6, "degrees-fahrenheit"),
        analog(3, 120.0, "kilowatts"),
        analog(4, 200.0, "tons-refrigeration"),
    )
    async with (
        plant(*objects) as (address, server),
        collectors(CHILLER.format(address=address)) as (one,),
    ):
        first, second = await values(one), await values(one)
        asked = list(server.asked)
    unit = '{unit="chiller-1"}'
    assert first == second
    assert first == pytest.approx(
        {
            f"dc_cooling_up{unit}": 1.0,
            f"dc_cooling_supply_temperature_celsius{unit}": 7.5,
            f"dc_cooling_return_temperature_celsius{unit}": 12.0,
            f"dc_cooling_power_watts{unit}": 120_000.0,
            f"dc_cooling_capacity_watts{unit}": 703_370.57,
        },
        rel=1e-6,
    )
    assert (one.device, one.dropped) == ("chiller-1", {})
    assert asked == ["ReadPropertyMultipleRequest"] * 2


async def test_what_the_device_does_not_believe_is_absent() -> None:
    """A point that is out of service, faulty by flag or by reliability, or not a number is no
    reading, and is counted.
    """
    objects = (
        analog(1, 7.5, "degrees-celsius", outOfService=True, statusFlags=StatusFlags([0, 0, 0, 1])),
        analog(2, 12.0, "degrees-celsius", statusFlags=StatusFlags([1, 1, 0, 0])),
        analog(3, 120.0, "kilowatts", reliability="no-sensor"),
        analog(4, float("nan"), "kilowatts"),
    )
    async with (
        plant(*objects) as (address, _),
        collectors(CHILLER.format(address=address)) as (one,),
    ):
        assert await values(one) == {'dc_cooling_up{unit="chiller-1"}': 1.0}
    assert one.dropped == {"out_of_service": 1, "fault": 2, "sentinel": 1}


async def test_an_alarm_or_an_override_is_still_a_measurement() -> None:
    """A point that is in alarm is what one wants to see."""
    objects = [
        analog(
            n, 10.0, unit, statusFlags=StatusFlags([1, 0, 1, 0]), reliability="no-fault-detected"
        )
        for n, unit in enumerate(
            ("degrees-celsius", "degrees-celsius", "kilowatts", "kilowatts"), 1
        )
    ]
    async with (
        plant(*objects) as (address, _),
        collectors(CHILLER.format(address=address)) as (one,),
    ):
        assert len(await values(one)) == 5


@pytest.mark.parametrize(
    "options",
    [{"multiple": False}, {"most": 5}, {"most": 1}],
    ids=["no RPM", "narrow", "one at a time"],
)
async def test_old_and_narrow_devices_are_read_as_they_can(options: dict[str, Any]) -> None:
    """Where ReadPropertyMultiple is not there, or the answer would be too long, questions become
    smaller, and stay so.
    """
    objects = [
        analog(n, 10.0, unit)
        for n, unit in enumerate(
            ("degrees-celsius", "degrees-celsius", "kilowatts", "kilowatts"), 1
        )
    ]
    async with (
        plant(*objects, **options) as (address, server),
        collectors(CHILLER.format(address=address)) as (one,),
    ):
        first = await values(one)
        server.asked.clear()
        assert first == await values(one)
        assert len(first) == 5
        if not options.get("multiple", True):
            assert set(server.asked) == {"ReadPropertyRequest"}
        else:
            assert len(server.asked) <= 13


async def test_an_object_that_is_not_there_costs_only_itself(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It is absent, counted every round, and named once in the log."""
    async with (
        plant(analog(1, 7.5, "degrees-celsius")) as (address, _),
        collectors(CHILLER.format(address=address)) as (one,),
    ):
        await values(one)
        got = await values(one)
    assert got == {
        'dc_cooling_up{unit="chiller-1"}': 1.0,
        'dc_cooling_supply_temperature_celsius{unit="chiller-1"}': 7.5,
    }
    assert one.dropped == {"no_value": 6}
    assert [
        record.getMessage() for record in caplog.records if record.levelno == logging.WARNING
    ] == [
        f"bacnet chiller-1: the device has no present-value of analog-input,{n}" for n in (2, 3, 4)
    ]


async def test_a_device_with_none_of_the_points_is_a_bad_reply() -> None:
    """That is another device's mapping, and the error says so."""
    async with plant() as (address, _), collectors(CHILLER.format(address=address)) as (one,):
        with pytest.raises(BadReply, match="answers, but has none of its 4 points"):
            await one.collect()


async def test_a_unit_of_another_quantity_is_no_reading(caplog: pytest.LogCaptureFixture) -> None:
    """A temperature is not taken for a power; the log says which object and what to give."""
    objects = (analog(3, 120.0, "degrees-celsius"), analog(1, 7.5, "no-units"))
    async with (
        plant(*objects) as (address, _),
        collectors(CHILLER.format(address=address)) as (one,),
    ):
        assert await values(one) == {'dc_cooling_up{unit="chiller-1"}': 1.0}
    assert one.dropped == {"unit": 2, "no_value": 2}
    assert (
        "analog-input,3 reports the unit degrees-celsius, which does not fit"
        " dc_cooling_power_watts; give unit"
    ) in caplog.text


async def test_states_registers_and_scales_are_mapped() -> None:
    """Binary and multi-state objects become states, an accumulator its energy with where it wraps,
    a count what the config says.
    """
    objects = (
        BinaryInputObject(
            objectIdentifier=("binary-input", 1),
            objectName="b",
            presentValue="active",
            statusFlags=HEALTHY,
        ),
        MultiStateInputObject(
            objectIdentifier=("multi-state-input", 1),
            objectName="m",
            presentValue=2,
            numberOfStates=3,
            statusFlags=HEALTHY,
        ),
        AccumulatorObject(
            objectIdentifier=("accumulator", 1),
            objectName="e",
            presentValue=12345,
            units="kilowatt-hours",
            scale=Scale(integerScale=-1),
            maxPresValue=99999,
            statusFlags=HEALTHY,
        ),
        AnalogValueObject(
            objectIdentifier=("analog-value", 9),
            objectName="v",
            presentValue=875.0,
            units="no-units",
            statusFlags=HEALTHY,
            covIncrement=1.0,
        ),
    )
    text = """
devices:
  - address: {address}
    meter: chiller-meter
    point: cooling
    ups: ups-1
    rack: A07
    points:
      - {{object: "binary-input,1", metric: dc_ups_on_battery}}
      - {{object: "multi-state-input,1", metric: dc_ups_on_bypass, map: {{1: 0, 2: 1}}}}
      - {{object: "accumulator,1", metric: dc_meter_energy_joules_total}}
      - {{object: "analog-value,9", metric: dc_meter_power_watts, unit: kW, scale: 0.1, least: 0, most: 10000}}
      - {{object: "analog-value,9", metric: dc_sensor_humidity_ratio, unit: permille, labels: {{sensor: hall-2}}}}
"""
    async with plant(*objects) as (address, _), collectors(text.format(address=address)) as (one,):
        got = await values(one)
    meter, ups = '{meter="chiller-meter",point="cooling"}', '{ups="ups-1"}'
    assert got == pytest.approx(
        {
            f"dc_meter_up{meter}": 1.0,
            f"dc_ups_up{ups}": 1.0,
            f"dc_ups_on_battery{ups}": 1.0,
            f"dc_ups_on_bypass{ups}": 1.0,
            f"dc_meter_energy_joules_total{meter}": 1234.5 * 3.6e6,
            f"dc_meter_power_watts{meter}": 87_500.0,
            'dc_sensor_humidity_ratio{row="A",rack="A07",sensor="hall-2"}': 0.875,
        }
    )
    assert {series.metric.name: span for series, span in one.register_rollovers.items()} == {
        "energy_joules_total": pytest.approx(10_000.0 * 3.6e6)
    }


async def test_devices_that_are_alike_share_a_profile(tmp_path: Path) -> None:
    """A profile's points are read from every device that names it, under that device's own name."""
    (tmp_path / "crah.yaml").write_text(
        "protocol: bacnet\ntitle: CRAH\nsource: as programmed\npoints:\n"
        "  - {object: 'analog-input,1', metric: dc_cooling_supply_temperature_celsius}\n"
    )
    async with (
        plant(analog(1, 18.0, "degrees-celsius")) as (a, _),
        plant(analog(1, 19.0, "degrees-celsius")) as (b, _),
    ):
        text = (
            f"profiles_dir: {tmp_path}\ndevices: [{{address: '{a}', cooling: c1, profile: crah}},"
            f" {{address: '{b}', cooling: c2, profile: crah}}]"
        )
        async with collectors(text) as (one, two):
            got = await values(one) | await values(two)
    assert got['dc_cooling_supply_temperature_celsius{unit="c1"}'] == 18.0
    assert got['dc_cooling_supply_temperature_celsius{unit="c2"}'] == 19.0


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
        async with collectors("timeout: 3s\n" + text) as (one, two):
            silent = asyncio.create_task(two.collect())
            await asyncio.sleep(0)
            assert len(await values(one)) == 5
            assert not silent.done()
            with pytest.raises(Unreachable, match=f"{dead}: no answer within 3 s"):
                await asyncio.wait_for(silent, HANGS)
            assert len(two.up_series) == 1
            server.silent = False
            assert len(await values(two)) == 5


async def test_requests_that_get_no_answer_end_before_the_deadline() -> None:
    """Each request is sent twice.

    Then the device is unreachable, however long the round might last.
    """
    async with collectors(
        "request_timeout: 200ms\n" + CHILLER.format(address=f"127.0.0.1:{free_port(SOCK_DGRAM)}")
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
        async with collectors(
            f"listen: 127.0.0.1/32:{free_port(SOCK_DGRAM)}\nrequest_timeout: 300ms\n{text}"
        ) as (one,):
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
            one._remote, one._instance = None, 7
            with pytest.raises(Unreachable, match="no device 7 answers to Who-Is"):
                await one.collect()


async def test_nobody_can_read_or_write_us() -> None:
    """Whatever is asked of our own socket is rejected, and Who-Is is not answered."""
    port = free_port(SOCK_DGRAM)
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
    port, some = free_port(SOCK_DGRAM), random.Random(1)
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


POINT = '{object: "analog-input,1", metric: dc_cooling_power_watts}'


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (f"devices: [{{cooling: c, points: [{POINT}]}}]", "expected either address or instance"),
        (
            f"devices: [{{address: plant.example, cooling: c, points: [{POINT}]}}]",
            "address: expected an address such as 10.0.4.20",
        ),
        ("devices: [{address: 10.0.0.1, cooling: c}]", "points: missing"),
        (
            (
                "devices:"
                " [{address: 10.0.0.1, points: [{object: analog-inputs 1, metric: dc_cooling_power_watts}]}]"
            ),
            "expected an object such as analog-input,1",
        ),
        (
            "devices: [{address: 10.0.0.1, points: [{object: 'analog-input,1', metric: dc_cooling_power}]}]",
            "did you mean dc_cooling_power_watts?",
        ),
        (
            "devices: [{address: 10.0.0.1, points: [{object: 'analog-input,1', metric: dc_cooling_power_watts, unit: C}]}]",
            "C does not fit dc_cooling_power_watts",
        ),
        (
            "devices: [{address: 10.0.0.1, points: [{object: 'binary-input,1', metric: dc_cooling_power_watts}]}]",
            "unit: missing; a binary-input does not report its unit",
        ),
        (
            "devices: [{address: 10.0.0.1, points: [{object: 'analog-input,1', metric: dc_cooling_power_watts, labels: {units: x}}]}]",
            "did you mean unit?",
        ),
        ("listen: eth0", "listen: expected an address such as"),
        (
            f"devices: [{{address: 10.0.0.1, meter: m, points: [{POINT}]}}]",
            "point: a meter needs it",
        ),
    ],
)
def test_mistakes_in_the_config_are_named(text: str, error: str) -> None:
    """Each is one line with file, line and key, found before anything is sent."""
    with pytest.raises(Problems) as raised:
        read("f.yaml", Config, text=text)
    assert error in str(raised.value)
    assert str(raised.value).startswith("f.yaml:1: ")


@pytest.mark.parametrize(
    ("text", "key", "error"),
    [
        (
            f"devices: [{{address: 10.0.0.1, points: [{POINT}]}}]",
            "collectors.bacnet.devices[0].points[0]",
            "needs the label unit: name it by cooling",
        ),
        (
            f"devices: [{{instance: 5, cooling: c, points: [{POINT}]}}]",
            "collectors.bacnet.devices[0].instance",
            "listen needs the address of this machine",
        ),
        (
            "devices: [{address: 10.0.0.1, cooling: c, profile: no-such}]",
            "collectors.bacnet.devices[0].profile",
            "no such profile",
        ),
        (
            "devices: [{address: 10.0.0.1, cooling: c, profile: apc-ups}]",
            "collectors.bacnet.devices[0].profile",
            "a profile of the protocol snmp, not bacnet",
        ),
        (
            f"devices: [{{address: 10.0.0.1, cooling: c, points: [{POINT}, {POINT}]}}]",
            "collectors.bacnet.devices[0]",
            "is given twice",
        ),
        (
            "devices: [{address: 10.0.0.1, cooling: c, points: [{object: 'analog-input,1', metric: dc_cooling_power_watts, property: presentvalue}]}]",
            "collectors.bacnet.devices[0].points[0].property",
            "not a property of the standard",
        ),
    ],
)
def test_what_only_building_finds_is_named(text: str, key: str, error: str) -> None:
    """What a device lacks, or has twice, is told with its key."""
    with pytest.raises(ConfigError) as raised:
        KIND.build(read("f.yaml", Config, text=text), CONTEXT)
    assert error in str(raised.value)
    assert raised.value.key == key

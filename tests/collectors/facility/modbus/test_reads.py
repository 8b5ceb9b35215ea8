"""How a map is read: in as few requests as the device allows, and from where a SunSpec device keeps
its models.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymodbus.constants import ExcCodes
from pymodbus.simulator import DataType, SimData, SimDevice

from collectors.base import BadReply, Schedule
from collectors.facility.modbus.collector import ModbusCollector
from collectors.facility.modbus.frame import ExceptionAnswer
from collectors.facility.modbus.link import Link
from collectors.facility.modbus.plan import plan_of
from collectors.facility.modbus.profile import Profile
from collectors.facility.modbus.register import Factor, Register
from collectors.facility.modbus.sunspec import find_model
from collectors.facility.naming import Naming
from tests.collectors.facility.modbus.kit import meter, meters, serving, simulated
from tests.support import HANGS

VOLTAGE = "dc_meter_voltage_volts"


class Clock:
    """A clock that only the test moves."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


CLOCK = Clock()


class Asked:
    """A pymodbus action that counts requests, refuses some addresses, and reads of more than `most`
    registers.
    """

    def __init__(self, *, refused: range = range(0), most: int = 125) -> None:
        self.refused, self.most = refused, most
        self.reads: list[tuple[int, int]] = []

    async def answer(
        self, _f: int, _start: int, address: int, count: int, _r: list[int], _v: object
    ) -> ExcCodes | None:
        self.reads.append((address, count))
        if count > self.most:
            return ExcCodes.ILLEGAL_VALUE
        touched = range(address, address + count)
        return ExcCodes.ILLEGAL_ADDRESS if set(touched) & set(self.refused) else None

    def taken(self) -> list[tuple[int, int]]:
        """What was asked since the last time."""
        reads, self.reads = self.reads, []
        return reads


def collector(address: str, *phases: int, **options: object) -> ModbusCollector:
    """A meter with one voltage, two registers wide, at each of these addresses."""
    registers = [
        Register(metric=VOLTAGE, phase=str(at), address=at, type="float32", unit="V")
        for at in phases
    ]
    options = {"registers": registers} | options
    loaded = Profile(protocol="modbus", title="t", source="s", **options)
    host, _, port = address.partition(":")
    naming = Naming(name="m", labels={"hub": "h", "site": "s", "point": "other"})
    schedule = Schedule(interval=10.0, timeout=HANGS)
    link = Link(host, int(port), request_timeout=HANGS)
    return ModbusCollector(plan_of(loaded), link, naming, schedule, unit=1, monotonic=CLOCK)


async def phases(one: ModbusCollector) -> set[str]:
    return {series.label("phase") for series, _ in await one.collect() if series.label("phase")}


def volts(*addresses: int) -> dict[int, float]:
    return dict.fromkeys(addresses, 230.0)


async def test_what_a_device_refuses_is_found_and_the_rest_read_together() -> None:
    """One register that is not there costs itself only, and from the next round on no question."""
    asked = Asked(refused=range(4, 6))
    at = (0, 2, 4, 6, 8, 10, 12, 14)
    async with serving(simulated(volts(*at), action=asked.answer)) as address:
        one = collector(address, *at)
        assert await phases(one) == {str(n) for n in at if n != 4}
        assert asked.taken()[0] == (0, 16)
        assert one.dropped == {"exception": 1}
        assert await phases(one) == {str(n) for n in at if n != 4}
        assert sorted(asked.taken()) == [(0, 4), (6, 2), (8, 8)]
        assert one.dropped == {"exception": 1}
        await one.aclose()


async def test_a_device_that_takes_fewer_registers_at_once_is_asked_for_fewer() -> None:
    """A map that promises too much is read all the same: in halves that the device takes."""
    asked = Asked(most=8)
    at = tuple(range(0, 40, 2))
    async with serving(simulated(volts(*at), action=asked.answer)) as address:
        one = collector(address, *at)
        for _ in range(2):
            asked.taken()
            assert len(await phases(one)) == 20
        assert len(asked.taken()) <= 8
        assert not one.dropped
        await one.aclose()


async def test_a_gap_that_may_not_be_read_is_left_out_from_the_second_round_on() -> None:
    """Registers nobody wants are read along, and not where the device objects."""
    asked = Asked(refused=range(4, 10))
    async with serving(simulated(volts(0, 2, 10, 12), action=asked.answer)) as address:
        one = collector(address, 0, 2, 10, 12)
        assert len(await phases(one)) == 4
        assert asked.taken() == [(0, 14), (0, 4), (10, 4)]
        assert len(await phases(one)) == 4
        assert sorted(asked.taken()) == [(0, 4), (10, 4)]
        assert not one.dropped
        await one.aclose()


async def test_a_device_that_refuses_everything_is_asked_little_until_it_answers_again() -> None:
    """The wrong profile costs one question a round; the right device at last is read as before."""
    asked = Asked(refused=range(100))
    async with serving(simulated(volts(0, 2, 40), action=asked.answer)) as address:
        one = collector(address, 0, 2, 40)
        for _ in range(2):
            with pytest.raises(BadReply, match="is this the right profile"):
                await one.collect()
        assert len(asked.taken()) == 4 + 1
        asked.refused = range(0)
        assert await phases(one) == {"40"}
        CLOCK.now += 700.0
        assert await phases(one) == {"0", "2", "40"}
        await one.aclose()


async def test_a_busy_device_is_not_taken_for_one_that_has_fewer_registers() -> None:
    """An exception that says nothing of addresses splits nothing."""
    busy = True

    async def action(*_: object) -> ExcCodes | None:
        return ExcCodes.DEVICE_BUSY if busy else None

    async with serving(simulated(volts(0, 2), action=action)) as address:
        one = collector(address, 0, 2)
        with pytest.raises(BadReply, match="device busy"):
            await one.collect()
        busy = False
        assert await phases(one) == {"0", "2"}
        assert len(one._agenda._active) == 1
        await one.aclose()


def walked(memory: Mapping[int, Sequence[int]], models: Sequence[int]) -> int:
    """Walk a chain of models that lies in memory."""
    walk = find_model(models)
    try:
        address, count = next(walk)
        while True:
            found = memory.get(address, ())
            if len(found) < count:
                address, count = walk.throw(ExceptionAnswer(2))
            else:
                address, count = walk.send(found[:count])
    except StopIteration as end:
        return int(end.value)


MARK = (0x5375, 0x6E53)


def test_a_model_is_found_behind_others_and_at_any_base() -> None:
    """The chain is followed by the lengths it states."""
    for base in (40000, 50000, 0):
        chain = {base: MARK, base + 2: (1, 66), base + 70: (103, 50)}
        assert walked(chain, [101, 103]) == base + 70


@pytest.mark.parametrize(
    ("chain", "message"),
    [
        ({}, "not a SunSpec device"),
        ({0: (1, 2)}, "not a SunSpec device"),
        (
            {40000: MARK, 40002: (1, 66), 40070: (0xFFFF, 0)},
            "no SunSpec model 103; the device has 1$",
        ),
        ({40000: MARK, 40002: (0xFFFF, 0)}, "the device has none"),
        ({40000: MARK, 40002: (1, 40000)}, "the device has 1$"),
        ({40000: MARK} | {40002 + 2 * n: (7, 0) for n in range(200)}, "the device has 7, 7"),
        ({40000: MARK}, "exception 2"),
    ],
)
def test_a_chain_that_does_not_lead_there_is_a_bad_reply(
    chain: dict[int, tuple[int, int]], message: str
) -> None:
    """Whatever a device calls its models, the walk ends."""
    with pytest.raises(BadReply, match=message):
        walked(chain, [103])


def inverter(base: int) -> Iterator[SimData]:
    words = [
        *MARK,
        103,
        50,
        *([0] * 8),
        2300,
        0xFFFF,
        0xFFFF,
        0xFFFF,
        640,
        1,
        5000,
        0xFFFE,
        *([0] * 40),
        0xFFFF,
        0,
    ]
    words[2 + 13] = struct.unpack(">H", struct.pack(">h", -1))[0]
    yield SimData(base, values=words, datatype=DataType.REGISTERS)


async def test_a_sunspec_device_is_asked_once_where_its_model_is() -> None:
    """The place is remembered from round to round."""
    asked = Asked()
    async with (
        serving(SimDevice(1, list(inverter(40000)), action=asked.answer)) as address,
        meters(meter(address, profile="sunspec-inverter", point="renewable")) as (one,),
    ):
        await one.collect()
        assert asked.taken() == [(40000, 2), (40002, 2), (40005, 24)]
        got = {series.metric.name: value for series, value in await one.collect()}
        assert asked.taken() == [(40005, 24)]
    assert got["power_watts"] == 6400.0
    assert got["frequency_hertz"] == 50.0


async def test_a_device_without_the_model_says_which_it_has() -> None:
    """The error names what was found, so that the right profile is."""
    async with (
        serving(SimDevice(1, list(inverter(40000)))) as address,
        meters(meter(address, profile="sunspec-meter")) as (one,),
    ):
        with pytest.raises(
            BadReply, match="no SunSpec model 201, 202, 203, 204; the device has 103"
        ):
            await one.collect()


async def test_a_ratio_of_the_device_tells_where_its_energy_wraps() -> None:
    """A register behind a transformer begins again at its width times the ratio, which only a round
    tells.
    """
    energy = Register(
        metric="dc_meter_energy_joules_total", address=0, type="uint32", unit="Wh", times=["ct"]
    )
    memory = [SimData(0, values=[0, 5, 40], datatype=DataType.REGISTERS)]
    async with serving(SimDevice(1, memory)) as address:
        one = collector(address, registers=[energy], factors={"ct": Factor(address=2)})
        assert one.register_rollovers == {}
        ((_, up), (series, joules)) = await one.collect()
        assert (up, joules) == (1.0, 5 * 40 * 3600.0)
        assert one.register_rollovers == {series: 2**32 * 40 * 3600.0}
        await one.aclose()


@given(st.data())
def test_a_walk_ends_whatever_a_device_says(data: st.DataObject) -> None:
    """Registers of any content lead to a model's place or to a bad reply, in a bounded number of
    reads.
    """
    walk = find_model([103])
    reads = found = 0
    with suppress(BadReply):
        try:
            _, count = next(walk)
            while True:
                reads += 1
                words = data.draw(st.lists(st.integers(0, 0xFFFF), min_size=count, max_size=count))
                _, count = walk.send(words if reads > 1 else MARK)
        except StopIteration as end:
            found = end.value
    assert reads <= 101
    assert 0 <= found <= 0xFFFF

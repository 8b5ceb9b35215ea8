"""Agents that are small, silent, slow or broken, and those that restart."""

from __future__ import annotations

import asyncio
import math
import random
import time
from contextlib import suppress

import pytest

from collectors.base import BadReply, Reading, Unreachable
from collectors.facility.snmp.channel import Channel
from collectors.facility.snmp.collector import SnmpCollector
from collectors.facility.snmp.credentials import Secrets
from tests.collectors.facility.snmp.agents import (
    Fake,
    collector,
    serving,
)
from tests.collectors.facility.snmp.devices import APC, PDU, POWER, SYSTEM, named, shown
from tests.support import HANGS, hurried, not_late


async def read_in_the_end(device: SnmpCollector, least: int = 1) -> list[Reading]:
    """Read a device, in as many rounds as it takes, until it gives so many readings at once.

    A busy machine may make it too late for its deadline.
    """
    async with asyncio.timeout(HANGS):
        while len(readings := await not_late(device.collect)) < least:
            pass
    return readings


@pytest.mark.parametrize("version", ["1", "2c"])
async def test_a_device_of_small_messages_is_asked_for_less_at_once(version: str) -> None:
    """A device that says tooBig is asked in smaller requests from then on, and read whole."""
    outlets = {
        f"{APC}.9.4.3.1.{column}.{n}": n if column != 2 else 1
        for column in (2, 4, 7)
        for n in range(1, 41)
    }
    fake = Fake({**PDU, **outlets}, most=7)
    async with serving(fake) as address:
        device = collector(named(address, version=version, profile="apc-rpdu2"))
        found = shown(await device.collect())
        assert sum("outlet_power" in name for name in found) == 40
        assert device._channel.max_oids <= 7
        fake.requests = fake.largest = 0
        assert shown(await device.collect()) == found
        assert fake.largest <= 7
        assert fake.requests <= 12
        await device.aclose()


async def test_a_device_that_drops_large_requests_in_silence_is_read_in_the_end() -> None:
    """Where a large request gets no answer at all, smaller ones are tried in later rounds."""
    outlets = {
        f"{APC}.9.4.3.1.{column}.{n}": n if column != 2 else 1
        for column in (2, 4, 7)
        for n in range(1, 31)
    }
    fake = Fake({**PDU, **outlets})
    async with serving(fake) as address:
        device = collector(named(address, profile="apc-rpdu2", timeout=1.5))
        await read_in_the_end(device, 31)
        fake.silent_over = 8
        await read_in_the_end(device, 31)
        await device.aclose()


async def test_version_1_is_read_although_one_missing_object_empties_an_answer() -> None:
    """Version 1 answers noSuchName for a whole request.

    The objects that are there are read all the same.
    """
    async with serving(Fake(dict(PDU))) as address:
        device = collector(named(address, version="1"))
        assert shown(await device.collect())[f"{POWER}/A07-A"] == 1140.0
        assert shown(await device.collect())[f"{POWER}/A07-A"] == 1140.0
        await device.aclose()


async def test_a_walk_in_circles_ends_as_a_bad_reply() -> None:
    """An agent whose successor goes back never keeps a walk going."""
    fake = Fake(
        dict(PDU),
        successor=lambda oid: f"{APC}.4.3.1.5.1" if oid.startswith(f"{APC}.4.3.1.5") else None,
    )
    async with serving(fake) as address:
        device = collector(named(address, profile="apc-rpdu2"))
        with pytest.raises(BadReply, match="does not go forward"):
            await device.collect()
        assert fake.requests < 10
        await device.aclose()


async def test_a_walk_without_end_is_cut() -> None:
    """An agent that always has another row is read up to a limit."""
    endless = Fake(
        dict(SYSTEM),
        successor=lambda oid: f"1.3.6.1.9.{int(oid.removeprefix('1.3.6.1.9').strip('.') or 0) + 1}",
    )
    async with serving(endless) as address:
        channel = Channel(address, Secrets(), timeout=HANGS)
        assert len(await channel.walk("1.3.6.1.9", limit=200)) == 200


@pytest.mark.parametrize(
    "junk",
    [
        b"hello",
        b"\x30\x82",
        b"\x30\x84\xff\xff\xff\xff",
        b"\x30" * 1400,
        bytes(1400),
        b"\x30\x03\x02\x01\x05",
    ],
    ids=["text", "cut", "4 GB", "nested", "zeros", "version 5"],
)
async def test_garbage_is_a_bad_reply_within_the_deadline(junk: bytes) -> None:
    """A reply that is no SNMP message is told as such, or as no answer, and never lasts beyond the
    deadline.
    """
    async with serving(Fake(dict(PDU), mangle=lambda _: junk)) as address:
        device = collector(named(address, profile="apc-rpdu2", timeout=0.5))
        with pytest.raises((BadReply, Unreachable)):
            await asyncio.wait_for(device.collect(), HANGS)
        await device.aclose()


async def test_mutated_replies_cost_a_round_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Replies with random bytes changed, cut or added raise only our errors, and the device is read
    again afterwards.
    """
    # On a slow machine the rows would be found anew meanwhile, in mutated replies.
    monkeypatch.setattr("collectors.facility.snmp.finder._MIN_DISCOVERY_AGE", math.inf)
    rng = random.Random(4)

    def mutate(data: bytes) -> bytes:
        broken = bytearray(data)
        for _ in range(rng.randint(1, 4)):
            broken[rng.randrange(len(broken))] = rng.randrange(256)
        return bytes(broken[: rng.choice([len(broken), rng.randrange(1, len(broken))])])

    fake = Fake(dict(PDU))
    async with serving(fake) as address:
        device = collector(named(address, profile="apc-rpdu2"))
        await device.collect()
        fake.mangle = mutate
        with hurried(device, 0.08):
            for _ in range(60):
                with suppress(BadReply, Unreachable):
                    await device.collect()
        fake.mangle = bytes
        assert shown(await device.collect())[f"{POWER}/A07-A"] == 1140.0
        await device.aclose()


async def test_silence_ends_at_the_deadline() -> None:
    """A device that takes requests and never answers costs one time-out, no more."""
    async with serving(Fake({}, mangle=lambda _: None)) as address:
        device = collector(named(address, timeout=0.5))
        for _ in range(2):
            with pytest.raises(Unreachable, match="no answer"):
                await asyncio.wait_for(device.collect(), HANGS)
        await device.aclose()


async def test_a_lost_answer_is_asked_for_again() -> None:
    """One lost packet does not lose a round."""
    fake = Fake(dict(PDU))
    async with serving(fake) as address:
        device = collector(named(address, profile="apc-rpdu2", timeout=8.0))
        await device.collect()
        lost = iter([True])
        fake.mangle = lambda data: None if next(lost, False) else data
        assert shown(await device.collect())[f"{POWER}/A07-A"] == 1140.0
        await device.aclose()


async def test_a_restart_is_noticed_and_rows_are_found_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """When the device's uptime goes back, or an object is gone, its rows are discovered again
    beside the rounds.
    """
    monkeypatch.setattr("collectors.facility.snmp.finder._MIN_DISCOVERY_AGE", 0.0)
    fake = Fake(dict(PDU))
    async with serving(fake) as address:
        device = collector(named(address, profile="apc-rpdu2"))
        await device.collect()
        before = device.plan
        fake.objects |= {
            "1.3.6.1.2.1.1.3.0": 5,
            f"{APC}.6.3.1.2.1": 1,
            f"{APC}.6.3.1.3.1": 1,
            f"{APC}.6.3.1.5.1": 49,
        }
        del fake.objects[f"{APC}.4.3.1.9.1"]
        assert shown(await device.collect()) == {f"{POWER}/A07-A": 1140.0, "dc_pdu_up/A07-A": 1.0}
        async with asyncio.timeout(HANGS):
            while device.plan is before:
                found = shown(await device.collect())
                await asyncio.sleep(0.01)
        assert found == {
            f"{POWER}/A07-A": 1140.0,
            "dc_pdu_phase_current_amperes/A07-A/L1": 4.9,
            "dc_pdu_up/A07-A": 1.0,
        }
        assert device.dropped["unanswered"] >= 1
        await device.aclose()


async def test_a_large_device_is_up_before_it_is_discovered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A device whose discovery takes longer than a round is up meanwhile,
    and read when it is done.
    """
    monkeypatch.setattr("collectors.facility.snmp.finder._DISCOVERY_TIMEOUTS", HANGS)
    outlets = {
        f"{APC}.9.4.3.1.{column}.{n}": n if column != 2 else 1
        for column in (2, 4, 7)
        for n in range(1, 100)
    }
    fake = Fake({**PDU, **outlets})

    def slow(data: bytes) -> bytes:
        time.sleep(0.015)
        return data

    fake.mangle = slow
    async with serving(fake) as address:
        device = collector(named(address, profile="apc-rpdu2", timeout=0.6))
        assert shown(await read_in_the_end(device)) == {"dc_pdu_up/A07-A": 1.0}
        async with asyncio.timeout(HANGS):
            while not device.plan:
                await read_in_the_end(device)
        fake.mangle = bytes
        await read_in_the_end(device, 191)
        await device.aclose()


IDENTITY = bytes.fromhex("2b06010201010200")
"""The OID sysObjectID.0 as BER has it: 1.3 is 40 + 3 = 0x2b."""


def identity_alone(data: bytes) -> bytes | None:
    """Send what says who the device is, and nothing else."""
    return data if IDENTITY in data else None


@pytest.mark.parametrize("known", [True, False])
async def test_a_device_that_has_said_who_it_is_has_its_whole_time_in_the_next_round(
    known: bool,
) -> None:
    """Asked who it is, it answers. What it has is asked in the rest of that round, which is less
    than its whole time-out. So a silence then is no silence; from the next round on it is one.
    """
    fake = Fake(dict(PDU))
    async with serving(fake) as address:
        device = collector(named(address, timeout=10.0))
        if known:
            await read_in_the_end(device, 2)
            device._finder.was_silent = True
        fake.mangle = identity_alone
        with hurried(device, 2.0):
            assert shown(await not_late(device.collect)) == {"dc_pdu_up/A07-A": 1.0}
            assert not device.discovered
            for _ in range(3):  # and in all that follow, though it says each time who it is
                with pytest.raises(Unreachable, match="no answer"):
                    await device.collect()
                device._finder._answered_at = -math.inf  # as if an interval had passed
        fake.mangle = bytes
        assert len(await read_in_the_end(device, 2)) > 1
        await device.aclose()

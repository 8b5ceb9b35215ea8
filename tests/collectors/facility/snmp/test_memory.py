"""After a restart a known device is asked who it is, and is read on."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

import pytest

from collectors.base import BadReply, Unreachable
from collectors.facility.snmp.config import DeviceConfig
from collectors.facility.snmp.discover import Answers
from collectors.facility.snmp.library import Library
from collectors.facility.snmp.memory import DeviceMemory
from collectors.facility.snmp.recognise import Identity
from tests.collectors.facility.snmp.agents import Fake, collector, serving
from tests.collectors.facility.snmp.devices import APC, PDU, POWER, SYSTEM, named, shown
from tests.support import HANGS, hurried

IDENTITY = Identity(object_id="1.3.6.1.4.1.318.1.3.4.6", description="a PDU")
ANSWERS = Answers(
    profile="apc-rpdu2",
    arc="7",
    max_oids=12,
    levels=frozenset(("inlet", "phase")),
    columns={"1.3.6.1": {"1": 5, "1.2": b"\x00\xff", "3": "text", "4": None}},
    objects={"1.3.6.1.2.0": 1.5},
    watched={"1.3.6.1.2.1.1.3.0": 4711},
)


def memory(folder: Path) -> DeviceMemory:
    return DeviceMemory(folder, Library())


def test_what_was_kept_is_recalled_and_only_for_the_same_device(tmp_path: Path) -> None:
    """Octets, texts, numbers and nothing come back as they were, also from another process' file.

    Another address, another identity, another profile of the config: nothing is known.
    """
    memory(tmp_path).keep("10.0.0.7", IDENTITY, ("auto",), ANSWERS)
    again = memory(tmp_path)
    assert again.recall("10.0.0.7", IDENTITY, ("auto",)) == ANSWERS
    assert again.recall("10.0.0.8", IDENTITY, ("auto",)) is None
    assert again.recall("10.0.0.7", IDENTITY, ("apc-rpdu2",)) is None
    assert again.recall("10.0.0.7", IDENTITY, ("auto", "if-mib")) is None
    for other in (
        Identity(object_id=IDENTITY.object_id, description="another card"),
        Identity(object_id="1.3.6.1.4.1.318.1.3.4.5", description="a PDU"),
    ):
        assert again.recall("10.0.0.7", other, ("auto",)) is None


def test_another_profile_makes_the_answers_old(tmp_path: Path) -> None:
    """A profile of the operator that is new or changed may fit better."""
    own = tmp_path / "own"
    own.mkdir()
    DeviceMemory(tmp_path, Library(own)).keep("10.0.0.7", IDENTITY, (), ANSWERS)
    assert DeviceMemory(tmp_path, Library(own)).recall("10.0.0.7", IDENTITY, ()) == ANSWERS
    (own / "mine.yaml").write_text("title: mine\n")
    assert DeviceMemory(tmp_path, Library(own)).recall("10.0.0.7", IDENTITY, ()) is None


def test_a_broken_file_is_begun_anew(tmp_path: Path) -> None:
    """It is a cache: nothing is lost but the answers."""
    (tmp_path / "devices.sqlite").write_bytes(b"not a database" * 100)
    made = memory(tmp_path)
    assert made.recall("10.0.0.7", IDENTITY, ()) is None
    made.keep("10.0.0.7", IDENTITY, (), ANSWERS)
    assert memory(tmp_path).recall("10.0.0.7", IDENTITY, ()) == ANSWERS


def test_answers_that_cannot_be_understood_are_none(tmp_path: Path) -> None:
    """A row of another program, or half a row."""
    made = memory(tmp_path)
    made.keep("10.0.0.7", IDENTITY, (), ANSWERS)
    for junk in (b"", b"junk", b"x\x9c\x03\x00\x00\x00\x00\x01", 5):
        with closing(sqlite3.connect(tmp_path / "devices.sqlite")) as file, file:
            file.execute("UPDATE answers SET answers = ?", (junk,))
        assert made.recall("10.0.0.7", IDENTITY, ()) is None


@pytest.mark.parametrize("folder", [None, Path("/nowhere/at/all")])
def test_without_a_folder_nothing_is_kept(folder: Path | None) -> None:
    """Neither is it an error: a folder is made by who runs the agent."""
    made = DeviceMemory(folder, Library())
    made.keep("10.0.0.7", IDENTITY, (), ANSWERS)
    assert made.recall("10.0.0.7", IDENTITY, ()) is None


async def test_a_restart_asks_one_thing_and_reads_on(tmp_path: Path) -> None:
    """The first round of the second run: who are you, and the objects of the plan."""
    fake = Fake(dict(PDU))
    async with serving(fake) as address:
        first = collector(named(address), state_dir=tmp_path)
        found = shown(await first.collect())
        discovery = fake.requests
        await first.aclose()
        fake.requests = 0
        again = collector(named(address), state_dir=tmp_path)
        assert shown(await again.collect()) == found
        assert fake.requests == 2 < discovery
        assert again.chosen == first.chosen == "apc-rpdu2"
        await again.aclose()


async def test_another_device_at_the_address_is_discovered(tmp_path: Path) -> None:
    """At the restart, and also beneath a running agent after an outage."""
    fake = Fake(dict(PDU))
    async with serving(fake) as address:
        first = collector(named(address), state_dir=tmp_path)
        await first.collect()
        fake.objects["1.3.6.1.2.1.1.1.0"] = b"another card"
        fake.objects[f"{APC}.4.3.1.5.1"] = 50
        again = collector(named(address), state_dir=tmp_path)
        fake.requests = 0
        assert shown(await again.collect())[f"{POWER}/A07-A"] == 500.0
        assert fake.requests > 2
        before = first.plan
        fake.mangle = lambda _: None
        with hurried(first, 0.1), pytest.raises(Unreachable):
            await first.collect()
        fake.mangle = bytes
        await first.collect()
        assert first.plan is not before
        for one in (first, again):
            await one.aclose()


async def test_another_device_that_takes_over_between_two_rounds_is_recognised(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It was never silent: once no object is there, it is asked again who it is."""
    monkeypatch.setattr("collectors.facility.snmp.finder._MIN_DISCOVERY_AGE", 0.0)
    fake = Fake(dict(PDU))
    async with serving(fake) as address:
        device = collector(DeviceConfig(address=address, device="d", timeout=HANGS))
        await device.collect()
        assert device.chosen == "apc-rpdu2"
        fake.objects.clear()
        fake.objects |= SYSTEM | {
            "1.3.6.1.2.1.1.2.0": "1.3.6.1.4.1.2011.6.174",
            "1.3.6.1.2.1.33.1.2.4.0": 97,
            "1.3.6.1.2.1.33.1.4.4.1.2.1": 230,
        }
        async with asyncio.timeout(HANGS):
            while device.chosen == "apc-rpdu2":
                with suppress(BadReply):
                    await device.collect()
                await asyncio.sleep(0.01)
        assert device.chosen == "huawei-ups2000"
        await device.aclose()


async def test_a_time_out_alone_makes_no_plan_stale() -> None:
    """After an outage the same device is asked who it is and read on: no row is discovered anew."""
    fake = Fake(dict(PDU))
    async with serving(fake) as address:
        device = collector(named(address))
        found = shown(await device.collect())
        before = device.plan
        for _ in range(3):
            fake.mangle = lambda _: None
            with hurried(device, 0.1), pytest.raises(Unreachable):
                await device.collect()
            fake.mangle, fake.requests = bytes, 0
            assert shown(await device.collect()) == found
            assert fake.requests == 2
        assert device.plan is before
        assert not device._finder.stale
        await device.aclose()


def test_the_system_group_is_what_identity_reads() -> None:
    """The fixtures have the two objects by which a device is known."""
    assert {"1.3.6.1.2.1.1.1.0", "1.3.6.1.2.1.1.2.0"} <= set(SYSTEM)


async def test_answers_that_come_together_are_written_together(tmp_path: Path) -> None:
    """A recall knows them at once, another process once they are written: after the end at last."""
    made = memory(tmp_path)
    made.recall("10.0.0.7", IDENTITY, ())
    for n in range(3):
        made.keep(f"10.0.0.{n}", IDENTITY, (), ANSWERS)
        assert made.recall(f"10.0.0.{n}", IDENTITY, ()) == ANSWERS
    with closing(sqlite3.connect(tmp_path / "devices.sqlite")) as file:
        assert file.execute("SELECT count(*) FROM answers").fetchone() == (0,)
        made.close()
        assert file.execute("SELECT count(*) FROM answers").fetchone() == (3,)
